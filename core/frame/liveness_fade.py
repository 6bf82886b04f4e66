"""A feed that froze on a noisy picture: change that drops between two frames, then fades away.

A codec goes on refining a repeated picture for seconds, so it is not silent at once; but
it has less and less to say. What lives goes on changing at its own level: movement may
end, and noise stays.
"""

from __future__ import annotations

from collections import deque
from typing import Final

import numpy as np

from core.frame.liveness_view import CELL_PX, History, View

_BEFORE_S, _FEWEST = 1.2, 8
"""Stretch that has to be even before a drop, and how many looks it has at least."""

_EVEN: Final = (0.35, 2.5)
"""Of its median: where nearly all of an even stretch lies."""

_LEAST, _MOVING = 0.1, 0.6
"""Steps of mean change: less is noise that a codec wiped away; more is movement."""

_DROPPED, _STOPPED, _STILL_MOVING = 0.5, 0.25, 0.5
"""Of the level before: what is left at a drop, and at one of movement; what the last look
before it still has, for movement that slows down ends by itself."""

_BACK: Final = 0.6
_LATEST_S, _EARLIEST_S, _LONGEST_S = 0.5, 1.2, 3.4
_FADED, _FADED_STEPS, _REDRAWN = 0.12, 0.06, 0.3
"""What is left once it has faded: of the level before, in steps, and in the odd frame that
is drawn anew."""

_STIRRED: Final = 0.4
_WIDESPREAD, _SHARE_OF_MEAN = 0.5, 0.3
"""Share of the picture that changed before: one talking head may pause, the noise of a whole
picture does not."""

_STEPS: Final = 255.0


class FadeWatch:
    """Waits for a drop, and for what is left of it to fade."""

    def __init__(self) -> None:
        self._changes: deque[tuple[float, float]] = deque()
        self._since_s: float | None = None
        self._level = 0.0
        self._is_frozen = False

    def look(self, view: View, history: History) -> float | None:
        """Since when the picture stands still, s of media time; None where it does not."""
        time_s, change = view.time_s, _STEPS * view.reading.change
        self._changes.append((time_s, change))
        while self._changes[0][0] < time_s - _BEFORE_S:
            self._changes.popleft()
        if self._since_s is None:
            self._watch_for_drop(time_s, change)
        elif time_s < self._since_s or (self._is_frozen and change > _STIRRED * self._level):
            self._since_s, self._is_frozen = None, False
        elif not self._is_frozen:
            self._watch_for_fading(time_s, history)
        return self._since_s if self._is_frozen else None

    def _watch_for_drop(self, time_s: float, change: float) -> None:
        earlier = [each for _, each in list(self._changes)[:-1]]
        if len(earlier) < _FEWEST or time_s - self._changes[0][0] < 0.8 * _BEFORE_S:
            return
        level = float(np.median(earlier))
        lowest, highest = np.quantile(earlier, (0.1, 0.9)) / max(level, 1e-9)
        is_even = lowest > _EVEN[0] and highest < _EVEN[1]
        left = _STOPPED if level > _MOVING else _DROPPED
        goes_on = _STILL_MOVING * level < earlier[-1] < _EVEN[1] * level
        if level > _LEAST and is_even and goes_on and change < left * level:
            self._since_s, self._level = time_s, level

    def _watch_for_fading(self, time_s: float, history: History) -> None:
        assert self._since_s is not None
        gone_s = time_s - self._since_s
        if gone_s < _LATEST_S:
            return
        latest = [each for at_s, each in self._changes if at_s > time_s - _LATEST_S]
        if gone_s > _LONGEST_S or float(np.median(latest)) > _BACK * self._level:
            self._since_s = None
            return
        limit = min(_FADED * self._level, _FADED_STEPS)
        has_faded = max(latest) < _REDRAWN * self._level and np.quantile(latest, 0.8) < limit
        if gone_s >= _EARLIEST_S and has_faded:
            if _changed_all_over(history, self._since_s):
                self._is_frozen = True
            else:
                self._since_s = None


def _changed_all_over(history: History, until_s: float) -> bool:
    """Whether what changed right before a time did so in most parts of the picture."""
    views = history.between(until_s - 0.6, until_s - 1e-6)
    if len(views) < 2 or views[-1].plane.shape != views[-2].plane.shape:
        return False
    change = np.abs(views[-1].plane.astype(np.int16) - views[-2].plane)
    # Parts as large as those of the coarse grid.
    rows, columns = (max(2, side // CELL_PX) for side in views[-1].thumb.shape)
    height, width = change.shape[0] // rows, change.shape[1] // columns
    cut = change[: rows * height, : columns * width]
    parts = cut.reshape(rows, height, columns, width).mean(axis=(1, 3))
    return float((parts > _SHARE_OF_MEAN * parts.mean()).mean()) >= _WIDESPREAD
