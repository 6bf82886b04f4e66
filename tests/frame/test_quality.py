"""What every reading of quality holds: ranges, orders, and the same answer at every size."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from skimage import data

from core.frame import quality
from core.frame.quality import FROZEN_CAP, QualityMeter, measure_picture
from core.types import QualityReading

Image = NDArray[np.uint8]

PHOTOGRAPHS = ("astronaut", "brick", "camera", "chelsea", "coffee", "grass", "gravel", "rocket")
NOISE_SIGMAS = (0, 2, 4, 8, 12, 20, 30, 50)
BLUR_SIGMAS_PX = (0, 0.5, 1, 1.5, 2, 3, 4, 6, 8)


def photograph(name: str) -> Image:
    image = np.asarray(getattr(data, name)(), np.uint8)
    return image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_RGB2BGR)


def read(image: Image) -> QualityReading:
    return QualityMeter().measure(image, 0.0)


def blurred(image: Image, sigma_px: float) -> Image:
    return cv2.GaussianBlur(image, (0, 0), sigma_px) if sigma_px else image


def noisy(image: Image, sigma: float, seed: int = 0) -> Image:
    noise = np.random.default_rng(seed).normal(0, sigma, image.shape)
    return np.clip(np.rint(image + noise), 0, 255).astype(np.uint8)


def darkened(image: Image, gain: float) -> Image:
    return np.rint(image * gain).astype(np.uint8)


def out_of_focus(image: Image, radius_px: int) -> Image:
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius_px + 1,) * 2)
    return cv2.filter2D(image, -1, disc.astype(np.float32) / disc.sum())


def moved(image: Image, length_px: int) -> Image:
    return cv2.blur(image, (length_px, 1))


def is_rising(values: list[float]) -> bool:
    return all(a < b for a, b in pairwise(values))


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_blurrier_scores_higher(name: str) -> None:
    image = photograph(name)
    assert is_rising([read(blurred(image, sigma)).blur_score for sigma in BLUR_SIGMAS_PX])


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_more_out_of_focus_scores_higher(name: str) -> None:
    image = photograph(name)
    assert is_rising([read(out_of_focus(image, r)).blur_score for r in (1, 2, 4, 6, 9, 12)])


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_longer_motion_scores_higher(name: str) -> None:
    image = photograph(name)
    assert is_rising([read(moved(image, length)).blur_score for length in (1, 5, 11, 23)])


@pytest.mark.parametrize("name", ["astronaut", "grass"])
def test_blurrier_scores_higher_in_a_full_hd_picture(name: str) -> None:
    image = cv2.resize(photograph(name), (1920, 1080), interpolation=cv2.INTER_CUBIC)
    assert is_rising([read(blurred(image, sigma)).blur_score for sigma in (0.5, 1, 2, 4, 8)])


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_noisier_scores_higher(name: str) -> None:
    image = photograph(name)
    assert is_rising([read(noisy(image, sigma)).noise_level for sigma in NOISE_SIGMAS])


@pytest.mark.parametrize("name", ["astronaut", "coffee", "camera"])
def test_photon_noise_that_grows_with_light_scores_higher(name: str) -> None:
    image = photograph(name)
    rng = np.random.default_rng(0)
    readings = [
        read(np.clip(rng.poisson(image * photons) / photons, 0, 255).astype(np.uint8)).noise_level
        for photons in (3.0, 1.0, 0.3, 0.1, 0.03)
    ]
    assert is_rising(readings)


@pytest.mark.parametrize("name", PHOTOGRAPHS)
@pytest.mark.parametrize("blur_px", [0, 2, 6])
def test_noise_is_not_read_as_sharpness(name: str, blur_px: float) -> None:
    image = blurred(photograph(name), blur_px)
    clean = read(image).blur_score
    for sigma in NOISE_SIGMAS[1:]:
        assert read(noisy(image, sigma)).blur_score >= clean - 0.05


@pytest.mark.parametrize("luma", [0, 128, 255])
def test_noise_on_an_empty_picture_is_not_read_as_sharpness(luma: int) -> None:
    empty = np.full((360, 640), luma, np.uint8)
    assert read(empty).blur_score == pytest.approx(1.0)
    for sigma in (1, 5, 20, 50):
        assert read(noisy(empty, sigma)).blur_score > 0.95


@pytest.mark.parametrize("name", ["brick", "grass", "gravel"])
def test_texture_reads_as_less_noise_than_visible_noise(name: str) -> None:
    flat = np.full((512, 512), 128, np.uint8)
    for shown in (photograph(name), blurred(photograph(name), 1)):
        assert read(shown).noise_level < read(noisy(flat, 12)).noise_level


@pytest.mark.parametrize("name", PHOTOGRAPHS)
@pytest.mark.parametrize("blur_px", [0, 8])
def test_same_picture_reads_the_same_at_360p_and_1080p(name: str, blur_px: float) -> None:
    large = cv2.resize(photograph(name), (1920, 1080), interpolation=cv2.INTER_CUBIC)
    large = blurred(large, blur_px)
    small = cv2.resize(large, (640, 360), interpolation=cv2.INTER_AREA)
    at_1080p, at_360p = read(large), read(small)
    assert at_360p.quality_score == pytest.approx(at_1080p.quality_score, abs=0.05)
    assert at_360p.blur_score == pytest.approx(at_1080p.blur_score, abs=0.05)
    assert at_360p.brightness == pytest.approx(at_1080p.brightness, abs=1)


def test_noise_of_the_same_picture_reads_the_same_at_360p_and_1080p() -> None:
    large = noisy(cv2.resize(photograph("astronaut"), (1920, 1080)), 25)
    small = cv2.resize(large, (640, 360), interpolation=cv2.INTER_AREA)
    assert read(small).noise_level == pytest.approx(read(large).noise_level, abs=0.05)
    assert read(small).quality_score == pytest.approx(read(large).quality_score, abs=0.05)


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_damage_never_raises_the_score(name: str) -> None:
    image = photograph(name)
    for series in (
        [blurred(image, sigma) for sigma in BLUR_SIGMAS_PX],
        [noisy(image, sigma) for sigma in (0, 3, 8, 20, 50)],
        [darkened(image, gain) for gain in (1.0, 0.6, 0.4, 0.2, 0.1, 0.05, 0.02)],
    ):
        sound, *scores = [read(damaged).quality_score for damaged in series]
        assert all(b < a for a, b in pairwise(scores))
        # The first step is too slight to be seen once the picture is reduced: there the parts
        # stand still, and what was learned is no ruler to the third digit.
        assert scores[0] <= sound + 0.008
        assert scores[-1] < sound - 0.1


def test_what_was_learned_leaves_the_score_where_it_agrees_with_the_parts(monkeypatch) -> None:
    image = photograph("coffee")
    monkeypatch.setattr(quality, "LEARNED_WEIGHT", 0.0)
    of_parts = read(image).quality_score
    monkeypatch.setattr(quality, "LEARNED_WEIGHT", 0.25)
    for learned, order in ((of_parts, 0), (of_parts / 2, -1), (1.0, 1)):
        monkeypatch.setattr(QualityMeter, "_learned_score", lambda *_, value=learned: value)
        found = read(image).quality_score - of_parts
        assert np.sign(round(found, 9)) == order


class Counted:
    """Stands for what was learned, and counts how often it is reckoned."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self, features: NDArray[np.float32]) -> float:
        self.times += 1
        return 0.5


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counted:
    stand_in = Counted()
    monkeypatch.setattr(quality, "LearnedQuality", lambda: stand_in)
    return stand_in


def test_a_picture_that_stays_is_reckoned_anew_each_half_second(counted: Counted) -> None:
    meter, measures = QualityMeter(), measure_picture(photograph("camera"))
    times = []
    for time_s in (0.0, 0.0, 0.13, 0.3, 0.49, 0.5, 0.6, 0.99, 1.0):
        meter.follow(measures, time_s)
        times.append(counted.times)
    assert times == [1, 1, 1, 1, 1, 2, 2, 2, 3]


@pytest.mark.parametrize("part", ["blur", "noise", "brightness"])
@pytest.mark.parametrize(
    ("steps", "age_s", "reckoned"),
    [
        (0.8, 0.13, 1),
        (1.2, 0.11, 1),
        (1.2, 0.13, 2),
        (-1.2, 0.13, 2),
        (3.8, 0.01, 1),
        (5.0, 0.01, 2),
        (-5.0, 0.01, 2),
    ],
)
def test_what_was_learned_is_reckoned_again_the_sooner_the_more_a_part_moves(
    counted: Counted, part: str, steps: float, age_s: float, reckoned: int
) -> None:
    meter, step = QualityMeter(), {"blur": 0.01, "noise": 0.2, "brightness": 2.0}[part]
    still = replace(measure_picture(photograph("camera")), blur=0.3, noise=3.0, brightness=120.0)
    meter.follow(still, 0.0)
    meter.follow(replace(still, **{part: getattr(still, part) + steps * step}), age_s)
    assert counted.times == reckoned


def test_time_that_goes_back_and_a_reset_make_it_anew(counted: Counted) -> None:
    meter, measures = QualityMeter(), measure_picture(photograph("camera"))
    meter.follow(measures, 10.0)
    meter.follow(measures, 9.9)
    assert counted.times == 2
    meter.reset()
    meter.follow(measures, 9.95)
    assert counted.times == 3


def test_the_parts_make_a_weighted_geometric_mean() -> None:
    weights = (quality.SHARPNESS_WEIGHT, quality.EXPOSURE_WEIGHT, quality.NOISE_WEIGHT)
    assert sum(weights) == pytest.approx(1)


@pytest.fixture
def score_of(monkeypatch: pytest.MonkeyPatch) -> Callable[..., float]:
    """The score of a fine picture with some of its measures changed, by the parts alone."""
    monkeypatch.setattr(quality, "LEARNED_WEIGHT", 0.0)
    fine = replace(
        measure_picture(photograph("camera")), blur=0.0, noise=0.0, brightness=110.0, spread=50.0
    )
    return lambda **measures: QualityMeter().follow(replace(fine, **measures), 0.0).quality_score


def test_a_picture_without_a_fault_scores_one(score_of: Callable[..., float]) -> None:
    assert score_of() == pytest.approx(1)


def test_light_is_fine_from_dim_to_bright_and_falls_to_nothing_at_both_ends(
    score_of: Callable[..., float],
) -> None:
    assert [score_of(brightness=x) for x in (60.0, 110.0, 200.0)] == pytest.approx([1, 1, 1])
    for fading in ([55.0, 30.0, 5.0, 0.0], [205.0, 230.0, 250.0, 255.0]):
        scores = [score_of(brightness=x) for x in fading]
        assert is_rising(scores[::-1])
        assert scores[0] < 1
        assert scores[-1] == 0


def test_a_picture_of_little_contrast_scores_the_lower_the_less(
    score_of: Callable[..., float],
) -> None:
    assert is_rising([score_of(spread=x) for x in (0.0, 10.0, 39.0, 40.0)])
    assert score_of(spread=80.0) == pytest.approx(1)


def test_the_same_noise_is_worse_in_a_darker_picture(score_of: Callable[..., float]) -> None:
    assert is_rising([score_of(noise=10.0, brightness=x) for x in (60.0, 110.0, 200.0)])
    assert is_rising([score_of(noise=x) for x in (40.0, 10.0, 2.0, 0.0)])
    assert score_of(noise=10.0) == pytest.approx(math.exp(-quality.NOISE_WEIGHT))


def test_blur_costs_little_at_first_and_all_where_all_is_lost(
    score_of: Callable[..., float],
) -> None:
    assert is_rising([score_of(blur=x) for x in (0.85, 0.7, 0.4, 0.1)])
    assert score_of(blur=0.1) > 0.99
    assert score_of(blur=0.95) == 0


@pytest.mark.parametrize("sigma", [6, 12])
def test_noise_is_not_read_as_contrast(sigma: float) -> None:
    flat = noisy(np.full((360, 640), 128, np.uint8), sigma)
    assert measure_picture(flat).spread < 0.35 * sigma


@pytest.mark.parametrize(
    ("width", "is_taken"), [(15, False), (16, True), (2048, True), (2049, False)]
)
def test_a_width_outside_16_to_2048_is_refused(width: int, is_taken: bool) -> None:
    try:
        QualityMeter(width)
    except ValueError as refused:
        assert str(width) in str(refused)
        assert not is_taken
    else:
        assert is_taken


def test_a_change_beyond_black_to_white_is_a_whole_one() -> None:
    meter = QualityMeter()
    for value, change in ((0, 0), (255, 1)):
        plane = np.full((180, 320), value, np.uint8)
        assert meter.measure_luma(plane, value / 100, limited_range=True).change == change


def test_a_source_begun_anew_is_not_frozen() -> None:
    image, meter = photograph("astronaut"), QualityMeter()
    readings = [meter.measure(image, index / 30) for index in range(60)]
    assert readings[-1].is_frozen
    meter.reset()
    assert not meter.measure(image, 2.0).is_frozen


def test_one_meter_scores_a_row_of_pictures_as_fresh_meters_do() -> None:
    images = [photograph(name) for name in ("astronaut", "camera", "grass", "rocket")]
    images += [blurred(image, 3) for image in images]
    meter = QualityMeter()
    scores = [meter.measure(image, 0.1 * index).quality_score for index, image in enumerate(images)]
    assert scores == pytest.approx([read(image).quality_score for image in images], abs=0.01)


def test_a_turned_picture_reads_like_an_upright_one() -> None:
    image = cv2.resize(photograph("coffee"), (1280, 720))
    upright, turned = read(image), read(np.rot90(image))
    assert turned.blur_score == pytest.approx(upright.blur_score, abs=0.01)
    assert turned.quality_score == pytest.approx(upright.quality_score, abs=0.01)


def test_limited_range_luma_reads_like_the_picture_it_stands_for() -> None:
    gray = noisy(cv2.cvtColor(photograph("astronaut"), cv2.COLOR_BGR2GRAY), 5)
    buffer = np.zeros((512, 576), np.uint8)
    buffer[:, :512] = np.rint(16 + gray * (219 / 255))
    full = QualityMeter().measure_luma(gray, 0.0)
    limited = QualityMeter().measure_luma(buffer[:, :512], 0.0, limited_range=True)
    assert limited.brightness == pytest.approx(full.brightness, abs=0.5)
    assert limited.blur_score == pytest.approx(full.blur_score, abs=0.01)
    assert limited.noise_level == pytest.approx(full.noise_level, abs=0.02)
    assert limited.quality_score == pytest.approx(full.quality_score, abs=0.02)


def test_brightness_is_the_mean_luma() -> None:
    gray = photograph("camera")
    assert read(gray).brightness == pytest.approx(gray.mean(), abs=0.5)


def test_change_is_zero_at_first_and_then_the_mean_difference() -> None:
    meter = QualityMeter()
    dark, light = np.full((180, 320), 60, np.uint8), np.full((180, 320), 111, np.uint8)
    changes = [
        meter.measure_luma(plane, index / 30).change
        for index, plane in enumerate((dark, light, light))
    ]
    assert changes == pytest.approx([0, 51 / 255, 0])


def test_after_a_reset_the_next_frame_is_a_first_one() -> None:
    meter = QualityMeter()
    meter.measure_luma(np.zeros((180, 320), np.uint8), 0.0)
    meter.reset()
    assert meter.measure_luma(np.full((180, 320), 255, np.uint8), 0.1).change == 0


def test_a_change_of_size_is_not_a_change_of_picture() -> None:
    meter = QualityMeter()
    meter.measure_luma(np.zeros((180, 320), np.uint8), 0.0)
    assert meter.measure_luma(np.full((90, 160), 255, np.uint8), 0.1).change == 0


def test_a_frozen_picture_is_capped_however_fine() -> None:
    image = photograph("astronaut")
    meter = QualityMeter()
    readings = [meter.measure(image, index / 30) for index in range(60)]
    assert not readings[0].is_frozen
    assert readings[0].quality_score > FROZEN_CAP
    assert readings[-1].is_frozen
    assert readings[-1].quality_score <= FROZEN_CAP


@pytest.mark.parametrize(
    "shape",
    [
        (1, 1),
        (1, 2),
        (2, 2),
        (3, 5),
        (5, 3),
        (1, 4000),
        (4000, 1),
        (7, 9),
        (1920, 1080),
        (4320, 7680),
    ],
)
@pytest.mark.parametrize("luma", [0, 255])
def test_any_size_gives_finite_figures_in_range(shape: tuple[int, int], luma: int) -> None:
    assert_in_range(QualityMeter().measure_luma(np.full(shape, luma, np.uint8), 0.0))


@settings(max_examples=60, deadline=None)
@given(
    st.tuples(st.integers(1, 40), st.integers(1, 40)).flatmap(
        lambda shape: st.lists(arrays(np.uint8, shape), min_size=1, max_size=3)
    ),
    st.booleans(),
)
def test_any_pixels_give_finite_figures_in_range(frames: list[Image], limited: bool) -> None:
    meter = QualityMeter()
    for index, frame in enumerate(frames):
        assert_in_range(meter.measure_luma(frame, index / 30, limited_range=limited))


@pytest.mark.parametrize(
    "wrong", [np.zeros((0, 5), np.uint8), np.zeros((4, 4), np.float32), np.zeros(9, np.uint8)]
)
def test_what_is_not_a_luma_plane_is_refused(wrong: NDArray[np.generic]) -> None:
    with pytest.raises(ValueError, match="uint8"):
        QualityMeter().measure_luma(wrong, 0.0)  # type: ignore[arg-type]


def assert_in_range(reading: QualityReading) -> None:
    for value, top in (
        (reading.blur_score, 1),
        (reading.brightness, 255),
        (reading.noise_level, 1),
        (reading.change, 1),
        (reading.quality_score, 1),
    ):
        assert math.isfinite(value)
        assert 0 <= value <= top
