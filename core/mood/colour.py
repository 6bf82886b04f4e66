"""Colours as people see them: sRGB to CIELAB, and how far two colours are apart.

All functions take arrays of shape (..., 3) that broadcast against each other, and
work in float64. ``delta_e_2000_matrix`` is the same formula for every pair of two
long lists, in float32 and in chunks that stay in the cache.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.floating[Any]]

# IEC 61966-2-1: linear sRGB to CIE XYZ.
_RGB_TO_XYZ: Final = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
# D65 as the matrix itself gives it, so that every gray has no chroma at all.
_WHITE: Final = _RGB_TO_XYZ.sum(axis=1)
_25_POW_7: Final = 25.0**7
# 16k pairs of float32 are 64 kB an intermediate: a handful of them fit the L2 cache.
_CHUNK_PAIRS: Final = 16_384


def srgb_to_lab(rgb: ArrayLike) -> NDArray[np.float64]:
    """Convert sRGB to CIELAB under D65.

    Parameters
    ----------
    rgb : (..., 3) array
        sRGB, 0..255, whole numbers or not.

    Returns
    -------
    (..., 3) float64 array
        L* 0..100, a* and b* about -128..128.

    References
    ----------
    IEC 61966-2-1:1999 (transfer function and primaries); CIE 15:2004 (CIELAB).

    Examples
    --------
    >>> srgb_to_lab([255, 255, 255]).round(2) + 0.0
    array([100.,   0.,   0.])
    """
    encoded = np.asarray(rgb, dtype=np.float64) / 255.0
    linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    relative = linear @ _RGB_TO_XYZ.T / _WHITE
    threshold = (6.0 / 29.0) ** 3
    f = np.where(relative > threshold, np.cbrt(relative), relative * (29.0 / 6.0) ** 2 / 3 + 4 / 29)
    x, y, z = f[..., 0], f[..., 1], f[..., 2]
    return np.stack([116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)], axis=-1)


def chroma(lab: ArrayLike) -> Floats:
    """Distance from the gray axis, C* = sqrt(a*^2 + b*^2), shape (...)."""
    values = _floats(lab)
    return np.hypot(values[..., 1], values[..., 2])


def delta_e_76(lab_a: ArrayLike, lab_b: ArrayLike) -> Floats:
    """Colour difference CIE76: the straight line in CIELAB.

    Parameters
    ----------
    lab_a, lab_b : (..., 3) array
        CIELAB; they broadcast.

    Returns
    -------
    (...) float array
        0 and up; about 2.3 is just noticeable.

    References
    ----------
    CIE 15:2004.
    """
    difference: Floats = np.sqrt(((_floats(lab_a) - _floats(lab_b)) ** 2).sum(axis=-1))
    return difference


def delta_e_94(lab_a: ArrayLike, lab_b: ArrayLike) -> Floats:
    """Colour difference CIE94 with the constants for graphic arts.

    Not symmetric: ``lab_a`` is the reference whose chroma sets the tolerance.

    Parameters
    ----------
    lab_a, lab_b : (..., 3) array
        CIELAB; they broadcast.

    Returns
    -------
    (...) float array
        0 and up.

    References
    ----------
    CIE 116-1995: K1 = 0.045, K2 = 0.015, kL = kC = kH = 1.
    """
    a, b = _floats(lab_a), _floats(lab_b)
    chroma_a, chroma_b = np.hypot(a[..., 1], a[..., 2]), np.hypot(b[..., 1], b[..., 2])
    lightness = a[..., 0] - b[..., 0]
    chroma_step = chroma_a - chroma_b
    hue_squared = np.maximum(((a[..., 1:] - b[..., 1:]) ** 2).sum(axis=-1) - chroma_step**2, 0.0)
    difference: Floats = np.sqrt(
        lightness**2
        + (chroma_step / (1 + 0.045 * chroma_a)) ** 2
        + hue_squared / (1 + 0.015 * chroma_a) ** 2
    )
    return difference


def delta_e_2000(lab_a: ArrayLike, lab_b: ArrayLike) -> Floats:
    """Colour difference CIEDE2000 with kL = kC = kH = 1.

    Parameters
    ----------
    lab_a, lab_b : (..., 3) array
        CIELAB; they broadcast. NaN gives NaN.

    Returns
    -------
    (...) float array
        0 and up; about 1 is just noticeable, black to white is 100.

    Notes
    -----
    Symmetric, but not a metric: the triangle inequality fails here and there.

    References
    ----------
    Sharma, Wu, Dalal (2005), The CIEDE2000 color-difference formula,
    Color Research & Application 30(1), 21-30. DOI 10.1002/col.20070

    Examples
    --------
    >>> round(float(delta_e_2000([50, 2.6772, -79.7751], [50, 0, -82.7485])), 4)
    2.0425
    """
    return _ciede2000(_floats(lab_a), _floats(lab_b))


def delta_e_2000_matrix(lab_a: ArrayLike, lab_b: ArrayLike) -> NDArray[np.float32]:
    """CIEDE2000 of every colour of one list to every colour of another.

    Parameters
    ----------
    lab_a : (N, 3) array
    lab_b : (M, 3) array
        CIELAB.

    Returns
    -------
    (N, M) float32 array
        Within 0.01 of ``delta_e_2000``; exactly 0 for equal colours.
    """
    exact_a, exact_b = np.asarray(lab_a, dtype=np.float64), np.asarray(lab_b, dtype=np.float64)
    a, b = exact_a.astype(np.float32), exact_b.astype(np.float32)
    result = np.empty((len(a), len(b)), dtype=np.float32)
    rows = max(1, _CHUNK_PAIRS // max(1, len(b)))
    for start in range(0, len(a), rows):
        part = slice(start, start + rows)
        result[part] = _ciede2000(a[part, None], b)
        # The formula jumps where two hues are opposite: there rounding may not decide.
        left, right = np.nonzero(_nearly_opposite(a[part, None], b))
        result[left + start, right] = _ciede2000(exact_a[left + start], exact_b[right])
    return result


def _nearly_opposite(a: Floats, b: Floats) -> NDArray[np.bool_]:
    """Whether two hues are within a hundredth of a degree or so of 180 degrees apart."""
    across = a[..., 1] * b[..., 2] - a[..., 2] * b[..., 1]
    along = a[..., 1] * b[..., 1] + a[..., 2] * b[..., 2]
    return np.asarray((along < 0) & (np.abs(across) <= -2e-4 * along))


def _floats(values: ArrayLike) -> Floats:
    return np.asarray(values, dtype=np.float64)


def _ciede2000(a: Floats, b: Floats) -> Floats:
    """CIEDE2000 in the precision of its arrays: every constant is a plain float."""
    mean_chroma = (np.hypot(a[..., 1], a[..., 2]) + np.hypot(b[..., 1], b[..., 2])) / 2
    stretch = 1 + 0.5 * (1 - _chroma_ratio(mean_chroma))
    chroma_a, hue_a = _polar(a, stretch)
    chroma_b, hue_b = _polar(b, stretch)

    # A gray has no hue; neither what is reckoned for it counts, since its hue step is 0.
    turn = hue_b - hue_a
    wide = np.abs(turn) > math.pi
    turn = np.where(wide, turn - np.copysign(2 * math.pi, turn), turn)
    hue_step = 2 * np.sqrt(chroma_a * chroma_b) * np.sin(turn / 2)

    mean_lightness = (a[..., 0] + b[..., 0]) / 2
    mean_chroma = (chroma_a + chroma_b) / 2
    # The mean of two angles lies on the shorter arc between them.
    mean_hue = (hue_a + hue_b) / 2
    opposite = np.where(mean_hue < math.pi, mean_hue + math.pi, mean_hue - math.pi)
    mean_hue = np.where(wide, opposite, mean_hue)

    hue_weight = (
        1
        - 0.17 * np.cos(mean_hue - math.radians(30))
        + 0.24 * np.cos(2 * mean_hue)
        + 0.32 * np.cos(3 * mean_hue + math.radians(6))
        - 0.20 * np.cos(4 * mean_hue - math.radians(63))
    )
    from_middle = (mean_lightness - 50) ** 2
    scale_lightness = 1 + 0.015 * from_middle / np.sqrt(20 + from_middle)
    scale_chroma = 1 + 0.045 * mean_chroma
    scale_hue = 1 + 0.015 * mean_chroma * hue_weight
    from_blue = (mean_hue - math.radians(275)) / math.radians(25)
    blue_turn = math.radians(60) * np.exp(-(from_blue**2))
    rotation = -2 * _chroma_ratio(mean_chroma) * np.sin(blue_turn)

    lightness = (b[..., 0] - a[..., 0]) / scale_lightness
    colourfulness = (chroma_b - chroma_a) / scale_chroma
    hue = hue_step / scale_hue
    squared = lightness**2 + colourfulness**2 + hue**2 + rotation * colourfulness * hue
    # Rounding may leave -1e-17 where the colours are equal.
    return np.sqrt(np.maximum(squared, 0))


def _polar(lab: Floats, stretch: Floats) -> tuple[Floats, Floats]:
    """Chroma and hue angle 0..2 pi with a* stretched; the hue of gray is 0."""
    a, b = lab[..., 1] * stretch, lab[..., 2]
    return np.hypot(a, b), np.arctan2(b, a) % (2 * math.pi)


def _chroma_ratio(value: Floats) -> Floats:
    power = value * value * value
    power = power * power * value
    return np.sqrt(power / (power + _25_POW_7))
