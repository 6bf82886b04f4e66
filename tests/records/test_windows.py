"""Windows hold what the last seconds held, and rules read them as a person would."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from core.records.failure_rules import reasons_of, rule_risk
from core.records.windows import FEATURES, READINGS, as_readings, by_second, window_features


def readings(seconds: int, **columns: object) -> NDArray[np.float64]:
    usual = {
        "blur_score": 0.5,
        "brightness": 120.0,
        "noise_level": 0.1,
        "change": 0.02,
        "quality_score": 0.8,
    }
    full = {
        name: np.broadcast_to(np.asarray(columns.get(name, value), float), (seconds,))
        for name, value in usual.items()
    }
    return as_readings(full, 0.5)


@given(st.integers(1, 70), st.integers(0, 2**32 - 1))
def test_a_window_is_what_its_seconds_say_by_themselves(rows: int, seed: int) -> None:
    values = np.random.default_rng(seed).normal(0.5, 1.0, (rows, len(READINGS)))
    last = window_features(values)[-1]
    for window in (10, 30):
        part = values[-window:]
        for at, name in enumerate(READINGS):
            column = part[:, at]
            told = {
                figure: last[FEATURES.index(f"{name} {figure} {window} s")]
                for figure in ("mean", "deviation", "slope")
            }
            assert told["mean"] == pytest.approx(column.mean(), abs=1e-4)
            assert told["deviation"] == pytest.approx(column.std(), abs=1e-3)
            if len(column) > 1:
                slope = np.polyfit(np.arange(len(column)), column, 1)[0] * 30
                assert told["slope"] == pytest.approx(slope, abs=2e-3)


def test_a_long_record_gives_what_its_end_alone_gives() -> None:
    values = np.random.default_rng(0).normal(0.5, 0.1, (5000, len(READINGS)))
    np.testing.assert_allclose(
        window_features(values)[-1], window_features(values[-30:])[-1], atol=1e-4
    )


def test_seconds_are_means_of_their_frames_and_gaps_repeat_what_was() -> None:
    times = np.array([10.0, 10.5, 11.2, 14.1])
    values = as_readings(
        {
            "blur_score": [0.2, 0.4, 0.5, 0.7],
            "brightness": [100.0] * 4,
            "noise_level": [0.1] * 4,
            "change": [0.0] * 4,
            "quality_score": [0.9, 0.9, np.nan, 0.6],
        },
        0.5,
    )
    seconds, at = by_second(values, times)
    assert at.tolist() == [0, 0, 1, 4]
    np.testing.assert_allclose(seconds[:, 0], [0.3, 0.3, 0.3, 0.3, 0.7])
    assert by_second(values[:0], times[:0])[0].shape == (0, len(READINGS))


def test_rules_fear_what_falls_towards_the_threshold_and_name_it() -> None:
    time_s = np.arange(40)
    steady = window_features(readings(40))[-1:]
    falling = window_features(
        readings(40, quality_score=0.85 - 0.008 * time_s, blur_score=0.4 + 0.008 * time_s)
    )[-1:]
    failed = window_features(readings(40, quality_score=0.2, brightness=10.0))[-1:]
    assert rule_risk(steady)[0].max() < 0.1
    assert rule_risk(falling)[0, 1] > 0.5 > rule_risk(falling)[0, 0]
    assert rule_risk(failed)[0].min() > 0.9
    assert reasons_of(steady[0]) == ()
    assert "blur" in reasons_of(falling[0])
    assert "dark" in reasons_of(failed[0])
