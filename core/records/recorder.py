"""A run while it goes on: everything that is kept of it goes through here.

The video job, the live recording, the mood session and the watched camera each
open one ``RunRecorder`` and hand it every report. Nothing here raises for a
disk or a server that fails: it is told in ``problems`` and the analysis goes on.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from core.closing import Closing
from core.errors import FramemoodError, RecordError
from core.incidents import Incident
from core.records.columns import data_dictionary
from core.records.courier import courier
from core.records.feed import Feed
from core.records.provenance import plain_settings, versions
from core.records.run import RunSummary, Tally, new_run_id, write_json
from core.records.store import REPORT, RUN_FILE, RUNS, RunInfo, RunKind, RunState
from core.records.tables import RecordTables, Row
from core.settings import Settings
from core.types import FrameReport

log = logging.getLogger(__name__)

STANDING_EVERY_S: Final = 5.0
"""How often the list of runs is told how long a run is by now, s."""

COUNTED_AT_ONCE: Final = 32
"""Frames that wait to be counted at most. One after the other costs a fifth of one by one
between other work, and where rows are written, that thread counts."""


class RunRecorder(Closing):
    """Records one run; a context manager that finishes it however it ends.

    Parameters
    ----------
    settings : Settings
        Where records are kept, and the threshold of quality.
    source : str
        Name of the file, address or camera; no password in it.
    kind : str
        "video", "live", "session" or "watch".
    run_dir : Path, optional
        Directory for the files of the run, made where it is missing.
    recorded : bool, optional
        Whether the run is kept among the records: a folder of its own in
        ``settings.records_dir`` and rows in the tables of all runs. By default
        where no ``run_dir`` is given; False without one writes nothing at all.
    mlflow : bool
        Whether the run is also sent to MLflow.
    video, models : mapping, optional
        What is known of the source, and ``provenance.model_facts``.
    run_id : str, optional
        A new one by default.

    Attributes
    ----------
    run_id : str
        Unique.
    directory : Path or None
        Where the files of the run are.
    problems : list of str
        What went wrong so far, a line each.

    Raises
    ------
    RecordError
        Where ``run_dir`` was given and cannot be made.

    Examples
    --------
    >>> with RunRecorder(Settings(), source="camera", kind="live", recorded=False) as run:
    ...     run.add(FrameReport(0, 0.0, "no_face"))
    >>> run.summary().frames
    1
    """

    def __init__(
        self,
        settings: Settings,
        *,
        source: str,
        kind: RunKind = "video",
        run_dir: Path | None = None,
        recorded: bool | None = None,
        mlflow: bool = False,
        video: Mapping[str, Any] | None = None,
        models: Mapping[str, Any] | None = None,
        run_id: str | None = None,
    ) -> None:
        self.settings, self.source, self.kind = settings, source, kind
        self.run_id = run_id or new_run_id()
        self.started = datetime.now(UTC)
        self._tally = Tally(settings.quality_threshold)
        self._uncounted: deque[tuple[FrameReport, float | None]] = deque()
        self.problems: list[str] = []
        self.files: dict[str, str] = {}
        self.video, self.models = dict(video or {}), dict(models or {})
        self.cancelled = False
        recorded = run_dir is None if recorded is None else recorded
        if run_dir is not None:
            _make(run_dir)
        self._home = settings.records_dir / RUNS / self.run_id if recorded else None
        places = [place for place in (run_dir, self._home) if place is not None]
        self.directory = places[0] if places else None
        self._places = places
        self._found: tuple[tuple[Incident, ...], ...] | None = None
        self._begun_s = time.perf_counter()
        self._elapsed_s: float | None = None
        self._told_s = float("-inf")
        # The writing thread reads the figures while frames are counted.
        self._counting = threading.RLock()
        self._failed = False
        self._feed = self._open_feed() if mlflow else None
        self._tables: RecordTables | None = None
        if places or mlflow:
            self._tables = RecordTables(
                self.run_id,
                places,
                shared=settings.records_dir if recorded else None,
                rotate_bytes=settings.records_rotate_mb << 20,
                on_batch=self._after_batch,
            )

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if value is not None:
            self._failed = True
            told = value if isinstance(value, FramemoodError) else repr(value)
            self.problems.append(f"stopped early: {told}")
        self.close()

    @property
    def tally(self) -> Tally:
        """The figures so far."""
        self._count()
        return self._tally

    @property
    def fps(self) -> float:
        """Frames taken in a second of wall time, Hz."""
        elapsed_s = self._elapsed()
        return self.tally.frames / elapsed_s if elapsed_s > 0 else 0.0

    def add(self, report: FrameReport, step_s: float | None = None) -> None:
        """Take in one report; in the order of their time, from one thread.

        Parameters
        ----------
        report : FrameReport
            Of a frame.
        step_s : float, optional
            How long the frame is shown where no next one tells, s; by default as long
            as the one before.
        """
        self._uncounted.append((report, step_s))
        if self._tables is not None:
            self._tables.add(report, time.time())
        if len(self._uncounted) >= COUNTED_AT_ONCE:
            self._count()

    def note(self, *problems: str) -> None:
        """Tell of what went wrong elsewhere; each problem once."""
        self.problems += [each for each in problems if each not in self.problems]

    def incidents(self) -> list[dict[str, Any]]:
        """Incidents so far in order of onset; weak and unreadable stretches once it is closed."""
        weak, _, unreadable = self._found or ((), (), ())
        found = sorted((*weak, *unreadable, *self.tally.incidents), key=lambda each: each.onset_s)
        return [incident.as_dict() for incident in found]

    def path(self, name: str) -> Path:
        """Where a file of the run is, or is to be written; it then counts as one of its files.

        Raises
        ------
        RecordError
            Where the run has no directory.
        """
        if self.directory is None:
            raise RecordError(f"{name}: the run keeps no files; give it a directory")
        path = self.directory / name
        self.files[name] = str(path)
        return path

    def close(self) -> None:
        """Write what is left; twice does no harm."""
        if self._elapsed_s is not None:
            return
        self._elapsed_s = self._elapsed()
        self._found = self.tally.finish()
        if self._tables is not None:
            self._tables.close()
            self.note(*self._tables.problems)
            if self._places:
                self._finish()
            self._close_feed()

    def summary(self) -> RunSummary:
        """What the run comes to, so far or in the end."""
        weak, freezes, _ = self._found or ((), (), ())
        mean, least, below = self.tally.quality or (None, None, None)
        return RunSummary(
            run_id=self.run_id,
            kind=self.kind,
            source=self.source,
            started_at=self.started.isoformat(timespec="seconds"),
            frames=self.tally.frames,
            frames_by_status={
                str(status): count for status, count in self.tally.frames_by_status.items()
            },
            duration_s=self.tally.duration_s,
            elapsed_s=self._elapsed(),
            fps=self.fps,
            mean_quality=mean,
            min_quality=least,
            below_threshold=below,
            faces=len(self.tally.tracks),
            emotions=self.tally.emotions,
            weak_stretches=weak,
            freezes=freezes,
            incidents=self.tally.incidents,
            problems=tuple(self.problems),
            cancelled=self.cancelled,
            files=dict(self.files),
            video=dict(self.video),
            settings=plain_settings(self.settings),
            versions=versions(),
            models=dict(self.models),
        )

    def _count(self) -> None:
        with self._counting:
            while self._uncounted:
                self._tally.add(*self._uncounted.popleft())

    def _elapsed(self) -> float:
        """Wall time up to the end, or so far, s."""
        if self._elapsed_s is not None:
            return self._elapsed_s
        return time.perf_counter() - self._begun_s

    def _finish(self) -> None:
        for name in ("metrics.csv", "emotions.csv", "columns.json", "incidents.json"):
            self.path(name)
        self._write("columns.json", data_dictionary())
        self._write("incidents.json", self.incidents())
        self.path("summary.json")
        self.files = {
            name: path
            for name, path in self.files.items()
            if name == "summary.json" or Path(path).exists()
        }
        self.path(REPORT)
        self._write("summary.json", self.summary().as_dict())
        self._report()
        self._tell_standing("done")

    def _report(self) -> None:
        # Late: whoever only records a stream needs no pandas until its end.
        from core.records.report import write_report  # noqa: PLC0415

        for place in self._places:
            try:
                write_report(place, self.settings.language)
            except RecordError as error:
                log.warning("%s", error)

    def _open_feed(self) -> Feed | None:
        try:
            return Feed(
                self.settings,
                run_id=self.run_id,
                kind=self.kind,
                source=self.source,
                started=self.started,
                params={
                    "source": self.source,
                    "video": self.video,
                    "settings": plain_settings(self.settings),
                    "models": self.models,
                    "versions": versions(),
                },
                places=self._places,
            )
        except RecordError as error:
            self.note(f"nothing is sent to MLflow: {error}")
            return None

    def _close_feed(self) -> None:
        if self._feed is None:
            return
        try:
            self._feed.finish(self.summary(), "FAILED" if self._failed else "FINISHED")
            courier.ensure(self.settings)
        except RecordError as error:
            log.warning("%s", error)
        self._feed.close()

    def _after_batch(self, rows: Sequence[Row]) -> None:
        self._count()
        if self._feed is not None:
            try:
                self._feed.take(rows)
                courier.ensure(self.settings)
            except RecordError as error:
                self.note(str(error))
        now_s = time.monotonic()
        if now_s - self._told_s >= STANDING_EVERY_S:
            self._told_s = now_s
            with self._counting:
                summary = self.summary().as_dict()
            # A run that is killed has a summary, too.
            self._write("summary.json", summary)
            self._tell_standing("running")

    def _tell_standing(self, state: RunState) -> None:
        if self._home is None:
            return
        with self._counting:
            quality, frames = self.tally.quality, self.tally.frames
            duration_s = round(self.tally.duration_s, 3)
        info = RunInfo(
            run_id=self.run_id,
            kind=self.kind,
            source=self.source,
            started_at=self.started.isoformat(timespec="seconds"),
            frames=frames,
            duration_s=duration_s,
            mean_quality=None if quality is None else round(quality[0], 4),
            path=self._home,
            state=state,
        )
        self._write(RUN_FILE, info.as_dict(), [self._home])

    def _write(self, name: str, value: object, places: Sequence[Path] | None = None) -> None:
        for place in self._places if places is None else places:
            try:
                _make(place)
                write_json(place / name, value)
            except RecordError as error:
                if str(error) not in self.problems:
                    log.warning("%s", error)
                self.note(str(error))


def _make(directory: Path) -> None:
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RecordError(
            f"{directory}: cannot be made ({error.strerror or error}); "
            "choose a directory that may be written"
        ) from error
