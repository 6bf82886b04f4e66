"""How a picture moved is measured where there is little light, little detail and little left."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from skimage import data

from core.frame.motion import motion_between, share_in_place, shown_in_place
from core.frame.registration import evened
from tests.frame.scenes import photograph, view

Plane = NDArray[np.uint8]


def plane(picture: NDArray[np.float32], noise: float = 1.0, seed: int = 0) -> Plane:
    grain = np.random.default_rng(seed).standard_normal(picture.shape)
    return np.uint8(np.clip(picture + noise * grain, 0, 255))


def seen(turn: float = 0.0, zoom: float = 1.0, x: float = 0.0, y: float = 0.0) -> Plane:
    matrix = cv2.getRotationMatrix2D((240.0, 160.0), turn, zoom)
    matrix[:, 2] += (x - 80, y - 70)
    picture = cv2.warpAffine(photograph(), matrix, (320, 180), borderMode=cv2.BORDER_REFLECT)
    return plane(np.float32(picture), seed=round(abs(turn) + 7 * abs(x) + 11 * abs(y)))


@settings(max_examples=25, deadline=None)
@given(x=st.integers(-75, 75), y=st.integers(-60, 60))
def test_a_shift_is_measured_to_a_hundredth_of_the_width(x: int, y: int) -> None:
    motion = motion_between(seen(), seen(x=x, y=y))
    assert motion.sureness > 0
    assert (motion.x, motion.y) == (
        pytest.approx(x / 320, abs=0.01),
        pytest.approx(y / 320, abs=0.01),
    )


@pytest.mark.parametrize("turn", [-28, -12, 10, 17])
def test_a_turn_is_found(turn: float) -> None:
    assert motion_between(seen(), seen(turn=turn)).shift > 0.04


@pytest.mark.parametrize("zoom", [0.75, 1.12, 1.35])
def test_a_zoom_is_found(zoom: float) -> None:
    motion = motion_between(seen(), seen(zoom=zoom))
    assert motion.sureness > 0
    assert motion.shift > 0.02


def test_a_dim_picture_full_of_noise_is_measured_as_well() -> None:
    before = plane(0.2 * view(60, 40), noise=3.0, seed=1)
    after = plane(0.2 * view(100, 40), noise=3.0, seed=2)
    assert motion_between(before, after).x == pytest.approx(-40 / 320, abs=0.02)


def test_a_small_picture_is_measured_as_well() -> None:
    small = [
        np.asarray(cv2.resize(plane(view(x)), (88, 50), interpolation=cv2.INTER_AREA), np.uint8)
        for x in (60, 90)
    ]
    assert motion_between(*small).x == pytest.approx(-30 / 320, abs=0.02)


def test_a_light_that_goes_down_is_no_motion() -> None:
    motion = motion_between(plane(view()), plane(0.4 * view(), seed=1))
    assert motion.sureness > 0.9
    assert motion.shift < 0.005


@pytest.mark.parametrize("name", ["camera", "chelsea", "astronaut", "rocket"])
def test_another_scene_has_nothing_in_common(name: str) -> None:
    other = np.asarray(getattr(data, name)())
    gray = cv2.cvtColor(other, cv2.COLOR_RGB2GRAY) if other.ndim == 3 else other
    assert motion_between(plane(view()), np.uint8(cv2.resize(gray, (320, 180)))).sureness == 0


def test_a_flat_picture_has_nothing_in_common_with_any() -> None:
    flat = np.full((180, 320), 90, np.uint8)
    assert motion_between(plane(view()), flat).sureness == 0
    assert motion_between(flat, flat).sureness == 0


def test_pictures_of_two_sizes_are_not_compared() -> None:
    assert motion_between(plane(view()), plane(view())[:170]).sureness == 0


@pytest.mark.parametrize("moves", [20, 50])
def test_something_large_that_moves_before_a_scene_that_stays_is_no_motion(moves: int) -> None:
    cat = cv2.resize(cv2.cvtColor(data.chelsea(), cv2.COLOR_RGB2GRAY), (240, 160))[:, 60:200]
    planes = []
    for left in (10, 10 + moves):
        each = plane(view(), seed=left)
        each[10:170, left : left + 140] = cat
        planes.append(each)
    motion = motion_between(*planes)
    assert motion.sureness == 0 or motion.shift < 0.005
    pushed = [planes[0], np.roll(planes[0], 60, axis=1)]
    assert motion_between(*pushed).x == pytest.approx(60 / 320, abs=0.01)


def test_what_stays_in_place_is_most_of_a_view_that_someone_passes_and_little_of_a_pushed_one() -> (
    None
):
    before, passed = plane(view()), plane(view(), seed=1)
    passed[30:150, 40:120] = 30
    pushed = plane(view(100, 40), seed=2)
    assert share_in_place(evened(before), evened(passed)) > 0.6
    assert share_in_place(evened(before), evened(pushed)) < 0.3
    assert share_in_place(evened(before), evened(pushed[:90])) == 1.0


def test_a_part_is_asked_by_itself_for_what_it_showed() -> None:
    before, after = plane(view()), plane(view(), seed=1)
    after[:, :160] = plane(view(20, 90), seed=2)[::-1, 320:159:-1]
    left = np.zeros((6, 10), np.bool_)
    left[:, :5] = True
    cells, same = shown_in_place(evened(before), evened(after), left)
    others, still = shown_in_place(evened(before), evened(after), ~left)
    assert min(cells, others) > 15
    assert still > 0.8
    assert same < 0.2
