"""What a picture shows is found again, however blurred; another picture is not."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from skimage import data

from core.frame.structure import strange_shares, structure_likeness

Plane = NDArray[np.uint8]


def plane(name: str, x: int = 0) -> Plane:
    gray = cv2.cvtColor(getattr(data, name)(), cv2.COLOR_RGB2GRAY)
    return cv2.resize(gray, (720, 405), interpolation=cv2.INTER_AREA)[20:380, 40 + x : 680 + x]


@pytest.mark.parametrize("sigma", [3, 6, 10])
def test_what_is_out_of_focus_is_found_again(sigma: float) -> None:
    scene = plane("coffee")
    assert structure_likeness(scene, cv2.GaussianBlur(scene, (0, 0), sigma)).whole > 0.7


def test_what_moved_on_a_little_is_found_again() -> None:
    found = structure_likeness(plane("coffee"), plane("coffee", 24))
    assert found.whole > 0.9
    assert found.again > 0.9


def test_another_scene_under_the_same_light_is_not_found() -> None:
    """A sky that darkens upwards makes any two thumbnails alike."""
    sky = np.linspace(-90, 90, 360)[:, None]
    before, after = (
        np.uint8(np.clip(120 + sky + 0.2 * (np.float32(plane(name)) - 120), 0, 255))
        for name in ("coffee", "chelsea")
    )
    small = [cv2.resize(each, (32, 18), interpolation=cv2.INTER_AREA) for each in (before, after)]
    assert np.corrcoef(small[0].ravel(), small[1].ravel())[0, 1] > 0.8
    assert structure_likeness(before, after).whole < 0.3
    assert structure_likeness(before, after).again < 0.3


def test_a_picture_of_nothing_is_like_none_and_shows_nothing() -> None:
    nothing = np.full((360, 640), 40, np.uint8)
    found = structure_likeness(plane("coffee"), nothing)
    assert found.whole == pytest.approx(0.0, abs=1e-3)
    assert (found.shown, found.again) == (0.0, 1.0)


def test_of_a_stream_that_changed_its_size_nothing_is_found_again() -> None:
    wide, tall = plane("coffee")[:280], plane("coffee")
    for before, after in ((wide, tall), (tall, wide)):
        assert structure_likeness(before, after).whole == 0.0


@pytest.mark.parametrize("shape", [(16, 16), (16, 640), (360, 20)])
def test_a_small_or_narrow_picture_is_like_itself(shape: tuple[int, int]) -> None:
    small = np.random.default_rng(1).integers(0, 255, shape, np.uint8)
    assert structure_likeness(small, small).whole == pytest.approx(1.0, abs=1e-3)


def test_a_lid_leaves_what_is_beside_it_as_it_was_and_another_scene_does_not() -> None:
    before = plane("coffee")
    everywhere = np.ones((4, 8), np.bool_)
    beside = everywhere.copy()
    beside[:, :5] = False
    covered = before.copy()
    covered[:, :400] = 60
    ((shown, strange),) = strange_shares(before, covered, beside)
    assert shown > 0.2
    assert strange < 0.05
    (shown, strange), (shown_beside, _) = strange_shares(
        before, plane("chelsea"), everywhere, beside
    )
    assert strange > 0.8 * shown > 0.4
    assert shown_beside < 0.45


def test_of_nothing_no_part_is_strange() -> None:
    nothing = np.full((360, 640), 40, np.uint8)
    assert strange_shares(plane("coffee"), nothing, np.ones((4, 8), np.bool_)) == [(0.0, 0.0)]
    assert strange_shares(nothing, nothing, np.ones((4, 8), np.bool_)) == [(0.0, 0.0)]
