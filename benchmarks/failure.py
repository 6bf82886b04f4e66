"""Failure prediction on clips rendered, encoded and measured frame by frame.

    python -m benchmarks.failure --clips 14

The forest is trained on simulated series; here nothing is simulated but the fault and
the sensor's noise: photographs it never saw are spoiled little by little, encoded as
H.264, read back and measured, and every second is judged. Beside it stand the rules,
an average of quality (EWMA) and quality itself.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import cv2
import numpy as np

from benchmarks.faulty_clips import JUDGE, Camera, Clip, write_h264
from core.frame.quality import QualityMeter
from core.frame.sources import open_source
from core.records.failure import forest_risk
from core.records.windows import MEASURED
from core.settings import Settings
from models.registry import Registry
from models.training.failure_judging import baselines, calibration_error, judge
from models.training.failure_series import (
    CALM,
    FAULTS,
    LENGTH_S,
    Series,
    course,
    sensed,
    spoil,
    starved,
)
from models.training.failure_windows import table

FPS = 3


def rendered(kind: str, photo: str, seed: int, path: Path) -> Series:
    """One clip with a fault (or calm course) of this kind, as a series by the second."""
    random = np.random.default_rng(seed)
    manner = str(random.choice(["static", "sway", "traffic"]))
    camera = Camera(Clip(photo, manner, "", 0.0, LENGTH_S, FPS, 23, 2.0, seed))
    strength = np.clip(course(kind, random), 0, 1)
    fault = {"night": "noise", "evening": "dark"}.get(kind, kind)
    fault = fault if fault in FAULTS[:-1] else str(random.choice(FAULTS[:-1]))
    stops_s = random.uniform(80, 180) if kind == "freeze" else np.inf
    noise = float(random.uniform(1.5, 4.0))

    def frames():
        still = None
        for index in range(LENGTH_S * FPS):
            time_s = index / FPS
            level = 0.0 if kind == "freeze" else float(strength[int(time_s)])
            hangs = stops_s - 40 < time_s < stops_s and random.uniform() < 0.5
            if still is None or not (hangs or stops_s <= time_s < stops_s + 40):
                seen, louder = spoil(camera.at(time_s), fault, level)
                still = sensed(seen, noise * louder, random)
                still = starved(still, level) if fault == "starved" else still
            yield still

    write_h264(frames(), FPS, 23, path)
    meter, rows = QualityMeter(), np.zeros((LENGTH_S, len(MEASURED)))
    count, frozen = np.zeros(LENGTH_S), np.zeros(LENGTH_S, bool)
    with open_source(path) as source:
        for frame in source:
            luma, second = frame.luma, min(LENGTH_S - 1, int(frame.time_s))
            reading = meter.measure_luma(luma.plane, frame.time_s, limited_range=luma.limited_range)
            rows[second] += [getattr(reading, name) for name in MEASURED]
            count[second] += 1
            frozen[second] |= reading.is_frozen
    rows /= np.maximum(count, 1)[:, None]
    columns = {name: rows[:, at] for at, name in enumerate(MEASURED)}
    return Series(
        f"{photo}-{seed}", kind, columns | {"time_s": np.arange(LENGTH_S, dtype=float)}, frozen
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=int, default=14)
    parser.add_argument("--seed", type=int, default=21)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    kinds = [
        kind for pair in zip(FAULTS, (*CALM, "steady", "recovers"), strict=True) for kind in pair
    ]
    with tempfile.TemporaryDirectory() as scratch:
        many = [
            rendered(
                kinds[number % len(kinds)],
                JUDGE[number % len(JUDGE)],
                arguments.seed + number,
                Path(scratch) / "clip.mp4",
            )
            for number in range(arguments.clips)
        ]
    settings = Settings()
    data = table(many, settings.quality_threshold)
    scores = {"forest": forest_risk(data.features, settings)[:, 1].astype(float), **baselines(data)}
    print(f"{len(many)} rendered clips of {LENGTH_S} s, {len(data.label)} s judged, ", end="")
    print(f"{int(data.soon.sum())} of them failing within 30 s")
    print("| | ROC-AUC | PR-AUC | ROC-AUC while well | PR-AUC while well | median lead |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name, score in scores.items():
        figures = judge(data, score)
        print(
            f"| {name} | {figures['roc_auc']:.3f} | {figures['pr_auc']:.3f} "
            f"| {figures['roc_auc_while_well']:.3f} | {figures['pr_auc_while_well']:.3f} "
            f"| {figures['lead_s']:.0f} s, {100 * figures['warned']:.0f} % warned |"
        )
    trained = Registry().model("failure").measured["unseen photographs: ROC-AUC, fails within 30 s"]
    print(f"as trained, simulated series on unseen photographs: ROC-AUC {trained:.3f}")
    print(f"calibration error of the forest {calibration_error(data, scores['forest']):.3f}")


if __name__ == "__main__":
    main()
