"""The scale of the test: shares as they are, or centred log-ratios."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from core.mood.statistics import Array

LOG_OFFSET: Final = 0.002
"""Least share that a logarithm is taken of; a reading knows nothing of less."""

_CLEARLY: Final = 0.03


@dataclass(frozen=True, slots=True)
class Scale:
    """A way to write seven shares.

    Parameters
    ----------
    name : str
        "shares" or "log-ratios".
    transform : callable
        (N, 7) shares to (N, 7) values; NaN rows stay NaN.
    resolution : float
        Least standard deviation believed on it.
    """

    name: str
    transform: Callable[[Array], Array]
    resolution: float


def centred_log_ratios(shares: Array) -> Array:
    """Logarithm of each share (N, 7) less the mean logarithm of its row.

    References
    ----------
    Aitchison (1982), doi:10.1111/j.2517-6161.1982.tb01195.x.
    """
    logarithm = np.log(np.maximum(shares, LOG_OFFSET))
    return np.asarray(logarithm - logarithm.mean(axis=1, keepdims=True))


def _as_they_are(shares: Array) -> Array:
    return shares


SHARES: Final = Scale("shares", _as_they_are, 5e-4)
LOG_RATIOS: Final = Scale("log-ratios", centred_log_ratios, 0.02)


def choose_scale(phases: tuple[Array, Array]) -> Scale:
    """Take log-ratios where they are clearly the more symmetric.

    Noise in the scores under a softmax multiplies shares, which makes them skewed
    and lets the largest drag all others along; noise in the shares does neither.
    The choice looks at the shape of each phase alone, never at their difference,
    so it does not favour a finding.

    Parameters
    ----------
    phases : pair of (N, 7) and (M, 7) float64 array
        Shares; NaN rows are left out. Each needs a usable row.
    """
    gain = np.mean([_skew(x) - _skew(np.log(np.maximum(x, LOG_OFFSET))) for x in phases])
    return LOG_RATIOS if gain > _CLEARLY else SHARES


def _skew(values: Array) -> float:
    """Mean absolute skewness of the columns by deciles, 0..1 (Kelly's coefficient)."""
    known = values[np.isfinite(values).all(axis=1)]
    low, middle, high = np.quantile(known, [0.1, 0.5, 0.9], axis=0)
    width = high - low
    # A column that does not move has no shape.
    moves = width > 1e-6
    skew = np.abs(high + low - 2 * middle)[moves] / width[moves]
    return float(skew.mean()) if moves.any() else 0.0
