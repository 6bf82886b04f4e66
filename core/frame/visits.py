"""Visits: how what is lively comes to a still scene and goes.

Where a codec erases the noise of a still scene, a road that has become empty falls as
silent as a frozen feed. But whoever leaves a scene leaves it at its edge, and whoever stops
in it slows down before, while a frozen picture stops all over and at once. And who comes
comes little by little, or at the edge again, while a feed that goes on leaps to what has
become of the scene meanwhile.
"""

from __future__ import annotations

from collections import deque
from itertools import pairwise
from statistics import median_high
from typing import Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from core.frame.ranks import lower_quantile

_EDGE: Final = 8
"""The edge is one part in so many of the width, and of the height, on each side."""

_EVERY_ROW: Final = 2
"""Half of the rows say the same of a share."""

_INSIDE: Final = 0.25
"""Share of the change inside of it under which the rest is of something at the edge; noise, and
what a codec draws of it, has 0.56."""

_MEMORY_S, _LEVEL, _LIVELY = 3.0, 0.8, 0.1
"""Stretch of frames that is looked at; quantile of their change that tells how lively they were,
and share of it from which on a frame counts."""

_LAST, _ALONE_S = 3, 0.25
"""So many lively frames are the last ones; what comes alone for this long is a keyframe."""

_SLOW, _PACED, _SLOWED = 2, 8, 0.7
"""The newest of so many last lively frames, and share of the middle one of the others under which
they have slowed down."""

_FAINTER: Final = 0.25
"""Of the change of a pixel that changes: under it a codec refines what stands."""

_MOVES: Final = 0.15
"""Steps a pixel under which it may be noise that a codec lets through now and then."""

_STILL: Final = 0.85
"""Share of pixels that are exactly as they were around what moves, where a codec erases noise."""

_LEAP, _FIRST = 0.5, 2
"""Of that level: what one of so many first frames has at least where a feed goes on."""


class _Frame(NamedTuple):
    """When, how much changed, the share of it inside, and of pixels that are as they were."""

    time_s: float
    change: float
    inside: float
    unchanged: float


class VisitWatch:
    """Remembers where the last frames of a source changed; one a source."""

    def __init__(self) -> None:
        self._frames: deque[_Frame] = deque()

    def note(self, difference: NDArray[np.uint8], change: float, time_s: float) -> None:
        """Take the next frame.

        Parameters
        ----------
        difference : (H, W) uint8 array
            Absolute difference of its luma to that of the frame before.
        change : float
            Mean of it.
        time_s : float
            Media time, s; rising.
        """
        while self._frames and self._frames[0].time_s <= time_s - _MEMORY_S:
            self._frames.popleft()
        if change == 0:
            return
        height, width = difference.shape
        rows = slice(height // _EDGE, height - height // _EDGE, _EVERY_ROW)
        columns = slice(width // _EDGE, width - width // _EDGE)
        inside = _EVERY_ROW * cv2.norm(difference[rows, columns], cv2.NORM_L1)
        inside /= change * difference.size
        unchanged = 1 - cv2.countNonZero(difference) / difference.size
        self._frames.append(_Frame(time_s, change, inside, unchanged))

    def has_left(self) -> bool:
        """Whether the last that was lively left the picture, so that silence proves nothing."""
        lively, _ = self._lively(list(self._frames))
        return bool(lively) and min(each.inside for each in lively[-_LAST:]) < _INSIDE

    def has_slowed_down(self) -> bool:
        """Whether what was lively in a still scene without noise slowed down before it stood."""
        lively, _ = self._lively(list(self._frames))
        last = lively[-_PACED:]
        # A keyframe draws all of a still scene anew, without anything in it going faster.
        paced = [each for each in last if each.unchanged > _STILL]
        if 2 * len(paced) <= len(last) or len(paced) <= _SLOW:
            return False
        older, newest = paced[:-_SLOW], paced[-_SLOW:]
        pace = median_high(each.change for each in older)
        if pace < _MOVES:
            return False
        is_fainter = _strength(newest) < _FAINTER * _strength(older)
        return max(each.change for each in newest) < _SLOWED * pace and not is_fainter

    def came_gently(self, since_s: float) -> bool:
        """Whether what is lively since a time came little by little, or at the edge."""
        lively, level = self._lively([each for each in self._frames if each.time_s >= since_s])
        if not lively:
            return False
        first = lively[:_FIRST]
        return first[0].inside < _INSIDE or max(each.change for each in first) < _LEAP * level

    @staticmethod
    def _lively(frames: list[_Frame]) -> tuple[list[_Frame], float]:
        """Those that are lively for more than a keyframe, and how lively they are."""
        if not frames:
            return [], 0.0
        level = lower_quantile((each.change for each in frames), _LEVEL)
        lively = [each for each in frames if each.change > _LIVELY * level]
        near = [late.time_s - early.time_s <= _ALONE_S for early, late in pairwise(lively)]
        steady = [
            each
            for each, before, after in zip(lively, [False, *near], [*near, False], strict=True)
            if before or after
        ]
        return steady, level


def _strength(frames: list[_Frame]) -> float:
    """Change of a pixel that changes."""
    return sum(each.change for each in frames) / sum(1 - each.unchanged for each in frames)
