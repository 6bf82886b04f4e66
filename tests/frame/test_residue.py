"""What a codec refines of a repeated picture is told from what lives on."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from core.frame.residue import ResidueWatch

Plane = NDArray[np.uint8]
FPS, SIZE = 15, (90, 160)
STOP = 2 * FPS


def planes(values: Iterable[NDArray[np.float64]]) -> list[Plane]:
    return [np.uint8(np.clip(np.rint(each), 0, 255)) for each in values]


def noisy(count: int, sigma: float, seed: int = 1) -> list[NDArray[np.float64]]:
    random = np.random.default_rng(seed)
    still = 60 + 120 * random.random(SIZE)
    return [still + random.normal(0, sigma, SIZE) for _ in range(count)]


def refined(target: NDArray[np.float64], count: int) -> list[NDArray[np.float64]]:
    """A picture 5 steps away from a target, pixels of which jump to it from frame to frame."""
    random = np.random.default_rng(2)
    shown = target + random.choice([-5.0, 5.0], SIZE)
    made = []
    for _ in range(count):
        sent = random.random(SIZE) < 0.06
        shown = np.where(sent, target, shown)
        made.append(shown)
    return made


def told(frames: list[Plane]) -> list[float]:
    watch, times = ResidueWatch(), []
    for index in range(1, len(frames)):
        change = float(np.abs(np.float64(frames[index]) - frames[index - 1]).mean())
        if watch.look(frames[index], change, index / FPS):
            times.append(index / FPS)
    return times


def test_change_that_falls_at_once_and_adds_up_is_told_within_a_second_and_until_life_is_back() -> (
    None
):
    live = noisy(STOP, 6.0)
    again = noisy(STOP, 6.0, seed=4)
    frames = planes([*live, *refined(live[-1], 3 * FPS), *again])
    times = told(frames)
    assert times
    # The first change of all is that to the repeated picture.
    assert STOP / FPS < times[0] <= STOP / FPS + 1.0
    end_s = STOP / FPS + 3
    assert end_s - 0.2 <= times[-1] <= end_s + 0.5


def test_noise_that_goes_on_at_a_lower_level_is_alive() -> None:
    assert told(planes([*noisy(STOP, 6.0), *noisy(3 * FPS, 2.0)])) == []


def test_a_source_that_shows_a_new_picture_now_and_then_is_not_told_of() -> None:
    live = noisy(STOP, 6.0)
    new = noisy(3 * FPS, 6.0, seed=5)
    shown: list[NDArray[np.float64]] = []
    for first in range(0, 3 * FPS, 5):
        shown += refined(new[first], 5)
    assert told(planes([*live, *shown])) == []


def test_smooth_movement_that_noise_had_hidden_is_alive() -> None:
    waves = np.sin(np.arange(400) / 9.0)
    places = [0.8 * each for each in range(5 * FPS)]
    random = np.random.default_rng(3)
    frames = []
    for count, place in enumerate(places):
        row = np.interp(np.arange(SIZE[1]) + place, np.arange(400), waves)
        noise = random.normal(0, 12.0, SIZE) if count < STOP else 0.0
        frames.append(120 + 40 * np.tile(row, (SIZE[0], 1)) + noise)
    assert told(planes(frames)) == []


def test_what_slows_down_by_itself_has_not_stopped() -> None:
    still = noisy(1, 0.0)[0]
    ramp = 2.0 * np.arange(SIZE[1])[None, :] % 255
    places = np.cumsum([3.0] * STOP + [3.0 * 0.6**each for each in range(3 * FPS)])
    frames = planes(0.5 * still + 0.5 * np.abs(ramp - place) for place in places)
    assert told(frames) == []


def test_refinement_by_next_to_nothing_is_no_movement_however_evenly_it_goes_on() -> None:
    live = noisy(STOP, 6.0)
    glide = [live[-1] + 0.02 * each * np.sign(live[0] - live[-1]) for each in range(3 * FPS)]
    random = np.random.default_rng(5)
    dither = random.random(SIZE)
    times = told([np.uint8(np.clip(np.floor(each + dither), 0, 255)) for each in [*live, *glide]])
    assert times
    assert STOP / FPS < times[0] <= STOP / FPS + 1.0


def test_a_halt_is_told_even_where_the_picture_had_slowed_down_to_half() -> None:
    ramp = 2.0 * np.arange(SIZE[1])[None, :] % 255
    speeds = [3.0] * STOP + [2.4, 1.9, 1.5]
    places = np.cumsum(speeds)
    moving = [0.5 * noisy(1, 0.0)[0] + 0.5 * np.abs(ramp - place) for place in places]
    random = np.random.default_rng(6)
    shown, stopped = moving[-1], []
    for _ in range(2 * FPS):
        shown = np.where(random.random(SIZE) < 0.003, shown + 2.0, shown)
        stopped.append(shown)
    times = told(planes([*moving, *stopped]))
    assert times
    assert times[0] <= len(speeds) / FPS + 1.0


def test_life_that_is_left_when_a_push_ends_is_no_residue() -> None:
    """People walk on after the camera was turned; slow movement adds up as residue does."""
    still = noisy(1, 0.0)[0]
    ramp = 2.0 * np.arange(SIZE[1])[None, :] % 255
    speeds = [0.4] * (3 * FPS) + [14.0] * FPS + [0.4] * (3 * FPS)
    places = np.cumsum(speeds)
    assert told(planes(0.5 * still + 0.5 * np.abs(ramp - place) for place in places)) == []
