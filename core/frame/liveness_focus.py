"""The picture goes out of focus: fine detail goes, the coarse picture stays what it was."""

from __future__ import annotations

from typing import Final

import numpy as np

from core.frame.liveness_baseline import Usual
from core.frame.liveness_finding import Finding, Hold
from core.frame.liveness_view import FEWEST_CELLS, Before, History, View
from core.frame.motion import motion_between
from core.frame.structure import structure_likeness

_FOUND_AGAIN, _GOES_ON = 0.5, 0.3
"""Correlation of structure: what blur leaves of the moment before, and of one view in the next."""

_LIKE, _VERY_LIKE = 0.8, 0.95
_DIMMED: Final = 0.45
_BLURRED, _STILL_BLURRED, _CREPT = (1.55, 0.07), (1.25, 0.03), (2.2, 0.12)
"""By what factor the odds of the blur score, and by how much itself, are above what was."""

_SOME_DETAIL, _SOFTENED, _HALF, _MOST = 1.0, 0.92, 0.5, 0.8
"""Steps of detail from which a cell can lose some, and what at most is left in half of these, or
in most where the structure is another one."""


class FocusWatch:
    """Blur that comes over a view that stays the same."""

    def __init__(self) -> None:
        self._hold = Hold(0.7, 0.5)
        self._usual = 0.0
        self._sharp: View | None = None
        self._sharp_blur = 0.0
        self._newest: View | None = None
        self._just_before: View | None = None

    def look(self, view: View, history: History, usual: Usual | None) -> Finding | None:
        """Say whether the picture is out of focus now."""
        blur = view.reading.blur_score
        if self._hold.since_s is not None:
            blurred = self._stays_blurred(view, history) and self._goes_on(view, history)
            return self._finding(blurred, view, None)
        before = history.before(view.time_s)
        if before is None:
            return None
        self._usual = before.blur
        # In a view that is hardly known, a little more blur may be usual.
        limits = _BLURRED if before.is_known(view.time_s) else _CREPT
        if _is_blurred(blur, before.blur, limits) and _is_same(view, before):
            onset_s = self._onset_s(view, history)
            sharp = history.just_before(onset_s) or before.last
            if not _is_found_again(sharp, view):
                history.clear()
                return None
            self._just_before = sharp
            return self._finding(True, view, onset_s)
        return self._creeping(view, before, usual)

    def _creeping(self, view: View, before: Before, usual: Usual | None) -> Finding | None:
        """Against the sharpest this very view has been, for blur that comes slowly."""
        sharp, blur = self._sharp, view.reading.blur_score
        if sharp is None or sharp.likeness(view) < _VERY_LIKE or before.blur < self._sharp_blur:
            sharp = self._sharp = before.last
            self._sharp_blur = before.blur
        # A camera whose record is uneven has to be further off.
        far = usual.middle["blur_score"] + 4 * usual.spread["blur_score"] if usual else 0.0
        blurred = _is_blurred(blur, self._sharp_blur, _CREPT) and blur > far
        # As light fades the picture drowns in noise, which is another thing.
        contrast = max(before.spread, sharp.spread)
        if not blurred or view.spread < _DIMMED * contrast:
            return None
        if not _is_found_again(sharp, view):
            self._sharp = None
            return None
        self._usual, self._just_before = self._sharp_blur, sharp
        return self._finding(True, view, None)

    def _stays_blurred(self, view: View, history: History) -> bool:
        """Once blurred it may be a little less so, but not at the moment that it is told of."""
        is_due = self._hold.is_due(view.time_s)
        limits = _BLURRED if is_due else _STILL_BLURRED
        if is_due and self._just_before is not None and not _is_softer(self._just_before, view):
            # What was sharp has left; what it was sharp beside has always been so soft.
            self._sharp = None
            history.clear()
            return False
        return _is_blurred(view.reading.blur_score, self._usual, limits)

    def _goes_on(self, view: View, history: History) -> bool:
        """Whether it is the scene that became blurred: a camera may pan out of focus."""
        newest = self._newest
        if newest is None or self._hold.is_on:
            return newest is None or newest.likeness(view) > 0.4
        if _is_found_again(newest, view, _GOES_ON):
            return view.spread > _DIMMED * newest.spread
        # Out of focus, the scene that a cut shows is blurred as much.
        if _is_blurred(view.reading.blur_score, self._usual, _CREPT):
            self._just_before = None
            return True
        history.clear()
        return False

    def _finding(self, blurred: bool, view: View, onset_s: float | None) -> Finding | None:
        self._newest = view
        if not self._hold.update(blurred, view.time_s, onset_s=onset_s):
            return None
        assert self._hold.since_s is not None
        blur = view.reading.blur_score
        severity = min(1.0, 0.3 + 0.08 * _odds(blur) / _odds(self._usual))
        return Finding(
            self._hold.since_s, severity, {"blur_score": blur, "usual_blur_score": self._usual}
        )

    def _onset_s(self, view: View, history: History) -> float:
        for each in history.between(view.time_s - 0.5, view.time_s):
            if _is_blurred(each.reading.blur_score, self._usual, _STILL_BLURRED):
                return each.time_s
        return view.time_s


def _is_same(view: View, before: Before) -> bool:
    """Whether the coarse picture is what it was, as far as it ever stays so."""
    if view.spread < _DIMMED * before.spread:
        return False
    likeness = before.last.likeness(view)
    if likeness >= _LIKE:
        return True
    if not _is_blurred(view.reading.blur_score, before.blur, _CREPT):
        # What comes into view as a camera pans may be softer by itself.
        return False
    usual = 1.0 - before.unlikeness(view.time_s - before.last.time_s)
    return likeness >= max(0.3, usual - 0.1)


def _is_found_again(before: View, view: View, least: float = _FOUND_AGAIN) -> bool:
    """Whether what was seen a moment ago is seen, however blurred."""
    if structure_likeness(before.plane, view.plane).whole > least:
        return True
    # What is strong in the picture may be what moves; all of its places are asked alike here.
    return motion_between(before.plane, view.plane).sureness > 0


def _is_softer(before: View, view: View) -> bool:
    """Whether detail went all over: something sharp that leaves takes it away from one place."""
    if before.detail.shape != view.detail.shape:
        return True
    had = before.detail > _SOME_DETAIL
    if had.sum() < FEWEST_CELLS:
        return True
    is_alike = structure_likeness(before.plane, view.plane).whole > _FOUND_AGAIN
    left = view.detail[had] / before.detail[had]
    return float(np.quantile(left, _HALF if is_alike else _MOST)) < _SOFTENED


def _odds(blur: float) -> float:
    blur = min(0.98, max(0.05, blur))
    return blur / (1 - blur)


def _is_blurred(blur: float, usual: float, limits: tuple[float, float]) -> bool:
    factor, rise = limits
    return blur > usual + rise and _odds(blur) > factor * _odds(usual)
