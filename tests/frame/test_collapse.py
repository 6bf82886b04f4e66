"""A lively source that says next to nothing any more is told, keyframes or not."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.frame.collapse import CollapseWatch

FPS = 10
GROUP = [0.8, 0.0, 0.0, 0.0, 0.05, 0.1, 0.4, 0.2, 0.02, 0.05]
"""What the frames of a second say of a repeated frame: a keyframe, and its refinement."""


def lively(seconds: float) -> list[float]:
    return [1.0 + 0.6 * (index % 3) for index in range(round(seconds * FPS))]


def told(changes: list[float], fps: int = FPS) -> list[float]:
    watch = CollapseWatch()
    return [
        (index + 1) / fps
        for index, change in enumerate(changes)
        if watch.look(change, (index + 1) / fps)
    ]


def test_what_is_redrawn_each_second_is_told_until_life_is_back() -> None:
    times = told([*lively(6), *GROUP * 5, *lively(3)])
    assert 6 < times[0] <= 7.1
    assert 11 <= times[-1] <= 11.5
    assert len(times) == pytest.approx(FPS * (times[-1] - times[0]) + 1)


def test_a_slow_camera_whose_frames_are_shown_several_times_has_not_stopped() -> None:
    assert told([*lively(6), *[2.0, 0.0, 0.0, 0.0] * 15]) == []


def test_a_source_that_had_been_calm_before_has_not_stopped() -> None:
    assert told([*[0.01] * 4 * FPS, *lively(4), *[0.01] * 5 * FPS]) == []


def test_life_that_has_calmed_down_before_has_not_stopped() -> None:
    assert told([*lively(6), *[0.7] * 2 * FPS, *[0.09] * FPS, *[0.5] * FPS]) == []


def test_what_is_not_known_for_some_seconds_has_not_stopped() -> None:
    assert told([*lively(1.5), *[0.0] * 3 * FPS]) == []


@settings(max_examples=60, deadline=None)
@given(
    st.floats(0.05, 20),
    st.sampled_from([5, 10, 25, 60]),
    st.lists(st.floats(0.25, 3.0), min_size=60, max_size=400),
)
def test_life_that_goes_on_is_never_told(level: float, fps: int, shares: list[float]) -> None:
    assert told([level * share for share in shares], fps) == []
