"""Rows reach the disk whole and soon, whatever happens to the program or to the disk."""

from __future__ import annotations

import csv
import os
import random
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from core.errors import RecordError
from core.records import tables
from core.records.csv_log import CsvLog
from core.records.tables import FLUSH_ROWS, RecordTables, Row
from core.types import FrameReport

KILLS = 50


def report(index: int) -> FrameReport:
    return FrameReport(index, index / 25, "no_face")


def indices(path: Path) -> list[int]:
    with path.open(newline="", encoding="utf-8") as file:
        return [int(row["index"]) for row in csv.DictReader(file)]


def test_all_rows_are_in_every_place_in_order(tmp_path: Path) -> None:
    written = RecordTables("run", [tmp_path / "a", tmp_path / "b"], shared=tmp_path / "all")
    for index in range(123):
        written.add(report(index), 0.0)
    written.close()
    written.close()
    for place in ("a", "b", "all"):
        assert indices(tmp_path / place / "metrics.csv") == list(range(123))
        assert indices(tmp_path / place / "emotions.csv") == []
    assert not written.problems


def test_no_more_rows_than_promised_are_ever_off_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even where the writing thread never gets a turn."""
    monkeypatch.setattr(RecordTables, "_work", lambda self: None)
    written = RecordTables("run", [tmp_path])
    for index in range(95):
        written.add(report(index), 0.0)
        path = tmp_path / "metrics.csv"
        on_disk = len(indices(path)) if path.exists() else 0
        assert index + 1 - on_disk < FLUSH_ROWS
    written.close()
    assert indices(tmp_path / "metrics.csv") == list(range(95))


def test_a_slow_run_is_on_disk_without_a_next_frame(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "FLUSH_S", 0.01)
    arrived = threading.Event()

    def on_batch(rows: list[Row]) -> None:
        if rows:
            arrived.set()

    written = RecordTables("run", [tmp_path], on_batch=on_batch)
    written.add(report(0), 0.0)
    assert arrived.wait(10)
    assert indices(tmp_path / "metrics.csv") == [0]
    written.close()


def test_a_disk_that_is_full_for_a_while_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    append, full = CsvLog.append, threading.Event()
    full.set()

    def fail(self: CsvLog, lines: str = "") -> None:
        if full.is_set():
            raise RecordError("metrics.csv: cannot be written (no space)")
        append(self, lines)

    monkeypatch.setattr(CsvLog, "append", fail)
    written = RecordTables("run", [tmp_path])
    for index in range(200):
        written.add(report(index), 0.0)
    full.clear()
    written.close()
    assert indices(tmp_path / "metrics.csv") == list(range(200))
    assert any("no space" in problem for problem in written.problems)
    assert not any("rows could not be written" in problem for problem in written.problems)


def test_a_disk_that_stays_full_is_told_with_what_was_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way", "utf-8")
    written = RecordTables("run", [tmp_path / "file"])
    for index in range(30):
        written.add(report(index), 0.0)
    written.close()
    assert any("30 rows could not be written" in problem for problem in written.problems)


def test_what_waits_for_a_full_disk_is_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "MOST_KEPT_BYTES", 5_000)
    (tmp_path / "file").write_text("in the way", "utf-8")
    written = RecordTables("run", [tmp_path / "file"])
    for index in range(2000):
        written.add(report(index), 0.0)
    assert sum(table.waiting_bytes for table in written._metrics) < 6_000
    written.close()
    assert any("2000 rows could not be written" in problem for problem in written.problems)


def test_a_listener_that_fails_stops_no_row(tmp_path: Path) -> None:
    def fail(rows: list[Row]) -> None:
        raise KeyError("gone")

    written = RecordTables("run", [tmp_path], on_batch=fail)
    for index in range(100):
        written.add(report(index), 0.0)
    written.close()
    assert indices(tmp_path / "metrics.csv") == list(range(100))
    assert len([problem for problem in written.problems if "gone" in problem]) == 1


RECORDERS = """
import itertools, os, signal, sys
from pathlib import Path
from core.records.tables import RecordTables
from core.types import FrameReport

signal.signal(signal.SIGCHLD, signal.SIG_IGN)
for line in sys.stdin:
    place, shared, said = map(Path, line.split())
    if os.fork():
        continue
    written = RecordTables("run", [place], shared=shared)
    with said.open("w") as told:
        print(os.getpid(), file=told, flush=True)
        for index in itertools.count():
            written.add(FrameReport(index, index / 25, "no_face"), 0.0)
            print(index, file=told, flush=True)
"""
"""Begins a program that records for ever for each line it reads; forked, since a start is slow."""


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_a_kill_at_any_moment_loses_at_most_ten_rows(tmp_path: Path) -> None:
    shared, rng, kept = tmp_path / "all", random.Random(7), 0
    with subprocess.Popen([sys.executable, "-c", RECORDERS], stdin=subprocess.PIPE) as recorders:
        assert recorders.stdin is not None
        for kill in range(KILLS):
            place, said = tmp_path / str(kill), tmp_path / f"{kill}.said"
            os.mkfifo(said)
            recorders.stdin.write(f"{place} {shared} {said}\n".encode())
            recorders.stdin.flush()
            with said.open() as told:
                program = int(told.readline())
                # Anywhere in the rhythm of flushing.
                for _ in range(rng.randrange(1, 400)):
                    last = int(told.readline())
                os.kill(program, signal.SIGKILL)
                rest = told.read().splitlines(keepends=True)
            last = max([last, *(int(line) for line in rest if line.endswith("\n"))])
            rows = whole_rows(place / "metrics.csv")
            assert [int(row["index"]) for row in rows] == list(range(len(rows)))
            assert last + 1 - len(rows) <= FLUSH_ROWS
            kept += len(rows)
            assert len(whole_rows(shared / "metrics.csv")) >= kept - (kill + 1) * FLUSH_ROWS


def whole_rows(path: Path) -> list[dict[str, str]]:
    """Every line that was finished, each of which must be a row."""
    data = path.read_bytes() if path.exists() else b""
    rows = list(csv.DictReader(data[: data.rfind(b"\n") + 1].decode().splitlines()))
    assert all(None not in row and None not in row.values() for row in rows)
    return rows
