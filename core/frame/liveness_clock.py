"""Whether the clock burned into a picture runs, as text recognition reads it."""

from __future__ import annotations

import re
from typing import Final

from core.incidents import Incident, IncidentEvent

STOPPED_AFTER_S: Final = 4.0
"""So long a clock that shows seconds may show the same ones while pixels move."""

JUMP_S: Final = 5.0
"""How far a clock may be from where it should be, in seconds of its own time."""

MOVING: Final = 0.002
"""``QualityReading.change`` above which pixels move."""

_CLOCK: Final = re.compile(r"(?<!\d)([01]?\d|2[0-3])[:.;]([0-5]\d)[:.;]([0-5]\d)(?!\d)")
_DAY_S: Final = 86400.0


class ClockWatch:
    """Watches the clock in a picture; one a source.

    Two readings have to agree before anything is said, since text recognition errs.
    """

    def __init__(self) -> None:
        self._shown_s: float | None = None
        self._read_at_s = self._since_s = 0.0
        self._moved = 0
        self._odd = 0
        self._open: Incident | None = None

    @property
    def open(self) -> Incident | None:
        """The incident that holds now."""
        return self._open

    def update(self, text: str, time_s: float, change: float) -> list[IncidentEvent]:
        """Take in what was read, about once a second.

        Parameters
        ----------
        text : str
            All text of the frame; a clock is HH:MM:SS anywhere in it.
        time_s : float
            Media time of the frame, s.
        change : float
            ``QualityReading.change`` of the frame, 0..1.

        Returns
        -------
        list of IncidentEvent
            Of kind "clock": opened where it stops while pixels move, or jumps;
            closed once it runs again.
        """
        found = _CLOCK.search(text)
        if found is None:
            return []
        hours, minutes, seconds = (int(part) for part in found.groups())
        shown_s = 3600.0 * hours + 60.0 * minutes + seconds
        before_s, before_at_s = self._shown_s, self._read_at_s
        if before_s is None or time_s < before_at_s:
            self._accept(shown_s, time_s)
            return []
        self._moved += change > MOVING
        gone_s = _apart(shown_s, before_s)
        drift_s = gone_s - (time_s - before_at_s)
        if gone_s == 0:
            stood_s = time_s - self._since_s
            if stood_s >= STOPPED_AFTER_S and self._moved >= 2:
                return self._hold(self._since_s, time_s, {"stopped_for_s": stood_s})
            return []
        if abs(drift_s) > JUMP_S:
            # A digit read wrong jumps once and jumps back; a clock that was set stays.
            self._odd += 1
            if self._odd < 2:
                return []
            self._accept(shown_s, time_s)
            return self._hold(before_at_s, time_s, {"jumped_by_s": drift_s})
        self._accept(shown_s, time_s)
        return self._release()

    def _accept(self, shown_s: float, time_s: float) -> None:
        self._shown_s = shown_s
        self._read_at_s = self._since_s = time_s
        self._moved = self._odd = 0

    def _hold(self, onset_s: float, end_s: float, figures: dict[str, float]) -> list[IncidentEvent]:
        opened = self._open is None
        onset_s = onset_s if self._open is None else self._open.onset_s
        self._open = Incident("clock", onset_s, end_s, 0.8, figures)
        return [IncidentEvent("opened", self._open)] if opened else []

    def _release(self) -> list[IncidentEvent]:
        closed, self._open = self._open, None
        return [] if closed is None else [IncidentEvent("closed", closed)]


def _apart(later_s: float, earlier_s: float) -> float:
    """Seconds from one time of day to another, the shorter way round."""
    return (later_s - earlier_s + _DAY_S / 2) % _DAY_S - _DAY_S / 2
