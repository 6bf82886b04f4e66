"""Text in the picture: read about once a second in a process of its own, for whoever asks.

``TextWorker`` is one visitor's access to it; all of a program share one process,
which is started when the first asks and ended when the last has left.
``TextFollower`` is what the pipeline holds: the text of one source and the clock in it.
"""

from __future__ import annotations

import re
import time
import weakref
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.closing import Closing
from core.errors import ModelError
from core.frame.liveness_clock import ClockWatch
from core.frame.ocr_clock import ClockReader
from core.frame.ocr_service import (
    CANVASES_PX,
    Mailbox,
    State,
    TextScan,
    TextService,
    shared_service,
)
from core.frame.pictures import Picture
from core.incidents import Incident
from core.settings import Settings
from core.types import TextReading

EVERY_S: Final = 1.0
"""Between two readings of a source, s."""

KEPT_S: Final = 10.0
"""A reading that nothing newer took the place of is shown no longer than this, s."""

_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(_[a-z]+)?")


class TextWorker(Closing):
    """One visitor's text reader; a context manager.

    Pictures are offered as they come; the newest is read about once a second, in
    turn with those of other visitors, and what was read comes back only here.

    Parameters
    ----------
    languages : sequence of str
        Codes of EasyOCR, such as ("en",) or ("ko", "en"); English ships with the
        program, others need a file in ``settings.models_dir``.
    settings : Settings, optional
        Names ``models_dir``.
    every_s : float
        Least time between two readings, s.
    service : TextService, optional
        Taken instead of the one that all share.

    Examples
    --------
    >>> with TextWorker() as worker:  # doctest: +SKIP
    ...     worker.offer(image, time_s=0.0)
    ...     worker.newest()
    """

    def __init__(
        self,
        languages: Sequence[str] = ("en",),
        settings: Settings | None = None,
        *,
        every_s: float = EVERY_S,
        service: TextService | None = None,
    ) -> None:
        if not languages or not all(_LANGUAGE.fullmatch(each) for each in languages):
            raise ModelError(f"text: {languages!r} is no list of languages; give codes like en, ko")
        self._every_s = every_s
        self._service = service or shared_service(
            languages, (settings or Settings()).models_dir / "easyocr"
        )
        self._box = Mailbox()
        self._service.join(self._box)
        # Whoever forgets to close leaves all the same.
        self._leave = weakref.finalize(self, self._service.leave, self._box)

    def close(self) -> None:
        """Leave; the process ends with the last one that does. Twice does no harm."""
        self._leave()

    @property
    def state(self) -> State:
        """Whether the reader is "loading", "reading", "restarting" or "failed"."""
        return self._service.state

    @property
    def problem(self) -> str:
        """Why it does not read, one line; empty where it does."""
        return self._service.problem

    @property
    def is_due(self) -> bool:
        """Whether a picture offered now would be read before another second is over."""
        return time.monotonic() - self._box.taken_s >= self._every_s

    def offer(self, image: NDArray[np.uint8], time_s: float) -> None:
        """Offer a picture; returns at once.

        Parameters
        ----------
        image : (H, W, 3) uint8 array
            BGR; it is read later, so it must not be written to again.
        time_s : float
            Its media time, s.
        """
        if self.is_due:
            self._service.offer(self._box, image, time_s)

    def newest(self) -> tuple[TextReading, ...]:
        """What was read last; nothing where that is too long ago."""
        scan = self.scan()
        return () if scan is None else scan.texts

    def scan(self) -> TextScan | None:
        """The same with the media time of its picture; None where there is none."""
        is_old = time.monotonic() - self._box.scanned_s > KEPT_S
        return None if is_old else self._box.scan

    def read(self, image: NDArray[np.uint8], time_s: float = 0.0) -> TextScan:
        """Read one picture now and wait for it, as files are read.

        Raises
        ------
        ModelError
            Where the reader cannot be loaded, or dies of this picture.
        """
        box = self._box
        before = box.scans
        box.problem = ""
        self._service.offer(box, image, time_s, CANVASES_PX[-1])
        with box.changed:
            while box.scans == before and self._service.state != "failed":
                box.changed.wait(1.0)
        if box.scans == before or box.problem or box.scan is None:
            raise ModelError(box.problem or self._service.problem)
        return box.scan


class TextFollower:
    """The text of one source from frame to frame, and whether the clock in it runs.

    Of a live source the newest frame is read when the reader is free; of a file
    the first frame of each second of media time, so that every run says the same.

    Parameters
    ----------
    settings : Settings
        Languages and where their weights are.
    live : bool
        Whether frames come as they happen.
    worker : TextWorker, optional
        Taken instead of one of its own.
    """

    def __init__(self, settings: Settings, *, live: bool, worker: TextWorker | None = None) -> None:
        self._live = live
        self._worker = worker or TextWorker(settings.ocr_languages, settings)
        self._clock, self._reader = ClockWatch(), ClockReader()
        self._scan: TextScan | None = None
        self._second = -1
        self._told: TextScan | None = None
        self.refused = ""

    @property
    def state(self) -> State:
        """See ``TextWorker.state``."""
        return self._worker.state

    @property
    def problem(self) -> str:
        """See ``TextWorker.problem``."""
        return self.refused or self._worker.problem

    @property
    def incident(self) -> Incident | None:
        """That of the clock in the picture, while it holds."""
        return self._clock.open

    def look(self, picture: Picture) -> None:
        """Take the next frame; in the order of their time."""
        if not picture.readable:
            return
        if self._live:
            if self._worker.is_due:
                self._worker.offer(picture.image, picture.time_s)
            self._scan = self._worker.scan()
            return
        second = int(picture.time_s / EVERY_S)
        if second != self._second and not self.refused:
            self._second = second
            try:
                self._scan = self._worker.read(picture.image, picture.time_s)
            except ModelError as error:
                # The rest of the analysis goes on; the run tells of it.
                self._scan, self.refused = None, str(error)

    def texts(self, change: float) -> tuple[TextReading, ...]:
        """What is known by now, ``change`` being that of the frame (0..1)."""
        scan = self._scan
        if scan is None:
            return ()
        if scan is not self._told:
            self._told = scan
            shown = self._reader.read((each.text for each in scan.texts), scan.time_s)
            self._clock.update(shown, scan.time_s, change)
        return scan.texts

    def reset(self) -> None:
        """Forget what was read, as at a jump in the source."""
        self._clock, self._reader = ClockWatch(), ClockReader()
        self._scan, self._told, self._second = None, None, -1

    def close(self) -> None:
        """Leave the reader; twice does no harm."""
        self._worker.close()
