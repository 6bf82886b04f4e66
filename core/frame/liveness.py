"""Incidents of one source: freeze, black, washed out, covered, defocused, moved, noise, stutter.

Each kind has a watch of its own; all look at the same few figures of a picture.
What is said here is which of them counts: behind a cover nothing can be out of focus.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.frame.cuts import CUT, is_another_scene
from core.frame.liveness_baseline import CameraBaseline
from core.frame.liveness_cover import CoverWatch
from core.frame.liveness_finding import Finding
from core.frame.liveness_focus import FocusWatch
from core.frame.liveness_light import BlackWatch, FreezeWatch, NoiseWatch, WhiteWatch
from core.frame.liveness_moves import MoveWatch
from core.frame.liveness_seen import SeenViews
from core.frame.liveness_stutter import StutterWatch
from core.frame.liveness_view import History, View, view_of
from core.incidents import Incident, IncidentEvent, IncidentKind
from core.types import QualityReading

_BLIND: Final[tuple[IncidentKind, ...]] = ("black", "washed_out", "covered")
"""Kinds that leave nothing else to be seen; an earlier one hides a later."""

_TAKE_LIFE: Final[tuple[IncidentKind, ...]] = ("defocused", "moved")
_TOGETHER_S: Final = 1.0
"""A blur takes noise away, a push brings what may be still: a freeze that begins within this time
of either is not told while they hold."""

_CUT_LIKENESS, _CUT_SPREAD = 0.5, 4.0
"""Two pictures in a row that are less alike, and the later not flat, are of two scenes."""

Findings = dict[IncidentKind, Finding]

_LOOK_EVERY_S: Final = 0.045
"""Nothing here needs every frame of a fast source, stutter apart."""

_LEARN_EVERY_S: Final = 1.0
_FORGET_S: Final = 5.0


class LivenessMonitor:
    """Watches one source for incidents; one a source.

    Parameters
    ----------
    baseline : CameraBaseline, optional
        What is usual for this camera; absolute limits hold until it is known.
        It goes on learning from undisturbed moments.
    """

    def __init__(self, baseline: CameraBaseline | None = None) -> None:
        self.baseline = baseline or CameraBaseline()
        self._open: dict[IncidentKind, Incident] = {}
        self._last_s: float | None = None
        self._newest_s = float("-inf")
        self._learnt_s = float("-inf")
        self._stutter = StutterWatch()
        self._luma: NDArray[np.uint8] | None = None
        self._seen = SeenViews()
        self._start()

    def _start(self) -> None:
        self._history = History()
        self._newest: View | None = None
        self._black, self._white = BlackWatch(), WhiteWatch()
        self._cover, self._focus = CoverWatch(self._seen), FocusWatch()
        self._freeze, self._noise = FreezeWatch(), NoiseWatch()
        self._moves = MoveWatch()

    @property
    def open(self) -> tuple[Incident, ...]:
        """Incidents that hold now, the gravest first."""
        if not self._open:
            return ()
        return tuple(sorted(self._open.values(), key=lambda each: -each.severity))

    def update(
        self,
        reading: QualityReading,
        luma: NDArray[np.uint8],
        time_s: float,
        *,
        limited_range: bool = False,
        stage_ms: Mapping[str, float] | None = None,
    ) -> list[IncidentEvent]:
        """Take the next frame.

        Parameters
        ----------
        reading : QualityReading
            Of the frame.
        luma : (H, W) uint8 array
            Luma, some 320 to 640 px across, as ``QualityMeter.plane`` holds it; it is
            kept for a few seconds and must not be written to.
        time_s : float
            Media time, s.
        limited_range : bool
            True where black is 16 and white 235.
        stage_ms : mapping of str to float, optional
            Time by stage, ms, for live sources: it tells a slow machine from a slow camera.

        Returns
        -------
        list of IncidentEvent
            What opened or closed with this frame; mostly empty.
        """
        if min(luma.shape) < 16:
            return []
        elapsed_s = 0.0 if self._last_s is None else time_s - self._last_s
        self._last_s = time_s
        events: list[IncidentEvent] = []
        if elapsed_s < 0:
            events = self.finish()
            self._start()
        is_cut = 255 * reading.change > CUT and self._shows_another_scene(luma)
        self._luma = luma
        late = self._stutter.look(reading, time_s, stage_ms, is_another_scene=is_cut)
        if 0 <= time_s - self._newest_s < _LOOK_EVERY_S:
            return events
        view = view_of(reading, luma, time_s, limited_range=limited_range)
        found = self._look(view, late)
        events += self._settle(found, view)
        self._remember(view, found)
        return events

    def finish(self) -> list[IncidentEvent]:
        """Close what is open, as at the end of the source."""
        closed = [IncidentEvent("closed", incident) for incident in self.open]
        self._open.clear()
        return closed

    def _look(self, view: View, late: Finding | None) -> Findings:
        usual = self.baseline.usual(view.mean)
        history = self._history
        if view.time_s - self._newest_s > _FORGET_S and not self._open:
            history.clear()
        looks: dict[IncidentKind, Finding | None] = {
            "stutter": late,
            "freeze": self._freeze.look(view, history),
            "black": self._black.look(view, usual),
            "washed_out": self._white.look(view, history),
            "covered": self._cover.look(view, history),
        }
        found = {kind: finding for kind, finding in looks.items() if finding is not None}
        if any(kind in self._open and kind not in found for kind in _BLIND):
            # What was seen while nothing could be seen is nothing to compare with.
            self._start()
            return {}
        if "black" not in self._open and self._cover.lets_through(view):
            # A hand before a dim scene leaves little light, but some; a lost signal none.
            found.pop("black", None)
        for kind in _BLIND:
            if kind in found:
                return {kind: found[kind]}
        if "freeze" in self._open and "freeze" not in found:
            # The scene went on meanwhile: its jump is no push of the camera.
            history.clear()
            self._moves = MoveWatch()
        more: dict[IncidentKind, Finding | None] = {
            "defocused": self._focus.look(view, history, usual),
            "noise_burst": self._noise.look(view, history, usual),
            "moved": self._moves.look(view, history),
        }
        found |= {kind: finding for kind, finding in more.items() if finding is not None}
        if "moved" in found and "moved" not in self._open and self._cover.suspects:
            # A scene that is seen from elsewhere is not hidden.
            self._cover = CoverWatch(self._seen)
            history.clear()
        if "freeze" in found and "freeze" not in self._open and self._came_with(found):
            del found["freeze"]
        if "freeze" in found:
            found.pop("stutter", None)
        if "noise_burst" in found and "defocused" not in self._open:
            # Detail that drowns in noise is not out of focus.
            found.pop("defocused", None)
        if self._black.suspects or self._white.suspects or self._cover.suspects:
            # A picture with nothing in it repeats itself and has no detail either.
            found = {kind: each for kind, each in found.items() if kind in self._open}
        return found

    @staticmethod
    def _came_with(found: Findings) -> bool:
        """Whether a freeze came with a blur or a push: both take away what was lively before."""
        onset_s = found["freeze"].onset_s
        others = [found[kind].onset_s for kind in _TAKE_LIFE if kind in found]
        return any(abs(onset_s - other_s) <= _TOGETHER_S for other_s in others)

    def _settle(self, found: Findings, view: View) -> list[IncidentEvent]:
        events = []
        for over in [each for each in self._open if each not in found]:
            events.append(IncidentEvent("closed", self._open.pop(over)))
        for kind, finding in found.items():
            before = self._open.get(kind)
            incident = Incident(
                kind,
                finding.onset_s,
                view.time_s,
                finding.severity if before is None else max(before.severity, finding.severity),
                finding.evidence,
            )
            if before is not None and before.onset_s != finding.onset_s:
                events.append(IncidentEvent("closed", before))
            self._open[kind] = incident
            if before is None or before.onset_s != finding.onset_s:
                events.append(IncidentEvent("opened", incident))
        return events

    def _shows_another_scene(self, luma: NDArray[np.uint8]) -> bool:
        before = self._luma
        return before is not None and before.shape == luma.shape and is_another_scene(before, luma)

    def _is_cut(self, view: View) -> bool:
        last = self._newest
        if last is None or view.spread < _CUT_SPREAD:
            return False
        return last.likeness(view) < _CUT_LIKENESS

    def _remember(self, view: View, found: Findings) -> None:
        self._newest_s = view.time_s
        if not any(kind in _BLIND for kind in found):
            if self._is_cut(view):
                # What was before a cut is nothing to compare with, unless it was a push.
                self._moves.note_cut(view, self._history)
                self._history.clear()
            self._history.add(view)
            self._newest = view
        if not found and view.time_s - self._learnt_s >= _LEARN_EVERY_S:
            self.baseline.add(view.reading, min(2.0, max(0.0, view.time_s - self._learnt_s)))
            self._learnt_s = view.time_s
