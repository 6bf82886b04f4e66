"""A camera that the server itself opens for the Live tab, asked for its newest frame.

Its address may be one of the local network, which no guard can tell from an attack:
so it is for whoever sits at the server's own machine (``Settings.allow_streams``).
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import cv2

from core.closing import Closing
from core.settings import Settings
from ui.protocol import ProtocolError
from ui.texts import text
from ui.video_errors import key_of

if TYPE_CHECKING:
    from core.frame.pictures import DecodedFrame

PATIENCE_S: Final = 0.1
"""A thread that others wait for is held no longer than this for a frame that does not come, s."""

PREVIEW_PX: Final = 640
_JPEG_QUALITY: Final = 80


class LiveStream(Closing):
    """One camera of one visitor, read in a thread of its own until it is closed.

    Parameters
    ----------
    address : str
        rtsp, rtsps, http or https.
    settings : Settings
        ``allow_streams`` says whether it may be opened at all.

    Raises
    ------
    ProtocolError
        "not_allowed" where it may not, "bad_stream" where it is no such address.
    """

    def __init__(self, address: str, settings: Settings) -> None:
        # Late, as the models are: it loads FFmpeg's libraries.
        from core.frame.streams import CameraStream  # noqa: PLC0415
        from core.frame.urls import STREAM_SCHEMES, WEB_SCHEMES  # noqa: PLC0415

        if not settings.allow_streams:
            raise ProtocolError("not_allowed", "camera addresses are not opened on this server")
        try:
            parts = urlsplit(address.strip())
            fits = parts.scheme.lower() in STREAM_SCHEMES | WEB_SCHEMES and bool(parts.hostname)
        except ValueError:
            fits = False
        if not fits:
            raise ProtocolError(
                "bad_stream", "give a camera's whole address: rtsp://, http:// or https://"
            )
        self._stream = CameraStream(address.strip())
        self._connection = 0
        self._stream.__enter__()

    @property
    def name(self) -> str:
        """Its address without password and query."""
        return self._stream.name

    def next(self) -> tuple[DecodedFrame, int] | None:
        """Wait a moment for a frame not taken yet; it, and how many gave way to it since the last.

        None where none came.
        """
        return self._stream.newest(PATIENCE_S)

    def is_another(self) -> bool:
        """Whether the camera was opened anew since this was last asked."""
        before, self._connection = self._connection, self._stream.state.connections
        return before not in (0, self._connection)

    def age_ms(self, frame: DecodedFrame) -> float:
        """How long ago a frame came, ms."""
        return 1000 * (self._stream.now_s - frame.time_s)

    def reply(self, asked_id: int) -> dict[str, Any]:
        """Say what it is doing, to whom it has no frame."""
        state = self._stream.state
        words = {}
        if state.problem:
            korean = text(f"video.error_{key_of(state.problem)}", "ko", name="")
            words = {"en": state.problem, "ko": korean.removeprefix(": ").rstrip(".")}
        return {
            "type": "stream",
            "id": asked_id,
            "state": state.phase,
            "retry_in_s": state.retry_in_s,
            "problem": state.problem,
            "words": words,
        }

    def close(self) -> None:
        """Let go of the camera."""
        self._stream.close()


def preview(frame: DecodedFrame) -> tuple[str, tuple[int, int]]:
    """A small JPEG of a frame as a data URL, and its (width, height), px."""
    image = frame.thumbnail(PREVIEW_PX)
    _, jpeg = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    url = f"data:image/jpeg;base64,{base64.b64encode(jpeg.tobytes()).decode('ascii')}"
    return url, (image.shape[1], image.shape[0])
