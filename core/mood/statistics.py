"""The classical steps: outliers, robust scale, tests of two means, Holm, effect size.

Everything here takes *effective* sample sizes: frames of one face repeat each
other, and how much they do is measured in :mod:`core.mood.autocorrelation`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, stats

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

FENCE_IQR: Final = 2.2
"""Fences stand this many interquartile ranges outside the quartiles."""

SHARED_OUTLIERS: Final = 2
"""A frame with this many emotions outside their fences is dropped whole: shares sum to
one, so what is wild in two is wrong in all, within their fences or not."""

SCALE_FLOOR: Final = 0.005
"""Least scale, as a share: half a percentage point is the grain of a reading."""

_SHORTEST_WINDOW: Final = 7
_NORMAL_IQR: Final = 1.3489795003921634


def keep_within_fences(values: Array, fps: float, *, floor: float = SCALE_FLOOR) -> Mask:
    """Mark the readings of one phase that are not isolated outliers.

    A reading is compared with the median of its neighbours within half a
    second, itself left out, so that a smile that lasts is kept and a single
    wild frame is not. The difference is an outlier where it lies outside
    Q1 - 2.2 IQR .. Q3 + 2.2 IQR of the differences of this phase.

    Parameters
    ----------
    values : (N, K) float64 array
        One phase; a row with a NaN is a frame without a usable face.
    fps : float
        Frames a second, above 0.
    floor : float
        Least interquartile range, in the unit of ``values``.

    Returns
    -------
    (N, K) bool array
        False for outliers and for unusable rows.

    References
    ----------
    Hoaglin and Iglewicz (1987), doi:10.1080/01621459.1987.10478551, for 2.2.
    """
    usable = np.isfinite(values).all(axis=1)
    keep = np.zeros(values.shape, dtype=bool)
    seen = values[usable]
    if len(seen) < _SHORTEST_WINDOW:
        keep[usable] = True
        return keep
    size = max(_SHORTEST_WINDOW, round(fps) | 1)
    neighbours = np.ones((size, 1), dtype=bool)
    neighbours[size // 2] = False
    local = ndimage.rank_filter(seen, rank=(size - 1) // 2, footprint=neighbours, mode="reflect")
    difference = seen - local
    low, high = np.quantile(difference, [0.25, 0.75], axis=0)
    reach = FENCE_IQR * np.maximum(high - low, floor)
    outside = (difference < low - reach) | (difference > high + reach)
    outside |= (outside.sum(axis=1) >= SHARED_OUTLIERS)[:, None]
    keep[usable] = ~outside
    return keep


@dataclass(frozen=True, slots=True)
class RobustScale:
    """Median and normal-consistent IQR of the baseline, applied to both phases.

    Parameters
    ----------
    center, scale : (K,) float64 array
        Median, and IQR / 1.349 but never under ``SCALE_FLOOR``: one "baseline
        deviation".
    """

    center: Array
    scale: Array

    @classmethod
    def fit(cls, baseline: Array, keep: Mask) -> RobustScale:
        """Fit on the kept readings of the baseline, (N, K)."""
        known = np.where(keep, baseline, np.nan)
        known[:, ~keep.any(axis=0)] = 0.0
        low, center, high = np.nanquantile(known, [0.25, 0.5, 0.75], axis=0)
        return cls(center, np.maximum((high - low) / _NORMAL_IQR, SCALE_FLOOR))

    def apply(self, values: Array) -> Array:
        """Express values (..., K) in baseline deviations from the baseline median."""
        return np.asarray((values - self.center) / self.scale)


def levene(first: Array, second: Array, moments: tuple[Array, Array]) -> Array:
    """Brown and Forsythe's form of Levene's test on effective sample sizes.

    Parameters
    ----------
    first, second : (N, K), (M, K) float64 array
        NaN where a reading is not used.
    moments : pair of (K,) float64 array
        Effective number of independent deviations in each phase.

    Returns
    -------
    (K,) float64 array
        p of equal variances.

    References
    ----------
    Brown and Forsythe (1974), doi:10.1080/01621459.1974.10482955.
    """
    away = [np.abs(x - np.nanmedian(x, axis=0)) for x in (first, second)]
    n = [np.maximum(m, 2.0) for m in moments]
    means = [np.nanmean(a, axis=0) for a in away]
    variances = [np.nanvar(a, axis=0) for a in away]
    # Each variance is about its own mean, which takes a degree of freedom from both.
    pooled = (n[0] * variances[0] + n[1] * variances[1]) / (n[0] + n[1] - 2)
    spread = np.maximum(pooled * (1 / n[0] + 1 / n[1]), np.finfo(float).tiny)
    return np.asarray(stats.f.sf((means[0] - means[1]) ** 2 / spread, 1, n[0] + n[1] - 2))


def holm(p: Array) -> Array:
    """Adjust p-values (K,) for their number, step-down.

    References
    ----------
    Holm (1979), https://www.jstor.org/stable/4615733.

    Examples
    --------
    >>> holm(np.array([0.01, 0.04, 0.03])).round(3).tolist()
    [0.03, 0.06, 0.06]
    """
    order = np.argsort(p, kind="stable")
    steps = p[order] * (len(p) - np.arange(len(p)))
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(steps))
    return adjusted


def hedges_g(difference: Array, variance: Array, degrees: Array | float) -> Array:
    """Standardise a difference of means with Hedges' small-sample correction.

    Parameters
    ----------
    difference : (..., K) float64 array
        Second mean minus first.
    variance : (..., K) float64 array
        Pooled variance of single readings, above 0.
    degrees : (K,) float64 array or float
        Effective degrees of freedom, at least 1.

    Returns
    -------
    (..., K) float64 array

    References
    ----------
    Hedges (1981), doi:10.3102/10769986006002107.
    """
    correction = 1 - 3 / (4 * np.maximum(degrees, 1.0) - 1)
    return np.asarray(correction * difference / np.sqrt(variance))
