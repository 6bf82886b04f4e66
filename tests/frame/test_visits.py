"""Who leaves a scene is told from a picture that stops."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from core.frame.visits import VisitWatch

FPS, SIZE, CAR = 12, (90, 160), 40
Plane = NDArray[np.uint8]


def crossing(until_px: int, *, step_px: int = 6, noise: float = 0.0) -> list[Plane]:
    """Something that comes from the left and is gone, or stops, at a place."""
    random = np.random.default_rng(2)
    inside = 130 + 6 * cv2.GaussianBlur(random.normal(0, 60, (30, CAR)), (0, 0), 4.0)
    frames = []
    for right in range(step_px, until_px + 1, step_px):
        shown = np.full(SIZE, 90.0)
        left, end = max(0, right - CAR), min(right, SIZE[1])
        shown[30:60, left:end] = inside[:, CAR - (right - left) :][:, : max(0, end - left)]
        shown += noise * random.standard_normal(SIZE)
        frames.append(np.uint8(np.clip(shown, 0, 255)))
    return frames


def watched(frames: list[Plane]) -> VisitWatch:
    watch = VisitWatch()
    for index in range(1, len(frames)):
        difference = cv2.absdiff(frames[index - 1], frames[index])
        watch.note(difference, float(difference.mean()), index / FPS)
    return watch


def has_left(frames: list[Plane]) -> bool:
    return watched(frames).has_left()


@pytest.mark.parametrize("step_px", [2, 6, 15])
def test_what_crosses_the_picture_has_left_when_it_is_gone(step_px: int) -> None:
    gone = crossing(SIZE[1] + CAR + step_px, step_px=step_px)
    assert has_left([*gone, *[gone[-1]] * 6])


def test_a_keyframe_that_draws_the_empty_scene_anew_changes_nothing() -> None:
    gone = crossing(SIZE[1] + CAR)
    redrawn = np.uint8(gone[-1] + np.random.default_rng(1).integers(-2, 3, SIZE))
    assert has_left([*gone, *[gone[-1]] * 5, *[redrawn] * 5])


def test_what_stops_in_the_middle_has_not_left() -> None:
    stopped = crossing(SIZE[1] // 2 + CAR // 2)
    assert not has_left([*stopped, *[stopped[-1]] * 6])


def test_where_all_is_full_of_noise_nobody_leaves() -> None:
    gone = crossing(SIZE[1] + CAR, noise=3.0)
    assert not has_left([*gone, *[gone[-1]] * 6])


def test_nothing_has_left_a_picture_that_never_changed() -> None:
    assert not has_left([crossing(60)[-1]] * 20)


def rolling(steps_px: list[int], *, noise: float = 0.0) -> list[Plane]:
    """Something in the picture that goes on by such steps, and then stands."""
    places = crossing(SIZE[1], step_px=1, noise=noise)
    at_px = CAR + np.cumsum(steps_px)
    return [*(places[each] for each in at_px), *[places[at_px[-1]]] * 6]


@pytest.mark.parametrize("last_px", [[3, 2, 1], [3, 1], [4, 3, 2, 1]])
def test_who_brakes_has_slowed_down(last_px: list[int]) -> None:
    assert watched(rolling([5] * 10 + last_px)).has_slowed_down()


@pytest.mark.parametrize("step_px", [1, 3, 6])
def test_what_stops_at_full_pace_has_not_slowed_down(step_px: int) -> None:
    assert not watched(rolling([step_px] * 12)).has_slowed_down()


def test_where_noise_is_heard_nobody_can_be_heard_to_slow_down() -> None:
    assert not watched(rolling([5] * 10 + [3, 2, 1], noise=0.3)).has_slowed_down()


def test_a_picture_that_is_refined_after_it_stopped_has_not_slowed_down() -> None:
    frames = rolling([5] * 12)[:-6]
    random = np.random.default_rng(3)
    for _ in range(2):
        spots = random.random(SIZE) < 0.1
        frames.append(np.uint8(frames[-1] + 3 * spots))
    assert not watched([*frames, *[frames[-1]] * 6]).has_slowed_down()
