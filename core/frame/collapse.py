"""Collapse: a picture that had not been calm for a moment says next to nothing any more.

Of a repeated frame a codec still draws each keyframe anew and refines it again, so that it
may never be silent for long. But all of it together is little beside the life of before:
most frames of a second then say less than a tenth of what the calmest moments said.
"""

from __future__ import annotations

from collections import deque
from statistics import median_high
from typing import Final

from core.frame.ranks import lower_quantile

WINDOW_S: Final = 0.95
"""Stretch of frames that is compared with those before: less than between two keyframes, mostly."""

MOMENT_S, MEMORY_S, _FEWEST, _NEWEST = 0.5, 15.0, 4, 3
"""A moment, of which the middle change counts; how far back moments are known; how many there have
to be, besides the newest, which may be of what is to be told."""

_CALM_QUANTILE: Final = 0.1
_LIVELY: Final = 0.05
"""Luma steps a pixel of the calmest moments from which on a source is known by its life."""

_COLLAPSED: Final = 0.1
"""Of the calmest moments: what the middle frame says at most."""

_LIFE: Final = 0.3
"""Of the calmest moments: more than this is life that calms down."""

_BACK, _BACK_S = 0.6, 0.35
"""Of the calmest moments: what the middle frame of such a stretch says where life is back."""


class CollapseWatch:
    """Knows how lively a source is in its calmest moments; one a source."""

    def __init__(self) -> None:
        self._moments: deque[float] = deque(maxlen=round(MEMORY_S / MOMENT_S))
        self._older: list[float] = []
        self._moment_s = float("-inf")
        self._recent: deque[tuple[float, float]] = deque()
        self._calmest = 0.0
        self._has_collapsed = False

    def look(self, change: float, time_s: float) -> bool:
        """Take the next frame and say whether the source has stopped.

        Parameters
        ----------
        change : float
            Mean absolute change from the frame before, full-range luma steps a pixel.
        time_s : float
            Media time, s; rising.

        Returns
        -------
        bool
        """
        self._recent.append((time_s, change))
        while self._recent[0][0] <= time_s - WINDOW_S:
            self._remember(*self._recent.popleft())
        if self._has_collapsed:
            latest = [c for t, c in self._recent if t > time_s - _BACK_S]
            if median_high(latest) > _BACK * self._calmest or self._shows_new_pictures():
                self._has_collapsed = False
                self._recent.clear()
        elif self._calmest >= _LIVELY and change < self._calmest:
            changes = [c for _, c in self._recent]
            is_low = median_high(changes) <= _COLLAPSED * self._calmest
            self._has_collapsed = is_low and not self._shows_new_pictures()
        return self._has_collapsed

    def _shows_new_pictures(self) -> bool:
        """Whether more than one frame is as lively as before: a slow camera shows them so."""
        return sum(c >= self._calmest for _, c in self._recent) > 1

    def _remember(self, time_s: float, change: float) -> None:
        if self._has_collapsed:
            return
        if time_s >= self._moment_s + MOMENT_S:
            if self._older:
                self._moments.append(median_high(self._older))
            moments = list(self._moments)
            known, newest = moments[:-_NEWEST], moments[-_NEWEST:]
            if len(known) >= _FEWEST:
                known += [each for each in newest if each > _LIFE * _calm(known)]
                self._calmest = _calm(known)
            self._moment_s, self._older = time_s, []
        self._older.append(change)


def _calm(moments: list[float]) -> float:
    return lower_quantile(moments, _CALM_QUANTILE)
