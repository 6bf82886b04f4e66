"""FFmpeg's errors in words that say what to do."""

from __future__ import annotations

from typing import Final

import av

from core.frame.urls import is_url

TIMEOUT_S: Final = 10.0
"""How long a server may be silent."""


def reason(error: BaseException) -> str:
    """FFmpeg's own words without number, file name and what was called."""
    if isinstance(error, av.error.ExitError):
        # What FFmpeg says where our own time limit ended it.
        return "it fell silent"
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return str(text)[:1].lower() + str(text)[1:]


def why_not_opened(error: Exception, name: str) -> str:
    """Why the input of this name cannot be opened, and the mend, as one line's end."""
    camera = name.startswith(("rtsp:", "rtsps:"))
    known: tuple[tuple[type[Exception] | tuple[type[Exception], ...], str], ...] = (
        (
            av.error.InvalidDataError,
            # A server that is just being ended answers with half a sentence.
            "gives no video that can be read; check that it plays elsewhere"
            if camera
            else "is not a video that can be read, is cut off or damaged; "
            "check that it plays elsewhere, then copy or export it again",
        ),
        (
            (av.error.ExitError, av.error.TimeoutError),
            f"did not answer within {TIMEOUT_S:.0f} s; check the address and the network",
        ),
        (
            (av.error.HTTPNotFoundError,),
            "is not there (the server says 404); check the address",
        ),
        (
            # Both are theirs: one is 5xx, the other 4xx.
            (av.error.HTTPError, av.error.HTTPClientError),
            "the server refuses to give it; check the address and whether it needs a login",
        ),
        (
            (av.error.ConnectionRefusedError, ConnectionError),
            "nobody answers there; check the address and whether the camera or server is on",
        ),
        (
            (av.error.DecoderNotFoundError, av.error.DemuxerNotFoundError),
            "is packed in a way that cannot be decoded here; convert it to H.264 in mp4",
        ),
        (
            av.error.ArgumentError,
            "is a kind of file that is not opened; give mp4, mov, mkv, webm or avi",
        ),
    )
    for kinds, text in known:
        if isinstance(error, kinds):
            return text
    where = "check the address" if is_url(name) else "check that it plays elsewhere"
    return f"cannot be opened ({reason(error)}); {where}"
