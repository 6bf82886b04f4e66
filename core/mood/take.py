"""One phase of a session while it is recorded, and its clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

from core.errors import SessionError
from core.mood.recording import Sample

Phase = Literal["baseline", "stimulus"]

LONGEST_STEP_S: Final = 1.0
"""A longer step between frames is a lost camera; what is beyond it does not count."""


@dataclass(slots=True)
class Take:
    """What a phase holds so far; its clock skips holds and losses.

    Parameters
    ----------
    phase : str
        "baseline" or "stimulus".
    samples : list of Sample
        In order.
    last_media_s : float or None
        Media time of the frame before; None before the first.
    clock_s, step_s : float
        Time of the phase at the last frame, and its last plain step, s.
    usable_s : float
        Part of it with a face that can be relied on.
    losses : int
        How often the camera was lost.
    skip : bool
        Whether a hold lies before the next frame.
    """

    phase: Phase
    samples: list[Sample] = field(default_factory=list)
    last_media_s: float | None = None
    clock_s: float = 0.0
    step_s: float = 0.0
    usable_s: float = 0.0
    losses: int = 0
    skip: bool = False

    def advance(self, media_s: float) -> float:
        """Move the clock to a frame; give back the step in media time, s.

        Raises
        ------
        SessionError
            Where media time goes back.
        """
        before, self.last_media_s = self.last_media_s, media_s
        if before is None:
            return 0.0
        step = media_s - before
        if self.skip:
            # After a hold the source may be another one, with a clock of its own.
            self.skip = False
            self.clock_s += LONGEST_STEP_S
            return 0.0
        if step <= 0:
            self.last_media_s = before
            raise SessionError(
                f"time went back from {before:.3f} s to {media_s:.3f} s within the "
                f"{self.phase}; send frames in order or take the phase again"
            )
        if step > LONGEST_STEP_S:
            self.losses += 1
            self.clock_s += LONGEST_STEP_S
            return step
        self.step_s = step
        self.clock_s += step
        return step
