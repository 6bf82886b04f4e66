"""How likely the picture is to fail within the next 30 s, and now, from its quality readings.

A random forest over sliding windows gives the figure, rules give the reasons. Where a
source has too little history for its windows, the rules give the figure too.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.incidents import Risk
from core.networks import open_network
from core.records.failure_rules import reasons_of, rule_risk
from core.records.windows import MEASURED, as_readings, by_second, window_features
from core.settings import Settings
from core.types import QualityReading
from models import registry

HORIZON_S: Final = 30
HISTORY_S: Final = 15
"""How far ahead it looks; seconds of readings under which the rules speak instead of the forest."""

_KEPT_S: Final = 31
_FORGET_S: Final = 10.0
_BATCH: Final = 8192


class FailurePredictor:
    """Says the risk of one source from its readings; one a source.

    Parameters
    ----------
    settings : Settings, optional
        ``quality_threshold`` is where quality has failed.

    Raises
    ------
    ModelError
        At the first full window, where the forest is missing or damaged.
    """

    def __init__(self, settings: Settings | None = None) -> None:
        self._settings = settings or Settings()
        self._seconds: deque[NDArray[np.float64]] = deque(maxlen=_KEPT_S)
        self._second: list[QualityReading] = []
        self._began_s: float | None = None
        self._risk = Risk(0.0, 0.0)

    def update(self, reading: QualityReading, time_s: float) -> Risk:
        """Take in the next reading, about once a second or oftener.

        Parameters
        ----------
        reading : QualityReading
        time_s : float
            Media time, s; going back in it, or far ahead, starts anew.

        Returns
        -------
        Risk
            Reckoned once a second, the same between.
        """
        if self._began_s is None or not 0 <= time_s - self._began_s <= _FORGET_S:
            self._seconds.clear()
            self._second.clear()
            self._began_s = time_s
        self._second.append(reading)
        if time_s - self._began_s >= 1.0 or not self._seconds:
            self._seconds.append(_mean(self._second, self._settings.quality_threshold))
            self._risk = self._reckon()
            if time_s - self._began_s >= 1.0:
                self._second.clear()
                self._began_s = time_s
        return self._risk

    def _reckon(self) -> Risk:
        features = window_features(np.array(self._seconds))[-1:]
        by_rules = rule_risk(features)[0]
        if len(self._seconds) < HISTORY_S:
            now, soon = by_rules
        else:
            now, soon = forest_risk(features, self._settings)[0]
        return Risk(round(float(now), 4), round(float(max(now, soon)), 4), reasons_of(features[0]))


def risk_series(
    metrics: Mapping[str, ArrayLike], settings: Settings | None = None
) -> NDArray[np.float32]:
    """Say the risk at every row of a record.

    Parameters
    ----------
    metrics : mapping of str to (N,) array
        Columns of a metrics.csv: ``time_s`` (s, rising), ``blur_score``,
        ``brightness``, ``noise_level``, ``change``, ``quality_score``; NaN where
        nothing was measured.
    settings : Settings, optional
        ``quality_threshold`` is where quality has failed.

    Returns
    -------
    (N, 2) float32 array
        Probability that it fails now, and within the next 30 s, 0..1; NaN in rows
        without readings.

    Raises
    ------
    ModelError
        Where the forest is missing or damaged.
    """
    settings = settings or Settings()
    readings = as_readings(metrics, settings.quality_threshold)
    seconds, at = by_second(readings, np.asarray(metrics["time_s"], float))
    risk = np.full((len(readings), 2), np.nan, np.float32)
    known = np.isfinite(seconds).all(axis=1)
    if not known.any():
        return risk
    first = int(np.argmax(known))
    features = window_features(seconds[first:])
    by_second_risk = np.full((len(seconds), 2), np.nan, np.float32)
    by_second_risk[first:] = forest_risk(features, settings)
    by_second_risk[first : first + HISTORY_S - 1] = rule_risk(features[: HISTORY_S - 1])
    measured = np.isfinite(readings).all(axis=1)
    risk[measured] = by_second_risk[at[measured]]
    risk[:, 1] = np.fmax(risk[:, 0], risk[:, 1])
    return risk


def forest_risk(features: NDArray[np.float32], settings: Settings) -> NDArray[np.float32]:
    """Risk now and within 30 s, (S, 2), of ``window_features`` (S, 35), by the forest."""
    session = open_network(registry.resolve("failure", settings))
    name = session.get_inputs()[0].name
    # Classes: stays well, fails within 30 s, fails now.
    parts = [
        session.run(["probabilities"], {name: features[start : start + _BATCH]})[0]
        for start in range(0, len(features), _BATCH)
    ]
    classes = np.concatenate(parts)
    return np.stack([classes[:, 2], classes[:, 1] + classes[:, 2]], axis=1).astype(np.float32)


def _mean(readings: list[QualityReading], threshold: float) -> NDArray[np.float64]:
    columns = {name: [getattr(each, name) for each in readings] for name in MEASURED}
    return np.asarray(as_readings(columns, threshold).mean(axis=0), float)
