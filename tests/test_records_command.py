"""`records`: the list of runs, and what is still on its way to MLflow."""

from __future__ import annotations

import io
import json
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from core.__main__ import main
from core.records import delivery
from core.records.courier import LOG
from core.records.delivery import Delivery
from core.records.recorder import RunRecorder
from core.settings import Settings
from core.types import FrameReport


@pytest.fixture
def records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "logs"
    monkeypatch.setenv("RECORDS_DIR", str(place))
    return place


def record(place: Path, source: str) -> str:
    with RunRecorder(Settings(records_dir=place), source=source, kind="live") as run:
        run.add(FrameReport(0, 0.0, "no_face"), 0.5)
    return run.run_id


def test_an_empty_list_says_how_a_run_gets_there(
    records: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["records", "list"]) == 0
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(f"{records}: no run is recorded there")
    assert main(["records", "list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []


def test_the_list_has_a_line_a_run_and_a_dash_where_quality_is_unknown(
    records: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run_ids = {record(records, "first camera"), record(records, "second camera")}
    assert main(["records", "list"]) == 0
    head, *lines = capsys.readouterr().out.splitlines()
    assert head.split() == ["run", "kind", "source", "frames", "length", "quality", "state"]
    assert {line.split()[0] for line in lines} == run_ids
    assert all(line.split()[-2:] == ["-", "done"] for line in lines)
    main(["records", "list", "--json"])
    found = json.loads(capsys.readouterr().out)
    assert {run["run_id"] for run in found} == run_ids
    assert {run["frames"] for run in found} == {1}


def test_with_nothing_to_deliver_nothing_waits(
    records: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["records", "deliver"]) == 0
    assert capsys.readouterr().out == "0 runs delivered, 0 wait\n"


def test_a_server_that_is_away_is_told_with_the_mend_and_as_json(
    records: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = SimpleNamespace(deliver=lambda: Delivery(0, 2, "connection refused"))
    monkeypatch.setattr(delivery, "Deliverer", lambda settings: found)
    assert main(["records", "deliver"]) == 1
    said = capsys.readouterr()
    assert said.out == "0 runs delivered, 2 wait\n"
    assert "(connection refused)" in said.err
    assert "nothing is lost" in said.err
    assert main(["records", "deliver", "--json"]) == 1
    assert json.loads(capsys.readouterr().out) == {
        "finished": 0,
        "waiting": 2,
        "problem": "connection refused",
    }


def test_following_ends_when_standard_input_is_closed(
    records: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b"x" * 10_000)))

    def follow(settings: Settings, is_wanted):
        end_s, pause = time.monotonic() + 60, threading.Event()
        while is_wanted():
            assert time.monotonic() < end_s, "it is wanted for ever"
            pause.wait(0.01)
        return Delivery(3, 0, "")

    monkeypatch.setattr(delivery, "follow", follow)
    assert main(["records", "deliver", "--follow"]) == 0
    assert capsys.readouterr().out == "3 runs delivered, 0 wait\n"


def test_what_ends_a_process_in_the_background_is_in_its_log(
    records: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def follow(settings: Settings, is_wanted):
        raise ValueError("a fault of the program")

    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO()))
    monkeypatch.setattr(delivery, "follow", follow)
    with pytest.raises(ValueError, match="a fault"):
        main(["records", "deliver", "--follow"])
    assert "ValueError: a fault of the program" in (records / LOG).read_text("utf-8")
