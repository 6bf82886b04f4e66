"""Movement that ends between two frames.

Nothing in front of a camera stops like that: a car brakes, a pan slows down. So
where the whole picture moved and the next frame hardly differs, the source has
stopped, though the codec may go on refining what it sent for a second or two and
is not silent yet (see ``core.frame.freeze`` for sources that fall silent).
"""

from __future__ import annotations

from collections import deque
from typing import Final

WINDOW_S: Final = 0.3
"""Stretch of frames that movement, and calm after it, are judged on."""

HOLD_S: Final = 0.25
"""Calm has to last this much longer."""

_MOVING: Final = 1.0
"""Mean absolute change of a picture that moves, luma steps a pixel."""

_STILL_MOVING, _CUT, _AT_ONCE = 0.3, 3.0, 0.01
"""Shares of the usual movement: the last moving frame moves at least this much, but no more
than so many times as much (a cut is no movement), and the next one at most this."""

_REFINING, _REFINING_SHARE = 0.1, 0.02
"""What a codec may still refine in the calmest frames: steps, and share of the movement."""

_CALMEST: Final = 0.15
_RELEASE_FACTOR: Final = 2.0


class StopDetector:
    """Tells whether a moving source has stopped at once; one a source."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget all frames."""
        self._changes: deque[tuple[float, float]] = deque()
        self._limit = 0.0
        self._calm_since_s: float | None = None
        self._is_stopped = False

    def hear(self, change: float, time_s: float) -> bool:
        """Take how much a frame changed and say whether the source has stopped.

        Parameters
        ----------
        change : float
            Mean absolute change from the frame before, luma steps a pixel.
        time_s : float
            Media time, s; rising.

        Returns
        -------
        bool
        """
        moved = [c for _, c in self._changes]
        spans = bool(self._changes) and time_s - self._changes[0][0] >= 0.8 * WINDOW_S
        self._changes.append((time_s, change))
        while self._changes[0][0] <= time_s - WINDOW_S - 1e-6:
            self._changes.popleft()
        if self._calm_since_s is None:
            if spans and self._ends_here(moved, change):
                self._calm_since_s = time_s
            return False
        recent = sorted(c for t, c in self._changes if t >= self._calm_since_s)
        factor = _RELEASE_FACTOR if self._is_stopped else 1.0
        if recent[int(_CALMEST * (len(recent) - 1))] > factor * self._limit:
            self.reset()
            return False
        self._is_stopped |= time_s - self._calm_since_s >= WINDOW_S + HOLD_S - 1e-6
        return self._is_stopped

    def _ends_here(self, moved: list[float], change: float) -> bool:
        usual = sorted(moved)[len(moved) // 2]
        self._limit = min(_REFINING, _REFINING_SHARE * usual)
        return (
            usual >= _MOVING
            and _STILL_MOVING * usual <= moved[-1] <= _CUT * usual
            and change <= _AT_ONCE * usual
        )
