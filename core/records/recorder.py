"""A run while it goes on: everything that is kept of it goes through here.

The video job, the live recording, the mood session and the watched camera each
open one ``RunRecorder`` and hand it every report. Nothing here raises for a
disk or a server that fails: it is told in ``problems`` and the analysis goes on.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from core.closing import Closing
from core.errors import FramemoodError
from core.incidents import Incident
from core.records.columns import data_dictionary
from core.records.feed import Feed
from core.records.provenance import plain_settings, versions
from core.records.run import RunSummary, new_run_id
from core.records.run_files import RunFiles, make_directory
from core.records.sending import Sending
from core.records.store import REPORT, RUN_FILE, RUNS, RunInfo, RunKind, RunState
from core.records.tables import RecordTables, Row
from core.records.tally import LateTally, Tally
from core.settings import Settings
from core.types import FrameReport

STANDING_EVERY_S: Final = 5.0
"""How often the list of runs is told how long a run is by now, s."""


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
        # The writing thread reads the figures while frames are counted.
        self._tally = LateTally(settings.quality_threshold)
        self.problems: list[str] = []
        self.video, self.models = dict(video or {}), dict(models or {})
        self.cancelled = False
        recorded = run_dir is None if recorded is None else recorded
        if run_dir is not None:
            make_directory(run_dir)
        self._home = settings.records_dir / RUNS / self.run_id if recorded else None
        places = [place for place in (run_dir, self._home) if place is not None]
        self._files = RunFiles(places, self.note)
        self._found: tuple[tuple[Incident, ...], ...] | None = None
        self._begun_s = time.perf_counter()
        self._elapsed_s: float | None = None
        self._told_s = float("-inf")
        self._failed = False
        self._sending = Sending(settings, self.note, self._begin_feed) if mlflow else None
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
        return self._tally.now

    @property
    def fps(self) -> float:
        """Frames taken in a second of wall time, Hz."""
        elapsed_s = self._elapsed()
        return self.tally.frames / elapsed_s if elapsed_s > 0 else 0.0

    @property
    def directory(self) -> Path | None:
        """Where the files of the run are."""
        return self._files.directory

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
        self._tally.add(report, step_s)
        if self._tables is not None:
            self._tables.add(report, time.time())

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
        return self._files.path(name)

    def close(self) -> None:
        """Write what is left; twice does no harm."""
        if self._elapsed_s is not None:
            return
        self._elapsed_s = self._elapsed()
        self._found = self.tally.finish()
        if self._tables is not None:
            self._tables.close()
            self.note(*self._tables.problems)
            if self._files.places:
                self._finish()
            if self._sending is not None:
                self._sending.finish(self.summary(), failed=self._failed)

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
            files=dict(self._files.by_name),
            video=dict(self.video),
            settings=plain_settings(self.settings),
            versions=versions(),
            models=dict(self.models),
        )

    def _elapsed(self) -> float:
        """Wall time up to the end, or so far, s."""
        if self._elapsed_s is not None:
            return self._elapsed_s
        return time.perf_counter() - self._begun_s

    def _finish(self) -> None:
        for name in ("metrics.csv", "emotions.csv", "columns.json", "incidents.json"):
            self.path(name)
        self._files.write("columns.json", data_dictionary())
        self._files.write("incidents.json", self.incidents())
        self.path("summary.json")
        self._files.forget_missing("summary.json")
        self.path(REPORT)
        self._files.write("summary.json", self.summary().as_dict())
        self._files.write_report(self.settings.language)
        self._tell_standing("done")

    def _begin_feed(self) -> Feed:
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
            places=self._files.places,
        )

    def _after_batch(self, rows: Sequence[Row]) -> None:
        self._tally.catch_up()
        if self._sending is not None:
            self._sending.take(rows)
        now_s = time.monotonic()
        if now_s - self._told_s >= STANDING_EVERY_S:
            self._told_s = now_s
            with self._tally.lock:
                summary = self.summary().as_dict()
            # A run that is killed has a summary, too.
            self._files.write("summary.json", summary)
            self._tell_standing("running")

    def _tell_standing(self, state: RunState) -> None:
        if self._home is None:
            return
        with self._tally.lock:
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
        self._files.write(RUN_FILE, info.as_dict(), [self._home])
