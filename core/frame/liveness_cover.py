"""Something covers the lens: the fine detail is gone and so are the tones behind it.

What is not covered stays, or moves on as a camera pans.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.frame.liveness_finding import Finding, Hold
from core.frame.liveness_hidden import FLATTEST, SAME_STEPS, UNCOVERED_SHARE, hidden_by, keeps_tones
from core.frame.liveness_seen import SeenViews
from core.frame.liveness_view import HISTORY_S, History, View, cell_means
from core.frame.motion import SHIFT, motion_between, shown_in_place
from core.frame.registration import evened
from core.frame.structure import strange_shares, structure_likeness

_COVERED_SHARE: Final = 0.45

_SUDDEN_S: Final = 1.0

_STEADY: Final = 0.7
"""How far the covered cells have to stay the same ones: who passes by moves on."""

_SHOWN_STILL, _MOVED_ON = 0.1, 0.5
"""Where so much of the picture shows something, and more than this of it what was there right
before, if at another place, the rest goes on beside a cover."""

_STRANGE, _BESIDE, _STRANGE_BESIDE = 0.35, 0.255, 0.75
"""Where so much of the picture shows what was not there before it is another scene and no lid; or
where so much of it shows something beside what seems hidden, and most of that something else."""

_FEWEST_BESIDE, _GONE_BESIDE = 15, 0.2
"""Or where so many parts beside what seems hidden show something, however faint, and hardly any of
them what was there."""

_FAINT_LIGHT, _LIGHT_OF_IT = 1.0, 0.5
"""Steps of contrast, and how like the scene before, of light that a hand lets through."""


class CoverWatch:
    """Something that covers most of the view and stays.

    Parameters
    ----------
    seen : SeenViews
        What the camera has shown before; it is added to.
    """

    def __init__(self, seen: SeenViews) -> None:
        self._hold = Hold(1.1, 0.4)
        self._clear: View | None = None
        self._last_clear: View | None = None
        self._is_strange = False
        self._covered: list[tuple[float, NDArray[np.bool_]]] = []
        self._lid: tuple[NDArray[np.bool_], NDArray[np.float32]] | None = None
        self._seen = seen

    @property
    def suspects(self) -> bool:
        """Whether it may be so, though that is not sure yet."""
        return self._hold.since_s is not None

    def lets_through(self, view: View) -> bool:
        """Whether what may cover the lens lets some light of the scene before through."""
        if not self.suspects or self._last_clear is None or view.spread <= _FAINT_LIGHT:
            return False
        return self._last_clear.likeness(view) > _LIGHT_OF_IT

    def look(self, view: View, history: History) -> Finding | None:
        """Say whether the lens is covered now."""
        if self._hold.since_s is None:
            self._clear = self._clear_view(view, history)
            self._covered.clear()
        clear = self._clear
        if clear is None or clear.detail.shape != view.detail.shape:
            self._hold.reset()
            return None
        share, lost, rest_is_same = hidden_by(view, clear)
        limit = UNCOVERED_SHARE if self._hold.is_on else _COVERED_SHARE
        covered = share >= limit and (rest_is_same or self._lid_stays(view))
        onset_s = None
        if share >= limit and self._hold.since_s is None:
            onset_s = self._onset_s(view, clear, history)
            is_known = history.before(view.time_s) is not None
            last = history.just_before(onset_s) if is_known else None
            self._last_clear = last or clear
            rest = structure_likeness(self._last_clear.plane, view.plane)
            # As a camera pans the rest moves on a little, all at once.
            covered |= rest.shown > _SHOWN_STILL and rest.again > _MOVED_ON
            self._is_strange = _is_strange(self._last_clear, view, lost)
            self._lid = lost, cell_means(view.thumb)
        if covered and not self._hold.is_on and self._is_blur(view, share):
            self._hold.reset()
            return None
        if covered and not self._hold.is_on:
            self._covered.append((view.time_s, lost))
            while self._covered[0][0] < view.time_s - 0.6:
                self._covered.pop(0)
            first = self._covered[0][1]
            same = float((first & lost).sum()) / max(1.0, float((first | lost).sum()))
            since_s = self._hold.since_s
            # What moves across is not a cover; it may still become one.
            if same < _STEADY and since_s is not None and view.time_s - since_s > _SUDDEN_S:
                self._hold.reset()
                return None
        if self._hold.since_s is None and not covered:
            self._seen.note(view)
        was_on = self._hold.is_on
        if not self._hold.update(covered, view.time_s, onset_s=onset_s):
            return None
        if not was_on and self._is_another_scene(view, clear, lost):
            # What was before it is nothing that could be hidden now.
            self._hold.reset()
            self._clear = None
            history.clear()
            return None
        if not was_on and (
            self._is_elsewhere(view, clear) or self._seen.showed_no_more(view, lost)
        ):
            self._hold.reset()
            return None
        if not was_on:
            self._lid = lost, cell_means(view.thumb)
        assert self._hold.since_s is not None
        return Finding(self._hold.since_s, min(1.0, share), {"covered_share": share})

    def _lid_stays(self, view: View) -> bool:
        """Whether it still hides what it hid, though the rest moves on as a camera pans."""
        if self._hold.since_s is None or self._lid is None:
            return False
        lost, tones = self._lid
        same = np.abs(cell_means(view.thumb) - tones) < SAME_STEPS
        return float((lost & same & (view.detail < FLATTEST)).sum()) > _STEADY * float(lost.sum())

    def _clear_view(self, view: View, history: History) -> View | None:
        """What there is to hide; right after a cut the view before it, as a lid comes like one."""
        before = history.before(view.time_s)
        if before is not None:
            return before.typical
        kept = self._clear
        return kept if kept is not None and view.time_s - kept.time_s < HISTORY_S else None

    def _is_blur(self, view: View, share: float) -> bool:
        """Whether the tones are still those of the moment before: a scene may move meanwhile."""
        last = self._last_clear
        return last is not None and keeps_tones(view, last, share)

    def _is_another_scene(self, view: View, clear: View, lost: NDArray[np.bool_]) -> bool:
        # As a camera pans the rest becomes another one as well, but not at once.
        return self._is_strange and _is_strange(self._last_clear or clear, view, lost)

    def _is_elsewhere(self, view: View, clear: View) -> bool:
        """Whether nothing is hidden that was seen right before, or it is seen from elsewhere."""
        last = self._last_clear or clear
        if hidden_by(view, last).share < UNCOVERED_SHARE:
            return True
        motions = [motion_between(each.plane, view.plane) for each in (clear, last)]
        return any(motion.shift > SHIFT for motion in motions)

    @staticmethod
    def _onset_s(view: View, clear: View, history: History) -> float:
        """When the first quarter was hidden."""
        for each in history.between(view.time_s - 0.8, view.time_s):
            if hidden_by(each, clear).share >= 0.25:
                return each.time_s
        return view.time_s


def _is_strange(before: View, view: View, lost: NDArray[np.bool_]) -> bool:
    """Whether what is seen now is not what was seen before either."""
    (_, anywhere), (shown, strange) = strange_shares(
        before.plane, view.plane, np.ones_like(lost), ~lost
    )
    if anywhere > _STRANGE or (shown > _BESIDE and strange > _STRANGE_BESIDE * shown):
        return True
    cells, in_place = shown_in_place(evened(before.plane), evened(view.plane), ~lost)
    return cells >= _FEWEST_BESIDE and in_place < _GONE_BESIDE
