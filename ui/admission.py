"""The waiting line for a live place: first come, first served, and everyone knows where they stand.

A server that takes everybody serves nobody: sixteen viewers share two cores well,
a hundred would all see a slide show. Who finds every place taken waits and is
told the number, each time it changes.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator
from typing import Any, Final

from ui.budget import Budget
from ui.protocol import ProtocolError, Raw
from ui.sessions import Lane, Sessions

MOST_UNDER_WAY: Final = 4
VISITORS_A_WORKER: Final = 2
"""Above it a thread has a frame waiting at any time, whatever each visitor sends."""


class Applicant:
    """One visitor's claim to a place, from asking until leaving; used from one event loop.

    Attributes
    ----------
    position : int
        Number in the line, from 1; 0 once there is a place.
    lane : Lane or None
        The place.
    """

    def __init__(self, visitor: str) -> None:
        self.visitor = visitor
        self.position = 0
        self.lane: Lane | None = None
        self._changed = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    async def changed(self) -> None:
        """Wait until the position is another than at the last call."""
        await self._changed.wait()
        self._changed.clear()

    def move(self, position: int, lane: Lane | None = None) -> None:
        """Tell of a new position, and with 0 of the place; called from any thread."""
        self.position, self.lane = position, lane
        # Its loop is closed where the server is going down.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._changed.set)


class Admission:
    """Hands out the places of ``Sessions``.

    Parameters
    ----------
    sessions : Sessions
        Its settings say how many may wait, and how many places one visitor may ask for.

    Attributes
    ----------
    on_reply : callable
        Told of every reply and of whose lane it is, in the event loop; does nothing until
        it is set.
    """

    def __init__(self, sessions: Sessions) -> None:
        self.sessions = sessions
        self._settings = sessions.settings
        self._budget = Budget(self._settings.worker_count, self._settings.max_sessions)
        self._line: deque[Applicant] = deque()
        self._of_visitor: Counter[str] = Counter()
        self._lock = threading.Lock()
        self.on_reply: Callable[[dict[str, Any], Lane], None] = _ignore

    async def answer(self, lane: Lane, raw: Raw) -> dict[str, Any]:
        """Answer one message of a visitor who has a place."""
        reply = await lane.submit(raw)
        self.on_reply(reply, lane)
        if reply.get("type") == "report":
            if system := reply.get("system"):
                self._budget.note(system["latency_ms"])
            if self._line and self._has_room():
                with self._lock:
                    self._advance()
            reply = {**reply, "under_way": self.under_way}
        return reply

    @property
    def under_way(self) -> int:
        """Frames that each visitor should have under way at most.

        Where there are more visitors than the threads can keep up with, a second
        frame of each would only wait behind everybody's first, and be old.
        """
        crowded = len(self.sessions) > VISITORS_A_WORKER * self._settings.worker_count
        return 1 if crowded else MOST_UNDER_WAY

    @property
    def places(self) -> int:
        """Visitors who may be live at once, as the frames so far were measured; who is, stays."""
        return self._budget.places

    @property
    def waiting(self) -> int:
        """How many stand in line."""
        return len(self._line)

    def apply(self, visitor: str) -> Applicant:
        """Ask for a place, or for a place in the line; ``leave`` must follow.

        Raises
        ------
        ProtocolError
            "too_many" where this visitor has as many as one may, "busy" where
            the line is full.
        """
        limit = self._settings.sessions_per_visitor
        with self._lock:
            # Where visitors cannot be told apart, one limit for all would shut out most.
            if limit and visitor and self._of_visitor[visitor] >= limit:
                raise ProtocolError(
                    "too_many", f"{limit} analyses run from your address; close one of them first"
                )
            if len(self._line) >= self._settings.most_waiting and not self._has_place():
                raise ProtocolError(
                    "busy",
                    f"all {self.places} places are taken and "
                    f"{len(self._line)} wait; try again in a minute",
                )
            applicant = Applicant(visitor)
            self._of_visitor[visitor] += 1
            self._line.append(applicant)
            self._advance()
            return applicant

    def leave(self, applicant: Applicant) -> None:
        """Give up the place or the wait for it; doing so twice does no harm."""
        with self._lock:
            if applicant in self._line:
                self._line.remove(applicant)
            elif applicant.lane is not None:
                self.sessions.close(applicant.lane)
                applicant.lane = None
            else:
                return
            self._of_visitor[applicant.visitor] -= 1
            if self._of_visitor[applicant.visitor] <= 0:
                del self._of_visitor[applicant.visitor]
            self._advance()

    @contextlib.contextmanager
    def applicant(self, visitor: str) -> Iterator[Applicant]:
        """Apply for the length of a block."""
        applicant = self.apply(visitor)
        try:
            yield applicant
        finally:
            self.leave(applicant)

    def _has_place(self) -> bool:
        return not self._line and self._has_room()

    def _has_room(self) -> bool:
        return len(self.sessions) < self.places

    def _advance(self) -> None:
        while self._line and self._has_room():
            try:
                lane = self.sessions.open()
            except ProtocolError:
                break
            self._line.popleft().move(0, lane)
        for position, applicant in enumerate(self._line, 1):
            if applicant.position != position:
                applicant.move(position)


def waiting_reply(position: int) -> dict[str, Any]:
    """Say that every place is taken, and the visitor's number in the line, from 1."""
    return {"type": "waiting", "position": position}


def _ignore(reply: dict[str, Any], lane: Lane) -> None:
    """Take a reply that nobody counts."""
