"""Where a camera looks, of views as they are remembered: in its place, gone, or gone further."""

from __future__ import annotations

from typing import Final

import numpy as np

from core.frame.liveness_view import View
from core.frame.motion import SHIFT, Motion, motion_between

IN_PLACE: Final = 0.02
"""Shift, as a share of the width, up to which a camera looks where it looked."""


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

    def to(self, view: View) -> Motion:
        """How it moved until a view; without sureness where that cannot be said."""
        motion = motion_between(self.before.plane, view.plane)
        if motion.shift > SHIFT:
            self._there = view, motion
        elif motion.sureness == 0 and self._there is not None:
            # What moves by itself has moved on meanwhile.
            there, first = self._there
            then = motion_between(there.plane, view.plane)
            return _sum(first, then) if then.sureness > 0 else then
        return motion


def _sum(first: Motion, then: Motion) -> Motion:
    x, y = first.x + then.x, first.y + then.y
    return Motion(float(np.hypot(x, y)), x, y, min(first.sureness, then.sureness))
