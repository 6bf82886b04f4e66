"""What goes wrong in the middle of a video costs the frames it hits and no more."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import av
import pytest
from av.stream import Disposition

from core.errors import SourceError
from core.frame.ffmpeg_errors import why_not_opened
from core.frame.sources import _video_stream
from core.frame.video_source import (
    FALLBACK_FPS,
    VideoSource,
    _duration_s,
    _frame_count,
    _frame_rate,
    _start_s,
)

Packets = Callable[[Iterator[Any]], Iterator[Any]]


class Container:
    """A real file whose packets go through somebody's hands."""

    def __init__(self, container: Any, through: Packets) -> None:
        self._container, self._through = container, through

    def __getattr__(self, name: str) -> Any:
        return getattr(self._container, name)

    def demux(self, stream: Any) -> Iterator[Any]:
        return self._through(self._container.demux(stream))


@contextmanager
def reading(clip: Path, through: Packets) -> Iterator[VideoSource]:
    with av.open(str(clip)) as container:
        handed: Any = Container(container, through)
        with VideoSource(handed, container.streams.video[0], "clip", is_live=False) as source:
            yield source


def packet(decode: Callable[[], list[Any]], size: int = 1) -> Any:
    return SimpleNamespace(decode=decode, dts=None, size=size)


def raising(error: type[Exception], message: str) -> Callable[[], list[Any]]:
    def decode() -> list[Any]:
        raise error(1, message)

    return decode


def test_a_source_that_breaks_off_keeps_what_came_before(clip: Path) -> None:
    def through(packets: Iterator[Any]) -> Iterator[Any]:
        for number, each in enumerate(packets):
            if number == 10:
                raise av.error.ConnectionResetError(104, "Connection reset by peer")
            yield each

    with reading(clip, through) as source:
        frames = list(source)
    assert 0 < len(frames) <= 10
    assert all(frame.readable for frame in frames)
    assert "clip: reading stopped early: connection reset by peer" in source.problems
    assert any("so the file is cut off" in problem for problem in source.problems)


def test_an_end_that_cannot_be_decoded_is_told_and_nothing_else_is_lost(clip: Path) -> None:
    def through(packets: Iterator[Any]) -> Iterator[Any]:
        yield from packets
        yield packet(raising(av.error.InvalidDataError, "Invalid data"), size=0)

    with reading(clip, through) as source:
        frames = list(source)
    assert [frame.readable for frame in frames] == [True] * 25
    assert source.problems == ["clip: the end could not be decoded: invalid data"]


def test_a_decoder_that_says_it_is_done_ends_the_video_quietly(clip: Path) -> None:
    def through(packets: Iterator[Any]) -> Iterator[Any]:
        yield from packets
        yield packet(raising(av.error.EOFError, "End of file"))

    with reading(clip, through) as source:
        assert len(list(source)) == 25
    assert source.problems == []


def test_frames_too_small_to_judge_are_places_that_could_not_be_read(clip: Path) -> None:
    def through(packets: Iterator[Any]) -> Iterator[Any]:
        yield from packets
        yield packet(lambda: [av.VideoFrame(8, 8, "gray")])

    with reading(clip, through) as source:
        frames = list(source)
    assert [frame.readable for frame in frames] == [True] * 25 + [False]
    assert source.problems == ["clip: a frame of 8x8 px was skipped"]
    assert frames[-1].time_s > frames[-2].time_s


def test_frames_without_a_time_follow_at_the_frame_rate(clip: Path) -> None:
    def through(packets: Iterator[Any]) -> Iterator[Any]:
        yield from packets
        yield packet(lambda: [av.VideoFrame(64, 64, "gray"), av.VideoFrame(64, 64, "gray")])

    with reading(clip, through) as source:
        times = [frame.time_s for frame in source]
    assert len(times) == 27
    assert times[-2:] == pytest.approx([times[24] + 1 / 25, times[24] + 2 / 25])


def test_a_source_of_nothing_but_damage_is_given_up_before_its_end() -> None:
    taken = 0

    def damaged() -> Iterator[Any]:
        nonlocal taken
        while True:
            taken += 1
            yield packet(raising(av.error.InvalidDataError, "Invalid data"))

    stream: Any = SimpleNamespace(
        codec_context=SimpleNamespace(name="h264", width=640, height=480),
        sample_aspect_ratio=None,
        average_rate=None,
        guessed_rate=None,
        base_rate=None,
        duration=None,
        frames=0,
        start_time=None,
        time_base=None,
    )
    container: Any = SimpleNamespace(
        format=SimpleNamespace(name="mpegts"), duration=None, demux=lambda stream: damaged()
    )
    with pytest.raises(SourceError, match=r"no picture can be decoded \(a damaged packet"):
        VideoSource(container, stream, "clip", is_live=False)
    assert taken < 1000


@pytest.mark.parametrize(
    ("rates", "taken"),
    [
        ((None, None, None), FALLBACK_FPS),
        ((Fraction(90_000), Fraction(30), None), 30.0),
        ((Fraction(1, 100), None, Fraction(24)), 24.0),
        ((Fraction(25), Fraction(30), Fraction(60)), 25.0),
    ],
)
def test_the_first_credible_frame_rate_is_taken(rates: tuple[Any, ...], taken: float) -> None:
    names = ("average_rate", "guessed_rate", "base_rate")
    stream: Any = SimpleNamespace(**dict(zip(names, rates, strict=True)))
    assert _frame_rate(stream) == taken


def test_start_and_length_come_from_wherever_they_are_written() -> None:
    stream: Any = SimpleNamespace(start_time=90, duration=900, time_base=Fraction(1, 90), frames=0)
    silent: Any = SimpleNamespace(start_time=None, duration=None, time_base=None, frames=0)
    container: Any = SimpleNamespace(start_time=2 * av.time_base, duration=5 * av.time_base)
    nothing: Any = SimpleNamespace(start_time=None, duration=None)
    assert _start_s(container, stream) == 2.0
    assert _start_s(nothing, stream) == 1.0
    assert _start_s(nothing, silent) is None
    assert _duration_s(container, stream) == 10.0
    assert _duration_s(container, silent) == 5.0
    assert _duration_s(nothing, silent) is None
    assert _frame_count(silent, 5.0, 25.0) == 125
    assert _frame_count(silent, 0.001, 25.0) == 1
    assert _frame_count(silent, None, 25.0) is None


NOTHING_SPECIAL = Disposition(0)


def streams(*videos: Any, audio: bool = False) -> Any:
    return SimpleNamespace(streams=SimpleNamespace(video=videos, audio=[1] if audio else []))


def video(name: str, disposition: Disposition = NOTHING_SPECIAL, context: Any = "context") -> Any:
    return SimpleNamespace(name=name, disposition=disposition, codec_context=context)


def test_the_stream_that_a_player_shows_is_read() -> None:
    cover = video("cover", Disposition.attached_pic | Disposition.default)
    first, marked = video("first"), video("marked", Disposition.default)
    assert _video_stream(streams(cover, first, marked), "clip") is marked
    assert _video_stream(streams(cover, first), "clip") is first


@pytest.mark.parametrize(
    ("container", "said"),
    [
        (streams(audio=True), "holds only sound; give a file with video"),
        (streams(video("cover", Disposition.attached_pic)), "holds no pictures"),
        (streams(video("odd", context=None)), "convert it to H.264"),
    ],
)
def test_what_holds_no_video_says_what_it_holds(container: Any, said: str) -> None:
    with pytest.raises(SourceError, match=said):
        _video_stream(container, "clip")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (av.error.ExitError(1, "Immediate exit"), "did not answer within 10 s"),
        (av.error.HTTPNotFoundError(1, "404"), "the server says 404"),
        (av.error.HTTPForbiddenError(1, "403"), "needs a login"),
        (av.error.ConnectionRefusedError(111, "refused"), "nobody answers there"),
        (av.error.DecoderNotFoundError(1, "no decoder"), "convert it to H.264 in mp4"),
        (av.error.ArgumentError(22, "Invalid"), "give mp4, mov, mkv, webm or avi"),
        (av.error.InvalidDataError(1, "Invalid"), "is cut off or damaged"),
    ],
)
def test_each_of_ffmpegs_errors_says_what_to_do(error: Exception, said: str) -> None:
    assert said in why_not_opened(error, "clip.mp4")


def test_an_unknown_error_keeps_ffmpegs_words_and_says_where_to_look() -> None:
    error = av.error.UndefinedError(1, "Something else")
    assert why_not_opened(error, "clip.mp4") == (
        "cannot be opened (something else); check that it plays elsewhere"
    )
    assert why_not_opened(ValueError(), "https://example.org/a.mp4") == (
        "cannot be opened (valueError); check the address"
    )
