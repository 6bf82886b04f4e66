"""Clips on a cluster give the rows of one process, also when a worker dies."""

from __future__ import annotations

import csv
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core import cluster
from core.errors import SettingsError
from core.frame.segments import cut
from core.frame.sources import open_source
from core.frame.video import analyze_video
from core.settings import Settings

TIMING = {"run_id", "wall_time_utc", "fps", "latency_ms", "cpu_percent", "memory_percent", "rss_mb"}
"""What the machine was doing, not what the picture shows."""


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    with cluster.connect("local", workers=2) as opened:
        yield opened


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return [
            {name: value for name, value in row.items() if name not in TIMING}
            for row in csv.DictReader(file)
        ]


@pytest.fixture(scope="module")
def clips(
    tmp_path_factory: pytest.TempPathFactory,
    scene: Callable[[int, int, int], np.ndarray],
    encode: Callable[..., Path],
) -> list[Path]:
    folder = tmp_path_factory.mktemp("clips")
    return [
        encode(folder / f"{name}.mp4", [scene(k + 9 * number, 320, 240) for k in range(25)])
        for number, name in enumerate("abc")
    ]


def test_the_rows_are_those_of_one_process(client: Any, clips: list[Path], tmp_path: Path) -> None:
    names = [str(clip) for clip in clips]
    together = [tmp_path / "cluster" / clip.stem for clip in clips]
    results = cluster.analyze_many(client, names, together, annotate=False)
    assert [result.error for result in results] == ["", "", ""]
    for clip, folder in zip(clips, together, strict=True):
        alone = tmp_path / "alone" / clip.stem
        analyze_video(clip, alone, settings=Settings(workers=1), annotate=False)
        for table in ("metrics.csv", "emotions.csv"):
            assert rows(folder / table) == rows(alone / table)
            assert rows(folder / table)


def test_clips_of_a_worker_that_dies_are_done_again(
    client: Any, clips: list[Path], tmp_path: Path
) -> None:
    killed = []

    def kill_one(_: cluster.ClipResult) -> None:
        if not killed:
            pids = sorted(client.run(os.getpid).values())
            os.kill(pids[0], signal.SIGKILL)
            killed.append(pids[0])

    names = [str(clip) for clip in clips] * 2
    folders = [tmp_path / f"{k}" for k in range(len(names))]
    results = cluster.analyze_many(client, names, folders, annotate=False, on_done=kill_one)
    assert killed
    assert [result.error for result in results] == [""] * len(names)
    for k in range(len(clips)):
        first, second = folders[k], folders[k + len(clips)]
        assert rows(first / "metrics.csv") == rows(second / "metrics.csv")


def test_a_clip_that_is_done_is_let_go(client: Any, clips: list[Path], tmp_path: Path) -> None:
    left = len(clips)
    held: list[int] = []

    def is_let_go(_: cluster.ClipResult) -> None:
        nonlocal left
        left -= 1
        # The client forgets it in its own thread, a moment later.
        end_s = time.monotonic() + 30
        while len(client.futures) > left and time.monotonic() < end_s:
            time.sleep(0.01)
        held.append(len(client.futures))

    folders = [tmp_path / f"{k}" for k in range(len(clips))]
    sources = [str(clip) for clip in clips]
    cluster.analyze_many(client, sources, folders, annotate=False, on_done=is_let_go)
    assert held == list(range(len(clips) - 1, -1, -1))


@pytest.fixture(scope="module")
def long_clip(
    tmp_path_factory: pytest.TempPathFactory,
    scene: Callable[[int, int, int], np.ndarray],
    encode: Callable[..., Path],
) -> Path:
    """33 s of a moving face, its keyframes beside the places where it is cut."""
    frames = [scene(k, 160, 120) for k in range(33 * 6)]
    options = {"bf": "3", "g": "37", "x264-params": "open-gop=1"}
    path = tmp_path_factory.mktemp("long") / "long.mp4"
    return encode(path, frames, fps=6, options=options)


@pytest.mark.parametrize("options", [{"every": 1}, {"every": 2, "faces": False}])
def test_a_long_clip_is_cut_and_its_rows_are_those_of_one_process(
    client: Any, long_clip: Path, tmp_path: Path, options: dict[str, Any]
) -> None:
    assert len(cut(long_clip)) == 4
    (result,) = cluster.analyze_many(
        client, [str(long_clip)], [tmp_path / "cut"], annotate=False, **options
    )
    assert result.error == ""
    analyze_video(
        long_clip, tmp_path / "whole", settings=Settings(workers=1), annotate=False, **options
    )
    for table in ("metrics.csv", "emotions.csv"):
        assert rows(tmp_path / "cut" / table) == rows(tmp_path / "whole" / table)
    assert len(rows(tmp_path / "cut" / "metrics.csv")) == 33 * 6 // options["every"]


def test_the_parts_of_a_long_clip_are_all_its_frames(long_clip: Path) -> None:
    with open_source(long_clip) as source:
        whole = [(frame.index, frame.time_s, frame.image.sum()) for frame in source]
    parts = []
    for segment in reversed(cut(long_clip)):
        with open_source(long_clip) as source:
            found = [
                (frame.index, frame.time_s, frame.image.sum())
                for frame in source.frames_of(segment)
            ]
        parts = found + parts
    assert parts == whole


def test_a_short_clip_and_one_without_an_index_are_not_cut(
    clips: list[Path], tmp_path: Path
) -> None:
    nothing = tmp_path / "nothing.mp4"
    nothing.write_bytes(b"no video")
    assert cut(clips[0]) == cut(nothing) == cut(tmp_path / "missing.mp4") == []


def test_a_long_clip_with_a_damaged_part_is_analyzed_in_one_piece(
    client: Any, long_clip: Path, tmp_path: Path
) -> None:
    data = bytearray(long_clip.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 3000] = bytes(3000)
    damaged = tmp_path / "damaged.mp4"
    damaged.write_bytes(data)
    (result,) = cluster.analyze_many(
        client, [str(damaged)], [tmp_path / "cluster"], annotate=False, faces=False
    )
    analyze_video(damaged, tmp_path / "alone", annotate=False, faces=False)
    assert result.error == ""
    assert rows(tmp_path / "cluster" / "metrics.csv") == rows(tmp_path / "alone" / "metrics.csv")


def test_a_bad_clip_fails_alone_and_says_why(
    client: Any, clips: list[Path], tmp_path: Path
) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no video")
    bad, good = cluster.analyze_many(
        client, [str(broken), str(clips[0])], [tmp_path / "x", tmp_path / "y"], annotate=False
    )
    assert "broken.mp4" in bad.error
    assert bad.summary is None
    assert good.summary is not None
    assert good.summary.frames > 0


def test_a_long_clip_that_breaks_in_a_way_nobody_foresaw_fails_alone(
    client: Any,
    long_clip: Path,
    clips: list[Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def breaks(*_: Any, **__: Any) -> None:
        raise MemoryError("a part")

    # Here, not on the workers: it is they who analyze the short one.
    monkeypatch.setattr(cluster, "analyze_video", breaks)
    bad, good = cluster.analyze_many(
        client, [str(long_clip), str(clips[0])], [tmp_path / "x", tmp_path / "y"], annotate=False
    )
    assert "long.mp4" in bad.error
    assert "MemoryError" in bad.error
    assert good.error == ""


def test_no_scheduler_is_said_with_the_mend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "_CONNECT_S", 1.0)
    with pytest.raises(SettingsError, match="dask scheduler"), cluster.connect("tcp://127.0.0.1:9"):
        pass
