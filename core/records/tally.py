"""The figures of a run and the incidents in it, gathered frame by frame."""

from __future__ import annotations

import threading
from collections import Counter, deque
from typing import Final

import numpy as np

from core.incidents import Incident, IncidentKind
from core.types import EMOTIONS, FrameReport, Status

WEAK_AT_LEAST_S: Final = 0.5
WEAK_JOINED_S: Final = 0.5
"""Weak quality is a stretch from half a second on; shorter good moments do not part it."""

COUNTED_AT_ONCE: Final = 32
"""Frames that wait to be counted at most. One after the other costs a fifth of one by one
between other work, and where rows are written, that thread counts."""


class Stretches:
    """Gathers the moments at which something holds into stretches.

    Parameters
    ----------
    kind : str
        Of the incidents that come out.
    at_least_s : float
        Shorter ones are left out.
    joined_s : float
        Stretches parted by less become one.
    """

    def __init__(
        self, kind: IncidentKind, *, at_least_s: float = 0.0, joined_s: float = 0.0
    ) -> None:
        self._kind, self._at_least_s, self._joined_s = kind, at_least_s, joined_s
        self._done: list[Incident] = []
        self._open: tuple[float, float] | None = None

    def add(self, holds: bool, start_s: float, end_s: float) -> None:
        """Take in one frame, shown from ``start_s`` to ``end_s``; in order."""
        if holds:
            onset_s = start_s if self._open is None else self._open[0]
            self._open = (onset_s, end_s)
        elif self._open is not None and start_s - self._open[1] >= self._joined_s:
            self._close()

    def finish(self) -> tuple[Incident, ...]:
        """All stretches; one that holds at the end ends there."""
        self._close()
        return tuple(self._done)

    def _close(self) -> None:
        if self._open is not None and self._open[1] - self._open[0] >= self._at_least_s:
            self._done.append(Incident(self._kind, *self._open))
        self._open = None


class Tally:
    """Adds up the reports of a run in constant memory.

    Parameters
    ----------
    quality_threshold : float
        Below it a picture is weak, 0..1.
    """

    def __init__(self, quality_threshold: float) -> None:
        self._threshold = quality_threshold
        self.frames_by_status: Counter[Status] = Counter()
        self.tracks: set[int] = set()
        self._quality_sum, self._quality_min = 0.0, 1.0
        self._quality_frames = self._below = 0
        self._emotions = np.zeros(len(EMOTIONS))
        self._trust = 0.0
        self._weak = Stretches("weak", at_least_s=WEAK_AT_LEAST_S, joined_s=WEAK_JOINED_S)
        self._freezes = Stretches("freeze")
        self._unreadable = Stretches("unreadable")
        self._incidents: dict[tuple[str, float], Incident] = {}
        self._first_s: float | None = None
        self._before: FrameReport | None = None
        self._step_s = 0.0

    @property
    def frames(self) -> int:
        """Reports taken in."""
        return self.frames_by_status.total()

    @property
    def duration_s(self) -> float:
        """Media time from the first frame to the end of the last, s."""
        if self._first_s is None or self._before is None:
            return 0.0
        return self._before.time_s + self._step_s - self._first_s

    @property
    def incidents(self) -> tuple[Incident, ...]:
        """What the monitor found so far, in order of onset."""
        return tuple(sorted(self._incidents.values(), key=lambda each: each.onset_s))

    @property
    def emotions(self) -> dict[str, float]:
        """Mean probabilities weighted by trust; empty where none was read."""
        if self._trust <= 0:
            return {}
        means = self._emotions / self._trust
        return {name: round(float(mean), 5) for name, mean in zip(EMOTIONS, means, strict=True)}

    @property
    def quality(self) -> tuple[float, float, float] | None:
        """Mean, least, and share below the threshold; None where none was measured."""
        if not self._quality_frames:
            return None
        return (
            self._quality_sum / self._quality_frames,
            self._quality_min,
            self._below / self._quality_frames,
        )

    def add(self, report: FrameReport, step_s: float | None = None) -> None:
        """Take in one report; see ``RunRecorder.add``."""
        before_s = report.time_s
        if self._before is not None:
            before_s = self._before.time_s
            self._place(self._before, report.time_s)
        else:
            self._first_s = report.time_s
        self._before = report
        self._step_s = max(0.0, report.time_s - before_s) if step_s is None else step_s
        self.frames_by_status[report.status] += 1
        if report.quality is not None:
            score = report.quality.quality_score
            self._quality_frames += 1
            self._quality_sum += score
            self._quality_min = min(self._quality_min, score)
            self._below += score < self._threshold
        for incident in report.incidents:
            # The same one is told of at every frame at which it holds; the last says its end.
            self._incidents[incident.kind, incident.onset_s] = incident
        for face in report.faces:
            self.tracks.add(face.track_id)
            if face.probabilities is not None:
                self._emotions += face.trust * face.probabilities
                self._trust += face.trust

    def finish(self) -> tuple[tuple[Incident, ...], tuple[Incident, ...], tuple[Incident, ...]]:
        """Weak stretches, freezes and unreadable stretches."""
        if self._before is not None:
            self._place(self._before, self._before.time_s + self._step_s)
        return self._weak.finish(), self._freezes.finish(), self._unreadable.finish()

    def _place(self, report: FrameReport, end_s: float) -> None:
        start_s, quality = report.time_s, report.quality
        weak = quality is not None and quality.quality_score < self._threshold
        self._weak.add(weak, start_s, end_s)
        self._freezes.add(quality is not None and quality.is_frozen, start_s, end_s)
        self._unreadable.add(report.status == "unreadable", start_s, end_s)


class LateTally:
    """A tally that counts some reports at a time; any thread may ask it.

    Parameters
    ----------
    quality_threshold : float
        See ``Tally``.

    Attributes
    ----------
    lock : RLock
        To hold where several figures are to be of one moment.
    """

    def __init__(self, quality_threshold: float) -> None:
        self._tally = Tally(quality_threshold)
        self._waiting: deque[tuple[FrameReport, float | None]] = deque()
        self.lock = threading.RLock()

    @property
    def now(self) -> Tally:
        """The figures so far."""
        self.catch_up()
        return self._tally

    def add(self, report: FrameReport, step_s: float | None) -> None:
        """Take in one report; see ``RunRecorder.add``."""
        self._waiting.append((report, step_s))
        if len(self._waiting) >= COUNTED_AT_ONCE:
            self.catch_up()

    def catch_up(self) -> None:
        """Count what waits."""
        with self.lock:
            while self._waiting:
                self._tally.add(*self._waiting.popleft())
