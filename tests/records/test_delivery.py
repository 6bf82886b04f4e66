"""MLflow gets what was recorded: all of it, in order, once, however often it goes away."""

from __future__ import annotations

import csv
import multiprocessing
import os
import shutil
import socket
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.incidents import Incident
from core.records import delivery, spool
from core.records.courier import courier
from core.records.delivery import Deliverer, Delivery, follow
from core.records.evidence import Evidence
from core.records.feed import _NAMES
from core.records.locking import LockHeldError
from core.records.mlflow_log import MlflowAwayError, MlflowRefusedError, RunGoneError
from core.records.recorder import RunRecorder
from core.records.spool import Journal, Parcel, Point, parcels
from core.records.store import list_runs
from core.settings import Settings
from core.types import Box, Face, FrameReport, QualityReading, SystemReading

PROBABILITIES = np.array([0.01, 0.02, 0.03, 0.8, 0.04, 0.05, 0.05], np.float32)


def report(index: int, every_s: float = 1.0) -> FrameReport:
    share = index / 1000
    return FrameReport(
        index,
        index * every_s,
        "ok",
        (Face(1, Box(1, 2, 3, 4), 0.9, PROBABILITIES, "happiness", 0.5),),
        QualityReading(share, 100.0 + share, share / 3, share / 7, False, 1 - share),
        SystemReading(25.0, 10.0 + share, {}, 50.0, 25.0, 300.0),
    )


class FakeMlflow:
    """A server that keeps what it takes, and fails at the calls it is told to."""

    def __init__(self) -> None:
        self.runs: dict[str, dict[str, Any]] = {}
        self.failures: list[Exception | None] = []
        self.loses_answer = False

    def _maybe_fail(self) -> None:
        error = self.failures.pop(0) if self.failures else None
        if error is not None:
            raise error

    def open(self, run_id: str, name: str, start_ms: int, params: Any, tags: Any) -> str:
        self._maybe_fail()
        self.runs.setdefault(
            run_id, {"points": [], "files": {}, "status": "RUNNING", "params": params}
        )
        return run_id

    def url(self, mlflow_id: str) -> str:
        return f"http://mlflow/{mlflow_id}"

    def missing(self, mlflow_id: str, points: Sequence[Point]) -> list[Point]:
        self._maybe_fail()
        return [point for point in points if point not in self.runs[mlflow_id]["points"]]

    def log(self, mlflow_id: str, points: Sequence[Point]) -> None:
        self._maybe_fail()
        if mlflow_id not in self.runs:
            raise RunGoneError(mlflow_id)
        self.runs[mlflow_id]["points"] += points
        if self.loses_answer:
            self.loses_answer = False
            raise MlflowAwayError("the connection was reset")

    def send_files(self, mlflow_id: str, files: Sequence[Path], texts: dict[str, str]) -> None:
        self._maybe_fail()
        held = {file.name: file.read_text("utf-8") for file in files}
        self.runs[mlflow_id]["files"] |= held | texts

    def end(self, mlflow_id: str, status: str, end_ms: int) -> None:
        self._maybe_fail()
        self.runs[mlflow_id]["status"] = status


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(records_dir=tmp_path / "logs")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> FakeMlflow:
    fake = FakeMlflow()
    monkeypatch.setattr(Deliverer, "_mlflow", lambda self: fake)
    return fake


@pytest.fixture(autouse=True)
def no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(courier, "ensure", lambda settings: None)


def record(settings: Settings, count: int = 20, **how: Any) -> RunRecorder:
    with RunRecorder(settings, source="clip.mp4", mlflow=True) as run:
        for index in range(count):
            run.add(report(index, **how))
    assert run.problems == []
    return run


def expected(run_dir: Path) -> dict[str, list[tuple[int, float]]]:
    """What the tables say, by the names that MLflow knows."""
    with (run_dir / "metrics.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {
        name: [
            (round(float(row["time_s"]) * 1000), float(row[column]))
            for row in rows
            if row[column] != ""
        ]
        for column, name in _NAMES.items()
        if any(row[column] != "" for row in rows)
    }


def held(points: Sequence[Point]) -> dict[str, list[tuple[int, float]]]:
    found: dict[str, list[tuple[int, float]]] = {}
    for key, value, _, step in points:
        if "/" not in key or key.startswith("system/"):
            found.setdefault(key, []).append((step, value))
    return found


def test_a_run_arrives_whole_and_its_spool_is_empty(settings: Settings, server: FakeMlflow) -> None:
    run = record(settings)
    found = Deliverer(settings).deliver()
    assert (found.finished, found.waiting, found.problem) == (1, 0, "")
    kept = server.runs[run.run_id]
    assert held(kept["points"]) == expected(run.directory)
    assert kept["status"] == "FINISHED"
    assert {"metrics.csv", "emotions.csv", "report.html", "plots/quality.html"} <= kept[
        "files"
    ].keys()
    assert kept["params"]["settings.quality_threshold"] == "0.5"
    assert parcels(settings.records_dir) == []
    assert list_runs(settings.records_dir)[0].mlflow_url == f"http://mlflow/{run.run_id}"


def test_pictures_of_incidents_stay_in_the_folder_of_their_run(
    settings: Settings, server: FakeMlflow
) -> None:
    black = Incident("black", 1.0, 3.0)
    with RunRecorder(settings, source="camera", kind="live", mlflow=True) as run:
        assert run.directory is not None
        Evidence(run.directory).look([black], lambda px: np.zeros((9, 16, 3), np.uint8))
        for index in range(5):
            run.add(replace(report(index), incidents=(black,)))
    assert "<img" in (run.directory / "report.html").read_text("utf-8")
    assert Deliverer(settings).deliver().finished == 1
    files = server.runs[run.run_id]["files"]
    assert "The picture is black" in files["report.html"]
    assert not any("<img" in text for text in files.values())
    assert not any(name.endswith(".jpg") for name in files)


def test_a_spool_is_deleted_with_no_file_of_it_open(
    settings: Settings, server: FakeMlflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Windows refuses to delete a file that is open, such as that of the lock.
    held = []
    discard = Parcel.discard

    def look_and_discard(parcel: Parcel) -> None:
        try:
            parcel.hold().close()
        except LockHeldError:
            held.append(parcel.run_id)
        discard(parcel)

    monkeypatch.setattr(Parcel, "discard", look_and_discard)
    record(settings)
    assert Deliverer(settings).deliver() == Delivery(1, 0)
    assert held == []


def test_about_one_row_a_second_is_sent(settings: Settings, server: FakeMlflow) -> None:
    run = record(settings, 100, every_s=0.04)
    Deliverer(settings).deliver()
    sent = held(server.runs[run.run_id]["points"])["quality_score"]
    assert [step for step, _ in sent] == [0, 1000, 2000, 3000]
    assert set(sent) <= set(expected(run.directory)["quality_score"])


@pytest.mark.parametrize("failing_call", range(8))
def test_a_server_that_is_away_gets_it_later_in_order(
    settings: Settings, server: FakeMlflow, failing_call: int
) -> None:
    run = record(settings)
    server.failures = [None] * failing_call + [MlflowAwayError("refused")]
    deliverer = Deliverer(settings)
    while (found := deliverer.deliver()).waiting:
        assert found.problem == "refused"
    assert held(server.runs[run.run_id]["points"]) == expected(run.directory)
    assert server.runs[run.run_id]["status"] == "FINISHED"


@pytest.mark.parametrize("same_program", [True, False])
def test_what_arrived_without_an_answer_is_not_doubled(
    settings: Settings, server: FakeMlflow, same_program: bool
) -> None:
    run = record(settings)
    server.loses_answer = True
    deliverer = Deliverer(settings)
    assert deliverer.deliver().waiting == 1
    (deliverer if same_program else Deliverer(settings)).deliver()
    points = server.runs[run.run_id]["points"]
    assert len(points) == len(set(points))
    assert held(points) == expected(run.directory)


def test_a_part_that_is_refused_does_not_hold_up_the_rest(
    settings: Settings, server: FakeMlflow
) -> None:
    record(settings)
    later = record(settings)
    server.failures = [None, None, MlflowRefusedError("too long")]
    assert Deliverer(settings).deliver().finished == 2
    assert held(server.runs[later.run_id]["points"]) == expected(later.directory)


def test_a_server_that_lost_everything_gets_it_all_again(
    settings: Settings, server: FakeMlflow
) -> None:
    with RunRecorder(settings, source="camera", kind="live", mlflow=True) as run:
        deliverer = Deliverer(settings)
        for index in range(10):
            run.add(report(index))
        assert deliverer.deliver().waiting == 1
        server.runs.clear()
        for index in range(10, 20):
            run.add(report(index))
    while deliverer.deliver().waiting:
        pass
    assert held(server.runs[run.run_id]["points"]) == expected(run.directory)


def test_the_run_of_a_program_that_died_is_closed(settings: Settings, server: FakeMlflow) -> None:
    journal = Journal(settings.records_dir, "run")
    journal.begin("run", start_ms=0, params={}, tags={}, places=[])
    journal.metrics([("fps", 25.0, 1000, 1000)])
    deliverer = Deliverer(settings)
    assert deliverer.deliver().waiting == 1
    assert server.runs["run"]["status"] == "RUNNING"
    # What the kernel does when a program ends.
    journal.close()
    assert deliverer.deliver().finished == 1
    assert server.runs["run"]["status"] == "KILLED"


def test_half_a_line_of_a_journal_waits_for_its_rest(
    settings: Settings, server: FakeMlflow
) -> None:
    journal = Journal(settings.records_dir, "run")
    journal.begin("run", start_ms=0, params={}, tags={}, places=[])
    with (journal.directory / spool.JOURNAL).open("ab") as file:
        file.write(b'{"op": "metrics", "points": [["fps", 2')
    deliverer = Deliverer(settings)
    deliverer.deliver()
    journal.metrics([("fps", 25.0, 1000, 1000)])
    journal.end("FINISHED", 1000)
    journal.close()
    deliverer.deliver()
    assert server.runs["run"]["points"] == [("fps", 25.0, 1000, 1000)]


def test_only_one_program_delivers_a_run(settings: Settings, server: FakeMlflow) -> None:
    record(settings)
    (parcel,) = parcels(settings.records_dir)
    with parcel.hold():
        found = Deliverer(settings).deliver()
    assert (found.finished, found.waiting) == (0, 1)
    assert server.runs == {}


def test_a_run_that_cannot_be_spooled_is_recorded_all_the_same(settings: Settings) -> None:
    settings.records_dir.mkdir()
    (settings.records_dir / "mlflow").write_text("in the way", "utf-8")
    with RunRecorder(settings, source="clip.mp4", mlflow=True) as run:
        run.add(report(0))
    assert any("nothing is sent to MLflow" in problem for problem in run.problems)
    assert len(list_runs(settings.records_dir)) == 1


def test_a_follower_ends_when_nobody_wants_it(settings: Settings, server: FakeMlflow) -> None:
    record(settings)
    found = follow(settings, lambda: False)
    assert (found.finished, found.waiting) == (1, 0)


def serve(home: Path, port: int) -> None:
    """MLflow's own application under uvicorn, as ``mlflow server`` runs it."""
    import uvicorn
    from mlflow import server

    told = os.open(home / "server.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (1, 2):
        os.dup2(told, stream)
    os.environ |= {
        server.BACKEND_STORE_URI_ENV_VAR: f"sqlite:///{home / 'server.db'}",
        server.ARTIFACT_ROOT_ENV_VAR: "mlflow-artifacts:/",
        server.ARTIFACTS_DESTINATION_ENV_VAR: str(home / "artifacts"),
        server.SERVE_ARTIFACTS_ENV_VAR: "true",
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    }
    uvicorn.run("mlflow.server.fastapi_app:app", host="127.0.0.1", port=port)


class Server:
    """A real server of MLflow on loopback that can be killed and started again.

    Each is forked from a process that has loaded MLflow, which takes longer than all else.
    """

    def __init__(self, home: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self._home = home
        home.mkdir()
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["mlflow.server.fastapi_app", "core.records.delivery"])
        self._process: BaseProcess | None = None

    @property
    def uri(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self._process = self._context.Process(target=serve, args=(self._home, self.port))
        self._process.start()
        until(self._answers, 240)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._process = None

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.is_alive(), (self._home / "server.log").read_text("utf-8")
        try:
            with urllib.request.urlopen(f"{self.uri}/health", timeout=2) as answer:
                return bool(answer.status == 200)
        except (OSError, urllib.error.URLError):
            return False


def until(holds: Callable[[], bool], most_s: float) -> None:
    """Look again and again, without a fixed wait, until something holds."""
    pause = threading.Event()
    for _ in range(round(most_s / 0.1)):
        if holds():
            return
        pause.wait(0.1)
    pytest.fail(f"it took longer than {most_s} s")


@contextmanager
def following(settings: Settings) -> Iterator[None]:
    done = threading.Event()
    thread = threading.Thread(target=follow, args=(settings, lambda: not done.is_set()))
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


@pytest.mark.timeout(900)
@pytest.mark.skipif(sys.platform == "win32", reason="needs a fork server")
def test_a_real_server_killed_three_times_in_a_run_holds_what_the_table_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlflow import MlflowClient

    monkeypatch.setattr(delivery, "LAST_RETRY_S", 1.0)
    monkeypatch.setattr(delivery, "LOOK_EVERY_S", 0.2)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    real = Server(tmp_path / "server")
    settings = Settings(records_dir=tmp_path / "logs", mlflow_tracking_uri=real.uri)
    real.start()
    index = 0
    try:
        with following(settings):
            with RunRecorder(settings, source="camera", kind="live", mlflow=True) as run:
                parcel = settings.records_dir / spool.SPOOL / run.run_id
                for _ in range(3):
                    for _ in range(15):
                        run.add(report(index))
                        index += 1
                    # In the middle of a run, and while something is on its way.
                    until((parcel / spool.STATE).exists, 120)
                    real.kill()
                    for _ in range(15):
                        run.add(report(index))
                        index += 1
                    real.start()
            until(lambda: not parcels(settings.records_dir), 240)
        client = MlflowClient(real.uri)
        experiment = client.get_experiment_by_name("Framemood")
        (found,) = client.search_runs([experiment.experiment_id])
        assert found.info.status == "FINISHED"
        wanted = expected(run.directory)
        assert len(wanted["quality_score"]) == index == 90
        for key, values in wanted.items():
            history = client.get_metric_history(found.info.run_id, key)
            assert sorted((point.step, point.value) for point in history) == values
        files = {each.path for each in client.list_artifacts(found.info.run_id)}
        assert {"metrics.csv", "report.html", "plots"} <= files
        assert found.info.run_id in (list_runs(settings.records_dir)[0].mlflow_url or "")
    finally:
        real.kill()
        shutil.rmtree(tmp_path / "server", ignore_errors=True)
