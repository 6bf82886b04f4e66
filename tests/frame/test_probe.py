"""What a stranger's file does while it is opened happens in a process of its own."""

from __future__ import annotations

import random
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest

from core.errors import SourceError
from core.frame import probe as module
from core.frame.probe import probe
from core.frame.sources import open_source


def png(width: int, height: int) -> bytes:
    """A picture whose header promises a size; its data are a few bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        crc = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc)

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def test_a_good_video_passes(clip: Path) -> None:
    probe(clip, "mine.mp4")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1/seg.ts\n",
        b"ffconcat version 1.0\nfile /etc/passwd\n",
        b"<html><script>alert(1)</script></html>",
        bytes(1000),
        png(60_000, 60_000),
    ],
)
def test_what_is_no_video_is_named_as_the_visitor_does(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "kept.mp4"
    path.write_bytes(content)
    with pytest.raises(SourceError) as refused:
        probe(path, "mine.mp4")
    line = str(refused.value)
    assert line.startswith("mine.mp4: ")
    assert str(tmp_path) not in line
    assert "Traceback" not in line


def test_a_file_that_kills_its_reader_is_refused_and_nothing_else_dies(
    clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What a decoder does that writes where it must not.
    real = module.subprocess.run

    def aborting(command: list[str], **how: object) -> object:
        return real([command[0], "-c", "import os; os.abort()"], **how)

    monkeypatch.setattr(module.subprocess, "run", aborting)
    with pytest.raises(SourceError, match=r"mine\.mp4: its beginning cannot be decoded"):
        probe(clip, "mine.mp4")


def test_a_file_that_never_ends_is_given_up(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LONGEST_S", 0.01)
    with pytest.raises(SourceError, match=r"mine\.mp4: its beginning cannot be read within"):
        probe(clip, "mine.mp4")


@pytest.mark.parametrize("kind", ["clip.mp4", "clip.mkv", "clip.avi"])
def test_a_mutated_file_ends_as_frames_or_as_one_line(
    kind: str, make_clip: object, tmp_path: Path
) -> None:
    whole = make_clip(kind).read_bytes()  # type: ignore[operator]
    chance = random.Random(kind)
    for number in range(12):
        data = bytearray(whole)
        for _ in range(chance.choice((1, 8, 64, 512))):
            data[chance.randrange(len(data))] = chance.randrange(256)
        if number % 3 == 0:
            del data[chance.randrange(len(data)) :]
        path = tmp_path / f"{number}-{kind}"
        path.write_bytes(data)
        try:
            with open_source(path) as source:
                for frame in source:
                    assert frame.time_s >= 0 and np.isfinite(frame.time_s)
        except SourceError as error:
            assert "\n" not in str(error)
