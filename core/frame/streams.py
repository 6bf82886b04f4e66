"""A camera kept open: its newest frame at any time, and another try whenever it is lost."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, Self

from av.error import FFmpegError

from core.closing import Closing
from core.errors import SourceError
from core.frame.pace import Pace
from core.frame.pictures import DecodedFrame
from core.frame.sources import open_camera
from core.frame.urls import is_url, public_name
from core.frame.video_source import VideoSource

log = logging.getLogger(__name__)

FIRST_RETRY_S: Final = 0.5
LONGEST_RETRY_S: Final = 5.0
"""A camera that comes back is seen again within this and the time it takes to open, s."""

Phase = Literal["connecting", "watching", "lost", "retrying"]


@dataclass(frozen=True, slots=True)
class StreamState:
    """What a stream is doing.

    Parameters
    ----------
    phase : str
        "connecting", "watching", "lost" (just now) or "retrying" (waiting for that).
    problem : str
        Why it is not watching, one line.
    retry_in_s : float
        Wait before the next try, s, as it was when the wait began.
    connections : int
        How often it was opened.
    """

    phase: Phase = "connecting"
    problem: str = ""
    retry_in_s: float = 0.0
    connections: int = 0


class CameraStream(Closing):
    """Reads a camera in a thread of its own; a context manager.

    Every frame is decoded, since the next one builds on it, and only the newest
    is kept. A file is played at its own speed, again and again; so is a stream that
    comes in segments (HLS), which therefore is some segments behind what happens.

    Parameters
    ----------
    source : str or Path
        An rtsp, http or https address, or a file. Only for whom this machine
        trusts: any address is opened.
    opener : callable
        Opens the source; raises ``SourceError``.
    retry_s : float
        First wait after a loss, s; doubled each time in a row up to
        ``LONGEST_RETRY_S``, from the start again once frames came.
    on_state : callable, optional
        Called with each new ``StreamState`` in the thread of the stream.
    """

    def __init__(
        self,
        source: str | Path,
        *,
        opener: Callable[[str | Path], VideoSource] = open_camera,
        retry_s: float = FIRST_RETRY_S,
        on_state: Callable[[StreamState], None] | None = None,
    ) -> None:
        self.name = (
            public_name(source)
            if isinstance(source, str) and is_url(source)
            else (Path(source).name)
        )
        self._source, self._opener, self._retry_s = source, opener, retry_s
        self._on_state = on_state
        self.state = StreamState()
        self.frames = 0
        """Frames that came; those not taken in time were passed over for newer ones."""
        self._taken = 0
        self._begun_s = time.monotonic()
        self._newest: DecodedFrame | None = None
        self._news = threading.Condition()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"stream {self.name}", daemon=True)

    def __enter__(self) -> Self:
        self._begun_s = time.monotonic()
        self._thread.start()
        return self

    def close(self) -> None:
        """End it; a connection that is just being made is given up in the background."""
        self._over.set()
        with self._news:
            self._news.notify_all()
        self._thread.join(1.0)

    @property
    def now_s(self) -> float:
        """Time since the stream was begun, the media time of what comes now, s."""
        return time.monotonic() - self._begun_s

    def newest(self, timeout_s: float) -> tuple[DecodedFrame, int] | None:
        """Take the newest frame that was not taken yet.

        Parameters
        ----------
        timeout_s : float
            How long to wait for one, s.

        Returns
        -------
        (DecodedFrame, int) or None
            The frame, with the time it came as its ``time_s``, and how many
            were passed over since the last one taken. None where none came.
        """
        with self._news:
            self._news.wait_for(lambda: self._newest or self._over.is_set(), timeout_s)
            frame, self._newest = self._newest, None
            if frame is None:
                return None
            passed_over = max(0, frame.index - self._taken)
            self._taken = frame.index + 1
            return frame, passed_over

    def _run(self) -> None:
        wait_s = self._retry_s
        connections = 0
        while not self._over.is_set():
            before = self.frames
            self._enter(StreamState("connecting", self.state.problem, connections=connections))
            problem = "the stream ended"
            try:
                with self._opener(self._source) as opened:
                    connections += 1
                    self._play(opened, connections)
                    if not opened.is_live and self.frames > before:
                        # A file or a film: from the beginning again, without a loss.
                        continue
                    problem = opened.problems[-1] if opened.problems else problem
            except (SourceError, FFmpegError, OSError, ValueError) as error:
                problem = str(error)
            if self._over.is_set():
                return
            # Whoever shows it says which camera it is.
            problem = problem.removeprefix(f"{self.name}: ")
            if self.frames > before:
                wait_s = self._retry_s
                log.warning("%s: lost: %s", self.name, problem)
                self._enter(StreamState("lost", problem, connections=connections))
            self._enter(StreamState("retrying", problem, wait_s, connections))
            self._over.wait(wait_s)
            wait_s = min(LONGEST_RETRY_S, 2 * wait_s)

    def _play(self, opened: VideoSource, connections: int) -> None:
        pace = Pace(opened.fps, ends=not opened.is_live)
        for frame in opened:
            if self._over.is_set():
                return
            if not opened.is_live or opened.is_segmented:
                self._over.wait(pace.wait_s(frame.time_s, self.now_s))
            if not frame.readable:
                continue
            if self.state.phase != "watching":
                self._enter(StreamState("watching", connections=connections))
            with self._news:
                frame.index, frame.time_s = self.frames, self.now_s
                self.frames += 1
                self._newest = frame
                self._news.notify_all()
        if not opened.is_live:
            # The last frame is shown as long as the others.
            self._over.wait(1.0 / opened.fps)

    def _enter(self, state: StreamState) -> None:
        self.state = state
        if self._on_state is not None:
            self._on_state(state)
