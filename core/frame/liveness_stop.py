"""Movement that ends between two frames, as the small figures of incidents show it."""

from __future__ import annotations

from collections import deque
from typing import Final

import numpy as np

from core.frame.liveness_view import View

_MOVING: Final = 0.5 / 255
_STOPPED, _STIRRED, _FADED_TO = 0.15, 0.4, 0.3
"""Of the movement before: what is left at a stop, what ends one; and of what is left, later."""


class StopWatch:
    """Movement that ends between two frames, and a codec that polishes what is left.

    A feed that froze on a noisy picture goes on changing for seconds while the codec
    refines it, less and less. What lives does not stop at once, nor fade like that.
    """

    def __init__(self) -> None:
        self._changes: deque[tuple[float, float]] = deque()
        self._stopped_s: float | None = None
        self._moving = 0.0
        self._is_frozen = False

    def look(self, view: View) -> float | None:
        """Since when the picture stands still, s; None where it does not."""
        time_s, change = view.time_s, view.reading.change
        self._changes.append((time_s, change))
        while self._changes[0][0] < time_s - 2.5:
            self._changes.popleft()
        if self._stopped_s is None:
            self._watch_for_stop(time_s, change)
        elif change > _STIRRED * self._moving or time_s < self._stopped_s:
            self._stopped_s, self._is_frozen = None, False
        elif not self._is_frozen:
            self._is_frozen = self._has_faded(time_s)
            if not self._is_frozen and time_s - self._stopped_s > 2.4:
                self._stopped_s = None
        return self._stopped_s if self._is_frozen else None

    def _watch_for_stop(self, time_s: float, change: float) -> None:
        earlier = [each for at_s, each in self._changes if time_s - 0.6 < at_s < time_s]
        if len(earlier) < 4:
            return
        moving = float(np.median(earlier))
        # One large change before the silence is a cut to a still scene.
        steady = 0.4 * moving < earlier[-1] and max(earlier) < 3.0 * moving
        if moving > _MOVING and steady and change < _STOPPED * moving:
            self._stopped_s, self._moving = time_s, moving

    def _has_faded(self, time_s: float) -> bool:
        assert self._stopped_s is not None
        if time_s - self._stopped_s < 1.2:
            return False
        first = [c for at_s, c in self._changes if 0 <= at_s - self._stopped_s <= 0.4]
        last = [c for at_s, c in self._changes if at_s > time_s - 0.4]
        return float(np.median(last)) < _FADED_TO * float(np.median(first))
