"""Sliding windows over the quality readings: what a forecast of failure is made from.

Readings are averaged by the second first, so that a source of 10 frames a second and
one of 60 look alike. Each reading then gives its last value and, over 10 and 30 s,
its mean, its deviation and its slope; a window that is not full takes what is there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

READINGS: Final = ("blur", "brightness", "noise", "change", "margin")
"""Blur 0..1, brightness 0..1, noise 0..1, decades of change, quality above the threshold."""

MEASURED: Final = ("blur_score", "brightness", "noise_level", "change", "quality_score")
"""What they are made of: columns of metrics.csv, by the same names in ``QualityReading``."""

WINDOWS_S: Final = (10, 30)

FEATURES: Final = tuple(
    [f"{name} last" for name in READINGS]
    + [
        f"{name} {figure} {window} s"
        for window in WINDOWS_S
        for figure in ("mean", "deviation", "slope")
        for name in READINGS
    ]
)
"""Columns of ``window_features``; slopes are per 30 s."""

_SLOPE_S: Final = 30.0
_LEAST_CHANGE: Final = 1e-4


def as_readings(metrics: Mapping[str, ArrayLike], threshold: float) -> NDArray[np.float64]:
    """Give the columns of a record as readings.

    Parameters
    ----------
    metrics : mapping of str to (N,) array
        ``blur_score``, ``brightness``, ``noise_level``, ``change``,
        ``quality_score``; NaN where nothing was measured.
    threshold : float
        Quality under which a picture has failed, 0..1.

    Returns
    -------
    (N, 5) float64 array
        In the order of ``READINGS``.
    """
    change = np.maximum(np.asarray(metrics["change"], float), _LEAST_CHANGE)
    return np.stack(
        [
            np.asarray(metrics["blur_score"], float),
            np.asarray(metrics["brightness"], float) / 255.0,
            np.asarray(metrics["noise_level"], float),
            np.log10(change),
            np.asarray(metrics["quality_score"], float) - threshold,
        ],
        axis=1,
    )


def by_second(
    readings: NDArray[np.float64], time_s: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Average readings by the second of media time.

    Parameters
    ----------
    readings : (N, 5) array
        NaN where nothing was measured.
    time_s : (N,) array
        s, rising.

    Returns
    -------
    seconds : (S, 5) array
        A row for each second from the first to the last; one without readings
        repeats the one before, those before the first reading are NaN.
    at : (N,) int64 array
        The second of each row.
    """
    if len(time_s) == 0:
        return np.empty((0, len(READINGS))), np.empty(0, np.int64)
    at = np.floor(time_s - time_s[0]).astype(np.int64)
    at = np.maximum.accumulate(np.maximum(at, 0))
    known = np.isfinite(readings).all(axis=1)
    count = np.bincount(at[known], minlength=int(at[-1]) + 1)
    sums = np.stack(
        [np.bincount(at[known], column[known], minlength=len(count)) for column in readings.T],
        axis=1,
    )
    filled = np.where(count > 0, np.arange(len(count)), -1)
    latest = np.maximum.accumulate(filled)
    seconds = sums[latest] / np.maximum(count[latest], 1)[:, None]
    seconds[latest < 0] = np.nan
    return seconds, at


def window_features(seconds: NDArray[np.float64]) -> NDArray[np.float32]:
    """Figures of the windows that end at each second.

    Parameters
    ----------
    seconds : (S, 5) array
        Readings by the second, oldest first, without NaN.

    Returns
    -------
    (S, 35) float32 array
        In the order of ``FEATURES``.
    """
    parts = [seconds]
    for window in WINDOWS_S:
        parts += _rolling(seconds, window)
    return np.concatenate(parts, axis=1).astype(np.float32)


def _rolling(values: NDArray[np.float64], window: int) -> list[NDArray[np.float64]]:
    """Mean, deviation and slope (per 30 s) of the windows that end at each row."""
    rows = len(values)
    # Sums of large numbers lose what small differences say.
    middle = values.mean(axis=0) if rows else np.zeros(values.shape[1])
    own = values - middle
    at = np.arange(rows, dtype=float)[:, None]
    count = np.minimum(at + 1, window)
    total = _window_sums(own, window)
    squares = _window_sums(own**2, window)
    moments = _window_sums(at * own, window)
    mean = total / count
    deviation = np.sqrt(np.maximum(squares / count - mean**2, 0.0))
    center = at - (count - 1) / 2
    spread = np.maximum(count * (count**2 - 1) / 12, 1e-9)
    slope = np.where(count > 1, (moments - center * total) / spread, 0.0) * _SLOPE_S
    return [mean + middle, deviation, slope]


def _window_sums(values: NDArray[np.float64], window: int) -> NDArray[np.float64]:
    sums = np.cumsum(values, axis=0)
    sums[window:] = sums[window:] - sums[:-window].copy()
    return np.asarray(sums, float)
