"""The time of day in noisy text, in the form that ``ClockWatch`` takes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

_LOOK_ALIKE: Final = str.maketrans("OoQDIl|iSsBZ", "000011115582")
"""Letters that text recognition takes digits for."""

_DATES: Final = re.compile(
    r"(?<!\d)(?:(?:19|20)\d\d\W{0,3}\d{1,2}\W{1,3}\d{1,2}|\d{1,2}\W{1,3}\d{1,2}\W{1,3}(?:19|20)\d\d"
    r"|\d{1,2}[-/]\d{1,2}[-/]\d{2})(?!\d)"
)
_TIMES: Final = re.compile(
    r"(?<!\d)([01]?\d|2[0-3])( ?[:.;,]{0,2} ?)([0-5]\d)( ?[:.;,]{0,2} ?)([0-5]\d)(?!\d)"
)
_RUNS_WITHIN_S: Final = 2.0
_DAY_S: Final = 86400.0


class ClockReader:
    """Finds the clock in what was read of one source.

    Colons are often read as points and sometimes not at all. What has colons is
    taken as it is; anything else could as well be a date or a number, and counts
    only once it has been seen to run.
    """

    def __init__(self) -> None:
        self._shown: tuple[float, float] | None = None
        self._has_run = False

    def read(self, lines: Iterable[str], time_s: float) -> str:
        """Give the time of day as HH:MM:SS, or nothing where none can be made out.

        Parameters
        ----------
        lines : iterable of str
            All text of a frame.
        time_s : float
            Media time of that frame, s.

        Examples
        --------
        >>> ClockReader().read(["CAM 1", "2026-11-22 14:O3:27"], 0.0)
        '14:03:27'
        """
        found = [match for line in lines for match in _times(line)]
        if not found:
            return ""
        # Two colons before one, and the later before the earlier: dates stand first.
        seconds, colons = max(reversed(found), key=lambda each: each[1])
        if self._shown is not None and not self._has_run:
            shown_s, read_at_s = self._shown
            gone_s, passed_s = (seconds - shown_s) % _DAY_S, time_s - read_at_s
            self._has_run = gone_s > 0 and abs(gone_s - passed_s) <= _RUNS_WITHIN_S
        self._shown = (seconds, time_s)
        if colons < 2 and not self._has_run:
            return ""
        hours, rest = divmod(round(seconds), 3600)
        return f"{hours:02d}:{rest // 60:02d}:{rest % 60:02d}"


def _times(line: str) -> list[tuple[float, int]]:
    """Times of day in a line, s since midnight, with the colons each was written with."""
    plain = _DATES.sub(" / ", " ".join(_as_digits(word) for word in line.split()))
    found = []
    for match in _TIMES.finditer(plain):
        hours, first, minutes, second, seconds = match.groups()
        # Six digits in a row are a number.
        if first.strip() or second.strip():
            value = 3600.0 * int(hours) + 60.0 * int(minutes) + int(seconds)
            found.append((value, (first + second).count(":")))
    return found


def _as_digits(word: str) -> str:
    digits = sum(sign.isdigit() for sign in word)
    letters = sum(sign.isalpha() for sign in word)
    return word.translate(_LOOK_ALIKE) if digits > letters else word
