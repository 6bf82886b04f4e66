"""What a camera has shown in the last minute: a view that comes again hides nothing.

Headlights light a dark road for some seconds, someone stands before a bare wall. When they
have gone there is less to see than a moment before, yet no more is hidden than before they came.
"""

from __future__ import annotations

from collections import deque
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.frame.liveness_view import View, cell_means

_EVERY_S, _FOR_S = 2.0, 60.0
"""How often a view is kept, and for how long."""

_SAME_STEPS: Final = 6.0
"""Luma steps by which the tones of what is seen again differ at most."""

_SHOWED, _MORE = 1.0, 2.0
_SHARE: Final = 0.3
"""Steps of detail that show something, if more than the noise, and times what is left of it; cells
of which less than this share showed so much had nothing to hide."""


class _Seen(NamedTuple):
    """When, and what of a view is compared: a view itself holds its picture."""

    time_s: float
    tones: NDArray[np.float32]
    detail: NDArray[np.float32]
    noise: float


class SeenViews:
    """Keeps what a view shows now and then; one a source."""

    def __init__(self) -> None:
        self._views: deque[_Seen] = deque()

    def note(self, view: View) -> None:
        """Take a view before which there was nothing."""
        if self._views and 0 <= view.time_s - self._views[-1].time_s < _EVERY_S:
            return
        self._views.append(_seen(view))
        while not 0 <= view.time_s - self._views[0].time_s <= _FOR_S:
            self._views.popleft()

    def showed_no_more(self, view: View, part: NDArray[np.bool_]) -> bool:
        """Whether a part of the view looked as it does now before, and showed no more.

        Parameters
        ----------
        view : View
        part : (rows, columns) bool array
            Cells of ``view.detail``.
        """
        now = _seen(view)
        return any(
            each.detail.shape == part.shape and _is_same(now, each, part) for each in self._views
        )


def _seen(view: View) -> _Seen:
    return _Seen(view.time_s, cell_means(view.thumb), view.detail, view.noise)


def _is_same(now: _Seen, before: _Seen, part: NDArray[np.bool_]) -> bool:
    apart = np.abs(now.tones - before.tones)[part]
    if apart.size == 0 or float(np.median(apart)) > _SAME_STEPS:
        return False
    showed = (before.detail > max(_SHOWED, before.noise)) & (before.detail > _MORE * now.detail)
    return float(showed[part].mean()) < _SHARE
