"""Two phases of one person compared: what changed, by how much, and how surely."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from core.errors import SessionError
from core.mood.autocorrelation import Correlation, PhaseMoments, two_phase_moments
from core.mood.resampling import block_bootstrap, block_length, block_permutation
from core.mood.result import EmotionChange, SessionResult
from core.mood.scale import LOG_RATIOS, SHARES, Scale, choose_scale
from core.mood.statistics import (
    Array,
    Mask,
    RobustScale,
    hedges_g,
    holm,
    keep_within_fences,
    levene,
)
from core.mood.wording import Note
from core.types import EMOTIONS

SIGNIFICANCE: Final = 0.05
"""Chance, over all seven emotions together, of calling a change that is none."""

LEAST_USABLE_S: Final = 3.0
"""Less usable face than this in a phase says nothing."""

MOMENTS_ASKED: Final = 8.0
"""Independent moments a phase should hold; ``needed_seconds`` aims at it."""

LEAST_MOMENTS: Final = 6.5
"""Under this the verdict is "insufficient": what is asked, less the error of its estimate."""

LEAST_TRUST: Final = 0.25
"""Readings trusted less do not count; above it they count by their trust."""

LEAST_CHANGE: Final = 0.002
"""A change of less than a fifth of a percentage point is none, however regular."""

_NOTED_PERCENT: Final = 5.0
_FEWEST_READINGS: Final = 2


@dataclass(frozen=True, slots=True)
class _Phase:
    """One phase as checked: shares (N, 7), trust (N,), frames without a face or trust."""

    shares: Array
    trust: Array
    missing: int
    doubted: int


@dataclass(frozen=True, slots=True)
class _Evidence:
    """A test of the seven differences on one scale."""

    phases: tuple[PhaseMoments, PhaseMoments]
    correlation: Correlation
    weights: tuple[Array, Array]
    variance: Array
    error: Array
    degrees: Array
    welch: Mask
    p: Array

    @property
    def difference(self) -> Array:
        return self.phases[1].mean - self.phases[0].mean

    @property
    def moments(self) -> tuple[float, float]:
        first, second = (float(np.median(phase.moments)) for phase in self.phases)
        return first, second


def compare_phases(
    first: ArrayLike,
    second: ArrayLike,
    fps: float,
    *,
    trust_first: ArrayLike | None = None,
    trust_second: ArrayLike | None = None,
    seed: int = 0,
    resamples: int = 999,
) -> SessionResult:
    """Tell which emotions changed from the first phase to the second.

    Parameters
    ----------
    first, second : (N, 7), (M, 7) array
        Emotion probabilities in ``EMOTIONS`` order, one row a frame at a steady
        rate; a row with a NaN is a frame with no usable face.
    fps : float
        Frames a second of both, above 0.
    trust_first, trust_second : (N,), (M,) array, optional
        Trust in each reading, 0..1; under 0.25 it does not count, above it
        counts in proportion. All count alike where it is not given.
    seed : int
        Of the resampling; the same input and seed give the same result, bit for bit.
    resamples : int
        Bootstrap replicates and permutations; 0 leaves out the effect's interval
        and the permutation test.

    Returns
    -------
    SessionResult

    Raises
    ------
    SessionError
        Where an input has the wrong shape or a value it cannot have.

    Notes
    -----
    Formulas, their sources and measured error rates: docs/methods.md.
    """
    if not (math.isfinite(fps) and fps > 0):
        raise SessionError(f"fps={fps} is no frame rate; give frames a second, above 0")
    if seed < 0 or resamples < 0:
        raise SessionError(f"seed={seed} and resamples={resamples} must be 0 or more")
    prepared = [
        _prepare(first, trust_first, "first"),
        _prepare(second, trust_second, "second"),
    ]
    shares = (prepared[0].shares, prepared[1].shares)
    trust = (prepared[0].trust, prepared[1].trust)
    seconds = [float(np.count_nonzero(w) / fps) for w in trust]
    usable_s = (seconds[0], seconds[1])
    if (
        min(usable_s) < LEAST_USABLE_S - 1e-9
        or min(map(np.count_nonzero, trust)) < _FEWEST_READINGS
    ):
        return _insufficient(shares, trust, usable_s, fps=fps, seed=seed)

    plain = _test(shares, trust, fps, SHARES)
    scale = choose_scale(shares)
    tested = plain if scale is SHARES else _test(shares, trust, fps, LOG_RATIOS)
    if min(tested.moments) < LEAST_MOMENTS:
        return _insufficient(shares, trust, usable_s, fps=fps, seed=seed, evidence=tested)

    adjusted = holm(tested.p)
    if scale is not SHARES:
        # A rare emotion can double and still be a thousandth: it has changed only
        # where its own share has, too.
        adjusted = np.maximum(adjusted, plain.p)
    adjusted = np.where(np.abs(plain.difference) < LEAST_CHANGE, 1.0, adjusted)
    significant = adjusted < SIGNIFICANCE
    emotions = _describe(shares, plain, tested, adjusted=adjusted, seed=seed, resamples=resamples)

    size = np.abs(tested.difference) / np.maximum(np.sqrt(tested.variance), scale.resolution)
    if significant.any():
        order = np.lexsort((-size, ~significant))
    else:
        order = np.argsort(-plain.phases[1].mean, kind="stable")
    names = [EMOTIONS[k] for k in order[:3]]
    return SessionResult(
        basis="change" if significant.any() else "level",
        primary_emotion=names[0],
        secondary_emotions=(names[1], names[2]),
        emotions=emotions,
        usable_seconds=usable_s,
        moments=tested.moments,
        correlation=tested.correlation.shared,
        slowness=tested.correlation.slowness,
        scale=scale.name,
        notes=(*_frame_notes(prepared), *_outlier_note(trust, plain)),
        fps=float(fps),
        seed=seed,
    )


def _prepare(values: ArrayLike, trust: ArrayLike | None, name: str) -> _Phase:
    """Check one phase; what is not used becomes NaN with a trust of 0."""
    try:
        rows = np.array(values, dtype=np.float64)
        belief = np.ones(len(rows)) if trust is None else np.array(trust, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise SessionError(
            f"the {name} phase holds values that are not numbers: {error}"
        ) from error
    if rows.ndim != 2 or rows.shape[1] != len(EMOTIONS):
        raise SessionError(
            f"the {name} phase has shape {rows.shape}; give one row a frame with "
            f"{len(EMOTIONS)} emotions: {', '.join(EMOTIONS)}"
        )
    if belief.shape != (len(rows),):
        raise SessionError(
            f"trust of the {name} phase has shape {belief.shape}; give one value a frame, "
            f"({len(rows)},)"
        )
    known = np.nan_to_num(belief, nan=0.0)
    if ((known < 0) | (known > 1)).any():
        raise SessionError(f"trust of the {name} phase leaves 0..1; give probabilities")
    face = np.isfinite(rows).all(axis=1)
    weight = np.where(face & (known >= LEAST_TRUST), known, 0.0)
    rows[weight == 0] = np.nan
    return _Phase(
        shares=rows,
        trust=weight,
        missing=int(np.count_nonzero(~face)),
        doubted=int(np.count_nonzero(face & (weight == 0))),
    )


def _test(
    shares: tuple[Array, Array], trust: tuple[Array, Array], fps: float, scale: Scale
) -> _Evidence:
    """Test the seven differences of means on one scale."""
    phases = (scale.transform(shares[0]), scale.transform(shares[1]))
    weights = (_weigh(phases[0], trust[0], fps, scale), _weigh(phases[1], trust[1], fps, scale))
    (a, b), correlation = two_phase_moments(phases, weights, scale.resolution)
    moments = (a.moments, b.moments)

    # The size of a deviation forgets faster than the reading: by phi squared.
    forgetting = (1 - correlation.own**2) / (1 + correlation.own**2)
    spread = [np.count_nonzero(w, axis=0) * forgetting for w in weights]
    kept = [np.where(w > 0, x, np.nan) for x, w in zip(phases, weights, strict=True)]
    welch = levene(kept[0], kept[1], (spread[0], spread[1])) < SIGNIFICANCE

    pooled = (moments[0] * a.variance + moments[1] * b.variance) / (moments[0] + moments[1])
    parts = (a.variance / moments[0], b.variance / moments[1])
    student_error = np.sqrt(pooled * (1 / moments[0] + 1 / moments[1]))
    welch_error = np.sqrt(parts[0] + parts[1])
    student_degrees = moments[0] + moments[1] - 2
    welch_degrees = (parts[0] + parts[1]) ** 2 / (
        parts[0] ** 2 / np.maximum(moments[0] - 1, 1)
        + parts[1] ** 2 / np.maximum(moments[1] - 1, 1)
    )
    error = np.where(welch, welch_error, student_error)
    freedom = np.maximum(np.where(welch, welch_degrees, student_degrees), 1.0)
    # The slow waves carry part of what the variance already carries, so their
    # uncertainty is counted by two thirds; simulation bears it out (docs/methods.md).
    degrees = 1 / (1 / freedom + 1 / (1.5 * correlation.degrees))
    p = np.asarray(2 * stats.t.sf(np.abs(b.mean - a.mean) / error, degrees))
    return _Evidence((a, b), correlation, weights, pooled, error, degrees, welch, p)


def _weigh(values: Array, trust: Array, fps: float, scale: Scale) -> Array:
    keep = keep_within_fences(values, fps, floor=scale.resolution)
    # A column that is all outliers has no inside: it is taken as it is.
    keep |= (keep.sum(axis=0) < _FEWEST_READINGS) & (trust > 0)[:, None]
    return np.where(keep, trust[:, None], 0.0)


def _describe(
    shares: tuple[Array, Array],
    plain: _Evidence,
    tested: _Evidence,
    *,
    adjusted: Array,
    seed: int,
    resamples: int,
) -> dict[str, EmotionChange]:
    """Put the figures of all emotions together, on the scale of shares."""
    a, b = plain.phases
    difference = plain.difference
    reach = stats.t.ppf(1 - SIGNIFICANCE / 2, plain.degrees) * plain.error
    deviations = difference / RobustScale.fit(shares[0], plain.weights[0] > 0).scale
    variance = np.maximum(plain.variance, SHARES.resolution**2)
    effect = hedges_g(difference, variance, plain.degrees)
    effect_low = effect_high = np.full(len(EMOTIONS), math.nan)
    permuted = np.ones(len(EMOTIONS))
    if resamples:
        effect_low, effect_high = _effect_interval(shares, plain, effect, seed, resamples)
        length = block_length(max(map(len, shares)), min(plain.moments))
        permuted = block_permutation(
            shares, plain.weights, length, resamples, np.random.default_rng([seed, 1])
        )
    return {
        name: EmotionChange(
            emotion=name,
            means=(float(a.mean[k]), float(b.mean[k])),
            change=float(100 * difference[k]),
            change_interval=(
                float(100 * (difference[k] - reach[k])),
                float(100 * (difference[k] + reach[k])),
            ),
            change_deviations=float(deviations[k]),
            p=float(adjusted[k]),
            p_single=float(tested.p[k]),
            p_permutation=float(permuted[k]),
            effect_size=float(effect[k]),
            effect_interval=(float(effect_low[k]), float(effect_high[k])),
            test="welch" if tested.welch[k] else "student",
            degrees=float(tested.degrees[k]),
            moments=(float(a.moments[k]), float(b.moments[k])),
            significant=bool(adjusted[k] < SIGNIFICANCE),
        )
        for k, name in enumerate(EMOTIONS)
    }


def _effect_interval(
    shares: tuple[Array, Array], plain: _Evidence, effect: Array, seed: int, resamples: int
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


def _insufficient(
    shares: tuple[Array, Array],
    trust: tuple[Array, Array],
    usable_s: tuple[float, float],
    *,
    fps: float,
    seed: int,
    evidence: _Evidence | None = None,
) -> SessionResult:
    """Name no emotion, and say how many more seconds each phase needs."""
    needed = max(0.0, LEAST_USABLE_S - min(usable_s))
    if evidence is not None:
        needed = max(
            seconds * (MOMENTS_ASKED / max(moments, 0.1) - 1)
            for seconds, moments in zip(usable_s, evidence.moments, strict=True)
        )
    means = [
        np.average(x[w > 0], axis=0, weights=w[w > 0])
        if (w > 0).any()
        else np.full(x.shape[1], math.nan)
        for x, w in zip(shares, trust, strict=True)
    ]
    return SessionResult(
        basis="insufficient",
        primary_emotion=None,
        secondary_emotions=(),
        emotions={
            name: EmotionChange(name, (float(means[0][k]), float(means[1][k])))
            for k, name in enumerate(EMOTIONS)
        },
        needed_seconds=float(max(1, math.ceil(needed))),
        usable_seconds=usable_s,
        moments=evidence.moments if evidence is not None else (0.0, 0.0),
        correlation=evidence.correlation.shared if evidence is not None else math.nan,
        slowness=evidence.correlation.slowness if evidence is not None else math.nan,
        fps=float(fps),
        seed=seed,
    )


def _frame_notes(phases: list[_Phase]) -> tuple[Note, ...]:
    frames = max(1, sum(len(phase.trust) for phase in phases))
    percent = {
        "missing_face": 100 * sum(phase.missing for phase in phases) / frames,
        "low_trust": 100 * sum(phase.doubted for phase in phases) / frames,
    }
    return tuple(
        Note(code, {"percent": part}) for code, part in percent.items() if part > _NOTED_PERCENT
    )


def _outlier_note(trust: tuple[Array, Array], plain: _Evidence) -> tuple[Note, ...]:
    kept = sum(int(np.count_nonzero(w)) for w in plain.weights)
    usable = len(EMOTIONS) * sum(int(np.count_nonzero(w)) for w in trust)
    percent = 100 * (1 - kept / usable)
    return (Note("outliers", {"percent": percent}),) if percent > _NOTED_PERCENT else ()
