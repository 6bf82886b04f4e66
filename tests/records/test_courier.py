"""The process that delivers is kept alive, and not started again and again."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from core.errors import RecordError
from core.records import courier, delivery
from core.records.courier import Courier, keep_log
from core.records.delivery import Deliverer, Delivery, follow
from core.records.mlflow_log import MlflowAwayError
from core.records.spool import Journal, Parcel
from core.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(records_dir=tmp_path / "logs", mlflow_tracking_uri="http://mlflow:5000")


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that stands until it is set; waiting moves it on."""
    clock = [1000.0]

    def wait(seconds: float) -> None:
        clock[0] += seconds

    times = SimpleNamespace(monotonic=lambda: clock[0], sleep=wait, time=lambda: clock[0])
    for module in (courier, delivery):
        monkeypatch.setattr(module, "time", times)
    return clock


class Process:
    def __init__(self) -> None:
        self.status: int | None = None

    def poll(self) -> int | None:
        return self.status


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Process, dict[str, Any]]]:
    found: list[tuple[Process, dict[str, Any]]] = []

    def popen(command: list[str], **options: Any) -> Process:
        found.append((Process(), {"command": command, **options}))
        return found[-1][0]

    monkeypatch.setattr(courier.subprocess, "Popen", popen)
    return found


def test_one_process_serves_all_runs(settings: Settings, now: list[float], started: Any) -> None:
    keeper = Courier()
    for _ in range(3):
        keeper.ensure(settings)
        now[0] += 1000.0
    ((_, options),) = started
    assert options["command"][-3:] == ["records", "deliver", "--follow"]
    assert options["env"]["RECORDS_DIR"] == str(settings.records_dir.resolve())
    assert options["env"]["MLFLOW_TRACKING_URI"] == "http://mlflow:5000"


def test_one_that_died_is_started_again_but_not_at_once(
    settings: Settings, now: list[float], started: Any
) -> None:
    keeper = Courier()
    keeper.ensure(settings)
    started[0][0].status = 1
    keeper.ensure(settings)
    assert len(started) == 1
    now[0] += delivery.LAST_RETRY_S
    keeper.ensure(settings)
    assert len(started) == 2


def test_one_that_cannot_be_started_is_one_line(
    settings: Settings, now: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    def popen(command: list[str], **options: Any) -> Process:
        raise OSError("no processes left")

    monkeypatch.setattr(courier.subprocess, "Popen", popen)
    with pytest.raises(RecordError, match="the delivery cannot be started") as caught:
        Courier().ensure(settings)
    assert "\n" not in str(caught.value)


@pytest.fixture
def kept_log(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The log of a delivering process, of very small size."""
    monkeypatch.setattr(courier, "LOG_BYTES", 2000)
    own = logging.getLogger("core")
    level = own.level
    handler = keep_log(settings.records_dir)
    yield settings.records_dir / courier.LOG
    own.removeHandler(handler)
    own.setLevel(level)
    handler.close()


def test_the_log_of_the_delivery_never_grows_beyond_its_bound(kept_log: Path) -> None:
    for number in range(500):
        logging.getLogger("core.records.delivery").warning("refused %d", number)
    files = sorted(kept_log.parent.glob("delivery.log*"))
    assert [each.name for each in files] == ["delivery.log", "delivery.log.1"]
    assert all(each.stat().st_size <= courier.LOG_BYTES for each in files)
    assert "refused 499" in kept_log.read_text("utf-8")
    logging.getLogger("urllib3.connectionpool").warning("refused, as a library says it")
    assert "as a library" not in kept_log.read_text("utf-8")


def test_a_log_that_cannot_be_written_is_no_reason_not_to_deliver(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.records_dir.write_text("in the way", "utf-8")
    handler = keep_log(settings.records_dir)
    try:
        logging.getLogger("core.records.delivery").warning("refused")
    finally:
        logging.getLogger("core").removeHandler(handler)
    assert "delivery.log" in capsys.readouterr().err


def test_a_server_that_is_away_is_logged_when_it_goes_and_when_it_is_back(
    settings: Settings, kept_log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter([MlflowAwayError("refused")] * 3 + [None] + [MlflowAwayError("refused")])

    def send(self: Deliverer, parcel: Parcel) -> bool:
        error = next(answers)
        if error is not None:
            raise error
        return False

    Journal(settings.records_dir, "run").close()
    monkeypatch.setattr(Deliverer, "_send", send)
    deliverer = Deliverer(settings)
    for _ in range(5):
        deliverer.deliver()
    said = [line.rpartition(": ")[2] for line in kept_log.read_text("utf-8").splitlines()]
    away = "MLflow is away (refused)"
    assert said == [away, "MLflow is back", away]


def followed(
    monkeypatch: pytest.MonkeyPatch, now: list[float], looks: Callable[[int], Delivery]
) -> list[float]:
    """Times of each look at the spool until the follower ends."""
    times: list[float] = []

    class Deliverer:
        def __init__(self, settings: Settings) -> None:
            pass

        def deliver(self) -> Delivery:
            times.append(now[0])
            return looks(len(times))

    monkeypatch.setattr(delivery, "Deliverer", Deliverer)
    return times


def test_a_server_that_stays_away_is_asked_ever_more_seldom(
    settings: Settings, now: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    times = followed(monkeypatch, now, lambda look: Delivery(0, 1, "refused"))
    found = follow(settings, lambda: len(times) < 14)
    assert found.problem == "refused"
    pauses = [after - before for before, after in pairwise(times[:-1])]
    assert pauses[0] == pytest.approx(delivery.FIRST_RETRY_S, abs=0.2)
    assert all(b >= a - 0.2 for a, b in pairwise(pauses))
    assert pauses[-1] == pytest.approx(delivery.LAST_RETRY_S, abs=0.2)


def test_a_server_that_is_back_is_asked_often_again(
    settings: Settings, now: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    problem = {1: "refused", 2: "refused", 4: "refused"}
    times = followed(monkeypatch, now, lambda look: Delivery(0, 1, problem.get(look, "")))
    follow(settings, lambda: len(times) < 6)
    assert times[2] - times[1] == pytest.approx(2 * delivery.FIRST_RETRY_S, abs=0.2)
    assert times[3] - times[2] == pytest.approx(delivery.LOOK_EVERY_S, abs=0.2)
    assert times[4] - times[3] == pytest.approx(delivery.FIRST_RETRY_S, abs=0.2)


def test_a_follower_to_whom_nothing_comes_goes(
    settings: Settings, now: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    times = followed(monkeypatch, now, lambda look: Delivery(0, 1 if look == 5 else 0, ""))
    follow(settings, lambda: True)
    assert delivery.LINGER_S <= times[-1] - times[4] <= 1.2 * delivery.LINGER_S
