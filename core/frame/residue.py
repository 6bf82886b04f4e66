"""Residue: what a codec goes on saying of a picture that has stopped.

Noise of a live sensor goes to and fro: after half a second the picture is no further
from what it was than after one frame. A codec that refines a repeated frame goes one
way, towards that frame, and what it changes adds up. So where the change falls between
two frames, as nothing before a camera does by itself, and what is left of it adds up,
the source repeats itself, though it is not silent yet.
"""

from __future__ import annotations

import math
from collections import deque
from statistics import median_high
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from core.frame.ranks import lower_quantile

BEFORE_S: Final = 0.6
"""Stretch of frames that a fall is measured against."""

_MEMORY_S, _CALM_QUANTILE = 15.0, 0.1
"""Stretch of frames whose calmest tell what the source looks like where nothing but it moves."""

_FEWEST: Final = 4
_LOW_QUANTILE: Final = 0.2
_LEAST: Final = 0.1
"""Steps a pixel under which there is too little to fall from: that is for silence to tell."""

_FALLEN: Final = 0.45
"""Of the calmest frames before: what is left after a fall."""

_SLOWED, _SPIKE = 0.65, 2.5
"""Of the usual frames: where the last one before a fall lies. Less was slowing down by itself,
more was a cut or a keyframe, no life that could end."""

_HALTED, _MUCH_SLOWED = 0.02, 0.35
"""What slows down does not come to such a share of its step in the next; so it may be this slow."""

PATH_S, HOLD_S, GIVE_UP_S = 0.4, 0.55, 1.6
"""Stretch over which changes are added up; how long after the fall it is told at the
earliest, and at the latest."""

ADDS_UP, _WANDERS = 0.8, 0.5
"""Squared distance over a stretch, of the sum of the squared steps along it: from where on it
adds up, and up to where it goes to and fro. Independent steps have 1, white noise one over
their number."""

_GLIDES, _HARDLY = 2.5, 0.05
"""From this share on it is smooth movement, each step as the one before, that noise had hidden,
unless next to nothing is left of the calmest frames before the fall."""

_EVERY_ROW: Final = 2
"""Half of the rows say the same of a share."""

_BACK, _BACK_S = 0.6, 0.25
_BARELY: Final = 0.15
"""Of the calmest frames before the fall: the middle of the last frames that is over it, and
that goes to and fro only if it is over it."""

_SHOWN_S: Final = 0.36
"""A source that stutters shows a new picture at least that often, mostly."""

_REDRAWN: Final = 0.5
"""Of the sum, one step: a keyframe went out and the refinements come back."""


class ResidueWatch:
    """Waits for a fall of the change, and tells whether what is left is residue.

    One a source; costs nothing to speak of while the source is lively.
    """

    def __init__(self) -> None:
        self._changes: deque[tuple[float, float]] = deque()
        self._earlier: deque[tuple[float, float]] = deque()
        self._planes: deque[tuple[float, NDArray[np.uint8], float]] = deque()
        self._since_s: float | None = None
        self._level = self._usual = 0.0
        self._shown: list[float] = []
        self._is_residue = False

    def look(self, plane: NDArray[np.uint8], change: float, time_s: float) -> bool:
        """Take the next frame and say whether the source has stopped.

        Parameters
        ----------
        plane : (H, W) uint8 array
            Luma; kept for a while and must not be written to.
        change : float
            Mean absolute change from the frame before, full-range luma steps a pixel.
        time_s : float
            Media time, s; rising.

        Returns
        -------
        bool
        """
        plane = plane[::_EVERY_ROW]
        before = [c for _, c in self._changes]
        spans = bool(before) and time_s - self._changes[0][0] >= 0.7 * BEFORE_S
        self._changes.append((time_s, change))
        while self._changes[0][0] <= time_s - BEFORE_S - 1e-6:
            self._earlier.append(self._changes.popleft())
        while self._earlier and self._earlier[0][0] <= time_s - _MEMORY_S:
            self._earlier.popleft()
        if self._since_s is None:
            if spans and len(before) >= _FEWEST and self._falls(before, change):
                self._since_s = time_s
                self._planes.append((time_s, plane, 0.0))
            return False
        self._follow(plane, time_s)
        share, is_redrawn = self._adds_up(plane, time_s)
        gone_s = time_s - self._since_s
        self._shown.extend([time_s] if change > self._usual else [])
        start_s = time_s - min(_BACK_S, gone_s) - 1e-6
        middle = median_high(c for t, c in self._changes if t > start_s)
        is_due = gone_s >= HOLD_S - 1e-6
        glides = share is not None and share > _GLIDES and is_due and middle > _HARDLY * self._level
        wanders = share is not None and share < _WANDERS and not is_redrawn
        if (
            middle > _BACK * self._level
            or glides
            or len(self._shown) > 1
            or (self._is_residue and wanders and middle > _BARELY * self._level)
            or (not self._is_residue and gone_s > GIVE_UP_S)
        ):
            self._stop_waiting()
        elif share is not None and share >= ADDS_UP and is_due:
            self._is_residue |= not self._shown or time_s - self._shown[-1] > _SHOWN_S
        return self._is_residue

    def _falls(self, before: list[float], change: float) -> bool:
        if change > _FALLEN / _SLOWED * before[-1]:
            return False  # as nearly always, and without sorting
        self._usual = median_high(before)
        self._level = min(lower_quantile(before, _LOW_QUANTILE), self._calmest())
        slowed = _MUCH_SLOWED if change < _HALTED * before[-1] else _SLOWED
        return (
            self._level >= _LEAST
            and change < _FALLEN * self._level
            and slowed * self._usual <= before[-1] <= _SPIKE * self._usual
        )

    def _calmest(self) -> float:
        """Change of the calmest moments known: what stays when a pan or a push ends is no less."""
        if not self._earlier:
            return math.inf
        return lower_quantile((change for _, change in self._earlier), _CALM_QUANTILE)

    def _follow(self, plane: NDArray[np.uint8], time_s: float) -> None:
        last = self._planes[-1][1]
        self._planes.append((time_s, plane, cv2.norm(plane, last, cv2.NORM_L2SQR)))
        while len(self._planes) > 2 and self._planes[1][0] <= time_s - PATH_S + 1e-6:
            self._planes.popleft()

    def _adds_up(self, plane: NDArray[np.uint8], time_s: float) -> tuple[float | None, bool]:
        """Squared way over squared steps, and whether one step makes most of them."""
        first_s, first, _ = self._planes[0]
        if time_s - first_s < PATH_S - 1e-6:
            return None, False
        steps = [step for _, _, step in list(self._planes)[1:]]
        path = sum(steps)
        if path <= 0:
            return 1.0, False
        return cv2.norm(plane, first, cv2.NORM_L2SQR) / path, max(steps) > _REDRAWN * path

    def _stop_waiting(self) -> None:
        self._since_s, self._is_residue = None, False
        self._planes.clear()
        self._changes.clear()
        self._shown.clear()
