"""A camera is measured against its own clean readings, and only once there are enough."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.frame.baseline import LEAST_READINGS, CleanBaseline, relative_quality

SCORES = st.floats(0, 1)


@given(SCORES, SCORES, SCORES)
def test_a_better_picture_is_never_relatively_worse(a: float, b: float, clean: float) -> None:
    worse, better = sorted((a, b))
    assert 0 <= relative_quality(worse, clean) <= relative_quality(better, clean) <= 1


def test_nothing_is_said_before_enough_is_known() -> None:
    baseline = CleanBaseline()
    readings = [baseline.add(0.8) for _ in range(LEAST_READINGS)]
    assert readings[-2].relative_quality is None
    assert readings[-1].relative_quality == pytest.approx(1)


def test_a_spell_of_bad_pictures_does_not_lower_the_baseline() -> None:
    baseline = CleanBaseline((0.8,) * 200)
    for _ in range(100):
        reading = baseline.add(0.2)
    assert reading.baseline == pytest.approx(0.8)
    assert reading.relative_quality == pytest.approx(0.25)


def test_a_single_lucky_picture_does_not_raise_the_baseline() -> None:
    baseline = CleanBaseline((0.6,) * 100)
    baseline.add(1.0)
    assert baseline.value == pytest.approx(0.6)


def test_frozen_pictures_are_not_remembered() -> None:
    baseline = CleanBaseline((0.7,) * 50)
    for _ in range(500):
        baseline.add(0.2, is_frozen=True)
    assert baseline.value == pytest.approx(0.7)


def test_readings_older_than_are_kept_are_forgotten() -> None:
    baseline = CleanBaseline((0.9,) * 100, kept=60)
    for _ in range(60):
        baseline.add(0.5)
    assert baseline.value == pytest.approx(0.5)


def test_no_memory_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        CleanBaseline(kept=0)
