"""Two phases of one person compared: what changed, by how much, and how surely."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from core.errors import SessionError
from core.mood.description import describe
from core.mood.evidence import (
    FEWEST_READINGS,
    LEAST_TRUST,
    CheckedPhase,
    Evidence,
    check_phase,
    test_differences,
)
from core.mood.naming import order_changes
from core.mood.result import EmotionChange, SessionResult
from core.mood.scale import LOG_RATIOS, SHARES, choose_scale
from core.mood.statistics import Array, holm
from core.mood.walk import wandered
from core.mood.wording import Note
from core.types import EMOTIONS

__all__ = ["LEAST_TRUST", "SIGNIFICANCE", "compare_phases"]

SIGNIFICANCE: Final = 0.05
"""Chance, over all seven emotions together, of calling a change that is none."""

LEAST_USABLE_S: Final = 3.0
"""Less usable face than this in a phase says nothing."""

MOMENTS_ASKED: Final = 8.0
"""Independent moments a phase should hold; ``needed_seconds`` aims at it."""

LEAST_MOMENTS: Final = 6.5
"""Under this no test of means is made: what is asked, less the error of its estimate."""

MOST_NEEDED_S: Final = 120.0
"""More is never asked for: no phase is longer."""

LEAST_CHANGE: Final = 0.005
"""A change of less than half a percentage point is none, however regular."""

LEAST_DEVIATIONS: Final = 0.5
"""Nor is one of less than this part of the spread of single readings."""

_NOTED_PERCENT: Final = 5.0


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
        check_phase(first, trust_first, "first"),
        check_phase(second, trust_second, "second"),
    ]
    shares = (prepared[0].shares, prepared[1].shares)
    trust = (prepared[0].trust, prepared[1].trust)
    seconds = [float(np.count_nonzero(w) / fps) for w in trust]
    usable_s = (seconds[0], seconds[1])
    if min(usable_s) < LEAST_USABLE_S - 1e-9 or min(map(np.count_nonzero, trust)) < FEWEST_READINGS:
        return _insufficient(shares, trust, usable_s, fps=fps, seed=seed)

    plain = test_differences(shares, trust, fps, SHARES)
    scale = choose_scale(shares)
    tested = plain if scale is SHARES else test_differences(shares, trust, fps, LOG_RATIOS)
    slow = min(tested.moments) < LEAST_MOMENTS
    if slow:
        single = wandered(shares, trust)
        adjusted = holm(single)
    else:
        single, adjusted = tested.p, holm(tested.p)
        if scale is not SHARES:
            # A rare emotion can double and still be a thousandth: it has changed only
            # where its own share has, too.
            adjusted = np.maximum(adjusted, plain.p)
    least = np.maximum(LEAST_CHANGE, LEAST_DEVIATIONS * np.sqrt(plain.variance))
    adjusted = np.where(np.abs(plain.difference) < least, 1.0, adjusted)
    significant = adjusted < SIGNIFICANCE
    if slow and not significant.any():
        return _insufficient(shares, trust, usable_s, fps=fps, seed=seed, evidence=tested)

    emotions = describe(
        shares,
        plain,
        tested,
        p=(single, adjusted),
        significant=significant,
        slow=slow,
        seed=seed,
        resamples=resamples,
    )
    if significant.any():
        order = order_changes(plain.difference, plain.variance, significant)
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
        notes=(
            *((Note("slow_readings", {"moments": min(tested.moments)}),) if slow else ()),
            *_frame_notes(prepared),
            *_outlier_note(trust, plain),
        ),
        fps=float(fps),
        seed=seed,
    )


def _insufficient(
    shares: tuple[Array, Array],
    trust: tuple[Array, Array],
    usable_s: tuple[float, float],
    *,
    fps: float,
    seed: int,
    evidence: Evidence | None = None,
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
        needed_seconds=float(min(MOST_NEEDED_S, max(1, math.ceil(needed)))),
        usable_seconds=usable_s,
        moments=evidence.moments if evidence is not None else (0.0, 0.0),
        correlation=evidence.correlation.shared if evidence is not None else math.nan,
        slowness=evidence.correlation.slowness if evidence is not None else math.nan,
        fps=float(fps),
        seed=seed,
    )


def _frame_notes(phases: list[CheckedPhase]) -> tuple[Note, ...]:
    frames = max(1, sum(len(phase.trust) for phase in phases))
    percent = {
        "missing_face": 100 * sum(phase.missing for phase in phases) / frames,
        "low_trust": 100 * sum(phase.doubted for phase in phases) / frames,
    }
    return tuple(
        Note(code, {"percent": part}) for code, part in percent.items() if part > _NOTED_PERCENT
    )


def _outlier_note(trust: tuple[Array, Array], plain: Evidence) -> tuple[Note, ...]:
    kept = sum(int(np.count_nonzero(w)) for w in plain.weights)
    usable = len(EMOTIONS) * sum(int(np.count_nonzero(w)) for w in trust)
    percent = 100 * (1 - kept / usable)
    return (Note("outliers", {"percent": percent}),) if percent > _NOTED_PERCENT else ()
