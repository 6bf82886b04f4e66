"""What comes with a cut, a pan or something else that moves is told from what is wrong."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from skimage import data

from core.frame.liveness import LivenessMonitor
from core.types import QualityReading
from tests.frame.scenes import END_S, ONSET_S, Gray, closed, view, watch


def cat() -> Gray:
    gray = cv2.cvtColor(data.chelsea(), cv2.COLOR_RGB2GRAY)
    return np.float32(cv2.resize(gray, (320, 180), interpolation=cv2.INTER_AREA))


def test_a_cut_to_a_softer_scene_under_the_same_sky_is_not_out_of_focus() -> None:
    sky = np.float32(np.linspace(-70, 70, 180)[:, None])
    sharp = 120 + sky + 0.35 * (view() - 120)
    soft = 120 + sky + 0.35 * (cv2.GaussianBlur(cat(), (0, 0), 3.0) - 120)

    assert closed(watch(lambda time_s: sharp if time_s < ONSET_S else soft, noise=0.7)) == []


def test_a_lens_that_goes_out_of_focus_right_before_a_cut_is_told_of() -> None:
    def film(time_s: float) -> Gray:
        shot = view() if time_s < ONSET_S + 0.5 else cat()
        return shot if time_s < ONSET_S else np.float32(cv2.GaussianBlur(shot, (0, 0), 4.0))

    (incident,) = closed(watch(film))
    assert incident.kind == "defocused"
    assert incident.onset_s == pytest.approx(ONSET_S, abs=0.5)


def test_a_hand_close_to_the_lens_covers_it_though_some_light_gets_through() -> None:
    def behind_a_hand(time_s: float) -> Gray:
        picture = view()
        if ONSET_S <= time_s < END_S:
            return np.float32(0.25 * cv2.GaussianBlur(picture, (0, 0), 32.0))
        return picture

    assert [each.kind for each in closed(watch(behind_a_hand))] == ["covered"]


def test_a_light_that_goes_out_over_a_still_scene_covers_nothing() -> None:
    def darkened(time_s: float) -> Gray:
        return view() if time_s < ONSET_S else 0.3 * view()

    assert closed(watch(darkened)) == []


@pytest.mark.parametrize("width", [230, 290])
def test_a_cover_lasts_as_long_as_it_is_there_though_the_camera_pans(width: int) -> None:
    def pan(time_s: float) -> Gray:
        picture = view(5 + 16 * time_s, 40).copy()
        if ONSET_S <= time_s < END_S:
            picture[:, :width] = 150
        return picture

    (incident,) = closed(watch(pan))
    assert incident.kind == "covered"
    assert incident.onset_s == pytest.approx(ONSET_S, abs=0.5)
    assert incident.end_s == pytest.approx(END_S, abs=0.7)


def test_a_camera_that_is_pushed_so_fast_that_it_looks_like_a_cut_was_moved() -> None:
    def pushed(time_s: float) -> Gray:
        x, y = (90.0, 60.0) if ONSET_S <= time_s < END_S else (0.0, 0.0)
        picture = view(x, y).copy()
        left = round(40 * time_s) % 280
        picture[100:140, left : left + 40] = cat()[60:100, 100:140]
        return picture

    (incident,) = closed(watch(pushed))
    assert incident.kind == "moved"
    assert incident.onset_s == pytest.approx(ONSET_S, abs=0.5)
    assert incident.end_s == pytest.approx(END_S, abs=1.3)


@pytest.mark.parametrize(("side", "reach"), [(40, 15), (70, 25)])
def test_a_push_of_a_view_that_never_comes_to_rest_is_seen(side: int, reach: int) -> None:
    def scene(time_s: float) -> Gray:
        picture = (view(70, 60) if time_s >= ONSET_S else view()).copy()
        since_s = time_s - (ONSET_S - 1.3)
        if since_s > 0:
            left = 140 + round(reach * np.sin(9 * since_s))
            picture[80 : 80 + side, left : left + side] = 20
        return picture

    moves = [each for each in closed(watch(scene, length_s=10)) if each.kind == "moved"]
    assert [each.onset_s for each in moves] == [pytest.approx(ONSET_S, abs=0.7)]


@pytest.mark.parametrize("level", [0, 8, 16])
def test_a_picture_of_nominal_black_is_black(level: float) -> None:
    def lost(time_s: float) -> Gray:
        return view() if time_s < ONSET_S else np.full((180, 320), level, np.float32)

    assert [each.kind for each in closed(watch(lost, noise=0.0))][-1] == "black"


def test_a_camera_that_is_pushed_and_put_back_before_someone_who_goes_on_moving_was_moved() -> None:
    def scene(time_s: float) -> Gray:
        x, y = (110.0, 60.0) if ONSET_S <= time_s < END_S else (40.0, 40.0)
        picture = view(x, y).copy()
        left = round(100 + 60 * np.sin(2.3 * time_s))
        picture[70:180, left : left + 90] = cat()[:110, 60:150]
        return picture

    (incident,) = closed(watch(scene, length_s=11))
    assert incident.kind == "moved"
    assert incident.onset_s == pytest.approx(ONSET_S, abs=0.5)
    assert incident.end_s == pytest.approx(END_S, abs=1.3)


def test_a_push_of_a_dim_view_full_of_noise_is_seen() -> None:
    def scene(time_s: float) -> Gray:
        return 20 + 0.16 * (view(100, 70) if time_s >= ONSET_S else view(40, 40))

    (incident,) = closed(watch(scene, noise=3.0))
    assert incident.kind == "moved"
    assert incident.onset_s == pytest.approx(ONSET_S, abs=0.5)


def test_a_cut_to_a_dimmer_and_softer_scene_is_no_cover() -> None:
    other = np.float32(cv2.resize(data.camera(), (320, 180), interpolation=cv2.INTER_AREA))
    soft = cv2.GaussianBlur(other, (0, 0), 3.0)

    def scene(time_s: float) -> Gray:
        return 15 + 0.35 * soft if time_s >= ONSET_S else view()

    assert closed(watch(scene)) == []


def test_a_soft_scene_that_goes_out_of_focus_behind_what_moves_is_out_of_focus() -> None:
    soft = 120 + 0.3 * (view() - 120)

    def scene(time_s: float) -> Gray:
        picture = soft.copy()
        for row, pace in ((30, 1.1), (110, 1.7)):
            left = round(130 + 120 * np.sin(pace * time_s))
            picture[row : row + 24, left : left + 60] = (10, 245)[row > 100]
        return cv2.GaussianBlur(picture, (0, 0), 5.0) if ONSET_S <= time_s < END_S else picture

    (incident,) = closed(watch(scene))
    assert incident.kind == "defocused"
    assert incident.onset_s == pytest.approx(ONSET_S, abs=0.5)
    assert incident.end_s == pytest.approx(END_S, abs=0.7)


@pytest.mark.parametrize("pace", [60, 90, 140])
def test_what_is_sharp_leaves_a_soft_view_in_focus(pace: float) -> None:
    soft = np.float32(cv2.GaussianBlur(view(), (0, 0), 3.0))

    def scene(time_s: float) -> Gray:
        picture = soft.copy()
        left = round(pace * (time_s - ONSET_S)) + 200
        if left < 320:
            start = max(0, left)
            passer = cat()[40:110, 60 : 60 + 120]
            shown = passer[:, start - left : 320 - left]
            picture[70:140, start : start + shown.shape[1]] = shown
        return picture

    assert closed(watch(scene, length_s=11)) == []


@pytest.mark.parametrize("shift", [28, 60])
def test_a_push_among_passers_who_change_the_view_as_much_is_seen(shift: int) -> None:
    def scene(time_s: float) -> Gray:
        x, y = (60.0 + shift, 50.0) if time_s >= ONSET_S else (60.0, 40.0)
        picture = view(x, y).copy()
        for row, pace, start in ((10, 210.0, 0), (70, -260.0, 90), (120, 170.0, 200)):
            left = round(pace * time_s + start) % 400 - 80
            first, last = max(0, left), min(320, left + 80)
            picture[row : row + 50, first:last] = 40 if row == 70 else 210
        return picture

    moves = [each for each in closed(watch(scene, length_s=10)) if each.kind == "moved"]
    assert [each.onset_s for each in moves] == [pytest.approx(ONSET_S, abs=0.7)]


def test_a_camera_that_is_turned_while_it_pans_was_moved() -> None:
    def scene(time_s: float) -> Gray:
        turn = cv2.getRotationMatrix2D((160.0, 90.0), 16.0 if time_s >= ONSET_S else 0.0, 1.0)
        picture = cv2.warpAffine(
            view(10 + 14 * time_s, 50), turn, (320, 180), borderMode=cv2.BORDER_REFLECT
        )
        return np.float32(picture)

    moves = [each for each in closed(watch(scene, length_s=10)) if each.kind == "moved"]
    assert [each.onset_s for each in moves] == [pytest.approx(ONSET_S, abs=0.7)]


@pytest.mark.parametrize("level", [24, 40])
def test_a_cover_before_a_dim_scene_of_little_detail_is_seen(level: float) -> None:
    bright = np.zeros((180, 320), np.float32)
    cv2.ellipse(bright, (150, 90), (60, 45), 0, 0, 360, 1.0, -1)
    dim = 34 + 12 * cv2.GaussianBlur(bright, (0, 0), 2.5)

    def scene(time_s: float) -> Gray:
        covered = ONSET_S <= time_s < END_S
        return np.full((180, 320), level, np.float32) if covered else np.float32(dim)

    (incident,) = closed(watch(scene, noise=0.8))
    assert incident.kind == "covered"
    assert incident.onset_s == pytest.approx(ONSET_S, abs=0.5)
    assert incident.end_s == pytest.approx(END_S, abs=0.7)


def test_stars_and_lamps_in_the_dark_are_no_black_picture_until_they_are_gone() -> None:
    random = np.random.default_rng(3)
    sky = np.zeros((180, 320), np.float32)
    sky[random.integers(2, 178, 900), random.integers(2, 318, 900)] = 240
    sky = cv2.GaussianBlur(sky, (0, 0), 1.0)

    def scene(time_s: float) -> Gray:
        return np.zeros_like(sky) if time_s >= ONSET_S else sky

    (incident,) = closed(watch(scene, noise=1.0))
    assert incident.kind == "black"
    assert incident.onset_s == pytest.approx(ONSET_S, abs=0.3)


def test_a_hand_before_a_dim_scene_covers_it_though_hardly_any_light_is_left() -> None:
    dim = 0.25 * view()

    def scene(time_s: float) -> Gray:
        behind = np.float32(0.25 * cv2.GaussianBlur(dim, (0, 0), 25.0))
        return behind if ONSET_S <= time_s < END_S else dim

    (incident,) = closed(watch(scene, noise=0.7))
    assert incident.kind == "covered"
    assert incident.onset_s == pytest.approx(ONSET_S, abs=0.5)


@pytest.mark.parametrize("level", [0.0, 6.0])
def test_a_dim_scene_of_which_nothing_is_left_is_black(level: float) -> None:
    def scene(time_s: float) -> Gray:
        return np.full((180, 320), level, np.float32) if time_s >= ONSET_S else 0.25 * view()

    (incident,) = closed(watch(scene, noise=0.7))
    assert incident.kind == "black"
    assert incident.onset_s == pytest.approx(ONSET_S, abs=0.3)


def test_a_push_to_a_view_without_any_noise_is_no_freeze() -> None:
    """A zoom or a shift by part of a pixel takes noise away, as blur does."""
    random = np.random.default_rng(8)

    def pushed(time_s: float) -> Gray:
        if time_s >= ONSET_S:
            return view(100, 40)
        return np.float32(view() + 3 * random.standard_normal(view().shape))

    assert [each.kind for each in closed(watch(pushed, noise=0.0, length_s=12.0))] == ["moved"]


def test_headlights_that_leave_a_dark_road_cover_nothing() -> None:
    y, x = np.mgrid[:180, :320]
    road = 12 + 0.1 * cv2.GaussianBlur(view(), (0, 0), 4.0)

    def lit(time_s: float) -> Gray:
        glow = np.zeros(road.shape)
        for begins_s in (3.0, 11.0):
            across = 420 * (time_s - begins_s) / 4.0 - 50
            if 0 <= time_s - begins_s <= 4.0:
                glow += 190 * np.exp(-(((x - across) / 32.0) ** 2) - ((y - 110) / 15.0) ** 2)
        return np.float32(road + glow)

    assert closed(watch(lit, noise=0.6, length_s=19.0)) == []


def test_a_still_scene_between_two_cuts_in_a_dim_film_is_no_stutter() -> None:
    """Nothing of the scene before is usual here, though a cut between dim pictures is small."""
    monitor, events = LivenessMonitor(), []
    before: NDArray[np.uint8] | None = None
    for index in range(25 * 10):
        time_s = index / 25
        picture = 0.3 * view(60 + 12 * np.sin(2 * time_s), 40)
        if 4.0 <= time_s < 6.8:
            # Each two seconds a keyframe draws it anew, as much as the film before moved.
            picture = 0.3 * cat() + 3 * (index // 50 % 2)
        luma = np.uint8(np.clip(picture, 0, 255))
        change = 0.0 if before is None else float(cv2.absdiff(before, luma).mean()) / 255
        before = luma
        reading = QualityReading(0.2, float(luma.mean()), 0.1, change, False, 0.8)
        events += monitor.update(reading, luma, time_s)

    assert closed(events + monitor.finish()) == []
