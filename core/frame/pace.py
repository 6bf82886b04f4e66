"""When the next frame of a source is due that gives its frames faster than they happened."""

from __future__ import annotations

from typing import Final

LATE_S: Final = 0.5
"""A frame that comes so much after its time, s, begins the clock anew: what was held up by
the network is not hurried through afterwards."""

JUMP_S: Final = 1.0
"""So much between two frames, s, is a hole in the source and not waited for."""


class Pace:
    """Plays frames at the speed of their media time.

    A file is read as fast as the disk allows, and a stream in segments (HLS) comes some
    seconds at a time: shown as they come, all but one frame a segment would be passed over.

    Parameters
    ----------
    fps : float
        Frame rate of the source, Hz.
    ends : bool
        Whether the source is a file; then the clock is never begun anew, so that it
        keeps its length.
    """

    def __init__(self, fps: float, *, ends: bool) -> None:
        # A slow source is no source with holes.
        self._jump_s = max(JUMP_S, 3.0 / fps)
        self._ends = ends
        self._begun_s: float | None = None

    def wait_s(self, time_s: float, now_s: float) -> float:
        """How long to wait with a frame, s.

        Parameters
        ----------
        time_s : float
            Its media time, s.
        now_s : float
            Any clock that runs on, s.
        """
        if self._begun_s is None:
            self._begun_s = now_s - time_s
        ahead_s = self._begun_s + time_s - now_s
        if not self._ends and not -LATE_S <= ahead_s <= self._jump_s:
            self._begun_s, ahead_s = now_s - time_s, 0.0
        return max(0.0, ahead_s)
