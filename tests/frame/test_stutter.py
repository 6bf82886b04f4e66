"""A source whose new pictures come slowly is told, whatever a codec makes of the repeated ones."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from core.frame.liveness_stutter import StutterWatch
from core.types import QualityReading

FPS = 25
ONSET_S = 5.0


def onsets(
    change: Callable[[int, float], float],
    seconds: float = 9.0,
    brightness: Callable[[float], float] = lambda _: 110.0,
) -> set[float]:
    """When a source stutters whose frames change by so many luma steps."""
    watch, found = StutterWatch(), set()
    for index in range(round(seconds * FPS)):
        time_s = index / FPS
        reading = QualityReading(
            blur_score=0.2,
            brightness=brightness(time_s),
            noise_level=0.1,
            change=change(index, time_s) / 255,
            is_frozen=False,
            quality_score=0.8,
        )
        finding = watch.look(reading, time_s)
        if finding is not None:
            found.add(finding.onset_s)
    return found


@pytest.mark.parametrize("refined", [0.0, 0.05, 0.3])
@pytest.mark.parametrize("usual", [0.25, 1.0])
def test_three_new_pictures_a_second_are_a_stutter_however_a_codec_refines_them(
    refined: float, usual: float
) -> None:
    def change(index: int, time_s: float) -> float:
        if time_s < ONSET_S:
            return usual
        return 6.0 if index % 8 == 0 else refined * (1 - index % 8 / 9)

    found = onsets(change)
    assert len(found) == 1
    assert found.pop() == pytest.approx(ONSET_S, abs=1.0)


@pytest.mark.parametrize("every", [10, 12, 25])
def test_keyframes_that_redraw_a_still_picture_are_no_stutter(every: int) -> None:
    assert not onsets(lambda index, _: 2.5 if index % every == 0 else 0.1)


def test_cuts_between_still_scenes_are_no_stutter() -> None:
    def change(index: int, time_s: float) -> float:
        return 40.0 if time_s > ONSET_S and index % 20 == 0 else 0.2

    assert not onsets(change)


def test_a_jump_between_two_keyframes_a_second_apart_is_no_stutter() -> None:
    """As where a clip is played in a loop."""

    def change(index: int, time_s: float) -> float:
        if index % FPS == 0:
            return 2.5
        return 4.5 if index % (4 * FPS) == 88 else 0.15

    assert not onsets(change, 20.0)


def test_what_was_usual_before_a_cut_is_not_for_the_still_scene_after_it() -> None:
    def change(index: int, time_s: float) -> float:
        if round(ONSET_S * FPS) == index:
            return 60.0
        if time_s < ONSET_S:
            return 2.5
        return 2.2 if index % 12 == 0 else 0.0

    assert not onsets(change)


@pytest.mark.parametrize("after", [5, 8, 17])
def test_what_changes_at_once_in_a_still_scene_between_its_keyframes_is_no_stutter(
    after: int,
) -> None:
    """As a screen does, or the first of a door, where a codec erases the noise."""

    def change(index: int, time_s: float) -> float:
        if time_s < ONSET_S:
            return 0.5
        if index % FPS == 0:
            return 1.2
        return 5.0 if index % FPS == after and int(time_s) == 7 else 0.0

    assert not onsets(change, 12.0)


def test_a_short_stop_between_new_pictures_belongs_to_the_stutter() -> None:
    """The freeze detector may call a third of a second a stop; the rate is told all the same."""
    watch, told = StutterWatch(), False
    for index in range(9 * FPS):
        time_s = index / FPS
        is_new = time_s < ONSET_S or index % 9 == 0
        reading = QualityReading(
            blur_score=0.2,
            brightness=110.0,
            noise_level=0.1,
            change=(1.0 if time_s < ONSET_S else 6.0) / 255 if is_new else 0.0,
            is_frozen=not is_new and index % 9 == 8,
            quality_score=0.8,
        )
        told |= watch.look(reading, time_s) is not None
    assert told


@pytest.mark.parametrize("refined", [0.02, 0.15, 0.3])
@pytest.mark.parametrize("shown", [2, 3])
def test_pictures_shown_twice_or_thrice_are_a_stutter_though_refined_in_between(
    shown: int, refined: float
) -> None:
    def change(index: int, time_s: float) -> float:
        new = 2.0 * (1.0 + 0.1 * (index % 4))
        if time_s < ONSET_S:
            return new
        return 1.4 * new if index % shown == 0 else refined * new

    found = onsets(change)
    assert len(found) == 1
    assert found.pop() == pytest.approx(ONSET_S, abs=1.0)


def test_frames_that_always_came_in_a_beat_are_no_stutter() -> None:
    """A film of fewer pictures a second than its frames, or a codec's own pattern."""
    assert not onsets(lambda index, _: 3.0 if index % 2 == 0 else 0.3)


def test_movement_that_comes_and_goes_in_jerks_is_no_stutter() -> None:
    def change(index: int, time_s: float) -> float:
        return 1.0 if time_s < ONSET_S else (4.0, 2.5, 3.5, 1.2, 0.6)[index % 5]

    assert not onsets(change)


@pytest.mark.parametrize("every", [2, 5])
def test_exposure_that_goes_up_in_steps_is_no_stutter(every: int) -> None:
    """Each step changes every pixel, as a new picture does, and makes all of them brighter."""
    steps = 4.0

    def change(index: int, time_s: float) -> float:
        return steps if time_s > ONSET_S and index % every == 0 else 0.3

    def brightness(time_s: float) -> float:
        return 60.0 + steps * max(0, round(time_s * FPS) // every - round(ONSET_S * FPS) // every)

    assert not onsets(change, brightness=brightness, seconds=8.0)
