"""Freeze: a picture that has stood still, codec noise aside, for a while of media time.

A live sensor never repeats itself: even a still scene differs from frame to
frame by its noise. A repeated frame differs only by what the codec does to
it: for some frames it is refined, then most frames are exact copies, and now
and then a keyframe draws everything anew. So it is the calmest few of the
last frames that tells the two apart, not their mean.

A codec at a low rate also wipes the noise of a live scene away almost wholly.
Therefore calm is judged against how lively the source has been so far: after
a lively time a little codec noise may remain, but a source that has always
been nearly still has to fall silent.
"""

from __future__ import annotations

from collections import deque
from itertools import pairwise
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

WINDOW_S: Final = 0.3
"""Stretch of frames that one judgement of calm rests on."""

HOLD_S, QUICK_HOLD_S = 0.3, 0.25
"""Calm has to last this long before it is called a freeze; less after a lively time."""

RELEASE_S: Final = 0.25
"""Stretch of frames that has to be lively for a freeze to be over."""

_LIFE_S: Final = 3.0
_CALM_QUANTILE: Final = 0.15
_SILENT, _NEARLY_SILENT = 0.0001, 0.004
"""Luma steps a pixel, frame to frame: copies of a frame, and copies with some codec noise."""

_REDRAWN, _REDRAWN_S, _REDRAWN_SHARE = 0.03, 0.5, 0.1
"""A keyframe may redraw a frozen picture now and then. More than this share of frames (and
more than one) in half a second that change by so many steps after a silent one: that is a
slow camera, its frames shown several times each."""

_CALM_SHARE: Final = 0.1
_STOPPED, _STOPPED_SHARE = 0.1, 0.02
_MOVING, _STILL_MOVING_SHARE, _STOPPED_AT_ONCE_SHARE = 1.0, 0.3, 0.01
"""Movement of a whole step a pixel that ends between two frames: nothing in front of a camera
stops like that, so what the codec goes on refining may be louder and is still a freeze."""

_REDRAWN_FACTOR: Final = 10.0
_RELEASE_FACTOR: Final = 2.0
_FORGET_S: Final = 5.0
"""After a longer gap the frames before say nothing of those after."""


class FreezeDetector:
    """Tells a frozen source from a still scene; one a source.

    Frames may come at any rate, with gaps and unevenly: only media time counts.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget all frames: the next one is a first one."""
        self._before: NDArray[np.uint8] | None = None
        self._time_s = 0.0
        self._changes: deque[tuple[float, float]] = deque()
        self._calm_since_s: float | None = None
        self._limit = _SILENT
        self._stopped_limit, self._stopped_s = 0.0, -1.0
        self._is_frozen = False

    def update(self, plane: NDArray[np.uint8], time_s: float, gain: float = 1.0) -> bool:
        """Take the next frame and say whether the source is frozen.

        Parameters
        ----------
        plane : (H, W) uint8 array
            Luma at a fixed size of some 640 px or more; a copy is kept.
        time_s : float
            Media time, s; going back in it, or far ahead, starts anew.
        gain : float
            Full-range luma steps to one step of the plane.

        Returns
        -------
        bool
        """
        before, self._before = self._before, plane.copy()
        elapsed_s = time_s - self._time_s
        if before is None or before.shape != plane.shape or elapsed_s < 0 or elapsed_s > _FORGET_S:
            kept = self._before
            self.reset()
            self._before, self._time_s = kept, time_s
            return False
        self._time_s = time_s
        change = cv2.norm(plane, before, cv2.NORM_L1) / plane.size * gain
        self._changes.append((time_s, change))
        while self._changes[0][0] < time_s - _LIFE_S:
            self._changes.popleft()
        if self._is_frozen:
            self._watch_for_life(time_s)
        else:
            self._watch_for_calm(time_s)
        return self._is_frozen

    def _watch_for_calm(self, time_s: float) -> None:
        if self._changes[0][0] > time_s - WINDOW_S:
            return
        calm = self._calm(time_s, WINDOW_S)
        if self._calm_since_s is None:
            self._limit = self._calm_limit(time_s)
        if calm > self._limit:
            self._calm_since_s = None
            return
        if self._calm_since_s is None:
            self._calm_since_s = time_s
        hold_s = QUICK_HOLD_S if self._limit >= _NEARLY_SILENT else HOLD_S
        held = time_s - self._calm_since_s >= hold_s - 1e-6
        self._is_frozen = held and not self._is_redrawn(time_s)

    def _watch_for_life(self, time_s: float) -> None:
        calm = self._calm(time_s, RELEASE_S)
        if calm > _RELEASE_FACTOR * self._limit or self._is_redrawn(time_s):
            self._is_frozen = False
            self._calm_since_s = None
            self._changes.clear()

    def _calm(self, time_s: float, window_s: float) -> float:
        """How much the calmest of the last frames changed, steps a pixel."""
        changes = sorted(c for t, c in self._changes if t > time_s - window_s - 1e-6)
        return changes[int(_CALM_QUANTILE * (len(changes) - 1))]

    def _is_redrawn(self, time_s: float) -> bool:
        """Whether silence is broken more often than keyframes would."""
        changes = [c for t, c in self._changes if t > time_s - _REDRAWN_S - 1e-6]
        redrawn_above = max(_REDRAWN, _REDRAWN_FACTOR * self._limit)
        redrawn = sum(
            before <= self._limit and change > redrawn_above for before, change in pairwise(changes)
        )
        return redrawn > max(1.0, _REDRAWN_SHARE * len(changes))

    def _calm_limit(self, time_s: float) -> float:
        """What still counts as calm, after how lively the source was before."""
        earlier = sorted(c for t, c in self._changes if t <= time_s - WINDOW_S)
        life = earlier[len(earlier) // 2] if earlier else 0.0
        self._watch_for_stop(time_s)
        if 0 <= time_s - self._stopped_s <= WINDOW_S:
            return self._stopped_limit
        return min(_NEARLY_SILENT, max(_SILENT, _CALM_SHARE * life))

    def _watch_for_stop(self, time_s: float) -> None:
        """Notice movement that ended with the last frame; one cut alone is no movement."""
        *moved, last = (c for t, c in self._changes if t > time_s - WINDOW_S - 1e-6)
        if not moved:
            return
        moving = sorted(moved)[len(moved) // 2]
        if (
            moving >= _MOVING
            and moved[-1] >= _STILL_MOVING_SHARE * moving
            and last <= _STOPPED_AT_ONCE_SHARE * moving
        ):
            self._stopped_s = time_s
            self._stopped_limit = min(_STOPPED, _STOPPED_SHARE * moving)
