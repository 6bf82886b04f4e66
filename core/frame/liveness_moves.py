"""A camera that was moved: the same scene, suddenly seen from elsewhere.

A cut shows another scene, so nothing of the one is found in the other. A pan goes
on; a push ends. Whoever passes by leaves the background where it was.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from core.frame.liveness_finding import Finding
from core.frame.liveness_place import Stand, Way, left_at, stays
from core.frame.liveness_view import History, View
from core.frame.motion import SHIFT, motion_between

_LAG_S: Final = 0.3
_SETTLED_S: Final = 0.35
_LONGEST_S: Final = 2.0
_UNDER_WAY_S, _LARGER = 1.0, 2.0
"""What is so many times as large as all since a push seemed to begin, so long ago, is another."""

_SPIKE, _UNUSUAL = 0.03, 1.5
"""How unlike itself a view is over a lag, by itself and over what is usual for it, when it is
worth a look."""

_RESTLESS, _OF_PEAK, _OF_PUSH = 0.05, 0.45, 0.3
"""How unlike itself a view that goes on by itself is over a lag; what is left of a push then,
and what at most may be left of it where a view was calm."""

_LOOK_EVERY_S, _AT_REST, _SETTLED = 0.25, 0.006, 0.05
"""So often a view that has not come to rest is looked at for a push all the same; its camera
stands where it shifts by less than this over a lag, and where it has come to rest by less than
that."""

_FAR: Final = 0.06
"""Shift, as a share of the width, from which a camera was moved where the view goes on by itself:
a head that fills it goes nearly so far."""

_FASTER: Final = 2.0
"""A push is so many times as far as the pace at which the view goes on would have taken it."""

_RARELY_LIKE: Final = 0.5
"""A view that is so unlike itself as a rule is never seen to rest."""

_BACK_SHARE: Final = 0.4
"""A camera is back where what brought it there leaves no more than this share of what took it
away."""

_ALIKE: Final = 0.5
_KEPT_S: Final = 20.0
"""After so long the new view is taken for the camera's view."""


class MoveWatch:
    """Watches for a push that ends; remembers the view before it."""

    def __init__(self) -> None:
        self._began_s: float | None = None
        self._calm_since_s: float | None = None
        self._stand = Stand()
        self._way: Way | None = None
        self._earlier: View | None = None
        self._drift = self._place = (0.0, 0.0)
        self._is_under_way = self._has_left = False
        self._usual = self._peak = self._early_peak = self._looked_s = 0.0
        self._moved: Finding | None = None
        self._moved_from: View | None = None
        self._checked_s = self._rest_until_s = 0.0

    def look(self, view: View, history: History) -> Finding | None:
        """Say whether the camera stands elsewhere now than before a push."""
        if self._moved is not None and self._is_over(view):
            self._end(view)
        lagged = history.at(view.time_s - _LAG_S)
        if lagged is None or view.time_s < self._rest_until_s:
            return self._moved
        change = 1.0 - lagged.likeness(view)
        left = self._stand.left(view, lagged, is_calm=change < _SPIKE)
        if self._began_s is None or self._is_another(view, change, left):
            self._earlier = self._way.before if self._began_s is not None and self._way else None
            self._began_s = None
            self._watch_for_push(view, lagged, change, left, history)
        else:
            self._watch_for_rest(view, lagged, change, history)
        return self._moved

    def note_cut(self, view: View, history: History) -> None:
        """Take a cut for what a sudden push looks like at first.

        Parameters
        ----------
        view : View
            After the cut.
        history : History
            Before it.
        """
        last, before = history.at(view.time_s), history.before(view.time_s)
        if view.time_s < self._rest_until_s:
            return
        if last is None or before is None or not before.is_known(view.time_s):
            return
        since_s = np.inf if self._began_s is None else view.time_s - self._began_s
        if since_s > _UNDER_WAY_S:
            self._usual = before.unlikeness(_LAG_S)
            self._begin(last, view, 1.0)
        # A leap to nowhere leads to another scene.
        self._has_left = False
        # What moves by itself has not yet moved on from one picture to the next.
        assert self._way is not None
        self._way.leap(last, view)

    def _end(self, view: View) -> None:
        """Take the camera for back, or for at home."""
        self._moved = self._moved_from = self._began_s = None
        # Its way back is no push of its own.
        self._rest_until_s = view.time_s + 2 * _LAG_S

    def _begin(self, before: View, view: View, change: float) -> None:
        """Take something for the beginning of a push."""
        self._began_s, self._calm_since_s = before.time_s, None
        self._peak = self._early_peak = change
        self._looked_s, self._drift = view.time_s, (0.0, 0.0)
        self._way, self._has_left = Way(before), False

    def _is_another(self, view: View, change: float, left: View | None) -> bool:
        """Whether another push begins than the one that seemed to."""
        assert self._began_s is not None
        if left is not None and left.time_s - self._began_s > _UNDER_WAY_S:
            return True
        is_later = view.time_s - self._began_s > _UNDER_WAY_S
        return is_later and change > _LARGER * self._early_peak

    def _watch_for_push(
        self, view: View, lagged: View, change: float, left: View | None, history: History
    ) -> None:
        before = history.before(view.time_s)
        if change < _SPIKE or before is None or not before.is_known(view.time_s):
            return
        self._usual = before.unlikeness(_LAG_S)
        if left is None and change < _UNUSUAL * self._usual:
            return
        lagged = left or lagged
        self._begin(lagged, view, change)
        self._has_left = left is not None
        # What the view did by itself is what it would have gone on doing.
        older = history.at(lagged.time_s - 0.6)
        if older is not None and self._usual > 0.01:
            motion = motion_between(older.plane, lagged.plane)
            if motion.sureness > 0:
                step_s = lagged.time_s - older.time_s
                self._drift = (motion.x / step_s, motion.y / step_s)

    def _watch_for_rest(self, view: View, lagged: View, change: float, history: History) -> None:
        assert self._began_s is not None
        self._peak = max(self._peak, change)
        if view.time_s - self._began_s <= _UNDER_WAY_S:
            self._early_peak = self._peak
        # A view that goes on by itself rests where the push is over, not where nothing moves.
        left = (_OF_PEAK if self._usual > _RESTLESS else _OF_PUSH) * self._peak
        rest = max(_SPIKE, left)
        if change > max(rest, 1.6 * self._usual):
            self._calm_since_s = None
        elif self._calm_since_s is None:
            self._calm_since_s = view.time_s
        if self._calm_since_s is not None and view.time_s - self._calm_since_s >= _SETTLED_S:
            self._calm_since_s = view.time_s
            if self._judge(view, history, lagged, is_calm=True) or not self._is_under_way:
                self._began_s = None
        elif view.time_s - self._looked_s >= _LOOK_EVERY_S:
            # Before something that goes on moving only the camera itself can come to rest.
            self._looked_s = view.time_s
            if self._judge(view, history, lagged, is_calm=False):
                self._began_s = None
        if self._began_s is not None:
            # What was on its way before is no push, however long it is waited for.
            is_slow = self._is_under_way and self._usual <= _RESTLESS
            longest_s = _LONGEST_S * (2 if is_slow else 1)
            if view.time_s - self._began_s > longest_s:
                self._began_s = None

    def _judge(self, view: View, history: History, lagged: View, *, is_calm: bool) -> bool:
        """Say whether the camera was moved since the push began, and now stands."""
        assert self._way is not None and self._began_s is not None
        before = self._way.before
        self._is_under_way = False
        if self._moved_from is not None and stays(self._moved_from, view):
            self._end(view)
            return True
        if self._earlier is not None and stays(self._earlier, view):
            # What came into view meanwhile has moved, not the camera.
            return False
        motion = self._way.to(view, lagged)
        # A camera that left its place stands somewhere, though passers hide where for now.
        self._is_under_way = self._has_left and motion.sureness == 0
        gone_s = view.time_s - before.time_s
        drift = float(np.hypot(*self._drift)) * gone_s
        apart = float(
            np.hypot(motion.x - self._drift[0] * gone_s, motion.y - self._drift[1] * gone_s)
        )
        # What turns or zooms has not drifted.
        turned = max(0.0, motion.shift**2 - motion.x**2 - motion.y**2)
        own = float(np.hypot(apart, np.sqrt(turned)))
        least = SHIFT if self._usual <= _RESTLESS else _FAR
        if motion.shift <= least or own <= least + 0.6 * drift:
            return False
        self._is_under_way = not self._stands(lagged, view, motion.shift, gone_s, is_calm=is_calm)
        if self._is_under_way:
            return False
        if self._moved is not None:
            self._place = self._place[0] + motion.x, self._place[1] + motion.y
            if np.hypot(*self._place) < _BACK_SHARE * np.hypot(motion.x, motion.y):
                self._end(view)
                return True
        else:
            self._place = motion.x, motion.y
        self._moved_from = self._moved_from or before
        views = history.between(self._began_s, view.time_s)
        onset_s = left_at(before, [*views, view]).time_s
        self._moved = Finding(
            onset_s if self._moved is None else self._moved.onset_s,
            min(1.0, 0.4 + 2 * own),
            {"shift_percent": 100 * own, "sureness": motion.sureness},
        )
        self._checked_s = view.time_s
        return True

    def _stands(
        self, lagged: View, view: View, shift: float, gone_s: float, *, is_calm: bool
    ) -> bool:
        """Whether the camera does not move now, or no more than it did before."""
        step, lag_s = motion_between(lagged.plane, view.plane), view.time_s - lagged.time_s
        if step.sureness == 0:
            return is_calm and self._usual < _RARELY_LIKE
        drifted = np.hypot(step.x - self._drift[0] * lag_s, step.y - self._drift[1] * lag_s)
        apart = min(float(drifted), float(np.hypot(step.x, step.y)))
        # What goes on at the pace at which it came is a pan.
        pace = float(np.hypot(step.x, step.y)) / lag_s
        return apart < (_SETTLED if is_calm else _AT_REST) and shift > _FASTER * pace * gone_s

    def _is_over(self, view: View) -> bool:
        """Whether the camera is back, or has stood there long enough to belong there."""
        assert self._moved is not None
        if view.time_s - self._moved.onset_s > _KEPT_S:
            return True
        if self._moved_from is None or view.time_s - self._checked_s < 1.0:
            return False
        self._checked_s = view.time_s
        return self._moved_from.likeness(view) > _ALIKE and stays(self._moved_from, view)
