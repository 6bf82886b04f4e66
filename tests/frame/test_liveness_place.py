"""Where a camera looks is followed over several views."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
import pytest
from skimage import data

from core.frame.liveness_place import Stand, Way, left_at, stays
from core.frame.liveness_view import View, view_of
from core.frame.quality import QualityMeter


def seen(x: int, time_s: float = 0.0) -> View:
    gray = cv2.cvtColor(data.astronaut(), cv2.COLOR_RGB2GRAY)
    wide = cv2.resize(gray, (900, 900), interpolation=cv2.INTER_AREA)[330:510, x : x + 320]
    noise = np.random.default_rng(x).standard_normal(wide.shape)
    plane = np.uint8(np.clip(wide + noise, 0, 255))
    reading = QualityMeter().measure_luma(plane, time_s)
    return view_of(reading, plane, time_s, limited_range=False)


def test_a_way_too_far_to_see_at_once_is_the_sum_of_its_parts() -> None:
    start, half, end = seen(500), seen(390), seen(280)
    assert Way(start).to(end).sureness == 0
    way = Way(start)
    assert way.to(half).x == pytest.approx(110 / 320, abs=0.01)
    motion = way.to(end)
    assert motion.sureness > 0
    assert motion.x == pytest.approx(220 / 320, abs=0.02)


def test_two_leaps_in_a_row_are_added_up() -> None:
    start, half, end = seen(500), seen(390), seen(280)
    way = Way(start)
    way.leap(start, half)
    way.leap(half, end)
    assert way.to(seen(270)).x == pytest.approx(230 / 320, abs=0.02)


def test_a_leap_to_another_scene_leads_nowhere() -> None:
    start, half = seen(500), seen(390)
    way = Way(start)
    way.leap(start, half)
    way.leap(half, seen(0))
    assert way.to(seen(280)).sureness == 0


def test_the_view_that_left_is_the_first_that_is_elsewhere() -> None:
    places = [500, 500, 501, 500, 480, 440, 400]
    views = [seen(x, index / 10) for index, x in enumerate(places)]
    assert left_at(seen(500), views).time_s == pytest.approx(0.4)
    assert stays(seen(500), views[2])
    assert not stays(seen(500), views[4])


def test_two_small_steps_are_no_way() -> None:
    start, half, end = seen(500), seen(486), seen(476)
    way = Way(start)
    way.leap(start, half)
    assert way.to(end).shift == pytest.approx(24 / 320, abs=0.01)
    way = Way(seen(0))
    way.leap(start, half)
    assert way.to(end).sureness == 0


def test_a_camera_has_left_where_it_stood_a_moment_before() -> None:
    stand = Stand()
    standing = [seen(500, 0.25 * index) for index in range(3)]
    for lagged, view in pairwise(standing):
        assert stand.left(view, lagged, is_calm=False) is None
    assert stand.left(seen(440, 0.75), standing[-1], is_calm=False) is standing[-1]


def test_a_camera_that_pans_leaves_no_place() -> None:
    stand = Stand()
    panned = [seen(500 - 30 * index, 0.3 * index) for index in range(6)]
    assert all(stand.left(view, lagged, is_calm=False) is None for lagged, view in pairwise(panned))


def test_who_passes_by_leaves_the_camera_where_it_stood() -> None:
    stand, standing = Stand(), seen(500)
    assert stand.left(seen(500, 0.2), standing, is_calm=True) is None
    plane = seen(500, 0.5).plane.copy()
    plane[:, 60:160] = seen(200).plane[:, 60:160]
    reading = QualityMeter().measure_luma(plane, 0.5)
    passer = view_of(reading, plane, 0.5, limited_range=False)
    assert stand.left(passer, standing, is_calm=False) is None
