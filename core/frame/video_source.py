"""An opened video as frames with media time.

What goes wrong in the middle of a video costs the frames it hits and no more: they
are handed out as unreadable and reading goes on.
"""

from __future__ import annotations

import itertools
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from core.closing import Closing
from core.errors import SourceError
from core.frame.ffmpeg_errors import reason
from core.frame.pictures import DecodedFrame

if TYPE_CHECKING:
    from core.frame.segments import Segment

log = logging.getLogger(__name__)

LARGEST_SIDE_PX: Final = 8192
LARGEST_AREA_PX: Final = 40_000_000
"""8K film is 33 million; a header that claims more is a mistake or an attack."""
SMALLEST_SIDE_PX: Final = 16

FALLBACK_FPS: Final = 25.0
"""Taken where neither the container nor the frames tell."""


class VideoSource(Closing):
    """An opened video; iterate over it for its frames, close it when done.

    Made by ``open_source``. A context manager.

    Attributes
    ----------
    name : str
        What messages call it.
    width, height : int
        Upright size, px, as the container says; frames may differ.
    fps : float
        Mean frame rate as the container says, Hz.
    frame_count : int or None
        Frames to expect, an estimate; None where nobody knows.
    duration_s : float or None
        Length, s; None for a live stream.
    is_live : bool
        Whether it has no end.
    is_segmented : bool
        Whether its frames come some seconds at a time, as HLS does.
    sample_aspect_ratio : Fraction
        Width over height of a stored pixel, 1 for nearly all.
    problems : list of str
        What went wrong while reading, a line each.
    """

    def __init__(
        self, container: InputContainer, stream: VideoStream, name: str, *, is_live: bool
    ) -> None:
        self._container, self._stream = container, stream
        self._closing = ExitStack()
        context = stream.codec_context
        self.name, self.is_live = name, is_live
        self.is_segmented = "hls" in container.format.name.split(",")
        self.width, self.height = context.width, context.height
        self.codec = context.name
        self.sample_aspect_ratio = Fraction(stream.sample_aspect_ratio or 1)
        self.fps = _frame_rate(stream)
        self.duration_s = None if is_live else _duration_s(container, stream)
        self.frame_count = _frame_count(stream, self.duration_s, self.fps)
        self.problems: list[str] = []
        self.frames_read = 0
        self._first: list[tuple[VideoFrame | None, float]] = []
        # AVI has no presentation times, only the place of each packet.
        self._counts_packets = container.format.name == "avi"
        self._start_s = None if self._counts_packets else _start_s(container, stream)
        self._decoded = self._decode()
        self._look_at_first()

    def close(self) -> None:
        """Let go of the file or the connection; twice does no harm."""
        self._container.close()
        self._closing.close()

    def when_closed(self, act: Callable[[], None]) -> None:
        """Have something done once the file is let go of, such as deleting it."""
        self._closing.callback(act)

    def __iter__(self) -> Iterator[DecodedFrame]:
        """Hand out the frames in the order they are shown, once.

        ``time_s`` counts from the start of the video and never goes back, also
        where the file's clock jumps. A frame that cannot be decoded has
        ``readable`` False.
        """
        step_s = 1.0 / self.fps
        last_s = -step_s
        damaged = 0
        for frame, spent_ms in self._all():
            if frame is None:
                damaged += 1
                continue
            time_s = self._time_s(frame)
            if time_s is None or time_s <= last_s:
                time_s = last_s + step_s
            # A damaged packet tells its place in the order of decoding, not of
            # showing; its frames are spread over the gap they left.
            for number in range(1, damaged + 1):
                between_s = last_s + (time_s - last_s) * number / (damaged + 1)
                yield self._count(None, between_s, 0.0)
            yield self._count(frame, time_s, spent_ms)
            last_s, damaged = time_s, 0
        for number in range(1, damaged + 1):
            yield self._count(None, last_s + step_s * number, 0.0)
        self._note_missing()

    def frames_of(self, segment: Segment) -> Iterator[DecodedFrame]:
        """Hand out the frames of one part, as iterating over the whole video would.

        Raises
        ------
        SourceError
            Where other frames come than the part should hold.
        """
        base = self._stream.time_base
        if self._first and self._first[-1][0] is not None:
            self._time_s(self._first[-1][0])  # where the file does not say, its first frame does
        back = 0
        while True:
            self._container.seek(segment.start_pts - back, stream=self._stream)
            self._first, self._decoded = [], self._decode()
            first = next(self._decoded, (None, 0.0))
            # Files are sought by decoding times, which lie before those of showing.
            if first[0] is None or first[0].pts is None or first[0].pts <= segment.start_pts:
                break
            if segment.start_pts - back < 0:
                break
            back = max(1, 4 * back, round(1 / base) if base else 1)
        index = segment.first_index
        for frame, spent_ms in itertools.chain([first], self._decoded):
            # Frames before the part may lean on others that were not decoded.
            if frame is None or frame.pts is None or frame.pts < segment.start_pts:
                continue
            if frame.pts > segment.last_pts:
                break
            time_s = self._time_s(frame)
            assert time_s is not None
            yield DecodedFrame(frame, index, max(0.0, time_s), spent_ms)
            index += 1
        if index != segment.end_index:
            raise SourceError(f"{self.name}: a part of it holds other frames than its index says")

    def _count(self, frame: VideoFrame | None, time_s: float, spent_ms: float) -> DecodedFrame:
        self.frames_read += 1
        return DecodedFrame(frame, self.frames_read - 1, max(0.0, time_s), spent_ms)

    def _time_s(self, frame: VideoFrame) -> float | None:
        base = frame.time_base or self._stream.time_base
        stamp = frame.dts if self._counts_packets else frame.pts
        if stamp is None or base is None:
            return None
        if self._start_s is None:
            self._start_s = float(stamp * base)
        return float(stamp * base) - self._start_s

    def _all(self) -> Iterator[tuple[VideoFrame | None, float]]:
        yield from self._first
        self._first.clear()
        yield from self._decoded

    def _look_at_first(self) -> None:
        """Decode up to the first good frame, so that a hopeless source fails on opening."""
        for entry in self._decoded:
            self._first.append(entry)
            if entry[0] is not None:
                turned = round(entry[0].rotation / 90) % 2
                self.width, self.height = (
                    (entry[0].height, entry[0].width)
                    if turned
                    else (entry[0].width, entry[0].height)
                )
                if turned:
                    self.sample_aspect_ratio = 1 / self.sample_aspect_ratio
                return
            if len(self._first) > 600:
                break
        why = self.problems[-1].partition(": ")[2] if self.problems else "it holds no frame"
        raise SourceError(
            f"{self.name}: no picture can be decoded ({why}); it is damaged, cut off or "
            f"larger than {LARGEST_AREA_PX // 1_000_000} megapixels, copy or export it again"
        )

    def _decode(self) -> Iterator[tuple[VideoFrame | None, float]]:
        packets = self._container.demux(self._stream)
        while True:
            begun = time.perf_counter()
            try:
                packet = next(packets)
            except StopIteration:
                return
            except FFmpegError as error:
                self._note(f"reading stopped early: {reason(error)}")
                return
            try:
                frames = [frame for frame in packet.decode() if isinstance(frame, VideoFrame)]
            except av.error.EOFError:
                return
            except FFmpegError as error:
                if packet.dts is None and packet.size == 0:
                    self._note(f"the end could not be decoded: {reason(error)}")
                    return
                self._note(f"a damaged packet was skipped: {reason(error)}")
                yield None, 0.0
                continue
            spent_ms = (time.perf_counter() - begun) * 1000 / max(1, len(frames))
            for frame in frames:
                yield (frame if self._is_usable(frame) else None), spent_ms

    def _is_usable(self, frame: VideoFrame) -> bool:
        if frame.is_corrupt:
            self._note("a damaged frame was skipped")
            return False
        if min(frame.width, frame.height) < SMALLEST_SIDE_PX:
            self._note(f"a frame of {frame.width}x{frame.height} px was skipped")
            return False
        return True

    def _note(self, problem: str) -> None:
        # A thousand damaged packets are one problem.
        line = f"{self.name}: {problem}"
        if line not in self.problems and len(self.problems) < 20:
            self.problems.append(line)
            log.warning("%s", line)

    def _note_missing(self) -> None:
        known = self._stream.frames
        if known and self.frames_read < known * 0.98 - 2:
            self._note(
                f"ends after {self.frames_read} of {known} frames, so the file is cut off; "
                "copy it again for the rest"
            )


def describe(source: VideoSource) -> dict[str, Any]:
    """Facts about a source for a record: size, rate, length, codec."""
    return {
        "name": source.name,
        "width_px": source.width,
        "height_px": source.height,
        "fps": round(source.fps, 3),
        "duration_s": source.duration_s,
        "codec": source.codec,
    }


def _frame_rate(stream: VideoStream) -> float:
    for rate in (stream.average_rate, stream.guessed_rate, stream.base_rate):
        if rate and 0.1 <= float(rate) <= 1000:
            return float(rate)
    return FALLBACK_FPS


def _start_s(container: InputContainer, stream: VideoStream) -> float | None:
    begins: int | None = getattr(container, "start_time", None)
    if begins is not None:
        return begins / av.time_base
    if stream.start_time is not None and stream.time_base is not None:
        return float(stream.start_time * stream.time_base)
    return None


def _duration_s(container: InputContainer, stream: VideoStream) -> float | None:
    if stream.duration is not None and stream.time_base is not None:
        return float(stream.duration * stream.time_base)
    return None if container.duration is None else container.duration / av.time_base


def _frame_count(stream: VideoStream, duration_s: float | None, fps: float) -> int | None:
    if stream.frames:
        return stream.frames
    return max(1, round(duration_s * fps)) if duration_s else None
