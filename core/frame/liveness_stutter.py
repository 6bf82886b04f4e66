"""A source that stutters: frames that come late, or the same ones shown again."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from itertools import pairwise, takewhile
from typing import Final, NamedTuple

import numpy as np

from core.frame.liveness_finding import Finding, Hold
from core.types import QualityReading

_USUAL_S, _NOW_S = 10.0, 1.0
_SLOW: Final = 0.5
_RECKON_S: Final = 0.5
_GAP_S: Final = 0.8
_REPEATED, _RESUMED = 0.05, 0.6
_LIVELY: Final = 0.0012
"""``change`` from which a source moves so much that a repeated frame stands out."""

_LEAPS, _LEAP, _LEAST_LEAP, _CALMER = 3, 2.0, 0.006, 0.1
"""A codec goes on refining a frame that is shown again, so that it repeats none exactly. So many
new pictures in ``_NOW_S`` that each change by so many times the usual, and at least so much,
where the frame before changed by such a share of it, are all that was new. Neither cuts nor
keyframes come so often, unless they always did."""

_BEATS, _ECHO, _LEAST_BEAT, _BETWEEN, _BEATS_USUALLY = 4, 0.4, 0.004, 0.2, 0.06
"""Where refining is all there is between new pictures, these come in a beat: so many at least in
``_NOW_S`` after a frame that changed by such a share of them, at least so much, and such a share
of others as large in between. A source that had more of them among its frames always has."""

_LIGHT: Final = 0.5
"""Of a change: what brightness makes up where light or exposure steps, and no new picture came."""

_OF_BEAT: Final = 0.7
"""Such a share of the usual rate is slow where a beat shows it: one in two frames is too few."""

_CUT, _CUT_FACTOR, _BEFORE_CUT = 0.1, 8.0, 0.3
"""A change of so much, so many times the usual one, after a frame that changed by such a share of
it at most, is a cut: what was usual before it is not for the scene after it."""

_STOOD_S, _BEFORE_S = 0.7, 3.0
"""A source that stutters shows a new picture at least that often; how far back that is looked at
where it only seems to begin."""

_STOPPED_S: Final = 1.0
"""A stop of this length is a freeze, and no pause of a source that stutters."""


class _Shown(NamedTuple):
    """A frame: when, how it changed, whether it repeats, moves, leaps or beats, the work on it."""

    time_s: float
    change: float
    is_repeated: bool
    is_lively: bool
    is_leap: bool
    is_beat: bool
    busy_ms: float


class StutterWatch:
    """Compares the rate of new pictures with what it was."""

    def __init__(self) -> None:
        self._frames: deque[_Shown] = deque()
        self._hold = Hold(0.3, 0.8)
        self._changes: deque[float] = deque(maxlen=150)
        self._usual_hz = self._lively = self._moving_s = self._brightness = 0.0
        self._leaps_usually = self._beats_usually = False
        self._reckoned_s = self._livened_s = float("-inf")

    def look(
        self,
        reading: QualityReading,
        time_s: float,
        stage_ms: Mapping[str, float] | None = None,
        *,
        is_another_scene: bool = False,
    ) -> Finding | None:
        """Say whether new pictures come much more slowly than they did."""
        gap_s = time_s - self._frames[-1].time_s if self._frames else 0.0
        self._moving_s = self._moving_s if reading.is_frozen else time_s
        if time_s - self._moving_s > _STOPPED_S or gap_s < 0:
            # The pause is the freeze's, and says nothing of the rate before or after.
            self._hold.reset()
            self._frames.clear()
            return None
        if is_another_scene or self._is_cut(reading.change):
            self._hold.reset()
            self._frames.clear()
            self._changes.clear()
            self._lively = 0.0
        self._note(reading, time_s, sum(stage_ms.values()) if stage_ms else 0.0)
        if time_s - self._frames[0].time_s < 3 * _NOW_S:
            return None
        if self._hold.since_s is None and time_s - self._reckoned_s > _RECKON_S:
            self._reckoned_s = time_s
            self._usual_hz = _rate_hz(self._frames, self._frames[0].time_s, time_s - _NOW_S)
            before = [each for each in self._frames if each.time_s <= time_s - _NOW_S]
            leaps = sum(each.is_leap for each in before)
            self._leaps_usually = leaps > _LEAPS / 2 * (before[-1].time_s - before[0].time_s)
            beats = sum(each.is_beat for each in before)
            self._beats_usually = beats > _BEATS_USUALLY * len(before)
        recent = self._recent(time_s)
        recent_hz = self._recent_hz(recent)
        late = gap_s > max(_GAP_S, 4.0 / max(self._usual_hz, 0.1))
        beat_hz = self._beat_hz(recent)
        slow = recent_hz < _SLOW * self._usual_hz
        if beat_hz and beat_hz < _OF_BEAT * self._usual_hz:
            slow, recent_hz = True, min(recent_hz, beat_hz)
        slow = slow and self._usual_hz * _NOW_S >= 4
        onset_s = time_s - (gap_s if late else 0.7 * _NOW_S)
        if not self._hold.update(late or slow, time_s, onset_s=onset_s):
            return None
        assert self._hold.since_s is not None
        severity = min(1.0, 0.4 + 0.6 * (1 - recent_hz / max(self._usual_hz, 0.1)))
        figures: dict[str, float | str] = {
            "frames_per_s": recent_hz,
            "usual_frames_per_s": self._usual_hz,
            "cause": self._cause(self._hold.since_s, stage_ms),
        }
        return Finding(self._hold.since_s, severity, figures)

    def _is_cut(self, change: float) -> bool:
        before = self._frames[-1].change if self._frames else 0.0
        return change > max(_CUT, _CUT_FACTOR * self._lively) and before < _BEFORE_CUT * change

    def _recent(self, time_s: float) -> list[_Shown]:
        """Frames of the last ``_NOW_S``, oldest first, of ten times as many that are kept."""
        start_s = time_s - _NOW_S + 1e-6
        recent = list(takewhile(lambda each: each.time_s > start_s, reversed(self._frames)))
        recent.reverse()
        return recent

    def _recent_hz(self, recent: list[_Shown]) -> float:
        """New pictures a second; repeated ones count as such between new ones only.

        A picture that turns black or stops repeats itself as well, without new ones.
        """
        leaps = sum(each.is_leap for each in recent)
        if leaps >= _LEAPS and not self._leaps_usually:
            return leaps / _NOW_S
        resumed = sum(before.is_repeated and after.is_lively for before, after in pairwise(recent))
        if resumed < 2 or (self._hold.since_s is None and self._has_stood()):
            return len(recent) / _NOW_S
        return sum(not each.is_repeated for each in recent) / _NOW_S

    def _has_stood(self) -> bool:
        """Whether the scene stood still a moment ago, keyframes apart."""
        start_s = self._frames[-1].time_s - _BEFORE_S
        late = takewhile(lambda each: each.time_s > start_s, reversed(self._frames))
        new_s = [each.time_s for each in late if not each.is_repeated]
        return any(after - before > _STOOD_S for after, before in pairwise(new_s))

    def _beat_hz(self, recent: list[_Shown]) -> float:
        """New pictures a second where these come in a beat that is not usual; else 0."""
        beats = [each.change for each in recent if each.is_beat]
        if len(beats) < _BEATS or self._beats_usually:
            return 0.0
        large = _ECHO * float(np.median(beats))
        between = sum(each.change > large and not each.is_beat for each in recent)
        return len(beats) / _NOW_S if between <= _BETWEEN * len(beats) else 0.0

    def _note(self, reading: QualityReading, time_s: float, busy_ms: float) -> None:
        if time_s - self._livened_s > _RECKON_S and len(self._changes) > 10:
            self._livened_s = time_s
            self._lively = float(np.median(self._changes))
        repeated = self._lively > _LIVELY and reading.change < _REPEATED * self._lively
        if not repeated:
            self._changes.append(reading.change)
        lively = reading.change > _RESUMED * self._lively
        brighter = abs(reading.brightness - self._brightness) / 255
        self._brightness = reading.brightness
        is_picture = brighter < _LIGHT * reading.change
        before = self._frames[-1].change if self._frames else float("inf")
        leap = (
            is_picture
            and reading.change > max(_LEAST_LEAP, _LEAP * self._lively)
            and before < _CALMER * reading.change
        )
        beat = (
            is_picture
            and lively
            and reading.change > _LEAST_BEAT
            and before < _ECHO * reading.change
        )
        self._frames.append(_Shown(time_s, reading.change, repeated, lively, leap, beat, busy_ms))
        while self._frames[0].time_s < time_s - _USUAL_S:
            self._frames.popleft()

    def _cause(self, since_s: float, stage_ms: Mapping[str, float] | None) -> str:
        slow = [each for each in self._frames if each.time_s >= since_s][-50:]
        if len(slow) < 4:
            slow = list(self._frames)[-4:]
        steps_s = np.diff([each.time_s for each in slow])
        step_ms = 1000 * float(np.median(steps_s))
        if stage_ms:
            if stage_ms.get("decode", 0.0) > 0.5 * step_ms:
                return "decode"
            if float(np.median([each.busy_ms for each in slow])) > 0.7 * step_ms:
                return "cpu"
        # A camera that slows down gives an even, lower rate; a network holds frames back.
        return "network" if 1000 * float(steps_s.max()) > 3.0 * step_ms else "camera"


def _rate_hz(frames: deque[_Shown], start_s: float, end_s: float) -> float:
    """New pictures a second between two times."""
    fresh = 0
    for each in reversed(frames):
        if each.time_s <= start_s:
            break
        fresh += each.time_s <= end_s and not each.is_repeated
    return fresh / max(1e-3, end_s - start_s)
