"""What a second Dask worker brings: the same clips on one and on two, in one run.

    python -m benchmarks.cluster [--clips 8] [--seconds 6]

Each cluster is started and its workers' models are loaded before the clock runs.
Rows are compared byte by byte, the columns of timing and of this machine aside.
"""

from __future__ import annotations

import argparse
import csv
import tempfile
import time
from itertools import zip_longest
from pathlib import Path

import av

from benchmarks.throughput import make_clip
from core.cluster import analyze_many, connect

OF_THE_MACHINE = ("ms", "fps", "cpu", "memory", "rss", "wall", "run", "process")
GOAL = 1.7


def rows(directory: Path) -> list[dict[str, str]]:
    """The rows of a clip without what hangs on the machine."""
    found: list[dict[str, str]] = []
    for name in ("metrics.csv", "emotions.csv"):
        with (directory / name).open(encoding="utf-8", newline="") as file:
            found += [
                {k: v for k, v in row.items() if not any(part in k for part in OF_THE_MACHINE)}
                for row in csv.DictReader(file)
            ]
    return found


def share_same(one: list[dict[str, str]], other: list[dict[str, str]]) -> float:
    """Share of rows that are equal, each to the one in its place; 0 where there are none."""
    pairs = list(zip_longest(one, other))
    return sum(a == b for a, b in pairs) / max(1, len(pairs))


def seconds_on(workers: int, clips: list[Path], folder: Path) -> tuple[float, list[Path]]:
    """Time of all clips on so many workers, s, and where the results are."""
    with connect("local", workers) as client:
        warm = [folder / f"warm-{workers}-{k}" for k in range(workers * 2)]
        analyze_many(client, [str(clips[-1])] * len(warm), warm, annotate=False)
        out = [folder / f"{workers}-{clip.stem}" for clip in clips[:-1]]
        begun = time.perf_counter()
        results = analyze_many(client, [str(clip) for clip in clips[:-1]], out, annotate=False)
        took = time.perf_counter() - begun
    faults = [result.error for result in results if result.error]
    if faults:
        raise SystemExit("\n".join(faults))
    return took, out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        first = make_clip(folder / "clip.mp4", options.seconds)
        clips = []
        for k in range(options.clips):
            clips.append(folder / f"{k}.mp4")
            clips[-1].hardlink_to(first)
        clips.append(make_clip(folder / "warm.mp4", 1.0))
        with av.open(str(first)) as container:
            frames = container.streams.video[0].frames * options.clips
        one_s, one = seconds_on(1, clips, folder)
        many_s, many = seconds_on(options.workers, clips, folder)
        same = [share_same(rows(a), rows(b)) for a, b in zip(one, many, strict=True)]
    print("| workers | s | frames/s |\n| ---: | ---: | ---: |")
    print(f"| 1 | {one_s:.1f} | {frames / one_s:.1f} |")
    print(f"| {options.workers} | {many_s:.1f} | {frames / many_s:.1f} |")
    print(f"\nSpeed-up {one_s / many_s:.2f} x (goal {GOAL} with two)")
    print(f"rows the same: {min(same):.4f} of each clip's (goal 1)")


if __name__ == "__main__":
    main()
