"""One picture in the forms the stages need, each made only when asked for.

Quality reads a small luma plane, detection a small colour copy, emotion the luma
around a face; only the overlay needs every pixel in colour. A decoder's frame
holds the luma ready to be viewed, so most conversions never happen.
"""

from __future__ import annotations

import threading
from typing import Any, Final, NamedTuple, Protocol

import cv2
import numpy as np
from av.video.frame import VideoFrame
from av.video.plane import VideoPlane
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from core.errors import SourceError
from core.types import Frame

_LUMA_FIRST: Final = frozenset(
    {"yuv420p", "yuv422p", "yuv444p", "yuv440p", "yuv411p", "yuv410p", "nv12", "nv21", "nv16"}
)
_LUMA_FIRST_FULL: Final = frozenset(
    {"yuvj420p", "yuvj422p", "yuvj444p", "yuvj440p", "yuvj411p", "gray"}
)
"""Eight-bit formats whose first plane is luma, by the range they stand for when untagged."""

_RANGE_LIMITED, _RANGE_FULL = 1, 2

_EXPAND: Final = np.clip(np.rint((np.arange(256) - 16) * (255.0 / 219.0)), 0, 255).astype(np.uint8)
"""Limited range luma (16..235, ITU-R BT.601 and BT.709) to full range."""

_TURNS: Final = {
    90: cv2.ROTATE_90_COUNTERCLOCKWISE,
    180: cv2.ROTATE_180,
    270: cv2.ROTATE_90_CLOCKWISE,
}

_of_thread = threading.local()


class Luma(NamedTuple):
    """A luma plane, (H, W) uint8, perhaps a view of a decoder's buffer.

    In limited range black is 16 and white 235.
    """

    plane: NDArray[np.uint8]
    limited_range: bool

    def full_range(self, part: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """A part of the plane with black at 0 and white at 255."""
        return np.asarray(cv2.LUT(part, _EXPAND), np.uint8) if self.limited_range else part


class Picture(Protocol):
    """What the pipeline asks of a frame."""

    @property
    def index(self) -> int:
        """Position in the source, from 0."""

    @property
    def time_s(self) -> float:
        """Media time, s."""

    @property
    def decode_ms(self) -> float:
        """Time the decoder took for it, ms; 0 where it came decoded."""

    @property
    def readable(self) -> bool:
        """Whether there are pixels at all."""

    @property
    def size(self) -> tuple[int, int]:
        """Upright (width, height), px."""

    @property
    def image(self) -> NDArray[np.uint8]:
        """(H, W, 3) BGR pixels, upright."""

    @property
    def luma(self) -> Luma:
        """What quality is measured on; it may lie on its side."""

    @property
    def upright_luma(self) -> Luma:
        """What faces are cut from."""

    def thumbnail(self, width: int) -> NDArray[np.uint8]:
        """(h, w, 3) BGR copy of at most ``width`` px across, upright."""


class ImagePicture:
    """A ``Frame`` that came as BGR pixels: a camera picture or an image file."""

    decode_ms = 0.0
    readable = True

    def __init__(self, frame: Frame) -> None:
        self.index, self.time_s, self.image = frame.index, frame.time_s, frame.image
        self._luma: Luma | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Upright (width, height), px."""
        return self.image.shape[1], self.image.shape[0]

    @property
    def luma(self) -> Luma:
        """Full range luma of the whole picture."""
        if self._luma is None:
            gray = np.asarray(cv2.cvtColor(self.image, cv2.COLOR_BGR2GRAY), np.uint8)
            self._luma = Luma(gray, limited_range=False)
        return self._luma

    @property
    def upright_luma(self) -> Luma:
        """The same: a picture that came as pixels is upright."""
        return self.luma

    def thumbnail(self, width: int) -> NDArray[np.uint8]:
        """(h, w, 3) BGR copy of at most ``width`` px across."""
        size = _narrowed(self.size, width)
        if size == self.size:
            return self.image
        return np.asarray(cv2.resize(self.image, size, interpolation=cv2.INTER_AREA), np.uint8)


class DecodedFrame:
    """A frame as the decoder left it; pixels are converted on first use.

    Satisfies ``Frame`` (index, time_s, image). Not meant to be read from two
    threads at once.

    Parameters
    ----------
    frame : av.VideoFrame or None
        None where the packet could not be decoded.
    index : int
        Position in the source, from 0.
    time_s : float
        Media time, s.
    decode_ms : float
        Time the decoder took for it, ms.
    """

    def __init__(
        self, frame: VideoFrame | None, index: int, time_s: float, decode_ms: float = 0.0
    ) -> None:
        self.index, self.time_s, self.decode_ms = index, time_s, decode_ms
        self._frame = frame
        # The display matrix turns counter-clockwise; phones write quarter turns.
        self._turn = 0 if frame is None else round(frame.rotation / 90) * 90 % 360
        self._image: NDArray[np.uint8] | None = None
        self._luma: Luma | None = None

    @property
    def readable(self) -> bool:
        """Whether there are pixels at all."""
        return self._frame is not None

    @property
    def size(self) -> tuple[int, int]:
        """Upright (width, height), px."""
        frame = self._pixels()
        return (
            (frame.height, frame.width) if self._turn in (90, 270) else (frame.width, frame.height)
        )

    @property
    def image(self) -> NDArray[np.uint8]:
        """(H, W, 3) BGR pixels, upright.

        Raises
        ------
        SourceError
            Where the frame could not be decoded.
        """
        if self._image is None:
            frame = self._pixels()
            self._image = self._upright(_convert(frame, frame.width, frame.height, "bgr24"))
        return self._image

    @property
    def luma(self) -> Luma:
        """The luma as the decoder left it, not turned: quality is the same either way."""
        if self._luma is None:
            frame = self._pixels()
            plane = _luma_plane(frame)
            if plane is None:
                plane = _convert(frame, frame.width, frame.height, "gray")
                self._luma = Luma(plane, limited_range=False)
            else:
                self._luma = Luma(plane, limited_range=_is_limited(frame))
        return self._luma

    @property
    def upright_luma(self) -> Luma:
        """(H, W) luma of the whole picture, turned as it is shown."""
        plane, limited_range = self.luma
        return Luma(self._upright(plane), limited_range)

    def thumbnail(self, width: int) -> NDArray[np.uint8]:
        """(h, w, 3) BGR copy of at most ``width`` px across, upright."""
        across, down = _narrowed(self.size, width)
        stored = (down, across) if self._turn in (90, 270) else (across, down)
        return self._upright(_convert(self._pixels(), *stored, "bgr24"))

    def planes_420(self) -> VideoFrame | None:
        """The frame to draw into and to encode, where it needs no conversion; else None.

        Upright, 8-bit 4:2:0 in limited range. Its pixels are no other's afterwards.
        """
        frame = self._pixels()
        if frame.format.name != "yuv420p" or self._turn or frame.color_range == _RANGE_FULL:
            return None
        frame.make_writable()
        return frame

    def _pixels(self) -> VideoFrame:
        if self._frame is None:
            raise SourceError(
                f"frame {self.index} could not be decoded; skip it (its status is unreadable)"
            )
        return self._frame

    def _upright(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return np.asarray(cv2.rotate(pixels, _TURNS[self._turn])) if self._turn else pixels


def _narrowed(size: tuple[int, int], width: int) -> tuple[int, int]:
    """Size of a copy of at most ``width`` px across; never larger than the picture."""
    scale = min(1.0, width / size[0])
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _luma_plane(frame: VideoFrame) -> NDArray[np.uint8] | None:
    """View the luma as the decoder left it, or None where its format has none of eight bits."""
    name = frame.format.name
    if name not in _LUMA_FIRST and name not in _LUMA_FIRST_FULL:
        return None
    return plane_view(frame.planes[0])


def plane_view(plane: VideoPlane) -> NDArray[np.uint8]:
    """(H, W) view of a decoder's plane of eight bits."""
    memory: Any = plane  # a buffer, though its stub does not say so
    rows: NDArray[np.uint8] = np.frombuffer(memory, np.uint8)
    return rows.reshape(plane.height, plane.line_size)[:, : plane.width]


def _is_limited(frame: VideoFrame) -> bool:
    if frame.color_range in (_RANGE_LIMITED, _RANGE_FULL):
        return frame.color_range == _RANGE_LIMITED
    return frame.format.name in _LUMA_FIRST


def _convert(frame: VideoFrame, width: int, height: int, pixel_format: str) -> NDArray[np.uint8]:
    # A reformatter keeps its scaler between calls but must stay in one thread;
    # its own threads would only compete with ours.
    if not hasattr(_of_thread, "reformatter"):
        _of_thread.reformatter = VideoReformatter()
    shrinks = width < frame.width or height < frame.height
    converted = _of_thread.reformatter.reformat(
        frame,
        width,
        height,
        pixel_format,
        interpolation="AREA" if shrinks else "BILINEAR",
        src_color_range=frame.color_range,
        dst_color_range=_RANGE_FULL,
        threads=1,
    )
    return np.asarray(converted.to_ndarray(), np.uint8)
