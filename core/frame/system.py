"""What the analysis costs: frame rate, latency by stage, processor and memory."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Mapping
from typing import Final

import psutil

from core.types import SystemReading

WINDOW_FRAMES: Final = 30
SAMPLE_EVERY_S: Final = 0.5
"""Asking the operating system oftener costs more than it tells."""


class SystemMeter:
    """Frame rate of one stream of frames, and the load of this machine.

    One meter a source; the load is sampled once for all of them.

    Parameters
    ----------
    window : int
        Frames over which the rate is taken, at least 2.
    """

    def __init__(self, window: int = WINDOW_FRAMES) -> None:
        self._times_s: deque[float] = deque(maxlen=window)

    def read(
        self, latency_ms: float, stage_ms: Mapping[str, float], now_s: float | None = None
    ) -> SystemReading:
        """Count one analysed frame.

        Parameters
        ----------
        latency_ms : float
            From frame in hand to report in hand.
        stage_ms : mapping of str to float
            The same by stage.
        now_s : float, optional
            When it was done, s, on a clock that never goes back; the
            performance counter by default.

        Returns
        -------
        SystemReading
            ``fps`` is (n - 1) / (t_last - t_first) over the window, 0 for the first frame.
        """
        self._times_s.append(time.perf_counter() if now_s is None else now_s)
        load = _load.sample()
        return SystemReading(self.fps, latency_ms, dict(stage_ms), *load)

    @property
    def fps(self) -> float:
        """Frames a second over the window; 0 before the second frame."""
        if len(self._times_s) < 2:
            return 0.0
        span_s = self._times_s[-1] - self._times_s[0]
        return (len(self._times_s) - 1) / span_s if span_s > 0 else 0.0

    def reset(self) -> None:
        """Start anew, as after a pause."""
        self._times_s.clear()


class _Load:
    """Processor and memory, sampled at most twice a second for the whole process.

    The processor's share is taken since the sample before, so samplers of their
    own would disturb each other.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process = psutil.Process()
        self._sampled_s = float("-inf")
        self._last = (0.0, 0.0, 0.0)
        psutil.cpu_percent()

    def sample(self) -> tuple[float, float, float]:
        """Processor %, memory %, resident MiB."""
        with self._lock:
            now_s = time.monotonic()
            if now_s - self._sampled_s >= SAMPLE_EVERY_S:
                self._sampled_s = now_s
                self._last = (
                    psutil.cpu_percent(),
                    psutil.virtual_memory().percent,
                    self._process.memory_info().rss / 2**20,
                )
            return self._last


_load = _Load()
