"""Live analyses side by side: the places there are, and the few threads they share.

A visitor's lane hands that visitor's session one message at a time, in a bounded
pool, so a visitor waits for a thread at most as long as every other; a frame that
is still waiting when a newer one comes is passed over.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from core.errors import FramemoodError
from core.settings import Settings
from ui.analysis import Session
from ui.live_pipeline import MakePipeline, frame_pipeline
from ui.protocol import (
    DEFAULT_OPTIONS,
    ClientMessage,
    EncodedFrame,
    ProtocolError,
    Raw,
    read_message,
)
from ui.replies import dropped_reply

log = logging.getLogger(__name__)

# Far more than a client with at most four frames under way needs.
MAX_WAITING: Final = 16


class Lane:
    """One session's way into the shared threads; used from one event loop.

    Parameters
    ----------
    session : Session
        Answers the messages.
    pool : ThreadPoolExecutor
        Shared by all lanes; a lane has one message in it at most.
    """

    def __init__(self, session: Session, pool: ThreadPoolExecutor) -> None:
        self.session = session
        self.last_used_s = time.monotonic()
        self._pool = pool
        self._waiting: deque[tuple[ClientMessage, float, asyncio.Future[dict[str, Any]]]] = deque()
        self._worker: asyncio.Task[None] | None = None

    async def submit(self, raw: Raw) -> dict[str, Any]:
        """Answer one message as soon as its turn comes; a frame passed over is answered at once."""
        self.last_used_s = time.monotonic()
        try:
            message = read_message(raw)
            if len(self._waiting) >= MAX_WAITING:
                raise ProtocolError("too_fast", "wait for answers before sending more")
        except ProtocolError as error:
            return error.reply()
        if isinstance(message, EncodedFrame):
            self._pass_over_waiting_frame()
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting.append((message, self.last_used_s, answer))
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work())
        return await answer

    def close(self) -> None:
        """Give up what is waiting and free the session."""
        for _, _, answer in self._waiting:
            answer.cancel()
        self._waiting.clear()
        # The session's lock may be held by a frame under way, which no loop should wait
        # for; a pool that is shut down already has nothing left to free.
        with contextlib.suppress(RuntimeError):
            self._pool.submit(self.session.close)

    def _pass_over_waiting_frame(self) -> None:
        # Only the last one can be a frame that nothing else depends on.
        if self._waiting and isinstance(self._waiting[-1][0], EncodedFrame):
            message, _, answer = self._waiting.pop()
            assert isinstance(message, EncodedFrame)
            self.session.dropped += 1
            if not answer.done():
                answer.set_result(dropped_reply(message.id, self.session.dropped))

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            message, received_s, answer = self._waiting.popleft()
            reply = await loop.run_in_executor(
                self._pool, self.session.process, message, received_s
            )
            if not answer.done():
                answer.set_result(reply)


class Sessions:
    """All live analyses of this process.

    Parameters
    ----------
    settings : Settings
        ``max_sessions`` bounds how many there are, ``worker_count`` the threads they share.
    make_pipeline : callable, optional
        See ``Session``.

    Attributes
    ----------
    is_loaded : bool
        Whether the models are in memory since ``warm_up``.
    problem : str
        Why they are not, empty where nothing is wrong.
    """

    def __init__(self, settings: Settings, make_pipeline: MakePipeline = frame_pipeline) -> None:
        self.settings = settings
        self._make_pipeline = make_pipeline
        self._pool = ThreadPoolExecutor(settings.worker_count, thread_name_prefix="analysis")
        self._lanes: set[Lane] = set()
        self._lock = threading.Lock()
        self.is_loaded = False
        self.problem = ""

    def __len__(self) -> int:
        return len(self._lanes)

    def open(self) -> Lane:
        """Take a place.

        Raises
        ------
        ProtocolError
            "busy" where every place is taken.
        """
        with self._lock:
            if len(self._lanes) >= self.settings.max_sessions:
                raise ProtocolError(
                    "busy",
                    f"all {self.settings.max_sessions} places are taken; try again in a moment",
                )
            lane = Lane(Session(self.settings, self._make_pipeline), self._pool)
            self._lanes.add(lane)
            return lane

    def close(self, lane: Lane) -> None:
        """Give a place back; doing so twice does no harm."""
        with self._lock:
            if lane not in self._lanes:
                return
            self._lanes.remove(lane)
        lane.close()

    @contextlib.contextmanager
    def place(self) -> Iterator[Lane]:
        """Hold a place for the length of a block."""
        lane = self.open()
        try:
            yield lane
        finally:
            self.close(lane)

    def warm_up(self) -> None:
        """Load the models in the background, so that the first visitor does not wait for them."""
        self._pool.submit(self._load)

    def _load(self) -> None:
        try:
            self._make_pipeline(self.settings, **DEFAULT_OPTIONS)
            self.is_loaded = True
        except FramemoodError as error:
            self.problem = str(error)
            log.warning("live analysis will not work: %s", error)
        except Exception:
            # Nobody asks the pool what came of it, and health would say "starting" for good.
            self.problem = "the models cannot be loaded; the log says why"
            log.exception("live analysis will not work")
