"""Incidents of one source: freeze, black, washed out, covered, defocused, moved, noise, stutter."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from core.frame.liveness_baseline import CameraBaseline
from core.incidents import Incident, IncidentEvent
from core.types import QualityReading


class LivenessMonitor:
    """Watches one source for incidents; one a source.

    Parameters
    ----------
    baseline : CameraBaseline, optional
        What is usual for this camera; absolute limits hold until it is known.
    on_evidence : callable, optional
        Called with an incident and the luma plane at its opening; nothing is
        kept without.
    """

    def __init__(
        self,
        baseline: CameraBaseline | None = None,
        *,
        on_evidence: Callable[[Incident, NDArray[np.uint8]], None] | None = None,
    ) -> None:
        self.baseline = baseline or CameraBaseline()
        self._on_evidence = on_evidence
        self._open: dict[str, Incident] = {}

    @property
    def open(self) -> tuple[Incident, ...]:
        """Incidents that hold now, the gravest first."""
        return tuple(sorted(self._open.values(), key=lambda each: -each.severity))

    def update(
        self,
        reading: QualityReading,
        luma: NDArray[np.uint8],
        time_s: float,
        *,
        limited_range: bool = False,
        fps: float | None = None,
        stage_ms: Mapping[str, float] | None = None,
    ) -> list[IncidentEvent]:
        """Take the next frame.

        Parameters
        ----------
        reading : QualityReading
            Of the frame.
        luma : (H, W) uint8 array
            Luma, some 320 to 640 px across, as ``QualityMeter.plane`` holds it.
        time_s : float
            Media time, s.
        limited_range : bool
            True where black is 16 and white 235.
        fps : float, optional
            Analysed frames a second, for live sources.
        stage_ms : mapping of str to float, optional
            Time by stage, ms, for live sources.

        Returns
        -------
        list of IncidentEvent
            What opened or closed with this frame; mostly empty.
        """
        return []

    def finish(self) -> list[IncidentEvent]:
        """Close what is open, as at the end of the source."""
        closed = [IncidentEvent("closed", incident) for incident in self.open]
        self._open.clear()
        return closed
