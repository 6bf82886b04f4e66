from __future__ import annotations

import numpy as np
import pytest
import skimage.color
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from core.mood.colour import (
    chroma,
    delta_e_76,
    delta_e_94,
    delta_e_2000,
    delta_e_2000_matrix,
    srgb_to_lab,
)

# L1 a1 b1 L2 a2 b2 difference: the published test pairs of Sharma, Wu and Dalal (2005),
# table 1, DOI 10.1002/col.20070.
SHARMA = np.array(
    [
        [50.0, 2.6772, -79.7751, 50.0, 0.0, -82.7485, 2.0425],
        [50.0, 3.1571, -77.2803, 50.0, 0.0, -82.7485, 2.8615],
        [50.0, 2.8361, -74.02, 50.0, 0.0, -82.7485, 3.4412],
        [50.0, -1.3802, -84.2814, 50.0, 0.0, -82.7485, 1.0],
        [50.0, -1.1848, -84.8006, 50.0, 0.0, -82.7485, 1.0],
        [50.0, -0.9009, -85.5211, 50.0, 0.0, -82.7485, 1.0],
        [50.0, 0.0, 0.0, 50.0, -1.0, 2.0, 2.3669],
        [50.0, -1.0, 2.0, 50.0, 0.0, 0.0, 2.3669],
        [50.0, 2.49, -0.001, 50.0, -2.49, 0.0009, 7.1792],
        [50.0, 2.49, -0.001, 50.0, -2.49, 0.001, 7.1792],
        [50.0, 2.49, -0.001, 50.0, -2.49, 0.0011, 7.2195],
        [50.0, 2.49, -0.001, 50.0, -2.49, 0.0012, 7.2195],
        [50.0, -0.001, 2.49, 50.0, 0.0009, -2.49, 4.8045],
        [50.0, -0.001, 2.49, 50.0, 0.001, -2.49, 4.8045],
        [50.0, -0.001, 2.49, 50.0, 0.0011, -2.49, 4.7461],
        [50.0, 2.5, 0.0, 50.0, 0.0, -2.5, 4.3065],
        [50.0, 2.5, 0.0, 73.0, 25.0, -18.0, 27.1492],
        [50.0, 2.5, 0.0, 61.0, -5.0, 29.0, 22.8977],
        [50.0, 2.5, 0.0, 56.0, -27.0, -3.0, 31.903],
        [50.0, 2.5, 0.0, 58.0, 24.0, 15.0, 19.4535],
        [50.0, 2.5, 0.0, 50.0, 3.1736, 0.5854, 1.0],
        [50.0, 2.5, 0.0, 50.0, 3.2972, 0.0, 1.0],
        [50.0, 2.5, 0.0, 50.0, 1.8634, 0.5757, 1.0],
        [50.0, 2.5, 0.0, 50.0, 3.2592, 0.335, 1.0],
        [60.2574, -34.0099, 36.2677, 60.4626, -34.1751, 39.4387, 1.2644],
        [63.0109, -31.0961, -5.8663, 62.8187, -29.7946, -4.0864, 1.263],
        [61.2901, 3.7196, -5.3901, 61.4292, 2.248, -4.962, 1.8731],
        [35.0831, -44.1164, 3.7933, 35.0232, -40.0716, 1.5901, 1.8645],
        [22.7233, 20.0904, -46.694, 23.0331, 14.973, -42.5619, 2.0373],
        [36.4612, 47.858, 18.3852, 36.2715, 50.5065, 21.2231, 1.4146],
        [90.8027, -2.0831, 1.441, 91.1528, -1.6435, 0.0447, 1.4441],
        [90.9257, -0.5406, -0.9208, 88.6381, -0.8985, -0.7239, 1.5381],
        [6.7747, -0.2908, -2.4247, 5.8714, -0.0985, -2.2286, 0.6377],
        [2.0776, 0.0795, -1.135, 0.9033, -0.0636, -0.5514, 0.9082],
    ]
)

LABS = arrays(
    np.float64,
    (5, 3),
    elements=st.floats(-100, 100, allow_nan=False),
).map(lambda values: np.abs(values) * [1, 0, 0] + values * [0, 1, 1])


def test_the_darkest_grays_have_the_lightness_of_the_straight_part_of_the_curve():
    # CIE 15:2004: below Y = 216 / 24389, L* = Y * 24389 / 27; sRGB is straight there, too.
    levels = np.arange(0, 11)
    lab = srgb_to_lab(np.repeat(levels[:, None], 3, axis=1))
    assert lab[:, 0] == pytest.approx(levels / 255 / 12.92 * 24389 / 27, abs=1e-3)


def test_the_curve_of_lightness_has_no_step_where_its_parts_meet():
    lightness = srgb_to_lab(np.linspace(0, 40, 4001)[:, None].repeat(3, axis=1))[:, 0]
    assert np.all(np.diff(lightness) > 0)
    assert np.diff(lightness).max() < 0.01


def test_ciede2000_gives_the_published_figures() -> None:
    assert len(SHARMA) == 34
    measured = delta_e_2000(SHARMA[:, :3], SHARMA[:, 3:6])
    assert np.abs(measured - SHARMA[:, 6]).max() < 1e-4


def test_ciede2000_gives_the_published_figures_both_ways_round() -> None:
    measured = delta_e_2000(SHARMA[:, 3:6], SHARMA[:, :3])
    assert np.abs(measured - SHARMA[:, 6]).max() < 1e-4


@given(LABS, LABS)
def test_ciede2000_is_symmetric_never_negative_and_zero_for_equals(
    a: np.ndarray, b: np.ndarray
) -> None:
    forth, back = delta_e_2000(a, b), delta_e_2000(b, a)
    assert np.allclose(forth, back, atol=1e-9)
    assert (forth >= 0).all()
    assert (delta_e_2000(a, a) == 0).all()


def test_black_to_white_is_a_hundred() -> None:
    black, white = srgb_to_lab([0, 0, 0]), srgb_to_lab([255, 255, 255])
    for difference in (delta_e_76, delta_e_94, delta_e_2000):
        assert difference(black, white) == pytest.approx(100)


def test_differences_broadcast_over_any_dimensions() -> None:
    a = srgb_to_lab(np.random.default_rng(0).integers(0, 256, (4, 1, 3)))
    b = srgb_to_lab(np.random.default_rng(1).integers(0, 256, (5, 3)))
    for difference in (delta_e_76, delta_e_94, delta_e_2000):
        table = difference(a, b)
        assert table.shape == (4, 5)
        assert table[2, 3] == pytest.approx(float(difference(a[2, 0], b[3])))


def test_nan_stays_nan_and_does_not_spread() -> None:
    a = np.array([[np.nan, 0, 0], [50, 0, 0]])
    assert np.isnan(delta_e_2000(a, [50.0, 1, 1])).tolist() == [True, False]


def test_single_precision_input_loses_nothing_at_the_hue_seam() -> None:
    seam = SHARMA[8:12].astype(np.float32)
    exact = seam.astype(np.float64)
    assert np.array_equal(
        delta_e_2000(seam[:, :3], seam[:, 3:6]), delta_e_2000(exact[:, :3], exact[:, 3:6])
    )


def test_the_fast_matrix_agrees_with_the_exact_formula() -> None:
    rng = np.random.default_rng(2)
    a, b = (srgb_to_lab(rng.integers(0, 256, (n, 3))) for n in (3000, 17))
    fast = delta_e_2000_matrix(a, b)
    assert fast.dtype == np.float32
    # The formula itself jumps where two hues are opposite; away from that it is smooth.
    gap = np.abs(fast - delta_e_2000(a[:, None], b))
    assert np.quantile(gap, 0.999) < 1e-3
    assert gap.max() < 0.1
    assert (np.diagonal(delta_e_2000_matrix(b, b)) == 0).all()


@pytest.mark.parametrize(
    ("rgb", "lab"),
    [
        # Bruce Lindbloom's published values of the sRGB primaries under D65.
        ([255, 0, 0], [53.2408, 80.0925, 67.2032]),
        ([0, 255, 0], [87.7347, -86.1827, 83.1793]),
        ([0, 0, 255], [32.2970, 79.1875, -107.8602]),
    ],
)
def test_the_primaries_are_where_they_are_published(rgb: list[int], lab: list[float]) -> None:
    assert srgb_to_lab(rgb) == pytest.approx(np.array(lab), abs=2e-3)


@given(st.integers(0, 255))
def test_gray_has_no_chroma_and_lightness_rises_with_it(level: int) -> None:
    lab = srgb_to_lab([level] * 3)
    assert chroma(lab) < 1e-9
    assert lab[0] == pytest.approx(0) if level == 0 else lab[0] > srgb_to_lab([level - 1] * 3)[0]


def test_cie76_is_the_straight_line() -> None:
    assert delta_e_76([50, 3, 4], [50, 0, 0]) == pytest.approx(5)


def test_cie94_agrees_with_another_implementation_in_lightness_chroma_and_hue() -> None:
    random = np.random.default_rng(94)
    a, b = (random.uniform([0, -80, -80], [100, 80, 80], (200, 3)) for _ in range(2))
    expected = skimage.color.deltaE_ciede94(a, b, kH=1, kC=1, kL=1, k1=0.045, k2=0.015)
    assert delta_e_94(a, b) == pytest.approx(expected, rel=1e-9)


def test_cie94_takes_its_tolerance_from_the_reference() -> None:
    vivid, gray = [50.0, 60, 0], [50.0, 0, 0]
    assert delta_e_94(vivid, gray) == pytest.approx(60 / (1 + 0.045 * 60))
    assert delta_e_94(gray, vivid) == pytest.approx(60)


def test_the_fast_form_is_exact_where_hues_are_opposite_and_the_formula_jumps() -> None:
    dark_red, black = srgb_to_lab([(34, 0, 0)]), srgb_to_lab([(8, 9, 9)])
    exact = float(delta_e_2000(dark_red, black)[0])
    assert float(delta_e_2000_matrix(dark_red, black)[0, 0]) == pytest.approx(exact, abs=0.01)
    assert float(delta_e_2000_matrix(black, dark_red)[0, 0]) == pytest.approx(exact, abs=0.01)
