"""How many live places this machine bears, from what a frame was measured to cost."""

from __future__ import annotations

import statistics
from collections import deque
from typing import Final

LEAST_FPS: Final = 2.0
"""Reports a second under which nobody would call it live."""

FEWEST: Final = 2
"""Places that every machine has, however slow."""

_REMEMBERED, _ENOUGH = 200, 30


class Budget:
    """Places for which the threads have time; used from one event loop.

    A place may take ``LEAST_FPS`` of the frames that the threads can analyse a second,
    which is their number over the median time that the last frames took.

    Parameters
    ----------
    threads : int
        That analyse frames beside each other.
    most : int
        Places there are at most, and until enough frames were measured.
    """

    def __init__(self, threads: int, most: int) -> None:
        self._threads, self._most = threads, most
        self._took_ms: deque[float] = deque(maxlen=_REMEMBERED)

    def note(self, took_ms: float) -> None:
        """Count a frame whose analysis took so long, ms."""
        self._took_ms.append(took_ms)

    @property
    def frames_a_second(self) -> float | None:
        """What the threads can analyse; None until enough was measured."""
        if len(self._took_ms) < _ENOUGH:
            return None
        # The median: a frame that waited for a model to load is no measure of the others.
        return 1000 * self._threads / max(0.1, statistics.median(self._took_ms))

    @property
    def places(self) -> int:
        """Visitors who may be live at once."""
        rate = self.frames_a_second
        if rate is None:
            return self._most
        return min(self._most, max(FEWEST, int(rate / LEAST_FPS)))
