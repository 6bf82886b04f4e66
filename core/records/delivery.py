"""Sends what runs have spooled to MLflow: in order, once, for as long as it takes.

It runs in a process of its own, see ``courier``.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from core.errors import RecordError
from core.records.courier import LAST_RETRY_S
from core.records.evidence import kept_evidence
from core.records.locking import LockHeldError
from core.records.mlflow_log import (
    MOST_METRICS,
    MlflowAwayError,
    MlflowLog,
    MlflowRefusedError,
    RunGoneError,
)
from core.records.report_style import STYLE
from core.records.run import write_json
from core.records.spool import Entry, Parcel, Point, parcels
from core.records.store import MLFLOW_FILE, REPORT, read_incidents, read_summary
from core.settings import Settings

log = logging.getLogger(__name__)

LOOK_EVERY_S: Final = 1.0
FIRST_RETRY_S: Final = 1.0
LINGER_S: Final = 60.0
"""A follower with nothing to do ends after this long, s."""

_EMPTY_PLOT: Final = (
    "<!doctype html><meta charset=utf-8><style>{style}[lang=ko]{{display:none}}</style>"
)


@dataclass(frozen=True, slots=True)
class Delivery:
    """What one look at the spool came to.

    Parameters
    ----------
    finished : int
        Runs that have arrived whole.
    waiting : int
        Runs of which something is still to be sent, those that go on included.
    problem : str
        Why the server did not take it; "" where it did.
    """

    finished: int
    waiting: int
    problem: str = ""


class Deliverer:
    """Empties the spool of one records directory.

    Parameters
    ----------
    settings : Settings
        ``records_dir`` and ``mlflow_tracking_uri``.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._log: MlflowLog | None = None
        # Of any other run, what was sent last may have arrived although nobody said so.
        self._sure: set[str] = set()
        self._told = ""

    def deliver(self) -> Delivery:
        """Send everything that waits now, run by run."""
        finished = waiting = 0
        problem = ""
        for parcel in parcels(self._settings.records_dir):
            try:
                with parcel.hold():
                    # Another program may have sent some of it since it was listed.
                    has_arrived = self._send(Parcel(parcel.directory))
                if has_arrived:
                    # Windows deletes no folder with an open file in it, such as the lock's.
                    parcel.discard()
                    finished += 1
                else:
                    waiting += 1
            except (LockHeldError, FileNotFoundError):
                waiting += 1
            except (MlflowAwayError, OSError) as error:
                waiting += 1
                problem = str(error)
                self._sure.discard(parcel.run_id)
                break
        self._tell(problem)
        return Delivery(finished, waiting, problem)

    def _tell(self, problem: str) -> None:
        # Tried every half a minute, it would fill the log with the same line.
        if problem != self._told:
            log.warning("MLflow is %s", f"away ({problem})" if problem else "back")
        self._told = problem

    def _send(self, parcel: Parcel) -> bool:
        """Whether the run has arrived whole."""
        goes_on = parcel.is_being_written()
        entries = parcel.entries()
        try:
            while entries:
                entries = self._step(parcel, entries)
        except RunGoneError:
            # Deleted there, or another server: it gets the whole journal again.
            parcel.acknowledge(0, mlflow_id="")
            self._sure.discard(parcel.run_id)
            return False
        if not parcel.state.get("ended"):
            if goes_on:
                return False
            if not parcel.state.get("mlflow_id"):
                return True
            end_ms = int(parcel.state.get("last_ms", 0)) or None
            self._mlflow().end(str(parcel.state["mlflow_id"]), "KILLED", end_ms or _now_ms())
        return True

    def _step(self, parcel: Parcel, entries: list[Entry]) -> list[Entry]:
        """Send the first entry, or the first several of metrics at once; what is left."""
        first = entries[0]
        mlflow_id = str(parcel.state.get("mlflow_id", ""))
        facts: dict[str, Any] = {}
        taken = 1
        try:
            match first.values["op"]:
                case "begin":
                    facts["mlflow_id"] = self._begin(parcel.run_id, first.values)
                case "metrics":
                    points, taken = _batch(entries)
                    facts["last_ms"] = points[-1][2]
                    if parcel.run_id not in self._sure:
                        points = self._mlflow().missing(mlflow_id, points)
                    self._mlflow().log(mlflow_id, points)
                case "artifacts":
                    self._artifacts(mlflow_id, first.values)
                case "end":
                    values = first.values
                    self._mlflow().end(mlflow_id, values["status"], values["end_ms"])
                    facts["ended"] = True
        except MlflowRefusedError as error:
            # Nothing behind it would ever arrive if it stayed.
            log.error("MLflow refuses a part of run %s (%s); it is left out", parcel.run_id, error)
        parcel.acknowledge(entries[taken - 1].end, **facts)
        self._sure.add(parcel.run_id)
        return entries[taken:]

    def _begin(self, run_id: str, values: dict[str, Any]) -> str:
        mlflow = self._mlflow()
        mlflow_id = mlflow.open(
            run_id, values["name"], values["start_ms"], values["params"], values["tags"]
        )
        for place in map(Path, values["places"]):
            # The visitor of a page may have left, and the folder with them.
            if place.is_dir():
                write_json(place / MLFLOW_FILE, {"run_id": mlflow_id, "url": mlflow.url(mlflow_id)})
        return mlflow_id

    def _artifacts(self, mlflow_id: str, values: dict[str, Any]) -> None:
        directory = Path(values["dir"])
        has_pictures = bool(kept_evidence(directory))
        # A picture goes nowhere but into the run's own folder.
        names = [name for name in values["names"] if name != REPORT or not has_pictures]
        files = [directory / name for name in names if (directory / name).is_file()]
        texts = _drawn(directory, self._settings.language if has_pictures else None)
        self._mlflow().send_files(mlflow_id, files, texts)

    def _mlflow(self) -> MlflowLog:
        if self._log is None:
            self._log = MlflowLog(self._settings.mlflow_tracking_uri, self._settings.records_dir)
        return self._log


def follow(settings: Settings, is_wanted: Callable[[], bool]) -> Delivery:
    """Deliver until nobody wants it any more, or nothing has come for a while.

    Parameters
    ----------
    settings : Settings
        See ``Deliverer``.
    is_wanted : callable
        Asked before each look; one more look is taken once it says no.
    """
    deliverer = Deliverer(settings)
    retry_s, idle_s = FIRST_RETRY_S, 0.0
    while True:
        last = not is_wanted()
        found = deliverer.deliver()
        idle_s = 0.0 if found.waiting or found.finished else idle_s + LOOK_EVERY_S
        if last or idle_s > LINGER_S:
            return found
        if found.problem:
            wait_s, retry_s = retry_s, min(LAST_RETRY_S, retry_s * 2)
        else:
            wait_s, retry_s = LOOK_EVERY_S, FIRST_RETRY_S
        _wait(wait_s, is_wanted)


def _batch(entries: list[Entry]) -> tuple[list[Point], int]:
    """Values of the first entries that fit one batch, and how many entries they are."""
    points: list[Point] = []
    for count, entry in enumerate(entries):
        more = entry.values.get("points", [])
        if entry.values["op"] != "metrics" or (points and len(points) + len(more) > MOST_METRICS):
            return points, count
        points += [_point(each) for each in more]
    return points, len(entries)


def _point(values: list[Any]) -> Point:
    key, value, timestamp_ms, step = values
    return str(key), float(value), int(timestamp_ms), int(step)


def _drawn(directory: Path, report_in: str | None) -> dict[str, str]:
    """Charts of a run by their name, and its report in a language, without pictures."""
    # Late: it needs pandas.
    from core.records.report import report_html  # noqa: PLC0415
    from core.records.report_charts import draw_charts  # noqa: PLC0415

    try:
        charts = draw_charts(directory, read_summary(directory), read_incidents(directory))
        report = (
            {} if report_in is None else {REPORT: report_html(directory, report_in, pictures=False)}
        )
    except RecordError as error:
        log.warning("no charts (%s)", error)
        return {}
    head = _EMPTY_PLOT.format(style=STYLE)
    return {f"plots/{name}.html": f"{head}{chart}\n" for name, chart in charts.items()} | report


def _now_ms() -> int:
    return round(time.time() * 1000)


def _wait(seconds: float, is_wanted: Callable[[], bool]) -> None:
    until_s = time.monotonic() + seconds
    while time.monotonic() < until_s and is_wanted():
        time.sleep(0.1)
