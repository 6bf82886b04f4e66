"""Freeze: a picture that has stood still, codec noise aside, for a while of media time.

A live sensor never repeats itself: even a still scene differs from frame to
frame by its noise. Of a repeated frame a codec has ever less to say: for some
frames it refines what it sent, then the decoded frames are exact copies, but
for a keyframe now and then. Of a live scene it always has something new to
say, though at a low rate that may be a few blocks a second.

So a freeze is silence (``core.frame.silence``). A codec that goes on refining is not silent
for seconds: where the change fell between two frames, ``core.frame.residue`` tells what is
left of it from life. And where keyframes come so often that it never is, most of what was
said before is gone all the same (``core.frame.collapse``).

None of it proves anything where a still scene falls silent by itself: because what was
lively has left it (``core.frame.visits``), or because it has done so before.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from core.frame.collapse import CollapseWatch
from core.frame.cuts import is_cut
from core.frame.residue import ResidueWatch
from core.frame.silence import ERASED_S, UNHEARD_S, SilenceWatch
from core.frame.visits import VisitWatch

_FORGET_S: Final = 5.0
"""After a longer gap the frames before say nothing of those after."""

_WOKE_S, _WAKING_S = 0.6, 0.7
"""When a freeze is over, what came since so long before is judged, after such a while."""


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
        self._silence = SilenceWatch(self._doubt_s)
        self._visits = VisitWatch()
        self._forget_life()
        self._falls_silent = self._has_stopped = self._is_frozen = False
        self._woke_s: float | None = None

    def update(
        self,
        plane: NDArray[np.uint8],
        time_s: float,
        gain: float = 1.0,
        *,
        is_predicted: bool = False,
    ) -> bool:
        """Take the next frame and say whether the source is frozen.

        Parameters
        ----------
        plane : (H, W) uint8 array
            Luma at a fixed size of some 640 px or more; it is kept for a while and must
            not be written to.
        time_s : float
            Media time, s; going back in it, or far ahead, starts anew.
        gain : float
            Full-range luma steps to one step of the plane.
        is_predicted : bool
            Whether frames may come from a codec that predicts one from another, and so
            can make exact copies of a live scene.

        Returns
        -------
        bool
        """
        before, self._before = self._before, plane
        elapsed_s = time_s - self._time_s
        if before is None or before.shape != plane.shape or elapsed_s < 0 or elapsed_s > _FORGET_S:
            kept = self._before
            self.reset()
            self._before, self._time_s = kept, time_s
            return False
        self._time_s = time_s
        difference: NDArray[np.uint8] = np.asarray(cv2.absdiff(plane, before), np.uint8)
        change = cv2.norm(difference, cv2.NORM_L1) / plane.size * gain
        if is_cut(before, plane, change, self._silence.right_before(time_s)):
            # What was lively before it says nothing of a scene that may be still.
            self._silence.note_cut(time_s)
            self._forget_life()
            self._falls_silent, self._woke_s = False, None
        self._visits.note(difference, change / gain, time_s)
        is_silent = self._silence.look(change, time_s, is_predicted=is_predicted)
        has_collapsed = self._collapse.look(change, time_s)
        has_stopped = self._residue.look(plane, change, time_s) or has_collapsed
        if has_stopped and not self._has_stopped and is_predicted and self._doubt_s():
            self._forget_life()
            has_stopped = False
        self._has_stopped = has_stopped
        self._learn(is_silent or has_stopped, time_s)
        return self._is_frozen

    def _forget_life(self) -> None:
        self._residue, self._collapse = ResidueWatch(), CollapseWatch()

    def _doubt_s(self) -> float:
        """How much longer silence has to last where a still scene may follow what was seen."""
        if self._visits.has_left() or self._visits.has_slowed_down():
            return ERASED_S
        return UNHEARD_S if self._falls_silent else 0.0

    def _learn(self, is_frozen: bool, time_s: float) -> None:
        """Learn from how a freeze ends whether it was one."""
        if self._is_frozen and not is_frozen:
            self._woke_s = time_s
        if self._woke_s is not None and time_s >= self._woke_s + _WAKING_S:
            self._falls_silent |= self._visits.came_gently(self._woke_s - _WOKE_S)
            self._woke_s = None
        self._is_frozen = is_frozen
