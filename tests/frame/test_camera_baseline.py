"""What is usual for a camera is learnt from its record, by day and by night."""

from __future__ import annotations

import json

import numpy as np
import pytest

from core.frame.liveness_baseline import KNOWN_AFTER_S, CameraBaseline
from core.types import QualityReading

NAMES = ("blur_score", "brightness", "noise_level", "change", "quality_score")


def record(seconds: int, brightness: float = 120.0) -> dict[str, np.ndarray]:
    jitter = np.random.default_rng(0).normal(0, 0.01, seconds)
    return {
        "time_s": np.arange(seconds, dtype=float),
        "blur_score": 0.2 + jitter,
        "brightness": brightness + 100 * jitter,
        "noise_level": 0.1 + jitter,
        "change": np.abs(jitter),
        "quality_score": 0.8 + jitter,
    }


def test_nothing_is_usual_before_a_minute_was_seen() -> None:
    assert CameraBaseline.learn(record(int(KNOWN_AFTER_S) - 1)).usual(120.0) is None
    usual = CameraBaseline.learn(record(int(KNOWN_AFTER_S) + 2)).usual(120.0)
    assert usual is not None
    assert usual.middle["blur_score"] == pytest.approx(0.2, abs=0.01)
    assert 0.001 < usual.spread["blur_score"] < 0.02


def test_a_record_teaches_what_watching_it_would_have() -> None:
    rows = record(200)
    watched = CameraBaseline()
    for row in range(200):
        reading = QualityReading(**{n: rows[n][row] for n in NAMES}, is_frozen=False)
        watched.add(reading, 1.0)
    usual, seen = CameraBaseline.learn(rows).usual(120.0), watched.usual(120.0)
    assert usual is not None and seen is not None
    assert usual.middle == pytest.approx(seen.middle, rel=0.01)


def test_day_and_night_are_told_apart() -> None:
    day, night = record(100), record(100, brightness=30.0)
    both = {name: np.concatenate([day[name], night[name]]) for name in day}
    both["time_s"] = np.arange(200, dtype=float)
    baseline = CameraBaseline.learn(both)
    by_day, by_night = baseline.usual(120.0), baseline.usual(30.0)
    assert by_day is not None and by_night is not None
    assert by_day.middle["brightness"] == pytest.approx(120, abs=2)
    assert by_night.middle["brightness"] == pytest.approx(30, abs=2)
    assert CameraBaseline.learn(day).usual(30.0) is None


def test_disturbed_rows_and_rows_without_a_reading_teach_nothing() -> None:
    rows = record(200)
    rows["blur_score"][50:60] = 1.0
    rows["quality_score"][100:120] = np.nan
    usual = CameraBaseline.learn(rows).usual(120.0)
    assert usual is not None
    assert usual.middle["blur_score"] == pytest.approx(0.2, abs=0.01)
    assert usual.seconds == pytest.approx(169, abs=2)


def test_an_empty_record_teaches_nothing_and_does_not_fail() -> None:
    assert CameraBaseline.learn(record(0)).usual(120.0) is None


def test_a_baseline_survives_its_json() -> None:
    learnt = CameraBaseline.learn(record(200))
    again = CameraBaseline.from_dict(json.loads(json.dumps(learnt.as_dict())))
    assert again.usual(120.0) == learnt.usual(120.0)
    assert again.as_dict() == learnt.as_dict()
