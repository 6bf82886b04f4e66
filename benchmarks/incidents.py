"""Incidents in clips with faults: found, on time, and how many false alarms an hour.

    python -m benchmarks.incidents                     scenes kept for judging, encoded variously
    python -m benchmarks.incidents --scenes judge      those of the first report, looked at since
    python -m benchmarks.incidents --scenes develop    those that limits were chosen on
    python -m benchmarks.incidents --clips DIR         recorded clips of your own beside them

Every clip is made, encoded as H.264, read back by the program's own reader and measured
as ``analyze`` does. An incident counts as found where its kind and its onset, to a
second, are right.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from benchmarks.faulty_clips import (
    DEVELOP,
    FAULTS,
    JUDGE,
    UNSEEN,
    Camera,
    Clip,
    Recorded,
    calm_clips,
    encode,
    encoded_variously,
    faulty_clips,
    recorded_frames,
)
from core.frame.liveness import LivenessMonitor
from core.frame.quality import QualityMeter
from core.frame.sources import open_source
from core.incidents import Incident

WITHIN_S = 1.0
GRAVE, SLIGHT = ("freeze", "black", "covered"), ("defocused", "moved")
"""What is held to one goal together."""


@dataclass
class Score:
    """What became of the clips with one fault."""

    clips: int = 0
    found: int = 0
    late_s: list[float] = field(default_factory=list)
    others: Counter[str] = field(default_factory=Counter)


def incidents_of(path: Path) -> tuple[list[Incident], float, float]:
    """Incidents of a clip, its length (s) and the cost of looking for them (ms a frame)."""
    meter, monitor = QualityMeter(), LivenessMonitor()
    found: dict[tuple[str, float], Incident] = {}
    frames, cost_s, last_s = 0, 0.0, 0.0
    with open_source(path) as source:
        for frame in source:
            luma = frame.luma
            reading = meter.measure_luma(luma.plane, frame.time_s, limited_range=luma.limited_range)
            begun_s = time.thread_time()
            events = monitor.update(
                reading, meter.plane, frame.time_s, limited_range=luma.limited_range
            )
            cost_s += time.thread_time() - begun_s
            frames, last_s = frames + 1, frame.time_s
            for event in events:
                found[event.incident.kind, event.incident.onset_s] = event.incident
    for event in monitor.finish():
        found[event.incident.kind, event.incident.onset_s] = event.incident
    return list(found.values()), last_s, 1000 * cost_s / max(1, frames)


def recorded(directory: Path | None) -> list[tuple[Clip, list]]:
    """Each clip of a directory undisturbed, and with each fault."""
    made = []
    for path in sorted(directory.iterdir()) if directory else []:
        frames = recorded_frames(path)
        made.append((Clip(path.stem, "recorded", "", 0.0, 40.0, 15, 23, 1.0, 0), frames))
        for at, fault in enumerate(FAULTS):
            made.append(
                (Clip(path.stem, "recorded", fault, 5.5, 13.0, 15, 23, 1.0, at, 4.0), frames)
            )
    return made


def made_and_looked_at(
    work: list[tuple[Clip, list | None]], jobs: int
) -> Iterator[tuple[Clip, list[Incident], float, float]]:
    """Each clip with what ``incidents_of`` says of it, several at once, in their order."""
    spawned = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, spawned, cv2.setNumThreads, (1,)) as pool:
        for (clip, _), told in zip(work, pool.map(_looked_at, work), strict=True):
            yield clip, *told


def _looked_at(work: tuple[Clip, list | None]) -> tuple[list[Incident], float, float]:
    clip, frames = work
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "clip.mp4"
        encode(clip, Camera(clip) if frames is None else Recorded(clip, frames), path)
        return incidents_of(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scenes", choices=("unseen", "judge", "develop"), default="unseen")
    parser.add_argument("--clips", type=Path, help="a directory of recorded clips")
    parser.add_argument("--per-fault", type=int, default=10)
    parser.add_argument("--per-calm", type=int, default=3, help="half minutes of each kind")
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--only", nargs="+", choices=(*FAULTS, "calm"), help="these faults alone")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="clips at once")
    arguments = parser.parse_args()
    photos = {"unseen": UNSEEN, "judge": JUDGE, "develop": DEVELOP}[arguments.scenes]
    clips = [
        *faulty_clips(photos, arguments.per_fault, arguments.seed),
        *calm_clips(photos, arguments.per_calm, arguments.seed + 1),
    ]
    if arguments.scenes == "unseen":
        clips = encoded_variously(clips, arguments.seed + 2)
    if arguments.only:
        clips = [clip for clip in clips if (clip.fault or "calm") in arguments.only]
    work: list[tuple[Clip, list | None]] = [(clip, None) for clip in clips]
    work += recorded(arguments.clips)
    scores = {fault: Score() for fault in FAULTS}
    false: list[str] = []
    missed: list[str] = []
    calm_s, costs = 0.0, []
    for clip, found, length_s, cost_ms in made_and_looked_at(work, arguments.jobs):
        costs.append(cost_ms)
        if not clip.fault:
            calm_s += length_s
            false += [f"{clip.name}: {each.kind} at {each.onset_s:.1f} s" for each in found]
            continue
        score = scores[clip.fault]
        score.clips += 1
        right = [
            each
            for each in found
            if each.kind == clip.fault and abs(each.onset_s - clip.onset_s) <= WITHIN_S
        ]
        if not right:
            told = ", ".join(f"{each.kind} at {each.onset_s:.1f} s" for each in found) or "-"
            missed.append(f"{clip.name}, onset {clip.onset_s:.1f} s: {told}")
        else:
            score.found += 1
            score.late_s.append(right[0].onset_s - clip.onset_s)
        score.others.update(each.kind for each in found if each not in right[:1])
    report(scores, missed, false, calm_s, costs)


def report(
    scores: dict[str, Score],
    missed: list[str],
    false: list[str],
    calm_s: float,
    costs: list[float],
) -> None:
    print("| fault | clips | found, onset within 1 s | onset error, median (most) | also told of |")
    print("| --- | --- | --- | --- | --- |")
    for fault, score in scores.items():
        if not score.clips:
            continue
        late = np.array(score.late_s or [np.nan])
        others = ", ".join(f"{kind} {count}" for kind, count in score.others.items()) or "-"
        print(
            f"| {fault} | {score.clips} | {100 * score.found / max(1, score.clips):.0f} % "
            f"| {np.median(late):+.2f} s ({np.abs(late).max():.2f} s) | {others} |"
        )
    found = sum(score.found for score in scores.values())
    told = found + sum(sum(score.others.values()) for score in scores.values())
    clips = sum(score.clips for score in scores.values())
    print(f"\nprecision in the faulty clips {found / max(1, told):.3f}, {clips} clips")
    for faults in GRAVE, SLIGHT:
        of = [scores[fault] for fault in faults if scores[fault].clips]
        if of:
            clips = sum(score.clips for score in of)
            share = sum(score.found for score in of) / clips
            print(f"found of {', '.join(faults)}: {share:.3f}, {clips} clips")
    print(
        f"undisturbed: {calm_s / 60:.1f} min, {len(false)} false alarms, "
        f"{3600 * len(false) / max(1.0, calm_s):.1f} an hour"
    )
    for line in false:
        print(f"  {line}")
    print("missed:" if missed else "none missed")
    for line in missed:
        print(f"  {line}")
    print(f"cost: {np.mean(costs):.3f} ms of processor a frame, one thread")


if __name__ == "__main__":
    main()
