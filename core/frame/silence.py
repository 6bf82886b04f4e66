"""Silence: how long a source says nothing new until that is no longer a still scene.

How much silence it takes depends on how lively the source was right before: a crowd that
falls silent for a third of a second has stopped; a night scene whose noise the codec hardly
lets through has to be silent for longer; and where silence begins with a keyframe, or nothing
was ever heard, or what was lively has left, the codec may have wiped away all there was, so
that only time tells, or what keyframes bring (``core.frame.redraws``).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from itertools import pairwise
from statistics import median_high
from typing import Final

from core.frame.ranks import lower_quantile
from core.frame.redraws import RedrawWatch

SILENT, NEARLY_SILENT = 0.0007, 0.003
"""Mean absolute change, luma steps a pixel, up to which a frame says nothing new; the second
after a lively time, when a codec may still be refining."""

WINDOW_S: Final = 0.4
"""Stretch of frames that has to be silent after a lively time."""

LEAST_S: Final = 0.25
_FEW: Final = 3
"""The silent frames of the window span at least this, unless there are only few."""

QUIET_S, UNHEARD_S, ERASED_S = 0.35, 8.0, 30.0
"""How much longer it has to last where the codec let little through before, where it may have
let through nothing since the first frame, and where it may have wiped the noise of a live scene
away."""

RELEASE_S: Final = 0.25
"""Stretch of frames that has to be lively for a freeze to be over."""

_LIFE_S, _LIFE_QUANTILE, _SILENT_OF_LIFE = 2.0, 0.6, 0.01
_REFINED, _REFINED_OF_LIFE = 0.01, 0.02
"""What a codec may still say of a repeated frame that is known to be one: so many steps, at most
such a share of life."""

_LIVELY, _QUIET = 0.03, 0.005
"""Steps a pixel before the silence: noise that comes through, and noise of which now and then
a block comes through."""

_SILENT_SHARE: Final = 0.7
_ALIKE, _FLIPPED, _FLIPPED_OF_LIFE = 1e-3, 0.1, 0.02
"""A codec may go on flipping the same few pixels: changes that equal the one before to this
share say nothing new either, up to so many steps and such a share of life."""

_REDRAWN, _REDRAWN_FACTOR, _AT_ONCE, _STILL, _BEFORE_S = 0.2, 20.0, 0.1, 0.05, 0.2
"""A keyframe draws a still picture anew: so many steps, so many times what was before, and hardly
any in the frames beside it. Silence that only such a frame brought, so many seconds ago at most,
proves nothing."""

_DYING_SHARE: Final = 0.2
"""Of a repeated frame a codec says less and less: the later half of its refinements over the
earlier one. What it says of a live scene does not grow less."""

_MUCH, _STOPPED = 0.3, 0.05
"""Two frames of so many steps, and all but one after them under such a share: what moved has
stopped."""

_REDRAWN_S, _REDRAWN_SHARE, _REDRAWN_OF_LIFE = 0.5, 0.1, 0.3
"""More than this share of frames (and more than one) in half a second that change after a
silent one, by such a share of life: no keyframes come so often, that is a slow camera, its frames
shown several times."""

_ANOTHER_PICTURE: Final = 4.0
"""Steps a pixel that no keyframe redraws the same picture by."""

_LASTING_SHARE, _DRAWN_S = 0.35, 0.25
"""Of what comes after a cut, less than such a share comes in the later half where a new scene is
drawn; what comes for no longer than this may be all the drawing of it."""


class SilenceWatch:
    """Listens for silence, and then for life; one a source.

    Parameters
    ----------
    doubt_s : callable
        How much longer silence has to last where what was heard last is such that a still
        scene may follow it, s; else 0.
    """

    def __init__(self, doubt_s: Callable[[], float]) -> None:
        self._doubt_s = doubt_s
        self._changes: deque[tuple[float, float]] = deque()
        self._redraws = RedrawWatch()
        self._cut_s = self._broken_s = float("-inf")
        self._silent_since_s: float | None = None
        self._limit = self._life_limit = self._redrawn_limit = SILENT
        self._flip_limit = _LIVELY
        self._hold_s = 0.0
        self._was_heard = self._is_predicted = self._is_frozen = False

    def note_cut(self, time_s: float) -> None:
        """Take the next frame for the first one of another scene."""
        self._cut_s = time_s

    def look(self, change: float, time_s: float, *, is_predicted: bool) -> bool:
        """Take the next frame and say whether the source is frozen.

        Parameters
        ----------
        change : float
            Mean absolute change from the frame before, full-range luma steps a pixel.
        time_s : float
            Media time, s; rising.
        is_predicted : bool
            See ``core.frame.freeze.FreezeDetector.update``.

        Returns
        -------
        bool
        """
        self._is_predicted = is_predicted
        self._changes.append((time_s, change))
        self._was_heard |= change > 0
        while self._changes[0][0] < time_s - _LIFE_S - 1e-6:
            self._changes.popleft()
        self._redraws.note(time_s, change, is_redraw=self._is_keyframe(time_s, change))
        if self._is_frozen:
            self._listen_for_life(time_s)
        else:
            self._listen_for_silence(time_s)
        return self._is_frozen

    def _listen_for_silence(self, time_s: float) -> None:
        start_s = time_s - WINDOW_S
        recent = [c for t, c in self._changes if t > start_s + 1e-6]
        if self._changes[0][0] > start_s + 0.15 * WINDOW_S or len(recent) < 2:
            return
        earlier = [c for t, c in self._changes if t <= start_s + 1e-6]
        if self._silent_since_s is None:
            life = lower_quantile(earlier, _LIFE_QUANTILE) if earlier else 0.0
            self._limit = min(NEARLY_SILENT, max(SILENT, _SILENT_OF_LIFE * life))
            self._life_limit = min(_REFINED, max(self._limit, _REFINED_OF_LIFE * life))
            self._flip_limit = min(_FLIPPED, max(_LIVELY, _FLIPPED_OF_LIFE * life))
            self._redrawn_limit = max(10 * self._limit, _REDRAWN_OF_LIFE * life)
        silent = self._silent(recent, earlier[-1] if earlier else -1.0)
        if (
            sum(silent) < _SILENT_SHARE * len(silent)
            or self._is_redrawn(time_s)
            or self._redraws.come_evenly(time_s)
        ):
            if self._silent_since_s is not None:
                self._broken_s, self._silent_since_s = time_s, None
            return
        # Where frames come unevenly, a burst of copies is many frames but little time.
        times = [t for t, _ in self._changes if t > start_s + 1e-6]
        if len(times) > _FEW and time_s - times[silent.index(True)] < LEAST_S:
            return
        if self._silent_since_s is None:
            self._silent_since_s = time_s
            hold_s = self._hold(life, time_s)
            is_same = time_s - self._broken_s < WINDOW_S  # broken for a moment only
            self._hold_s = max(self._hold_s, hold_s) if is_same else hold_s
        self._is_frozen = silent[-1] and time_s - self._silent_since_s >= self._hold_s - 1e-6

    def _hold(self, life: float, time_s: float) -> float:
        """How much longer a silence has to last, after what was heard before it."""
        if not self._was_heard:
            return UNHEARD_S if self._is_predicted else QUIET_S
        if self._is_predicted and self._was_only_cut_to(time_s - WINDOW_S):
            return UNHEARD_S
        if life < _QUIET:
            return QUIET_S if self._redraws.one_is_missing() else ERASED_S
        if self._is_predicted and (wait_s := self._doubt_s()):
            return wait_s
        for t, change in self._changes:
            if t <= time_s - WINDOW_S - _BEFORE_S or not self._is_keyframe(t, change):
                continue
            if not self._was_dying_away(self.right_before(t)) and not self._had_stopped(t):
                return ERASED_S
        return 0.0 if life >= _LIVELY else QUIET_S

    def _was_only_cut_to(self, end_s: float) -> bool:
        """Whether nothing was heard of a scene since a cut to it, but how it was drawn."""
        if self._cut_s < self._changes[0][0]:
            return False
        since = [c for t, c in self._changes if self._cut_s < t <= end_s]
        half = len(since) // 2
        if not half or end_s - self._cut_s <= _DRAWN_S:
            return True
        lasts = sum(since[half:]) > _LASTING_SHARE * sum(since[:half])
        return not (lasts and median_high(since) >= _LIVELY)

    def right_before(self, time_s: float) -> list[float]:
        """Changes of the window before a time."""
        return [c for t, c in self._changes if time_s - WINDOW_S - 1e-6 <= t < time_s]

    def _is_keyframe(self, time_s: float, change: float) -> bool:
        """Whether a change is that of a keyframe which draws a still picture anew, at once."""
        before = self.right_before(time_s)
        after = next((c for t, c in self._changes if t > time_s), 0.0)
        if change <= _REDRAWN or not before or max(before[-1], after) > _AT_ONCE * change:
            return False
        usual = median_high(before)
        return usual < _STILL and change > _REDRAWN_FACTOR * usual

    def _was_dying_away(self, changes: list[float]) -> bool:
        """Whether a source had fallen silent, or was about to, when a keyframe came."""
        silent = self._silent(changes)
        if sum(silent) >= _SILENT_SHARE * len(silent):
            return True
        half = len(changes) // 2
        return all(silent[-3:]) and sum(changes[half:]) < _DYING_SHARE * sum(changes[:half])

    def _had_stopped(self, time_s: float) -> bool:
        """Whether much that went on had stopped at once before a keyframe: who leaves, fades."""
        changes = [c for t, c in self._changes if t < time_s]
        lively = [min(pair) for pair in pairwise(changes)]
        return any(
            least > _MUCH and max(changes[index + 3 :], default=least) < _STOPPED * least
            for index, least in enumerate(lively)
        )

    def _silent(
        self, changes: list[float], before: float = -1.0, limit: float | None = None
    ) -> list[bool]:
        """Which frames say nothing new; ``before`` is the change right before them, if known."""
        limit = self._limit if limit is None else limit
        alike = [
            abs(after - before) <= _ALIKE * after < _ALIKE * self._flip_limit
            for before, after in pairwise([before, *changes])
        ]
        return [c <= limit or same for c, same in zip(changes, alike, strict=True)]

    def _listen_for_life(self, time_s: float) -> None:
        recent = [c for t, c in self._changes if t > time_s - RELEASE_S - 1e-6]
        heard = sum(not silent for silent in self._silent(recent, limit=self._life_limit))
        if (
            recent[-1] >= _ANOTHER_PICTURE
            or (heard >= 2 and 2 * heard > len(recent))
            or self._is_redrawn(time_s)
        ):
            self._is_frozen, self._silent_since_s = False, None
            self._changes.clear()

    def _is_redrawn(self, time_s: float) -> bool:
        """Whether silence is broken more often than keyframes would."""
        changes = [c for t, c in self._changes if t > time_s - _REDRAWN_S - 1e-6]
        redrawn = sum(
            before <= self._limit and after > self._redrawn_limit
            for before, after in pairwise(changes)
        )
        return redrawn > max(1.0, _REDRAWN_SHARE * len(changes))
