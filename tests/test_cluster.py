"""Clips on a cluster give the rows of one process, also when a worker dies."""

from __future__ import annotations

import csv
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core import cluster
from core.errors import SettingsError
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


def test_no_scheduler_is_said_with_the_mend() -> None:
    with pytest.raises(SettingsError, match="dask scheduler"), cluster.connect("tcp://127.0.0.1:9"):
        pass
