"""The test of seven differences: readings checked and weighed, variances, degrees, p."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from core.errors import SessionError
from core.mood.autocorrelation import Correlation, PhaseMoments, two_phase_moments
from core.mood.scale import Scale
from core.mood.statistics import Array, Mask, keep_within_fences, levene
from core.types import EMOTIONS

LEAST_TRUST: Final = 0.25
"""Readings trusted less do not count; above it they count by their trust."""

FEWEST_READINGS: Final = 2

_UNEQUAL: Final = 0.05
_WAVES_COUNT: Final = 2.5


@dataclass(frozen=True, slots=True)
class CheckedPhase:
    """One phase as checked: shares (N, 7), trust (N,), frames without a face or trust."""

    shares: Array
    trust: Array
    missing: int
    doubted: int


@dataclass(frozen=True, slots=True)
class Evidence:
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
        """Second mean minus first, (7,)."""
        return self.phases[1].mean - self.phases[0].mean

    @property
    def moments(self) -> tuple[float, float]:
        """Independent moments of each phase, median emotion."""
        first, second = (float(np.median(phase.moments)) for phase in self.phases)
        return first, second


def check_phase(values: ArrayLike, trust: ArrayLike | None, name: str) -> CheckedPhase:
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
    return CheckedPhase(
        shares=rows,
        trust=weight,
        missing=int(np.count_nonzero(~face)),
        doubted=int(np.count_nonzero(face & (weight == 0))),
    )


def test_differences(
    shares: tuple[Array, Array], trust: tuple[Array, Array], fps: float, scale: Scale
) -> Evidence:
    """Test the seven differences of means on one scale."""
    phases = (scale.transform(shares[0]), scale.transform(shares[1]))
    weights = (_weigh(phases[0], trust[0], fps, scale), _weigh(phases[1], trust[1], fps, scale))
    (a, b), correlation = two_phase_moments(phases, weights, scale.resolution)
    moments = (a.moments, b.moments)

    # The size of a deviation forgets faster than the reading: by phi squared.
    forgetting = (1 - correlation.own**2) / (1 + correlation.own**2)
    spread = [np.count_nonzero(w, axis=0) * forgetting for w in weights]
    kept = [np.where(w > 0, x, np.nan) for x, w in zip(phases, weights, strict=True)]
    welch = levene(kept[0], kept[1], (spread[0], spread[1])) < _UNEQUAL

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
    # uncertainty is counted in part; simulation bears it out (docs/methods.md).
    degrees = 1 / (1 / freedom + 1 / (_WAVES_COUNT * correlation.degrees))
    p = np.asarray(2 * stats.t.sf(np.abs(b.mean - a.mean) / error, degrees))
    return Evidence((a, b), correlation, weights, pooled, error, degrees, welch, p)


def _weigh(values: Array, trust: Array, fps: float, scale: Scale) -> Array:
    keep = keep_within_fences(values, fps, floor=scale.resolution)
    # A column that is all outliers has no inside: it is taken as it is.
    keep |= (keep.sum(axis=0) < FEWEST_READINGS) & (trust > 0)[:, None]
    return np.where(keep, trust[:, None], 0.0)
