"""How many independent moments a phase holds, from how its frames repeat each other.

The noise of a reading is taken as AR(1) with gaps, its correlation estimated by
restricted maximum likelihood from both phases of all emotions together; the
slowest waves of the phases then say how far that model is from the truth at the
frequencies that decide about a mean, and correct it. Both parts are exact for any
pattern of missing frames, which is what correlations of compressed series are not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import signal, stats

from core.mood.statistics import Array, Mask

WAVES: Final = 4
"""Cosines a phase that check the model: half a period to two periods in it."""

OWN_SHARE: Final = 0.25
"""How far an emotion's own slow waves count beside those of all emotions."""

_STEP: Final = 0.025
# atanh(correlation), because log((1 + phi) / (1 - phi)) = 2 atanh(phi) is what the
# number of independent moments depends on; the grid ends at phi = 0.997, and begins
# at 0, because a face has no reason to contradict itself from frame to frame.
_GRID: Final = np.arange(0.0, 3.2 + _STEP / 2, _STEP)


@dataclass(frozen=True, slots=True)
class PhaseMoments:
    """One phase, summed up for a test of its mean.

    Parameters
    ----------
    mean : (K,) float64 array
        Weighted mean.
    variance : (K,) float64 array
        Variance of one reading, free of the bias of correlated frames.
    moments : (K,) float64 array
        Effective number of independent readings behind ``mean``:
        ``variance / moments`` is the squared standard error.
    """

    mean: Array
    variance: Array
    moments: Array


@dataclass(frozen=True, slots=True)
class Correlation:
    """What two phases share: how their frames repeat each other.

    Parameters
    ----------
    shared : float
        Correlation of neighbouring frames, all emotions together, 0..0.997.
    own : (K,) float64 array
        The same by emotion; ``shared`` unless the emotions clearly differ.
    slowness : float
        Power of the slowest waves over what the model expects, 1 where it fits.
    degrees : float
        Degrees of freedom of the slow-wave correction.
    """

    shared: float
    own: Array
    slowness: float
    degrees: float


def two_phase_moments(
    phases: tuple[Array, Array],
    weights: tuple[Array, Array],
    resolution: float,
) -> tuple[tuple[PhaseMoments, PhaseMoments], Correlation]:
    """Estimate means, variances and effective sample sizes of two phases together.

    Parameters
    ----------
    phases : pair of (N, K) and (M, K) float64 array
        Readings on a regular grid of time; any value where the weight is 0.
    weights : pair of arrays of the same shapes
        Weight of each reading, 0 where it is not used. Every column needs at
        least two readings a phase.
    resolution : float
        Least standard deviation believed; a column under it in either phase says
        nothing of the correlation and takes part with this deviation.

    Returns
    -------
    pair of PhaseMoments, and Correlation

    References
    ----------
    Patterson and Thompson (1971), doi:10.1093/biomet/58.3.545 (restricted
    likelihood); Mueller (2007), doi:10.1016/j.jeconom.2006.11.002, and Lazarus et
    al. (2018), doi:10.1080/07350015.2018.1506926 (slow cosines as evidence on a
    long-run variance).
    """
    used = [w > 0 for w in weights]
    # Exact zeros, so that an unused reading, NaN included, cannot leak into a sum.
    data = [np.where(m, x, 0.0) for x, m in zip(phases, used, strict=True)]
    active = np.all(
        [_deviation(x, m) >= resolution for x, m in zip(data, used, strict=True)], axis=0
    )
    profiles = [_restricted_likelihood(x, m) for x, m in zip(data, used, strict=True)]
    shared, own = _correlation(profiles[0][0] + profiles[1][0], active)
    phi = np.tanh(own)
    nearest = np.clip(np.rint((own - _GRID[0]) / _STEP).astype(int), 0, len(_GRID) - 1)

    means, variances, sizes, ratios = [], [], [], []
    for x, m, w, (_, variance_grid) in zip(data, used, weights, profiles, strict=True):
        variance = variance_grid[nearest, np.arange(len(own))]
        mean, inverse, ratio = _mean_and_waves(x, w * _standing_for(m, phi), phi, variance)
        means.append(mean)
        variances.append(np.where(active, variance, np.maximum(variance, resolution**2)))
        sizes.append(1 / inverse)
        ratios.append(ratio)
    power = np.mean(ratios, axis=0)
    slowness = float(power[active].mean()) if active.any() else 1.0
    by_emotion = np.where(active, (1 - OWN_SHARE) * slowness + OWN_SHARE * power, slowness)
    summed = [
        PhaseMoments(mean, variance, size / by_emotion)
        for mean, variance, size in zip(means, variances, sizes, strict=True)
    ]
    degrees = 2 * WAVES / ((1 - OWN_SHARE**2) / max(1, active.sum()) + OWN_SHARE**2)
    return (summed[0], summed[1]), Correlation(float(np.tanh(shared)), phi, slowness, degrees)


def _deviation(values: Array, used: Mask) -> Array:
    count = np.maximum(used.sum(axis=0), 1)
    centered = np.where(used, values - values.sum(axis=0) / count, 0.0)
    return np.asarray(np.sqrt((centered**2).sum(axis=0) / count))


def _restricted_likelihood(values: Array, used: Mask) -> tuple[Array, Array]:
    """Log likelihood and stationary variance over the grid, each (G, K).

    An AR(1) with gaps needs only, for every length of gap, the sums of squares
    and products of the readings at its two ends, so a grid costs next to nothing.
    """
    length, columns = values.shape
    count = used.sum(axis=0)
    values = np.where(used, values - values.sum(axis=0) / np.maximum(count, 1), 0.0)
    last = np.where(used, np.arange(length)[:, None], -1)
    before = np.vstack([np.full((1, columns), -1), np.maximum.accumulate(last, axis=0)[:-1]])
    row, column = np.nonzero(used & (before >= 0))
    left = before[row, column]
    gaps, kind = np.unique(row - left, return_inverse=True)
    cell, shape = kind * columns + column, (len(gaps), columns)

    def total(weights: Array) -> Array:
        return np.bincount(cell, weights, shape[0] * columns).astype(np.float64).reshape(shape)

    a, b = values[row, column], values[left, column]
    opening = values[used.argmax(axis=0), np.arange(columns)]

    decay = np.tanh(_GRID)[:, None] ** gaps[None, :]
    precision = 1 / (1 - decay**2)
    squares = (
        precision @ total(a * a)
        - 2 * (precision * decay) @ total(a * b)
        + (precision * decay**2) @ total(b * b)
        + opening**2
    )
    step = (1 - decay) * precision
    cross = step @ total(a) - (step * decay) @ total(b) + opening
    pairs = total(np.ones_like(a))
    information = (step * (1 - decay)) @ pairs + 1
    residual = np.maximum(squares - cross**2 / information, np.finfo(float).tiny)
    freedom = np.maximum(count - 1, 1)
    likelihood = -0.5 * (
        np.log(1 - decay**2) @ pairs + np.log(information) + freedom * np.log(residual)
    )
    return likelihood, residual / freedom


def _correlation(likelihood: Array, active: Mask) -> tuple[float, Array]:
    """Shared and own atanh(phi), from the summed likelihood of both phases (G, K)."""
    columns = likelihood.shape[1]
    if not active.any():
        return 0.0, np.zeros(columns)
    shared, _ = _peak(likelihood[:, active].sum(axis=1))
    peaks = [_peak(likelihood[:, k]) for k in range(columns)]
    own, variance = np.array([p[0] for p in peaks]), np.array([p[1] for p in peaks])
    # Emotions keep their own correlation only where they differ by more than
    # chance would make them, and then the more the clearer they do.
    distance = float((((own - shared) ** 2) / variance)[active].sum())
    expected = float(stats.chi2.ppf(0.9, max(1, int(active.sum()) - 1)))
    keep = max(0.0, 1 - expected / distance) if distance > 0 else 0.0
    return shared, np.where(active, shared + keep * (own - shared), shared)


def _peak(likelihood: NDArray[np.float64]) -> tuple[float, float]:
    """Maximum over the grid and the variance from its curvature, both in atanh(phi)."""
    top = int(np.clip(likelihood.argmax(), 1, len(likelihood) - 2))
    left, middle, right = likelihood[top - 1 : top + 2]
    bend = left - 2 * middle + right
    if bend >= 0:
        return float(_GRID[top]), _STEP**2
    shift = float(np.clip(0.5 * (left - right) / bend, -1, 1))
    return float(_GRID[top] + shift * _STEP), float(-(_STEP**2) / bend)


def _standing_for(used: Mask, phi: Array) -> Array:
    """Weight of each reading in the best mean of an AR(1) with gaps.

    A reading beside a gap stands for more time of its own than one between two
    neighbours that say the same. The ends of a phase are treated as if it went
    on, so that no single frame decides.
    """
    length, columns = used.shape
    index = np.arange(length)[:, None]
    last = np.maximum.accumulate(np.where(used, index, -1), axis=0)
    before = np.vstack([np.full((1, columns), -1), last[:-1]])
    following = np.minimum.accumulate(np.where(used, index, length)[::-1], axis=0)[::-1]
    after = np.vstack([following[1:], np.full((1, columns), length)])
    to_left = np.where(before < 0, 1, index - before)
    to_right = np.where(after >= length, 1, after - index)
    return np.where(used, 1 / (1 + phi**to_left) + 1 / (1 + phi**to_right) - 1, 0.0)


def _mean_and_waves(
    values: Array, weights: Array, phi: Array, variance: Array
) -> tuple[Array, Array, Array]:
    """Weighted mean, its variance over that of a reading, and slow-wave power ratios (K,)."""
    length, columns = values.shape
    total = weights.sum(axis=0)
    mean = (weights * values).sum(axis=0) / total
    time = (np.arange(length)[:, None] + 0.5) / length
    waves = np.cos(np.pi * time * np.arange(1, WAVES + 1))
    inverse, ratio = np.empty(columns), np.empty(columns)
    for k in range(columns):
        weight = weights[:, k] / total[k]
        # With its own weighted mean taken out, a wave is blind to the mean of the
        # readings, and its expected power under the model is an exact sum.
        probes = weight[:, None] * (waves - weight @ waves)
        seen = probes.T @ values[:, k]
        form = _quadratic_form(np.column_stack([weight, probes]), phi[k])
        inverse[k] = form[0]
        ratio[k] = np.mean(seen**2 / np.maximum(form[1:] * variance[k], np.finfo(float).tiny))
    return mean, inverse, ratio


def _quadratic_form(probes: Array, phi: float) -> Array:
    """Sum over s, t of probe_s probe_t phi^|t - s| down each column, in one pass."""
    trail = signal.lfilter([1.0], [1.0, -phi], probes, axis=0)
    return np.asarray(2 * (probes * trail).sum(axis=0) - (probes * probes).sum(axis=0))
