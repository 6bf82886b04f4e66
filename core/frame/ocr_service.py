"""Serves all who want text read with one process, in turn, and starts it again where it dies."""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from core.errors import ModelError
from core.frame.ocr_reader import ReaderDiedError, ReaderProcess
from core.types import TextReading

log = logging.getLogger(__name__)

CANVASES_PX: Final = (320, 400, 480)
"""Copies that text is searched on: a larger one shows smaller text and takes longer. Files
get the largest; of live pictures the largest that this machine reads about once a second."""

TOO_SLOW_MS: Final = 1200.0
HAS_TIME_MS: Final = 500.0

FIRST_RETRY_S: Final = 1.0
LONGEST_RETRY_S: Final = 60.0

State = Literal["loading", "reading", "restarting", "failed"]


@dataclass(frozen=True, slots=True)
class TextScan:
    """What was read in one picture.

    Parameters
    ----------
    texts : tuple of TextReading
        In reading order.
    time_s : float
        Media time of the picture, s.
    took_ms : float
        Time the reader took for it, ms.
    """

    texts: tuple[TextReading, ...]
    time_s: float
    took_ms: float


@dataclass(slots=True, eq=False)
class Mailbox:
    """Where one visitor's picture waits and what was read for that visitor lies."""

    picture: NDArray[np.uint8] | None = None
    time_s: float = 0.0
    canvas_px: int | None = None
    tries: int = 0
    taken_s: float = float("-inf")
    scan: TextScan | None = None
    scanned_s: float = float("-inf")
    scans: int = 0
    problem: str = ""
    changed: threading.Condition = field(default_factory=threading.Condition)

    def put(self, picture: NDArray[np.uint8], time_s: float, canvas_px: int | None) -> None:
        """Lay the newest picture in; one that still waits is forgotten."""
        self.picture, self.time_s, self.canvas_px, self.tries = picture, time_s, canvas_px, 0

    def deliver(self, scan: TextScan) -> None:
        """Hand over what was read."""
        with self.changed:
            self.scan, self.scanned_s = scan, time.monotonic()
            self.scans += 1
            self.changed.notify_all()

    def refuse(self, problem: str) -> None:
        """Say that nothing was read and why."""
        with self.changed:
            self.problem = problem
            self.scans += 1
            self.changed.notify_all()


class TextService:
    """Serves mailboxes in turn with one process, which lives while there are any.

    Parameters
    ----------
    command : sequence of str
        See ``ReaderProcess``.
    retry_s : float
        Pause before the process is started again after it died, s; doubled each
        time in a row up to ``LONGEST_RETRY_S``.
    """

    def __init__(self, command: Sequence[str], retry_s: float = FIRST_RETRY_S) -> None:
        self._command, self._first_retry_s = list(command), retry_s
        self._turn = threading.Condition()
        self._boxes: deque[Mailbox] = deque()
        self._thread: threading.Thread | None = None
        self._reader: ReaderProcess | None = None
        self.state: State = "loading"
        self.problem = ""
        self.restarts = 0
        self._live_canvas = 1

    @property
    def pid(self) -> int | None:
        """Of the reading process while there is one."""
        reader = self._reader
        return None if reader is None else reader.pid

    def join(self, box: Mailbox) -> None:
        """Serve this mailbox, too; the first one starts the process."""
        with self._turn:
            self._boxes.append(box)
            if self._thread is None or not self._thread.is_alive():
                self.state, self.problem = "loading", ""
                self._thread = threading.Thread(target=self._serve, name="text", daemon=True)
                self._thread.start()

    def leave(self, box: Mailbox) -> None:
        """Serve it no more; the last one to leave ends the process."""
        with self._turn:
            if box in self._boxes:
                self._boxes.remove(box)
            reader = self._reader
            is_last = not self._boxes
            if is_last:
                self._thread = self._reader = None
            self._turn.notify_all()
        if is_last and reader is not None:
            # Reading is under way perhaps; nobody waits for it any more.
            reader.stop()

    def offer(
        self,
        box: Mailbox,
        picture: NDArray[np.uint8],
        time_s: float,
        canvas_px: int | None = None,
    ) -> None:
        """Lay a picture in a mailbox that joined; a live one leaves the canvas to be chosen."""
        with self._turn:
            box.put(picture, time_s, canvas_px)
            self._turn.notify_all()

    def _is_mine(self) -> bool:
        return self._thread is threading.current_thread()

    def _serve(self) -> None:
        pause_s = self._first_retry_s
        while self._is_mine():
            with self._turn:
                if not self._is_mine():
                    return
                self._reader = reader = ReaderProcess(self._command)
            try:
                reader.start()
                self.state, self.problem = "reading", ""
                while (box := self._next()) is not None:
                    self._read(reader, box)
                    pause_s = self._first_retry_s
            except ModelError as error:
                log.warning("%s", error)
                self._fail(str(error))
                return
            except ReaderDiedError as error:
                if not self._is_mine():
                    return
                self.restarts += 1
                self.state = "restarting"
                self.problem = f"the text reader died ({error}); started again in {pause_s:g} s"
                log.warning("%s", self.problem)
                with self._turn:
                    self._turn.wait_for(lambda: not self._is_mine(), pause_s)
                pause_s = min(LONGEST_RETRY_S, 2 * pause_s)
            finally:
                reader.stop()

    def _next(self) -> Mailbox | None:
        """Wait for the next mailbox in turn with a picture in it; None where all have left."""
        with self._turn:
            while self._is_mine():
                for box in list(self._boxes):
                    self._boxes.rotate(-1)
                    if box.picture is not None:
                        return box
                self._turn.wait()
        return None

    def _read(self, reader: ReaderProcess, box: Mailbox) -> None:
        with self._turn:
            picture, time_s, tries = box.picture, box.time_s, box.tries
            canvas_px = box.canvas_px
            box.picture, box.taken_s = None, time.monotonic()
        if picture is None:
            return
        try:
            texts, took_ms = reader.read(picture, canvas_px or CANVASES_PX[self._live_canvas])
        except ReaderDiedError:
            with self._turn:
                # Once more, unless a newer picture came or this one is what it died of.
                if box.picture is None and tries == 0:
                    box.picture, box.time_s, box.tries = picture, time_s, 1
                elif tries:
                    box.refuse("the text reader died of this picture")
            raise
        if canvas_px is None:
            step = (took_ms < HAS_TIME_MS) - (took_ms > TOO_SLOW_MS)
            self._live_canvas = min(len(CANVASES_PX) - 1, max(0, self._live_canvas + step))
        box.deliver(TextScan(texts, time_s, took_ms))

    def _fail(self, problem: str) -> None:
        with self._turn:
            self.state, self.problem = "failed", problem
            boxes = list(self._boxes)
        for box in boxes:
            box.refuse(problem)


_services: dict[tuple[str, ...], TextService] = {}
_services_lock = threading.Lock()


def shared_service(languages: Sequence[str], models_dir: Path) -> TextService:
    """Give the service of these languages that all of this process share."""
    command = (sys.executable, "-m", "core.frame.ocr_process", str(models_dir), *languages)
    with _services_lock:
        return _services.setdefault(command, TextService(command))
