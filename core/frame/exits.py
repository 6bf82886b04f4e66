"""Exits: whoever leaves a scene leaves it at its edge, a frozen picture stops all over.

Where a codec erases the noise of a still scene, a road that has become empty falls as
silent as a frozen feed. But the last that changed before was at the edge of the picture.
"""

from __future__ import annotations

from collections import deque
from itertools import pairwise
from statistics import median
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

_EDGE: Final = 8
"""The edge is one part in so many of the width, and of the height, on each side."""

_INSIDE: Final = 0.33
"""Share of the change inside of it under which the rest is of something that leaves; noise, and
what a codec draws of it, has 0.56."""

_MEMORY_S, _LEVEL, _LIVELY = 3.0, 0.8, 0.05
"""Stretch of frames that is looked at; quantile of their change that tells how lively they were,
and share of it from which on a frame counts."""

_LAST, _ALONE_S = 3, 0.25
"""So many lively frames are the last ones; what comes alone for this long is a keyframe."""


class ExitWatch:
    """Remembers where the last frames of a source changed; one a source."""

    def __init__(self) -> None:
        self._frames: deque[tuple[float, float, float]] = deque()

    def note(
        self, before: NDArray[np.uint8], plane: NDArray[np.uint8], change: float, time_s: float
    ) -> None:
        """Take the next frame.

        Parameters
        ----------
        before, plane : (H, W) uint8 array
            Luma of the frame before and of this one.
        change : float
            Mean absolute change between them, in steps of these planes.
        time_s : float
            Media time, s; rising.
        """
        while self._frames and self._frames[0][0] <= time_s - _MEMORY_S:
            self._frames.popleft()
        if change == 0:
            return
        height, width = plane.shape
        rows = slice(height // _EDGE, height - height // _EDGE)
        columns = slice(width // _EDGE, width - width // _EDGE)
        inside = cv2.norm(plane[rows, columns], before[rows, columns], cv2.NORM_L1)
        self._frames.append((time_s, change, inside / (change * plane.size)))

    def has_left(self) -> bool:
        """Whether the last that was lively left the picture, so that silence proves nothing."""
        if not self._frames:
            return False
        ranked = sorted(change for _, change, _ in self._frames)
        least = _LIVELY * ranked[int(_LEVEL * (len(ranked) - 1))]
        lively = [(time_s, inside) for time_s, change, inside in self._frames if change > least]
        steady = [
            inside
            for (before_s, _), (time_s, inside) in pairwise(lively)
            if time_s - before_s <= _ALONE_S
        ]
        return bool(steady) and median(steady[-_LAST:]) < _INSIDE
