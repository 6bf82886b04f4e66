"""Redraws: what keyframes bring to a picture that a codec otherwise leaves as it is.

At a low rate a codec erases the noise of a still scene, and its frames are exact copies,
as those of a frozen feed. But each keyframe encodes the scene anew, with the noise of that
moment, so it redraws a live scene by the same amount each time. Of a repeated frame it
redraws less and less, and then nothing.
"""

from __future__ import annotations

from collections import deque
from typing import Final

_EVENLY, _IN_A_ROW = 1.15, 3
"""So many redraws in a row that are alike to this factor tell."""

_ON_TIME: Final = 1.5
"""Of the time between two of them: when the next one has to have come."""

STIRS: Final = 0.03
"""Luma steps a pixel that are more than a codec's afterthought."""


class RedrawWatch:
    """Remembers the last redraws of a source; one a source."""

    def __init__(self) -> None:
        self._redraws: deque[tuple[float, float]] = deque(maxlen=_IN_A_ROW + 1)
        self._stirred_s = float("-inf")

    def note(self, time_s: float, change: float, *, is_redraw: bool) -> None:
        """Take the next frame.

        Parameters
        ----------
        time_s : float
            Media time, s.
        change : float
            Mean absolute change from the frame before, full-range luma steps a pixel.
        is_redraw : bool
            Whether it drew a still picture anew.
        """
        if is_redraw:
            self._redraws.append((time_s, change))
        elif change > STIRS:
            self._stirred_s = time_s

    def come_evenly(self, time_s: float) -> bool:
        """Whether the last redraws each brought as much that was new, up to now."""
        newest = list(self._redraws)[-_IN_A_ROW:]
        if not _are_even(newest):
            return False
        apart_s = (newest[-1][0] - newest[0][0]) / (_IN_A_ROW - 1)
        return time_s - newest[-1][0] <= _ON_TIME * apart_s

    def one_is_missing(self) -> bool:
        """Whether they came evenly until the last one at most, while nothing else stirred."""
        redraws = list(self._redraws)
        return any(
            _are_even(some) and self._stirred_s < some[0][0]
            for some in (redraws[:_IN_A_ROW], redraws[-_IN_A_ROW:])
        )


def _are_even(redraws: list[tuple[float, float]]) -> bool:
    changes = [change for _, change in redraws]
    return len(changes) == _IN_A_ROW and max(changes) <= _EVENLY * min(changes)
