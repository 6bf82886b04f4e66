"""What a watch finds while something is wrong, and how long it waits before it says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Finding:
    """Something is wrong at this moment.

    Parameters
    ----------
    onset_s : float
        Since when, media time, s.
    severity : float
        0..1.
    evidence : dict of str to float or str
        The figures it rests on.
    """

    onset_s: float
    severity: float
    evidence: Mapping[str, float | str] = field(default_factory=dict)


class Hold:
    """Believes a condition once it has held for a while, and drops it once it has been gone.

    Parameters
    ----------
    hold_s : float
        How long it has to hold before it is believed, s.
    release_s : float
        How long it has to be gone before it is dropped, s.
    """

    def __init__(self, hold_s: float, release_s: float = 0.3) -> None:
        self.hold_s, self.release_s = hold_s, release_s
        self.since_s: float | None = None
        self._last_s = 0.0
        self.is_on = False

    def update(self, holds: bool, time_s: float, *, onset_s: float | None = None) -> bool:
        """Take in one moment and say whether it is believed.

        Parameters
        ----------
        holds : bool
        time_s : float
            Media time, s.
        onset_s : float, optional
            Where it began earlier than it was noticed.
        """
        if holds:
            if self.since_s is None:
                self.since_s = time_s if onset_s is None else onset_s
            self._last_s = time_s
            self.is_on = self.is_on or self.is_due(time_s)
        elif self.since_s is not None and (
            not self.is_on or time_s - self._last_s >= self.release_s
        ):
            self.reset()
        return self.is_on

    def is_due(self, time_s: float) -> bool:
        """Whether it would be believed for the first time now, if it holds."""
        lasted = self.since_s is not None and time_s - self.since_s >= self.hold_s - 1e-6
        return lasted and not self.is_on

    def reset(self) -> None:
        """Believe nothing."""
        self.since_s, self.is_on = None, False
