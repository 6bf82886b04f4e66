"""The process that delivers is kept alive, and not started again and again."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from core.errors import RecordError
from core.records import delivery
from core.records.delivery import Courier, Delivery, follow
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
    monkeypatch.setattr(delivery, "time", times)
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

    monkeypatch.setattr(delivery.subprocess, "Popen", popen)
    return found


def test_one_process_serves_all_runs(settings: Settings, now: list[float], started: Any) -> None:
    courier = Courier()
    for _ in range(3):
        courier.ensure(settings)
        now[0] += 1000.0
    ((_, options),) = started
    assert options["command"][-3:] == ["records", "deliver", "--follow"]
    assert options["env"]["RECORDS_DIR"] == str(settings.records_dir.resolve())
    assert options["env"]["MLFLOW_TRACKING_URI"] == "http://mlflow:5000"


def test_one_that_died_is_started_again_but_not_at_once(
    settings: Settings, now: list[float], started: Any
) -> None:
    courier = Courier()
    courier.ensure(settings)
    started[0][0].status = 1
    courier.ensure(settings)
    assert len(started) == 1
    now[0] += delivery.LAST_RETRY_S
    courier.ensure(settings)
    assert len(started) == 2


def test_one_that_cannot_be_started_is_one_line(settings: Settings, now: list[float]) -> None:
    settings.records_dir.write_text("in the way", "utf-8")
    with pytest.raises(RecordError, match="the delivery cannot be started") as caught:
        Courier().ensure(settings)
    assert "\n" not in str(caught.value)


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
