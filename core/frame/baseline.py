"""A camera's quality against its own best: what it loses, whatever it looks at.

A score without a reference says as much of the subject as of the camera: a
foggy meadow is no better than a blurred street. A camera that looks at one
place can be its own reference: its clean readings are the yardstick.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final

import numpy as np

CLEAN_QUANTILE: Final = 0.9
"""The baseline is this quantile of the readings kept: good, but no lucky peak."""

LEAST_READINGS: Final = 30
KEPT_READINGS: Final = 3600
"""At one reading a second, an hour: light changes over a day, so the baseline follows."""


def relative_quality(score: float, clean_score: float) -> float:
    """What is left of a picture's quality, measured against a clean one of the same view.

    Parameters
    ----------
    score : float
        ``quality_score`` of the picture, 0..1.
    clean_score : float
        ``quality_score`` of the camera when it is well, 0..1.

    Returns
    -------
    float
        0..1; 1 as good as the clean picture or better, 0 nothing left, or the
        clean picture itself worthless.

    Examples
    --------
    >>> relative_quality(0.4, 0.8)
    0.5
    >>> relative_quality(0.9, 0.8)
    1.0
    """
    if clean_score <= 0:
        return 0.0
    return min(1.0, max(0.0, score / clean_score))


@dataclass(frozen=True, slots=True)
class RelativeReading:
    """A reading beside the camera's own baseline.

    Parameters
    ----------
    relative_quality : float or None
        0..1 of the baseline; None while too little is known.
    baseline : float or None
        ``quality_score`` of this camera when it is well, 0..1; None as above.
    """

    relative_quality: float | None
    baseline: float | None


class CleanBaseline:
    """Learns what one camera shows when it is well; one a camera and light (day, night).

    Parameters
    ----------
    clean_scores : iterable of float, optional
        Readings from an earlier record to begin with, oldest first, 0..1.
    kept : int
        How many readings are remembered, 1 at least.
    """

    def __init__(self, clean_scores: tuple[float, ...] = (), *, kept: int = KEPT_READINGS) -> None:
        if kept < 1:
            raise ValueError(f"at least one reading is kept, not {kept}")
        self._scores: deque[float] = deque(clean_scores, maxlen=kept)

    def add(self, score: float, *, is_frozen: bool = False) -> RelativeReading:
        """Take one reading, about once a second, and say how it stands.

        Parameters
        ----------
        score : float
            ``quality_score``, 0..1.
        is_frozen : bool
            A frozen picture tells nothing of the camera and is not remembered.

        Returns
        -------
        RelativeReading
        """
        if not is_frozen:
            self._scores.append(score)
        baseline = self.value
        if baseline is None:
            return RelativeReading(None, None)
        return RelativeReading(relative_quality(score, baseline), baseline)

    @property
    def value(self) -> float | None:
        """The baseline, 0..1; None under ``LEAST_READINGS`` readings."""
        if len(self._scores) < min(LEAST_READINGS, self._scores.maxlen or 1):
            return None
        return float(np.quantile(self._scores, CLEAN_QUANTILE))
