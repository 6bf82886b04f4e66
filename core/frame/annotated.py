"""Frames with their reports drawn in, written as H.264 that plays in a browser."""

from __future__ import annotations

import queue
import threading
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import cv2
import numpy as np
from av.error import FFmpegError
from av.video.frame import PictureType, VideoFrame
from av.video.reformatter import Colorspace
from av.video.stream import VideoStream
from numpy.typing import NDArray

from core.closing import Closing
from core.errors import RecordError
from core.frame.canvas import Canvas
from core.frame.overlay import draw_on
from core.frame.pictures import DecodedFrame, plane_view
from core.types import FrameReport

CLOCK_HZ: Final = 90_000
"""Fine enough for the times of any variable frame rate."""

_WAITING: Final = 6
_OPTIONS: Final = {"preset": "ultrafast", "crf": "24"}
_BT709, _LIMITED = 1, 1
_BT601_LIMITED: Final = (6, _LIMITED)


class AnnotatedVideo(Closing):
    """Draws and encodes in a thread of its own; a context manager.

    Frames keep their media time, so a variable frame rate stays what it was.

    Parameters
    ----------
    path : Path
        An mp4 file, overwritten where it exists.
    size : (int, int)
        Upright width and height of the first frame, px; later frames of another
        size are fitted into it.
    fps : float
        Mean frame rate, Hz.
    sample_aspect_ratio : Fraction
        Of a pixel, carried over.
    threshold : float
        See ``overlay.draw``.

    Raises
    ------
    RecordError
        Where it cannot be written, from here, ``add`` and ``close``.
    """

    def __init__(
        self,
        path: Path,
        size: tuple[int, int],
        fps: float,
        sample_aspect_ratio: Fraction = Fraction(1),
        threshold: float = 0.5,
    ) -> None:
        self.path = path
        self._threshold = threshold
        # 4:2:0 halves both sides; a missing odd column is repeated.
        self._size = (size[0] + size[0] % 2, size[1] + size[1] % 2)
        self._waiting: queue.Queue[tuple[DecodedFrame, FrameReport] | None] = queue.Queue(_WAITING)
        self._error: Exception | None = None
        self._last_pts = -1
        self._closed = False
        try:
            path.write_bytes(b"")  # the encoder itself opens the file only with its first frame
            self._container = av.open(str(path), "w", options={"movflags": "+faststart"})
            self._stream = self._add_stream(fps, sample_aspect_ratio)
        except (FFmpegError, OSError, ValueError) as error:
            raise _cannot_write(path, error) from error
        self._thread = threading.Thread(target=self._run, name="annotated-video", daemon=True)
        self._thread.start()

    def add(self, frame: DecodedFrame, report: FrameReport) -> None:
        """Hand over a frame; waits where the encoder is behind."""
        if not frame.readable:
            return
        while self._error is None:
            try:
                self._waiting.put((frame, report), timeout=0.2)
                return
            except queue.Full:
                continue
        raise _cannot_write(self.path, self._error) from self._error

    def close(self) -> None:
        """Encode what waits and finish the file; twice does no harm."""
        if self._closed:
            return
        self._closed = True
        while self._thread.is_alive():
            try:
                self._waiting.put(None, timeout=0.2)
                break
            except queue.Full:
                continue
        self._thread.join()
        if self._error is not None:
            raise _cannot_write(self.path, self._error) from self._error

    def _add_stream(self, fps: float, sample_aspect_ratio: Fraction) -> VideoStream:
        rate = Fraction(fps).limit_denominator(1001)
        stream = self._container.add_stream("libx264", rate=rate, options=dict(_OPTIONS))
        stream.width, stream.height = self._size
        stream.pix_fmt = "yuv420p"
        context = stream.codec_context
        context.time_base = Fraction(1, CLOCK_HZ)
        context.sample_aspect_ratio = sample_aspect_ratio
        context.gop_size = max(1, round(2 * fps))
        # Frames are read beside it: further threads only take turns with those.
        context.thread_count = 1
        return stream

    def _run(self) -> None:
        try:
            while (entry := self._waiting.get()) is not None:
                self._encode(*entry)
            for packet in self._stream.encode(None):
                self._container.mux(packet)
        except Exception as error:  # noqa: BLE001 (raised again in the thread that adds)
            self._error = error
        finally:
            try:
                self._container.close()
                if self._last_pts < 0:
                    self.path.unlink()  # a video without a frame is none
            except (FFmpegError, OSError) as error:
                self._error = self._error or error

    def _encode(self, frame: DecodedFrame, report: FrameReport) -> None:
        picture = self._drawn(frame, report)
        self._last_pts = max(round(frame.time_s * CLOCK_HZ), self._last_pts + 1)
        picture.pts, picture.time_base = self._last_pts, Fraction(1, CLOCK_HZ)
        for packet in self._stream.encode(picture):
            self._container.mux(packet)

    def _drawn(self, frame: DecodedFrame, report: FrameReport) -> VideoFrame:
        """The frame with its report, in the encoder's format. It is ours alone by now."""
        planes = frame.planes_420()
        context = self._stream.codec_context
        if self._last_pts < 0:
            # The first frame decides how colours are written; an open encoder is told no more.
            tags = _BT601_LIMITED if planes is None else (planes.colorspace, planes.color_range)
            context.colorspace, context.color_range = tags
        tags = context.colorspace, context.color_range
        fits = planes is not None and (planes.width, planes.height) == self._size
        if planes is not None and fits and (planes.colorspace, planes.color_range) == tags:
            luma, *chroma = (plane_view(plane) for plane in planes.planes)
            canvas = Canvas.of_planes(
                luma,
                (chroma[0], chroma[1]),
                bt709=planes.colorspace == _BT709,
                limited_range=True,
            )
            draw_on(canvas, report, self._threshold)
            planes.pict_type = PictureType.NONE
            return planes
        draw_on(Canvas.of_pixels(frame.image), report, self._threshold)
        pixels = VideoFrame.from_ndarray(_fitted(frame.image, self._size), format="bgr24")
        return pixels.reformat(
            format="yuv420p",
            dst_colorspace=Colorspace.ITU709 if tags[0] == _BT709 else Colorspace.ITU601,
            dst_color_range=tags[1] or _LIMITED,
        )


def _fitted(image: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Bring a picture to exactly ``size``: one that differs by a pixel repeats its edge."""
    width, height = size
    high, wide = image.shape[:2]
    if (wide, high) == size:
        return image
    if not (0 <= width - wide <= 1 and 0 <= height - high <= 1):
        scale = min(width / wide, height / high)
        wide, high = max(1, round(wide * scale)), max(1, round(high * scale))
        shrunk = np.asarray(cv2.resize(image, (wide, high), interpolation=cv2.INTER_AREA))
        left, top = (width - wide) // 2, (height - high) // 2
        canvas = np.zeros((height, width, 3), np.uint8)
        canvas[top : top + high, left : left + wide] = shrunk
        return canvas
    edges = (0, height - high, 0, width - wide)
    return np.asarray(cv2.copyMakeBorder(image, *edges, borderType=cv2.BORDER_REPLICATE), np.uint8)


def _cannot_write(path: Path, error: Exception) -> RecordError:
    reason = getattr(error, "strerror", None) or error
    return RecordError(
        f"{path}: cannot be written ({reason}); check the disk's space, the directory's "
        "permissions and `python -m core doctor`"
    )
