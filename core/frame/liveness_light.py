"""Incidents of light and signal: black, washed out, frozen, a burst of noise."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import numpy as np

from core.frame.liveness_baseline import Usual
from core.frame.liveness_finding import Finding, Hold
from core.frame.liveness_view import HISTORY_S, Before, History, View
from core.frame.noise import noise_steps

_BLACK_MEAN, _BLACK_SPREAD = 10.0, 3.5
"""Luma steps: darker and flatter than this there is no picture."""

_NOMINAL_BLACK, _NOTHING = 17.0, 1.0
"""Nor where black of limited range, 16, is sent as such, and there is nothing else."""

_SPARKLE, _SPARKLE_SHARE, _FLAT = 5.0, 0.4, 2.0
"""Steps of detail in such a share of the cells of a picture no flatter than that: lamps or stars in
the dark. What a recorder writes into a black picture fills fewer, noise alone is flatter."""

_WHITE: Final = 243.0
_WHITE_SHARE, _BLANK_SHARE = 0.35, 0.92
"""Share of the picture that is white: after a sudden rise, and without one."""

_RISE, _FADED = 35.0, 0.62
"""Steps of mean luma, and share of the contrast that is left, of a picture washed out."""

_BRIGHT, _NO_SPREAD = 165.0, 8.0
_SAME_SCENE: Final = 0.7
_BURST_FACTOR, _BURST_STEPS = 2.2, 2.5
_GRAIN_MOVES: Final = 0.05
"""Mean change of a frame, of its noise: grain that stands still is no noise, but what a codec
had time to draw of a frame that is repeated."""

_FREEZE_HOLD_S, _FREEZE_LAG_S = 0.5, 0.5
_CHANGE_ALIVE, _STIRS, _ALONE_S = 0.3, 0.03 / 255, 0.25
"""Change of what moves, of the usual one, and at least where none is; a keyframe's comes with no
other so shortly before."""

_DOUBTED_S: Final = 12.0
"""How far back what moved last is what stopped: longer ago keyframes told, or time alone."""

_REFINED_S, _ENOUGH, _EARLIER_S, _DIM = 2.5, 8, 1.5, 0.1 / 255
"""What was usual longer ago than a codec refines a frame, of so many views; how much further back
the last one of them is looked for, where no more than so many steps were usual."""


class BlackWatch:
    """A picture that is black, its noise aside."""

    def __init__(self) -> None:
        self._hold = Hold(0.35, 0.2)

    @property
    def suspects(self) -> bool:
        """Whether it may be so, though that is not sure yet."""
        return self._hold.since_s is not None

    def look(self, view: View, usual: Usual | None) -> Finding | None:
        """Say whether it is black now."""
        is_nominal = view.spread < _NOTHING and view.noise < _NOTHING
        dark = view.mean < (_NOMINAL_BLACK if is_nominal else _BLACK_MEAN)
        if usual is not None:
            # A camera that is nearly black every night is blacker than that when it fails.
            dark &= view.mean < 0.6 * usual.middle["brightness"]
        sparkles = float((view.detail > _SPARKLE).mean()) > _SPARKLE_SHARE
        sparkles &= view.spread > _FLAT
        black = dark and view.spread < _BLACK_SPREAD and not sparkles
        if not self._hold.update(black, view.time_s) or self._hold.since_s is None:
            return None
        return Finding(self._hold.since_s, 1.0, {"brightness": view.mean})


class WhiteWatch:
    """A picture that has lost its tones to too much light, suddenly or wholly."""

    def __init__(self) -> None:
        self._hold = Hold(0.6, 0.4)
        self._before: Before | None = None

    @property
    def suspects(self) -> bool:
        """Whether it may be so, though that is not sure yet."""
        return self._hold.since_s is not None

    def look(self, view: View, history: History) -> Finding | None:
        """Say whether it is washed out now."""
        if self._hold.since_s is None:
            self._before = history.before(view.time_s)
        washed = view.mean > _BRIGHT and self._is_washed(view)
        if not self._hold.update(washed, view.time_s) or self._hold.since_s is None:
            return None
        share = _white_share(view)
        figures = {"brightness": view.mean, "white_share": share}
        return Finding(self._hold.since_s, 0.5 + 0.5 * share, figures)

    def _is_washed(self, view: View) -> bool:
        share, before = _white_share(view), self._before
        if share > _BLANK_SHARE and view.spread < _NO_SPREAD:
            return True
        if before is None or view.mean < before.mean + _RISE:
            return False
        # A cut to a bright scene shows another pattern, light on the same one keeps it.
        same = view.spread < _NO_SPREAD or before.last.likeness(view) > 0.5 or self._hold.is_on
        return same and (share > _WHITE_SHARE or view.spread < _FADED * before.spread)


class FreezeWatch:
    """A picture that stands still for longer than a moment."""

    def __init__(self) -> None:
        self._hold = Hold(_FREEZE_HOLD_S + _FREEZE_LAG_S, 0.0)
        self._onset_s = 0.0
        self._moved_s = self._stirred_s = float("-inf")

    def look(self, view: View, history: History) -> Finding | None:
        """Say whether it is frozen now; the onset is the last moment that moved."""
        self._note(view, history)
        frozen, noticed_s = view.reading.is_frozen, None
        if frozen and self._hold.since_s is None:
            usual = self._usual_before(view, history)
            noticed_s = self._last_moved_s(view, history, usual)
            self._onset_s = self._last_alive_s(view, history, usual, noticed_s)
        if not self._hold.update(frozen, view.time_s, onset_s=noticed_s):
            return None
        return Finding(self._onset_s, 0.9, {"stood_still_s": view.time_s - self._onset_s})

    def _note(self, view: View, history: History) -> None:
        """Remember when it moved last, however long ago; what comes alone is a keyframe."""
        before = history.before(view.time_s)
        usual = before.change if before is not None else 0.0
        if view.reading.change > max(_STIRS, _CHANGE_ALIVE * usual):
            if view.time_s - self._stirred_s <= _ALONE_S:
                self._moved_s = view.time_s
            self._stirred_s = view.time_s

    @staticmethod
    def _usual_before(view: View, history: History) -> float | None:
        """The change that was usual longer ago than a codec refines, where that is known."""
        older = history.between(view.time_s - HISTORY_S, view.time_s - _REFINED_S)
        if len(older) < _ENOUGH:
            return None
        return float(np.median([each.reading.change for each in older]))

    def _last_moved_s(self, view: View, history: History, usual: float | None) -> float:
        # The detector itself needs half a second or so to be sure.
        latest_s = view.time_s - _FREEZE_LAG_S
        if usual is None:
            before = history.before(view.time_s)
            usual = before.change if before is not None else 0.0
        recent = history.between(view.time_s - _REFINED_S, view.time_s)
        least = _CHANGE_ALIVE * usual
        moved = [each.time_s for each in recent if each.reading.change > least > 0]
        moved = [late for early, late in pairwise(moved) if late - early <= _ALONE_S]
        if moved:
            return min(moved[-1], latest_s)
        # A silence may have to last for seconds before it is believed.
        return self._moved_s if latest_s - _DOUBTED_S <= self._moved_s < latest_s else latest_s

    @staticmethod
    def _last_alive_s(view: View, history: History, usual: float | None, moved_s: float) -> float:
        """Of a dim scene a codec goes on for a while, ever less than it had to say of life."""
        if usual is None or not 0 < usual <= _DIM:
            return moved_s
        views = history.between(view.time_s - _REFINED_S, moved_s)
        alive = [each.time_s for each in views if each.reading.change >= usual]
        return alive[-1] if alive and alive[-1] > moved_s - _EARLIER_S else moved_s


class NoiseWatch:
    """Noise that comes suddenly, with the same view behind it."""

    def __init__(self) -> None:
        self._hold = Hold(0.4, 0.5)
        self._usual = 0.0

    def look(self, view: View, history: History, usual: Usual | None) -> Finding | None:
        """Say whether there is a burst of noise now."""
        if self._hold.since_s is None:
            before = history.before(view.time_s)
            if before is None:
                return None
            self._usual = before.noise
            if usual is not None:
                self._usual = max(self._usual, noise_steps(usual.middle["noise_level"]))
        limit = _BURST_FACTOR * self._usual + _BURST_STEPS
        # Once on, it takes a clear fall to be over.
        limit *= 0.7 if self._hold.is_on else 1.0
        noisy = view.noise > limit and 255 * view.reading.change > _GRAIN_MOVES * view.noise
        if noisy and self._hold.since_s is None:
            before = history.before(view.time_s)
            noisy = before is not None and before.last.likeness(view) > _SAME_SCENE
        if not self._hold.update(noisy, view.time_s) or self._hold.since_s is None:
            return None
        figures = {"noise_steps": view.noise, "usual_noise_steps": self._usual}
        return Finding(self._hold.since_s, min(1.0, 0.3 + view.noise / 40), figures)


def _white_share(view: View) -> float:
    return float(np.count_nonzero(view.thumb > _WHITE)) / view.thumb.size
