"""What is said of each emotion: means, change and effect size with their intervals, p."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from scipy import stats

from core.mood.evidence import Evidence
from core.mood.resampling import block_bootstrap, block_length, block_permutation
from core.mood.result import EmotionChange, Interval
from core.mood.scale import SHARES
from core.mood.statistics import Array, Mask, RobustScale, hedges_g
from core.types import EMOTIONS

_OUTSIDE: Final = 0.05
"""What a 95 % interval leaves out."""


def describe(
    shares: tuple[Array, Array],
    plain: Evidence,
    tested: Evidence,
    *,
    p: tuple[Array, Array],
    significant: Mask,
    slow: bool,
    seed: int,
    resamples: int,
) -> dict[str, EmotionChange]:
    """Put the figures of all emotions together, on the scale of shares.

    Parameters
    ----------
    shares : pair of (N, 7) and (M, 7) float64 array
        Both phases.
    plain, tested : Evidence
        On shares, and on the scale that the test was made on.
    p : pair of (7,) float64 array
        Before and after the adjustment for seven emotions.
    significant : (7,) bool array
        Which emotions changed.
    slow : bool
        True where there are too few independent moments for a test of means;
        what would stand on their number is NaN then.
    seed, resamples : int
        Of the resampling.
    """
    a, b = plain.phases
    difference = plain.difference
    quantile = stats.t.ppf(1 - _OUTSIDE / 2, plain.degrees)
    if slow:
        quantile = np.full_like(quantile, math.nan)
    reach = quantile * plain.error
    around = [quantile * np.sqrt(phase.variance / phase.moments) for phase in plain.phases]
    deviations = difference / RobustScale.fit(shares[0], plain.weights[0] > 0).scale
    variance = np.maximum(plain.variance, SHARES.resolution**2)
    effect = hedges_g(difference, variance, plain.degrees)
    effect_low = effect_high = np.full(len(EMOTIONS), math.nan)
    permuted = np.ones(len(EMOTIONS))
    if resamples and not slow:
        effect_low, effect_high = _effect_interval(shares, plain, effect, seed, resamples)
        length = block_length(max(map(len, shares)), min(plain.moments))
        permuted = block_permutation(
            shares, plain.weights, length, resamples, np.random.default_rng([seed, 1])
        )
    return {
        name: EmotionChange(
            emotion=name,
            means=(float(a.mean[k]), float(b.mean[k])),
            mean_intervals=(_within(a.mean[k], around[0][k]), _within(b.mean[k], around[1][k])),
            change=float(100 * difference[k]),
            change_interval=(
                float(100 * (difference[k] - reach[k])),
                float(100 * (difference[k] + reach[k])),
            ),
            change_deviations=float(deviations[k]),
            p=float(p[1][k]),
            p_single=float(p[0][k]),
            p_permutation=float(permuted[k]),
            effect_size=float(effect[k]),
            effect_interval=(float(effect_low[k]), float(effect_high[k])),
            test="walk" if slow else "welch" if tested.welch[k] else "student",
            degrees=math.nan if slow else float(tested.degrees[k]),
            moments=(float(a.moments[k]), float(b.moments[k])),
            significant=bool(significant[k]),
        )
        for k, name in enumerate(EMOTIONS)
    }


def _within(mean: float, reach: float) -> Interval:
    """Interval about a mean, both shares; no share leaves 0..1."""
    return float(np.clip(mean - reach, 0, 1)), float(np.clip(mean + reach, 0, 1))


def _effect_interval(
    shares: tuple[Array, Array], plain: Evidence, effect: Array, seed: int, resamples: int
) -> tuple[Array, Array]:
    """95 % interval of Hedges' g from a block bootstrap of both phases."""
    generator = np.random.default_rng([seed, 0])
    drawn = [
        block_bootstrap(
            x, w, block_length(len(x), float(np.median(m.moments))), resamples, generator
        )
        for x, w, m in zip(shares, plain.weights, plain.phases, strict=True)
    ]
    moments = plain.phases[0].moments, plain.phases[1].moments
    pooled = (moments[0] * drawn[0].variances + moments[1] * drawn[1].variances) / sum(moments)
    difference = drawn[1].means - drawn[0].means
    replicates = hedges_g(difference, np.maximum(pooled, SHARES.resolution**2), plain.degrees)
    # Few blocks draw too narrow; the spread is brought up to the measured error.
    narrow = np.std(difference, axis=0)
    widen = np.maximum(1.0, plain.error / np.maximum(narrow, np.finfo(float).tiny))
    widen = np.where(narrow > 0, widen, 1.0)
    low, high = np.quantile(replicates - replicates.mean(axis=0), [0.025, 0.975], axis=0)
    return effect + widen * low, effect + widen * high
