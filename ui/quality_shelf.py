"""The runs that a visitor may look at, and nobody else's.

A visitor's own analyses, what the visitor brought along, the built-in sample, and,
where strangers are not served, what was recorded on this machine. Files are handed
out by ticket, which cannot be guessed and is void once its visitor has left.
"""

from __future__ import annotations

import secrets
import shutil
import tempfile
import threading
import weakref
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from core.frame.sample import sample_clip
from core.records.store import RUNS, RunInfo, list_runs, read_info
from core.settings import Settings
from ui.quality_drop import unpack
from ui.quality_rows import RowsCache
from ui.video_job import Job, Request
from ui.video_jobs import Jobs

KEPT_S: Final = 3600.0
"""How long the files that a visitor brought are kept, s."""

MOST_BROUGHT: Final = 8
"""Runs a visitor may have brought at a time; the oldest goes for the next."""

MOST_RECORDED: Final = 200
"""Newest recorded runs on offer."""

SAMPLE: Final = "sample"


@dataclass(frozen=True, slots=True)
class Run:
    """One run on a visitor's shelf.

    Parameters
    ----------
    key : str
        Names it among the visitor's runs.
    kind : str
        "own", "brought", "sample", or what a recorded run says it is: "video",
        "live", "session" or "watch".
    name : str
        Of the file, address or camera; "" for the sample, which each language names.
    directory : Path
        Where its tables are.
    started_at : str
        UTC, ISO 8601; "" where it is not known.
    is_running : bool
        Whether rows may still come.
    mlflow_url : str or None
        Its page on the MLflow server.
    """

    key: str
    kind: str
    name: str
    directory: Path
    started_at: str = ""
    is_running: bool = False
    mlflow_url: str | None = None


@dataclass(frozen=True, slots=True)
class _Brought:
    """What a visitor brought, and what deletes it in the end."""

    name: str
    directory: Path
    expiry: threading.Timer


class Shelf:
    """The runs of all visitors.

    Parameters
    ----------
    settings : Settings
        Where runs are recorded, and whether strangers are served.
    jobs : Jobs
        The analyses that visitors have asked for.
    samples : Jobs
        Of its own, since a visitor has one analysis at a time.
    """

    def __init__(self, settings: Settings, jobs: Jobs, samples: Jobs) -> None:
        self.settings = settings
        self.cache = RowsCache(settings)
        self._jobs, self._samples = jobs, samples
        self._root = Path(tempfile.mkdtemp(prefix="framemood-quality-")).resolve()
        self._finalizer = weakref.finalize(self, shutil.rmtree, self._root, ignore_errors=True)
        self._lock = threading.Lock()
        self._sample_lock = threading.Lock()
        self._brought: dict[str, dict[str, _Brought]] = {}
        self._tickets: dict[tuple[str, str], str] = {}
        self._owners: dict[str, tuple[str, str]] = {}

    def runs(self, visitor: str) -> list[Run]:
        """All runs on a visitor's shelf: the own ones first, then the newest records."""
        found = [self._own(visitor)]
        with self._lock:
            keys = list(self._brought.get(visitor, {}))
        found += [self.find(visitor, key) for key in reversed(keys)]
        found.append(self.find(visitor, SAMPLE))
        if self.settings.shows_records:
            recorded = list_runs(self.settings.records_dir)[:MOST_RECORDED]
            found += [_of_record(info) for info in recorded]
        return [run for run in found if run is not None]

    def find(self, visitor: str, key: str) -> Run | None:
        """One run of a visitor's shelf; None where there is no such run on it."""
        shelf, _, name = key.partition("/")
        if shelf == "own":
            run = self._own(visitor)
            return run if run is not None and run.key == key else None
        if shelf == "brought":
            with self._lock:
                brought = self._brought.get(visitor, {}).get(key)
            return Run(key, "brought", brought.name, brought.directory) if brought else None
        if key == SAMPLE:
            job = self._samples.of(SAMPLE)
            done = job is not None and job.state == "done"
            return Run(SAMPLE, SAMPLE, "", job.directory) if job is not None and done else None
        # Of what a visitor names, only the last part is taken: it cannot lead elsewhere.
        if shelf == "record" and self.settings.shows_records and name == Path(name).name:
            info = read_info(self.settings.records_dir / RUNS / name)
            return _of_record(info) if info is not None else None
        return None

    def ticket(self, visitor: str, key: str) -> str:
        """What opens a run's files for a visitor, as long as the visitor is here."""
        with self._lock:
            owner = (visitor, key)
            if owner not in self._tickets:
                self._tickets[owner] = secrets.token_urlsafe(18)
                self._owners[self._tickets[owner]] = owner
            return self._tickets[owner]

    def of_ticket(self, ticket: str) -> Run | None:
        """The run that a ticket opens; None where it is void."""
        with self._lock:
            owner = self._owners.get(ticket)
        return self.find(*owner) if owner is not None else None

    def bring(self, visitor: str, path: Path, name: str) -> str:
        """Take in what a visitor brought along; gives the key of the run.

        Raises
        ------
        DropError
            Where it is no run.
        """
        directory = self._root / secrets.token_urlsafe(24)
        directory.mkdir(mode=0o700)
        try:
            unpack(path, name, directory, self.settings.max_upload_mb)
        except Exception:
            shutil.rmtree(directory, ignore_errors=True)
            raise
        key = f"brought/{directory.name}"
        expiry = threading.Timer(KEPT_S, self._remove, (visitor, key))
        expiry.daemon = True
        with self._lock:
            shelf = self._brought.setdefault(visitor, {})
            shelf[key] = _Brought(name, directory, expiry)
            expiry.start()
            oldest = [each for each in shelf if len(shelf) > MOST_BROUGHT][:1]
        for each in oldest:
            self._remove(visitor, each)
        return key

    def sample(self) -> Job:
        """The analysis of the built-in clip, begun now where nobody has asked for it yet.

        Raises
        ------
        FramemoodError
            Where the clip cannot be made.
        """
        with self._sample_lock:
            job = self._samples.of(SAMPLE)
            if job is None or job.state in ("failed", "cancelled"):
                clip = sample_clip()
                job = self._samples.start(SAMPLE, Request(clip, "sample"))
        return job

    def forget(self, visitor: str) -> None:
        """Delete what a visitor brought and void the visitor's tickets."""
        with self._lock:
            keys = list(self._brought.get(visitor, {}))
        for key in keys:
            self._remove(visitor, key)
        with self._lock:
            self._brought.pop(visitor, None)
            for owner in [each for each in self._tickets if each[0] == visitor]:
                del self._owners[self._tickets.pop(owner)]

    def _own(self, visitor: str) -> Run | None:
        job = self._jobs.of(visitor)
        if job is None or not (job.directory / "metrics.csv").is_file():
            return None
        running = not job.finished.is_set()
        key = f"own/{job.directory.name}"
        return Run(key, "own", job.request.name, job.directory, is_running=running)

    def _remove(self, visitor: str, key: str) -> None:
        with self._lock:
            brought = self._brought.get(visitor, {}).pop(key, None)
        if brought is not None:
            # A timer is a thread, which would else stay for the rest of its hour.
            brought.expiry.cancel()
            self.cache.forget(brought.directory)
            shutil.rmtree(brought.directory, ignore_errors=True)


def _of_record(info: RunInfo) -> Run | None:
    if not (info.path / "metrics.csv").is_file():
        return None
    return Run(
        f"record/{info.path.name}",
        info.kind,
        info.source,
        info.path,
        info.started_at,
        info.state == "running",
        info.mlflow_url,
    )
