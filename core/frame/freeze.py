"""Freeze: a picture that has stood still, codec noise aside, for a while of media time."""

from __future__ import annotations

from collections import deque
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

ONSET_S: Final = 0.75
_STILL: Final = 0.05
"""Mean luma change a pixel, steps, that codecs add to a repeated picture."""


class FreezeDetector:
    """Tells a frozen source from a still scene; one a source."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget all frames: the next one is a first one."""
        self._before: NDArray[np.uint8] | None = None
        self._still_since_s: float | None = None
        self._changes: deque[tuple[float, float]] = deque()

    def update(self, plane: NDArray[np.uint8], time_s: float) -> bool:
        """Take the next frame's luma plane and say whether the source is frozen."""
        before, self._before = self._before, plane.copy()
        if before is None or before.shape != plane.shape:
            self._still_since_s = None
            return False
        change = cv2.norm(plane, before, cv2.NORM_L1) / plane.size
        if change > _STILL:
            self._still_since_s = None
            return False
        if self._still_since_s is None:
            self._still_since_s = time_s
        return time_s - self._still_since_s >= ONSET_S
