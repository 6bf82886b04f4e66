"""Series of readings cut into the windows that failure prediction is fitted and judged on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.records.failure import HISTORY_S, HORIZON_S
from core.records.windows import as_readings, window_features
from models.training.failure_series import LENGTH_S, Series

HEALTHY = 0.06
"""A series that begins less than this above the threshold has failed already and is left out."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Table:
    """Windows of many series: features (N, 35), class (N,), series (N,), second (N,)."""

    features: NDArray[np.float32]
    label: NDArray[np.int64]
    series: NDArray[np.int64]
    second: NDArray[np.int64]
    quality: Floats

    @property
    def soon(self) -> NDArray[np.bool_]:
        """Whether it fails now or within 30 s."""
        return self.label > 0


def labels(failing: NDArray[np.bool_]) -> NDArray[np.int64]:
    """2 where it fails, 1 where it does within the next 30 s, 0 elsewhere; (N,)."""
    label = np.zeros(len(failing), np.int64)
    for ahead in range(1, HORIZON_S + 1):
        label[:-ahead][failing[ahead:]] = 1
    label[failing] = 2
    return label


def is_failing(series: Series, threshold: float) -> NDArray[np.bool_]:
    """Frozen, or quality below the threshold for three seconds on end."""
    weak = series.columns["quality_score"] < threshold
    threes = weak[2:] & weak[1:-1] & weak[:-2]
    held = np.zeros(len(weak), bool)
    for shift in range(3):
        held[shift : len(weak) - 2 + shift] |= threes
    return held | series.frozen


def table(many: Sequence[Series], threshold: float) -> Table:
    """Cut series into windows; the first seconds, where windows are short, are left out."""
    parts = []
    for number, series in enumerate(many):
        if series.columns["quality_score"][:30].mean() < threshold + HEALTHY:
            continue
        readings = as_readings(series.columns, threshold)
        label = labels(is_failing(series, threshold))
        # What follows the last half minute is not known.
        kept = np.arange(HISTORY_S, LENGTH_S - HORIZON_S)
        parts.append(
            (
                window_features(readings)[kept],
                label[kept],
                np.full(len(kept), number),
                kept,
                series.columns["quality_score"][kept],
            )
        )
    return Table(*(np.concatenate(each) for each in zip(*parts, strict=True)))
