"""Each fault is told of under its name, at its time; what is no fault is not."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from skimage import data

from core.frame.liveness import LivenessMonitor
from core.frame.liveness_finding import Hold
from core.frame.quality import QualityMeter
from tests.frame.scenes import END_S, FPS, ONSET_S, Gray, Scene, closed, view, watch


def spoiled(spoil: Callable[[Gray], Gray]) -> Scene:
    return lambda time_s: spoil(view()) if ONSET_S <= time_s < END_S else view()


FAULTS: dict[str, Callable[[Gray], Gray]] = {
    "black": lambda picture: np.full_like(picture, 3.0),
    "washed_out": lambda picture: 0.4 * picture + 190,
    "covered": lambda picture: np.full_like(picture, 35.0),
    "defocused": lambda picture: cv2.GaussianBlur(picture, (0, 0), 4.0),
    "moved": lambda picture: view(110, 70),
    "noise_burst": lambda picture: (
        picture + 22 * np.random.default_rng(int(picture[9, 9])).standard_normal(picture.shape)
    ).astype(np.float32),
    "freeze": lambda picture: np.full_like(picture, np.nan),
}


@pytest.mark.parametrize("kind", FAULTS)
def test_a_fault_is_told_of_once_under_its_name_and_at_its_time(kind: str) -> None:
    incidents = closed(watch(spoiled(FAULTS[kind])))
    assert [incident.kind for incident in incidents] == [kind]
    assert incidents[0].onset_s == pytest.approx(ONSET_S, abs=0.7)
    assert incidents[0].end_s == pytest.approx(END_S, abs=1.3)
    assert 0 < incidents[0].severity <= 1


def test_a_lens_that_is_covered_in_part_is_covered() -> None:
    def half_hidden(picture: Gray) -> Gray:
        picture = picture.copy()
        picture[:, :250] = 90
        return picture

    assert [each.kind for each in closed(watch(spoiled(half_hidden)))] == ["covered"]


def test_a_lid_that_slides_over_the_lens_like_a_cut_covers_it() -> None:
    def slid_over(time_s: float) -> Gray:
        picture = view()
        if time_s >= ONSET_S:
            picture[:, : round(1600 * (time_s - ONSET_S + 0.1))] = 235
            picture[:60, 260:] = view()[:60, 260:]
        return picture

    (incident,) = closed(watch(slid_over))
    assert incident.kind == "covered"
    assert incident.onset_s == pytest.approx(ONSET_S, abs=0.5)


def test_a_lid_over_half_of_what_there_is_to_see_covers_it() -> None:
    def half_hidden(picture: Gray) -> Gray:
        picture = picture.copy()
        picture[:, :170] = 190
        return picture

    assert [each.kind for each in closed(watch(spoiled(half_hidden)))] == ["covered"]


def test_a_lid_whose_edge_is_out_of_focus_covers_what_is_behind_it() -> None:
    lid = np.zeros((180, 320), np.float32)
    lid[:, :240] = 1.0
    lid = cv2.GaussianBlur(lid, (0, 0), 50.0)

    def soft_lidded(picture: Gray) -> Gray:
        return np.float32(picture * (1 - lid) + 240 * lid)

    assert [each.kind for each in closed(watch(spoiled(soft_lidded)))] == ["covered"]


def test_a_lid_that_shows_no_noise_is_told_of_as_a_cover_alone() -> None:
    random = np.random.default_rng(2)

    def lidded(time_s: float) -> Gray:
        noise = np.float32(2 * random.standard_normal((180, 320)))
        return view() + noise if time_s < ONSET_S else np.full((180, 320), 70, np.float32)

    assert [each.kind for each in closed(watch(lidded, noise=0.0))] == ["covered"]


def test_a_cut_to_a_scene_that_is_mostly_blank_covers_nothing() -> None:
    blank = np.full((180, 320), 120, np.float32)
    blank[110:, 100:] = view(10, 0)[:70, :220][::-1]

    assert "covered" not in {
        each.kind for each in closed(watch(lambda time_s: view() if time_s < 4.0 else blank))
    }


def test_a_cut_to_a_dark_scene_covers_nothing() -> None:
    dark = np.full((180, 320), 9, np.float32)
    dark[100:, 60:] = 12 + 0.15 * view(10, 0)[:80, :260][::-1]

    assert "covered" not in {
        each.kind
        for each in closed(watch(lambda time_s: 90 + 0.6 * view() if time_s < 4 else dark))
    }


def test_a_night_of_noise_a_pan_and_a_cut_are_no_incidents() -> None:
    def pan(time_s: float) -> Gray:
        return view(10 + 14 * time_s, 40)

    def cuts(time_s: float) -> Gray:
        other = np.float32(cv2.resize(data.camera(), (320, 180)))
        return other if int(time_s / 2.5) % 2 else view()

    assert watch(lambda _: 0.2 * view(), noise=5.0) == []
    assert watch(pan) == []
    assert watch(cuts) == []


def test_a_cut_to_a_softer_scene_covers_nothing() -> None:
    softer = 70 + 0.25 * cv2.GaussianBlur(view(20, 90)[::-1, ::-1], (0, 0), 1.0)

    def film(time_s: float) -> Gray:
        return view() if time_s < 4.0 else softer

    assert "covered" not in {incident.kind for incident in closed(watch(film))}


def test_a_feed_that_stops_is_frozen_though_its_codec_goes_on_refining_it() -> None:
    random = np.random.default_rng(9)
    last = np.float32(view() + 3 * random.standard_normal(view().shape))
    shown = np.float32(last + random.choice([-4.0, 4.0], view().shape))

    def refined(time_s: float) -> Gray:
        if time_s < ONSET_S:
            return view() + 3 * np.float32(random.standard_normal(view().shape))
        # A codec sends a pixel's rest once; noise would send it again and again.
        sent = random.random(view().shape) < 0.05
        shown[sent] = last[sent]
        return shown.copy()

    (incident,) = closed(watch(refined, noise=0.0))
    assert incident.kind == "freeze"
    assert incident.onset_s == pytest.approx(ONSET_S, abs=0.3)


def test_a_head_that_pauses_before_a_still_wall_is_not_frozen() -> None:
    head = view(110, 70)[40:130, 100:220]
    random = np.random.default_rng(4)

    def talking(time_s: float) -> Gray:
        picture = view().copy()
        nod = 6 * np.sin(9 * time_s) if time_s < ONSET_S or time_s > ONSET_S + 2.2 else 0.0
        top = 45 + round(nod)
        picture[top : top + 90, 100:220] = head
        return picture + np.float32(0.4 * random.standard_normal(picture.shape))

    assert closed(watch(talking, noise=0.0)) == []


def test_someone_who_passes_close_by_covers_nothing_and_moves_no_camera() -> None:
    def passes(time_s: float) -> Gray:
        picture = view()
        left = int((time_s - 3.0) * 220) - 200
        picture[:, max(0, left) : max(0, left + 200)] = 60
        return picture

    assert watch(passes) == []


def test_an_evening_and_a_light_switched_off_are_no_incidents() -> None:
    assert watch(lambda time_s: view() * (1 - 0.08 * time_s)) == []
    assert watch(lambda time_s: view() * (1.0 if time_s < ONSET_S else 0.5)) == []


def test_a_source_that_slows_down_stutters_and_its_cause_is_told() -> None:
    random = np.random.default_rng(1)
    meter, monitor = QualityMeter(), LivenessMonitor()
    times = [*np.arange(0, 5, 1 / 25), *np.arange(5, 9, 1 / 5)]
    opened = []
    for time_s in times:
        picture = np.uint8(np.clip(view() + random.standard_normal((180, 320)), 0, 255))
        reading = meter.measure_luma(picture, float(time_s))
        assert meter.plane is not None
        stages = {"faces": 190.0 if time_s >= 5 else 20.0}
        opened += monitor.update(reading, meter.plane, float(time_s), stage_ms=stages)
    (event,) = opened
    assert event.incident.kind == "stutter"
    assert event.incident.onset_s == pytest.approx(5.0, abs=1.0)
    assert event.incident.evidence["cause"] == "cpu"


def test_a_picture_of_a_few_pixels_says_nothing() -> None:
    meter, monitor = QualityMeter(), LivenessMonitor()
    tiny = np.zeros((2, 3), np.uint8)
    assert monitor.update(meter.measure_luma(tiny, 0.0), tiny, 0.0) == []


def test_the_grain_of_a_frame_that_is_repeated_is_no_burst_of_noise() -> None:
    """Of a scene whose noise was erased a codec has time to draw one frame with all its grain."""
    grain = 9 * np.random.default_rng(2).standard_normal((180, 320)).astype(np.float32)

    def scene(time_s: float) -> Gray:
        return view() if time_s < ONSET_S else view() + grain

    meter, monitor, events = QualityMeter(), LivenessMonitor(), []
    random = np.random.default_rng(4)
    for index in range(9 * FPS):
        time_s = index / FPS
        noise = random.normal(0, 0.6, (180, 320)) if time_s < ONSET_S else 0.0
        luma = np.uint8(np.clip(np.rint(scene(time_s) + noise), 0, 255))
        reading = meter.measure_luma(luma, time_s)
        assert meter.plane is not None
        events += monitor.update(reading, meter.plane, time_s)
    assert [incident.kind for incident in closed(events + monitor.finish())] == ["freeze"]


def test_a_push_that_brings_empty_sky_into_view_is_no_cover() -> None:
    rocket = cv2.resize(cv2.cvtColor(data.rocket(), cv2.COLOR_RGB2GRAY), (432, 324))[:282, :376]

    def scene(time_s: float) -> Gray:
        way = min(1.0, max(0.0, (time_s - ONSET_S) / 0.6))
        matrix = np.array([[1.0, 0.0, -56 + 74 * way], [0.0, 1.0, -42 + 60 * way]])
        moved = cv2.warpAffine(rocket, matrix, (320, 240), borderMode=cv2.BORDER_REFLECT)
        return np.float32(cv2.GaussianBlur(moved, (0, 0), 1.2))

    incidents = closed(watch(scene, length_s=11))
    assert [incident.kind for incident in incidents] == ["moved"]
    assert incidents[0].onset_s == pytest.approx(ONSET_S, abs=1.0)


def test_a_push_is_seen_where_the_view_drifts_on_afterwards() -> None:
    def scene(time_s: float) -> Gray:
        way = min(1.0, max(0.0, (time_s - ONSET_S) / 0.6))
        drift = 16 * max(0.0, time_s - ONSET_S - 0.6)
        return view(20 + 70 * way + drift, 20 + 40 * way + 0.3 * drift)

    incidents = closed(watch(scene))
    assert [incident.kind for incident in incidents] == ["moved"]
    assert incidents[0].onset_s == pytest.approx(ONSET_S, abs=1.0)


def test_a_pan_of_a_view_that_was_hardly_seen_before_is_no_push() -> None:
    """What is usual for a view takes more than a blink to know."""

    def scene(time_s: float) -> Gray:
        way = min(max(0.0, time_s - 0.4), 1.6) / 1.6
        return view(20 + 60 * np.sin(way * np.pi / 2), 40)

    assert closed(watch(scene)) == []


@pytest.mark.parametrize("began_s", [0.1, 1.1, 9.4, 1200.3])
def test_what_comes_to_be_believed_is_due_at_that_very_moment(began_s: float) -> None:
    """10.1 - 9.4 is a little less than 0.7 in a computer."""
    hold = Hold(0.7)
    assert not hold.is_due(began_s)
    hold.update(True, began_s)
    for frame in range(1, 10):
        time_s = round(began_s + frame / 10, 1)
        is_due = hold.is_due(time_s)
        assert hold.update(True, time_s) == (frame >= 7)
        assert is_due == (frame == 7)
