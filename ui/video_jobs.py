"""The video analyses of all visitors: who runs, who waits, and whose files are where.

A job belongs to one visitor and writes into a directory whose name cannot be
guessed, below a root that is gone when the program ends. A visitor has one job
at a time: a new one replaces the old with its files, and what is left is
deleted when the visitor leaves or an hour after it was done.
"""

from __future__ import annotations

import logging
import secrets
import shutil
import tempfile
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from core.errors import FramemoodError
from core.settings import Settings
from ui.video_job import Job, Request

log = logging.getLogger(__name__)

KEEP_S: Final = 3600.0
"""How long the files of a finished job are kept, s."""

MOST_WAITING: Final = 20
"""Jobs that may wait; whoever comes then is asked to come back."""

MOST_WAITING_OF_ADDRESS: Final = 3
"""Of those, how many may come from one network address."""

Analyze = Callable[..., Any]
"""``core.frame.video.analyze_video``, or a stand-in with its signature."""


class QueueFullError(FramemoodError):
    """Too many jobs wait already."""


class Jobs:
    """Runs the jobs of all visitors, some at a time, in the order they came.

    Parameters
    ----------
    settings : Settings
        Given to every analysis.
    analyze : callable
        ``core.frame.video.analyze_video``.
    at_once : int, optional
        Jobs that run at the same time; half the workers by default, since one
        analysis decodes, reads and encodes on more than one core.
    keep_s : float
        See ``KEEP_S``.
    longest_s : float, optional
        A job is stopped after this long and keeps what it has, s;
        ``settings.job_limit_s`` by default.
    """

    def __init__(
        self,
        settings: Settings,
        analyze: Analyze,
        *,
        at_once: int | None = None,
        keep_s: float = KEEP_S,
        longest_s: float | None = None,
    ) -> None:
        self.settings = settings
        self._analyze = analyze
        self._at_once = at_once or max(1, settings.worker_count // 2)
        self._keep_s, self._longest_s = keep_s, longest_s or settings.job_limit_s
        # mkdtemp makes it readable for this user alone.
        self.root = Path(tempfile.mkdtemp(prefix="framemood-video-")).resolve()
        self._changed = threading.Condition()
        self._waiting: deque[Job] = deque()
        self._running = 0
        self._of_visitor: dict[str, Job] = {}
        self._finalizer = weakref.finalize(self, shutil.rmtree, self.root, ignore_errors=True)

    def start(self, visitor: str, request: Request) -> Job:
        """Queue a job for a visitor; the one before is stopped and its files are deleted.

        Raises
        ------
        QueueFullError
            Where ``MOST_WAITING`` jobs wait already, or too many of one address.
        """
        self.drop(visitor)
        with self._changed:
            if len(self._waiting) >= MOST_WAITING:
                raise QueueFullError(f"{request.name}: {MOST_WAITING} videos wait already")
            address = request.address
            of_address = sum(job.request.address == address for job in self._waiting)
            # A visitor is whoever opens the page, which one machine may do many times.
            if address and of_address >= MOST_WAITING_OF_ADDRESS:
                raise QueueFullError(f"{request.name}: {of_address} videos of yours wait already")
            directory = self.root / secrets.token_urlsafe(24)
            directory.mkdir(mode=0o700)
            job = Job(request, directory)
            overtaken = self._of_visitor.get(visitor)
            self._of_visitor[visitor] = job
            self._waiting.append(job)
        if overtaken is not None:
            # Two clicks may come at once; a job that nobody knows could not be stopped.
            self._discard(overtaken)
        # A daemon, so that closing the program does not wait for two hours of video.
        threading.Thread(target=self._run, args=(job,), name="video-job", daemon=True).start()
        return job

    def of(self, visitor: str) -> Job | None:
        """The job of a visitor, or None."""
        return self._of_visitor.get(visitor)

    def ahead(self, job: Job) -> int:
        """How many jobs are served before this one that waits; 0 once it runs."""
        with self._changed:
            if job not in self._waiting:
                return 0
            return self._running + self._waiting.index(job)

    def cancel(self, visitor: str) -> None:
        """Stop a visitor's job; what it has measured so far is kept."""
        job = self.of(visitor)
        if job is not None:
            self._stop(job)

    def drop(self, visitor: str) -> None:
        """Forget a visitor: stop the job and delete its files."""
        with self._changed:
            job = self._of_visitor.pop(visitor, None)
        if job is not None:
            self._discard(job)

    def close(self) -> None:
        """Stop every job and delete every file."""
        for visitor in list(self._of_visitor):
            self.drop(visitor)
        self._finalizer()

    def _stop(self, job: Job) -> None:
        job.cancel.set()
        with self._changed:
            self._changed.notify_all()

    def _discard(self, job: Job) -> None:
        job.abandoned = True
        self._stop(job)
        if job.expiry is not None:
            job.expiry.cancel()
        # The thread that writes the files deletes them; after it there is none.
        if job.finished.is_set():
            shutil.rmtree(job.directory, ignore_errors=True)

    def _run(self, job: Job) -> None:
        try:
            if self._take_turn(job):
                try:
                    self._work(job)
                finally:
                    with self._changed:
                        self._running -= 1
                        self._changed.notify_all()
        finally:
            job.finished.set()
            if job.abandoned:
                shutil.rmtree(job.directory, ignore_errors=True)
            else:
                job.expiry = threading.Timer(self._keep_s, self._expire, (job,))
                job.expiry.daemon = True
                job.expiry.start()

    def _take_turn(self, job: Job) -> bool:
        """Wait for the turn of a job; False where it was cancelled before that."""
        with self._changed:
            self._changed.wait_for(
                lambda: (
                    job.cancel.is_set()
                    or (self._waiting[0] is job and self._running < self._at_once)
                )
            )
            self._waiting.remove(job)
            self._changed.notify_all()
            if job.cancel.is_set():
                job.state = "cancelled"
                return False
            self._running += 1
            job.state = "running"
            return True

    def _work(self, job: Job) -> None:
        request = job.request
        job.began_s = time.monotonic()
        stop_at = job.began_s + self._longest_s

        def on_progress(progress: Any) -> None:
            job.progress = progress
            if time.monotonic() > stop_at and not job.cancel.is_set():
                job.overran = True
                job.cancel.set()

        record = request.record and self.settings.allow_records
        try:
            job.summary = self._analyze(
                request.source,
                job.directory,
                faces=request.faces,
                emotion=request.emotion,
                quality=request.quality,
                ocr=request.ocr,
                every=request.every,
                record=record,
                mlflow=record,
                settings=self.settings,
                on_progress=on_progress,
                cancel=job.cancel,
            )
            job.state = "cancelled" if job.cancel.is_set() else "done"
        # A thread has no caller to raise to: whatever went wrong is shown to the visitor.
        except Exception as error:
            if not isinstance(error, FramemoodError):
                log.exception("the analysis of a video failed")
            job.error = error
            job.state = "failed"
        finally:
            job.ended_s = time.monotonic()

    def _expire(self, job: Job) -> None:
        with self._changed:
            for visitor, kept in list(self._of_visitor.items()):
                if kept is job:
                    del self._of_visitor[visitor]
        self._discard(job)
