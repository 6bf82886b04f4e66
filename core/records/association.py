"""How far two series of a run go together: Spearman's rho with an honest interval.

Neighbouring frames repeat each other, so a run of a thousand rows holds far fewer
independent moments. How many is read from how both series repeat themselves, and the
interval is as wide as that number makes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import fft, stats

Array = NDArray[np.float64]

MOST_CELLS: Final = 100_000
"""Longer series are averaged onto a grid of this many cells first."""

FEWEST_INDEPENDENT: Final = 4.0
"""With fewer independent moments the formula of the interval has no answer."""

_LAG_SHARE: Final = 5
_CRITICAL: Final = 0.975


@dataclass(frozen=True, slots=True)
class Association:
    """Spearman's rank correlation of two series.

    Parameters
    ----------
    rho : float
        -1..1; NaN where one of them never changes or there are fewer than three pairs.
    low, high : float
        95 % confidence interval of ``rho``; NaN where there are too few independent
        moments to say.
    pairs : int
        Moments at which both were measured.
    independent : float
        How many independent moments they are worth, at most ``pairs``.
    """

    rho: float
    low: float
    high: float
    pairs: int
    independent: float


def spearman(time_s: Array, first: Array, second: Array) -> Association:
    """Correlate the ranks of two series of one run.

    Parameters
    ----------
    time_s : (N,) float64 array
        Rising, s.
    first, second : (N,) float64 array
        NaN where nothing was measured; only moments with both count.

    Returns
    -------
    Association

    Raises
    ------
    ValueError
        Where the lengths differ.

    Notes
    -----
    The effective sample size is 1 / n_eff = 1 / n + 2 / n * sum of (1 - k / n) r_x(k) r_y(k)
    over lags k up to n / 5, with r the autocorrelation of the ranks on a regular grid
    of time, gaps left out pair by pair. The interval is Fisher's z with the variance
    (1 + rho^2 / 2) / (n_eff - 3), which holds for ranks.

    References
    ----------
    Pyper and Peterman (1998), doi:10.1139/f98-104 (effective sample size); Bonett and
    Wright (2000), doi:10.1007/BF02294183 (interval of Spearman's rho).

    Examples
    --------
    >>> t = np.arange(6.0)
    >>> spearman(t, t, t**3).rho
    1.0
    """
    times, x, y = (np.asarray(each, np.float64) for each in (time_s, first, second))
    if not times.shape == x.shape == y.shape:
        raise ValueError(f"lengths differ: {times.shape}, {x.shape}, {y.shape}")
    known = np.isfinite(times) & np.isfinite(x) & np.isfinite(y)
    cell, x, y = _on_grid(times[known], x[known], y[known])
    pairs = len(x)
    if pairs < 3 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return Association(np.nan, np.nan, np.nan, pairs, float(pairs))
    ranks = [_standard(stats.rankdata(each)) for each in (x, y)]
    rho = round(float(np.clip(np.mean(ranks[0] * ranks[1]), -1.0, 1.0)), 12)
    independent = _independent(cell, ranks[0], ranks[1])
    low, high = _interval(rho, independent)
    return Association(rho, low, high, pairs, independent)


def _on_grid(time_s: Array, x: Array, y: Array) -> tuple[NDArray[np.intp], Array, Array]:
    """Number of the cell of each pair; means where several fall into one."""
    if len(time_s) < 2:
        return np.zeros(len(time_s), np.intp), x, y
    span_s = float(time_s[-1] - time_s[0])
    steps = np.diff(time_s)
    step_s = float(np.median(steps[steps > 0])) if (steps > 0).any() else 1.0
    step_s = max(step_s, span_s / (MOST_CELLS - 1))
    cell = np.rint((time_s - time_s[0]) / step_s).astype(np.intp)
    unique, member, counts = np.unique(cell, return_inverse=True, return_counts=True)
    if len(unique) == len(cell):
        return cell, x, y
    sums = (np.bincount(member, each, len(unique)) for each in (x, y))
    mean_x, mean_y = (total / counts for total in sums)
    return unique, mean_x, mean_y


def _standard(ranks: Array) -> Array:
    return np.asarray((ranks - ranks.mean()) / ranks.std())


def _independent(cell: NDArray[np.intp], x: Array, y: Array) -> float:
    """Effective number of independent pairs, 1..N."""
    pairs, length = len(x), int(cell[-1]) + 1
    lags = np.arange(1, max(2, length // _LAG_SHARE))
    size = fft.next_fast_len(2 * length, real=True)
    grid = np.zeros((3, length))
    grid[:, cell] = np.stack([x, y, np.ones(pairs)])
    spectrum = np.abs(fft.rfft(grid, size, axis=1)) ** 2
    sums = fft.irfft(spectrum, size, axis=1)[:, lags]
    both = np.rint(sums[2])
    # A lag that few pairs have says nothing but noise.
    seen = both >= max(3.0, 0.05 * pairs)
    counted = np.maximum(both, 1.0)
    product = np.where(seen, (sums[0] / counted) * (sums[1] / counted), 0.0)
    inflation = 1.0 + 2.0 / pairs * float((both * product).sum())
    return float(np.clip(pairs / max(inflation, 1.0), 1.0, pairs))


def _interval(rho: float, independent: float) -> tuple[float, float]:
    if independent < FEWEST_INDEPENDENT:
        return np.nan, np.nan
    reach = float(stats.norm.ppf(_CRITICAL)) * np.sqrt((1 + rho**2 / 2) / (independent - 3))
    # A perfect order in a finite run is no proof of one: z is infinite only there.
    most = 1.0 - 1.0 / independent**2
    center = np.arctanh(np.clip(rho, -most, most))
    low, high = np.tanh([center - reach, center + reach])
    return min(rho, float(low)), max(rho, float(high))
