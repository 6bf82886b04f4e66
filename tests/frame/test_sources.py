"""Files of every kind end as frames with the right time, or as one clear line."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest

from core.errors import SourceError
from core.frame.sources import open_source


def times_s(path: Path) -> list[float]:
    with open_source(path) as source:
        return [frame.time_s for frame in source]


def test_a_clip_tells_its_size_rate_and_length(clip: Path) -> None:
    with open_source(clip) as source:
        assert (source.width, source.height, source.fps) == (320, 240, 25.0)
        assert source.frame_count == 25
        assert source.duration_s == pytest.approx(1.0)
        assert not source.is_live


def test_every_frame_comes_once_in_order_with_its_media_time(clip: Path) -> None:
    with open_source(clip) as source:
        frames = [(frame.index, frame.time_s, frame.readable) for frame in source]
        assert not source.problems
    assert [index for index, _, _ in frames] == list(range(25))
    assert np.allclose([time_s for _, time_s, _ in frames], np.arange(25) / 25, atol=1e-4)
    assert all(readable for _, _, readable in frames)


def test_a_variable_frame_rate_keeps_its_times(make_clip: Callable[..., Path]) -> None:
    wanted = [0.0, 0.04, 0.08, 0.5, 0.52, 0.9, 1.4, 1.44]
    path = make_clip("vfr.mp4", count=len(wanted), times_s=wanted)
    assert np.allclose(times_s(path), wanted, atol=1e-3)


@pytest.mark.parametrize("name", ["a.mkv", "a.mov", "a.avi", "a.ts"])
def test_times_start_at_zero_in_every_container(make_clip: Callable[..., Path], name: str) -> None:
    found = times_s(make_clip(name, count=12))
    assert len(found) == 12
    assert found[0] == pytest.approx(0.0, abs=1e-3)
    assert np.allclose(np.diff(found), 0.04, atol=2e-3)


def test_webm_is_read(make_clip: Callable[..., Path]) -> None:
    path = make_clip("a.webm", count=5, codec="libvpx", options={"deadline": "realtime"})
    assert len(times_s(path)) == 5


def turned(clip: Path, path: Path, quarter_turns: int) -> Path:
    """Copy of an mp4 whose track header asks players to turn it clockwise, as phones write it."""
    cosine, sine = [(1, 0), (0, 1), (-1, 0), (0, -1)][quarter_turns]
    data = bytearray(clip.read_bytes())
    header = data.index(b"tkhd")
    # Version 0: 4 flags, 20 times and ids, 8 + 8 reserved and volume, then the matrix.
    at = header + 4 + 4 + 20 + 16
    assert struct.unpack(">i", data[at : at + 4])[0] == 1 << 16
    matrix = [cosine << 16, sine << 16, 0, -sine << 16, cosine << 16, 0, 0, 0, 1 << 30]
    data[at : at + 36] = struct.pack(">9i", *matrix)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("quarter_turns", [1, 2, 3])
def test_a_turned_phone_video_comes_upright(clip: Path, tmp_path: Path, quarter_turns: int) -> None:
    path = turned(clip, tmp_path / "phone.mp4", quarter_turns)
    with open_source(clip) as plain, open_source(path) as phone:
        stored, upright = next(iter(plain)), next(iter(phone))
        size = (240, 320) if quarter_turns % 2 else (320, 240)
        assert (phone.width, phone.height) == upright.size == size
        # np.rot90 turns counter-clockwise, the header clockwise.
        assert np.array_equal(upright.image, np.rot90(stored.image, -quarter_turns))
        luma = np.rot90(stored.luma.plane, -quarter_turns)
        assert np.array_equal(upright.upright_luma.plane, luma)
        assert upright.thumbnail(80).shape[:2] == ((107, 80) if quarter_turns % 2 else (60, 80))


def test_a_size_that_changes_on_the_way_is_followed(
    tmp_path: Path, make_clip: Callable[..., Path]
) -> None:
    parts = [make_clip("a.h264", count=5), make_clip("b.h264", count=5, size=(192, 176))]
    path = tmp_path / "changes.h264"
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    with open_source(path) as source:
        frames = [(frame.size, frame.time_s) for frame in source]
    assert [size for size, _ in frames] == [(320, 240)] * 5 + [(192, 176)] * 5
    assert np.all(np.diff([time_s for _, time_s in frames]) > 0)


def test_damaged_packets_cost_only_their_frames(
    make_clip: Callable[..., Path], tmp_path: Path
) -> None:
    # Every frame a key frame, so that damage does not spread.
    whole = make_clip("intra.mkv", count=30, options={"g": "1", "bf": "0"})
    data = bytearray(whole.read_bytes())
    with av.open(str(whole)) as container:
        packets = [p for p in container.demux(video=0) if p.size]
    for number in (10, 11, 20):
        at = packets[number].pos + 40
        data[at : at + 1500] = np.random.default_rng(1).bytes(1500)
    path = tmp_path / "damaged.mkv"
    path.write_bytes(data)
    with open_source(path) as source:
        frames = list(source)
        assert len(frames) == 30
        unreadable = [frame for frame in frames if not frame.readable]
        assert 1 <= len(unreadable) <= 4
        assert source.problems
        assert np.all(np.diff([frame.time_s for frame in frames]) >= 0)
        # Damage does not shift the time of what comes after it.
        assert frames[-1].time_s == pytest.approx(29 / 25, abs=1e-3)
        with pytest.raises(SourceError, match="could not be decoded"):
            _ = unreadable[0].image


def faststart(path: Path, clip: Path) -> Path:
    """Copy of a clip with its index before its pictures, as videos from the web have it."""
    with (
        av.open(str(clip)) as read,
        av.open(str(path), "w", options={"movflags": "+faststart"}) as write,
    ):
        stream = write.add_stream_from_template(read.streams.video[0])
        for packet in read.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                write.mux(packet)
    return path


def test_a_cut_off_video_is_read_to_its_end_and_says_so(
    make_clip: Callable[..., Path], tmp_path: Path
) -> None:
    whole = faststart(tmp_path / "whole.mp4", make_clip("long.mp4", count=100))
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    with open_source(cut) as source:
        count = len(list(source))
        assert 10 < count < 95
        assert any(
            "cut off" in problem and "of 100 frames" in problem for problem in source.problems
        )


def png(width: int, height: int) -> bytes:
    """Header of a picture of this size, with next to nothing in it."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(bytes(1000))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    )


def only_sound(path: Path) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=44_100)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        frame.sample_rate = 44_100
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def huge_video(path: Path) -> Path:
    """A small video whose header claims 20000x20000 px."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = 300, 300, "gray"
        pixels = np.zeros((300, 300), np.uint8)
        container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, "gray")))
        container.mux(stream.encode(None))
    data = path.read_bytes()
    for element in (b"\xb0\x82", b"\xba\x82"):  # PixelWidth and PixelHeight, two bytes each
        assert element + struct.pack(">H", 300) in data
        data = data.replace(element + struct.pack(">H", 300), element + struct.pack(">H", 20_000))
    return written(path, data)


def tiny_video(path: Path) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = 1, 1, "gray"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((1, 1), np.uint8), "gray")))
        container.mux(stream.encode(None))
    return path


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def truncated(path: Path, clip: Path) -> Path:
    """An mp4 whose index, at its end, is gone: a recording that was never finished."""
    data = clip.read_bytes()
    return written(path, data[: data.index(b"moov") - 4])


PLAYLIST = b"#EXTM3U\n#EXTINF:1,\nfile:///etc/hostname\n#EXT-X-ENDLIST\n"

BAD_FILES: dict[str, tuple[Callable[[Path, Path], Path], str]] = {
    "missing": (lambda directory, clip: directory / "none.mp4", "no such file"),
    "directory": (lambda directory, clip: directory, "is a directory"),
    "empty": (lambda directory, clip: written(directory / "a.mp4", b""), "is empty"),
    "text": (lambda directory, clip: written(directory / "a.mp4", b"hello\n" * 500), "not a video"),
    "noise": (
        lambda directory, clip: written(
            directory / "a.mp4", np.random.default_rng(0).bytes(50_000)
        ),
        "not a video",
    ),
    "truncated": (lambda directory, clip: truncated(directory / "a.mp4", clip), "cut off"),
    "playlist": (lambda directory, clip: written(directory / "a.mp4", PLAYLIST), "not"),
    "sound": (lambda directory, clip: only_sound(directory / "a.m4a"), "only sound"),
    "1x1": (lambda directory, clip: tiny_video(directory / "a.mkv"), "1x1 px, too small"),
    "huge video": (lambda directory, clip: huge_video(directory / "a.mkv"), "megapixels"),
    "huge picture": (
        lambda directory, clip: written(directory / "a.png", png(20_000, 20_000)),
        "megapixels",
    ),
    "wide picture": (
        lambda directory, clip: written(directory / "a.png", png(200_000, 16)),
        "a side|megapixels",
    ),
}


@pytest.mark.parametrize("kind", BAD_FILES)
def test_a_bad_file_is_one_line_that_names_it_and_the_mend(
    tmp_path: Path, clip: Path, kind: str
) -> None:
    make, wanted = BAD_FILES[kind]
    path = make(tmp_path, clip)
    with pytest.raises(SourceError, match=wanted) as caught:
        open_source(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    assert ";" in message or "," in message, "says what to do"


def test_a_file_that_may_not_be_read_says_so(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(SourceError, match="may not be read"):
        open_source(clip)


def test_a_device_is_not_read_for_ever() -> None:
    with pytest.raises(SourceError, match="not a regular file"):
        open_source(os.devnull)


def test_a_file_with_odd_signs_in_its_name_is_read(clip: Path, tmp_path: Path) -> None:
    path = tmp_path / "a:b %d 얼굴.mp4"
    path.write_bytes(clip.read_bytes())
    assert len(times_s(path)) == 25


def test_a_picture_file_is_a_source_of_one_frame(tmp_path: Path, astronaut: np.ndarray) -> None:
    import cv2

    path = tmp_path / "astronaut.png"
    cv2.imwrite(str(path), astronaut)
    with open_source(path) as source:
        frames = list(source)
    assert len(frames) == 1
    assert np.array_equal(frames[0].image, astronaut)
