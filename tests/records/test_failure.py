"""Risk rises before quality fails, frame by frame as over a whole record."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.records.failure import FailurePredictor, risk_series
from core.types import QualityReading


def record(seconds: int, *, falls_from_s: int | None = None) -> dict[str, NDArray[np.float64]]:
    random = np.random.default_rng(3)
    time_s = np.arange(seconds, dtype=float)
    fall = np.zeros(seconds) if falls_from_s is None else np.clip(time_s - falls_from_s, 0, 60)
    return {
        "time_s": time_s,
        "blur_score": 0.5 + 0.006 * fall + random.normal(0, 0.003, seconds),
        "brightness": 120 + random.normal(0, 1, seconds),
        "noise_level": 0.1 + random.normal(0, 0.003, seconds),
        "change": 0.01 + random.normal(0, 0.0005, seconds),
        "quality_score": 0.8 - 0.008 * fall + random.normal(0, 0.004, seconds),
    }


def reading(columns: dict[str, NDArray[np.float64]], at: int) -> QualityReading:
    return QualityReading(
        float(columns["blur_score"][at]),
        float(columns["brightness"][at]),
        float(columns["noise_level"][at]),
        float(columns["change"][at]),
        False,
        float(columns["quality_score"][at]),
    )


def test_risk_is_low_while_all_is_well_and_rises_before_quality_fails() -> None:
    columns = record(150, falls_from_s=70)
    now, soon = risk_series(columns).T
    fails = int(np.argmax(columns["quality_score"] < 0.5))
    assert soon[20:70].mean() < 0.2
    assert soon[fails - 8 : fails].mean() > 0.5
    assert now[20:70].mean() < 0.1
    assert now[fails + 10 :].mean() > 0.5


def test_risk_within_30_s_is_never_less_than_risk_now() -> None:
    now, soon = risk_series(record(120, falls_from_s=40)).T
    assert np.all((now >= 0) & (soon <= 1.001) & (soon >= now))


def test_one_by_one_says_what_the_record_says() -> None:
    columns = record(80, falls_from_s=30)
    predictor = FailurePredictor()
    # A second is told of once the next one begins.
    told = [predictor.update(reading(columns, at), float(at)) for at in range(80)]
    series = risk_series(columns)
    one_by_one = np.array([risk.within_30_s for risk in told])
    assert np.corrcoef(one_by_one[40:], series[40:, 1])[0, 1] > 0.95


def test_rows_without_readings_have_no_risk_and_an_empty_record_none() -> None:
    columns = record(60)
    columns["quality_score"][[0, 1, 30]] = np.nan
    risk = risk_series(columns)
    assert np.isnan(risk[[0, 1, 30]]).all()
    assert np.isfinite(risk[2:30]).all()
    assert risk_series({name: column[:0] for name, column in columns.items()}).shape == (0, 2)


def test_a_jump_back_in_time_starts_anew() -> None:
    columns = record(60, falls_from_s=10)
    predictor = FailurePredictor()
    for at in range(60):
        worse = predictor.update(reading(columns, at), float(at))
    fresh = predictor.update(reading(record(1), 0), 0.0)
    assert fresh.within_30_s < 0.3 < worse.within_30_s
