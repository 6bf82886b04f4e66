"""How likely the picture is to fail within the next 30 s, and now, from its quality readings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.incidents import Risk
from core.settings import Settings
from core.types import QualityReading

HORIZON_S: Final = 30.0


class FailurePredictor:
    """Says the risk of one source from its readings; one a source.

    Parameters
    ----------
    settings : Settings, optional
        ``quality_threshold`` is where quality has failed.
    """

    def __init__(self, settings: Settings | None = None) -> None:
        self._settings = settings or Settings()

    def update(self, reading: QualityReading, time_s: float) -> Risk:
        """Take in the next reading, about once a second or oftener.

        Parameters
        ----------
        reading : QualityReading
        time_s : float
            Media time, s.

        Returns
        -------
        Risk
        """
        return Risk(0.0, 0.0)


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
    """
    rows = len(np.asarray(metrics["time_s"]))
    return np.full((rows, 2), np.nan, np.float32)
