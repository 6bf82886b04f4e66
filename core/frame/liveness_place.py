"""Where a camera looks, of views as they are remembered: in its place, gone, or gone further."""

from __future__ import annotations

from typing import Final

import numpy as np

from core.frame.liveness_view import View
from core.frame.motion import NO_MOTION, SHIFT, Motion, motion_between, share_in_place
from core.frame.registration import Evened, evened

IN_PLACE: Final = 0.02
"""Shift, as a share of the width, up to which a camera looks where it looked."""

_GONE, _STANDING = 0.4, 0.6
"""Share of what is shown that is at most in its place while a camera is pushed, and at least
while it stands, whatever moves before it."""

_ASK_EVERY_S, _JUST_S = 0.2, 1.0
"""So often it is asked; how long ago a camera that has just left stood at most."""


def stays(before: View, view: View) -> bool:
    """Whether the camera looks where it looked, though what is before it may have moved."""
    motion = motion_between(before.plane, view.plane)
    return motion.sureness > 0 and motion.shift < IN_PLACE


def left_at(before: View, views: list[View]) -> View:
    """The first of the views, oldest first, that is not seen from where the one before was.

    What is left of them is halved until it is found, as a camera that has gone stays away.
    """
    first, last = 0, len(views) - 1
    while first < last:
        middle = (first + last) // 2
        if stays(before, views[middle]):
            first = middle + 1
        else:
            last = middle
    return views[first]


class Stand:
    """When a camera was last seen to stand, whatever moves before it."""

    def __init__(self) -> None:
        self._last: View | None = None
        self._asked: tuple[float, Evened] | None = None

    def left(self, view: View, lagged: View, *, is_calm: bool) -> View | None:
        """The view at which it stood until a moment ago, if it has just left that.

        Parameters
        ----------
        view, lagged : View
            Now, and a fraction of a second ago.
        is_calm : bool
            Whether nothing to speak of has changed between the two.
        """
        if not is_calm:
            if self._asked is not None and view.time_s - self._asked[0] < _ASK_EVERY_S:
                return None
            is_fresh = self._asked is not None and self._asked[0] >= lagged.time_s
            old = self._asked[1] if self._asked and is_fresh else evened(lagged.plane)
            new = evened(view.plane)
            self._asked = view.time_s, new
            share = share_in_place(old, new)
            if share < _GONE and self._last is not None:
                return self._last if view.time_s - self._last.time_s < _JUST_S else None
            if share < _STANDING:
                return None
        self._last = view
        return None


class Way:
    """How a view moved since another one, by way of those in between if need be."""

    def __init__(self, before: View) -> None:
        self.before = before
        self._there: tuple[View, Motion] | None = None

    def leap(self, last: View, view: View) -> None:
        """Take two views in a row between which it may have moved."""
        leap = motion_between(last.plane, view.plane)
        if leap.sureness > 0 and self._there is not None:
            leap = _sum(self._there[1], leap)
        self._there = (view, leap) if leap.shift > SHIFT else None

    def _stood_at(self, view: View) -> bool:
        return share_in_place(evened(self.before.plane), evened(view.plane)) > _STANDING

    def to(self, view: View, lagged: View | None = None) -> Motion:
        """How it moved until a view; without sureness where that cannot be said.

        Parameters
        ----------
        view : View
        lagged : View, optional
            One a fraction of a second before.
        """
        motion = motion_between(self.before.plane, view.plane)
        is_unknown = motion.sureness == 0 and self._there is None
        if is_unknown and lagged is not None and self._stood_at(lagged):
            # Less has passed by since the last moment before a sudden push.
            motion = motion_between(lagged.plane, view.plane)
        if motion.shift > SHIFT:
            self._there = view, motion
        elif motion.sureness == 0 and self._there is not None:
            # What moves by itself has moved on meanwhile.
            there, first = self._there
            then = motion_between(there.plane, view.plane)
            total = _sum(first, then)
            # Two small steps are as little sure as each of them.
            return total if then.sureness > 0 and total.shift > 2 * SHIFT else NO_MOTION
        return motion


def _sum(first: Motion, then: Motion) -> Motion:
    x, y = first.x + then.x, first.y + then.y
    return Motion(float(np.hypot(x, y)), x, y, min(first.sureness, then.sureness))
