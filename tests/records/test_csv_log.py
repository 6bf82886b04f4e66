"""The tables hold what was measured, safely, from the first row on."""

from __future__ import annotations

import csv
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.errors import RecordError
from core.incidents import Incident, Risk
from core.records import csv_log
from core.records.columns import EMOTION_COLUMNS, METRIC_COLUMNS
from core.records.csv_log import (
    CsvLog,
    append_whole,
    cell_text,
    line_of,
)
from core.records.locking import locked
from core.records.rows import emotion_rows, metrics_row
from core.types import (
    EMOTIONS,
    Box,
    Face,
    FrameReport,
    QualityReading,
    SystemReading,
    TextReading,
)

REPORT = FrameReport(
    index=7,
    time_s=0.28,
    status="ok",
    faces=(
        Face(
            3,
            Box(1, 2, 3, 4),
            0.9,
            np.array([0.01, 0.02, 0.03, 0.8, 0.04, 0.05, 0.05], np.float32),
            "happiness",
            0.75,
        ),
        Face(4, Box(5, 6, 7, 8), 0.8, None, None, 0.0),
    ),
    quality=QualityReading(0.125, 101.5, 0.25, 0.03125, True, 0.625),
    system=SystemReading(30.0, 12.5, {}, 50.0, 25.0, 300.0),
    texts=(TextReading("EXIT", 0.9, Box(0, 0, 40, 9)), TextReading("2", 0.5, Box(50, 0, 8, 9))),
    incidents=(Incident("freeze", 0.1, 0.28), Incident("defocused", 0.2, 0.28)),
    risk=Risk(0.25, 0.75),
)


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_frame_is_one_row_of_named_values(tmp_path: Path) -> None:
    log = CsvLog(tmp_path / "metrics.csv", METRIC_COLUMNS)
    log.append(line_of(metrics_row("run", REPORT, 1_767_323_045.678)))
    (row,) = read(tmp_path / "metrics.csv")
    assert tuple(row) == METRIC_COLUMNS
    assert row == {
        "run_id": "run",
        "index": "7",
        "time_s": "0.28",
        "status": "ok",
        "blur_score": "0.125",
        "brightness": "101.5",
        "noise_level": "0.25",
        "change": "0.03125",
        "is_frozen": "1",
        "quality_score": "0.625",
        "faces": "2",
        "fps": "30",
        "latency_ms": "12.5",
        "cpu_percent": "50",
        "memory_percent": "25",
        "rss_mb": "300",
        "ocr_text": "EXIT 2",
        "ocr_confidence": "0.5",
        "ocr_boxes_px": "0 0 40 9;50 0 8 9",
        "risk_now": "0.25",
        "risk_within_30_s": "0.75",
        "incidents": "freeze defocused",
        "wall_time_utc": "2026-01-02T03:04:05.678Z",
    }


def test_each_face_is_one_row_and_one_without_emotion_is_empty(tmp_path: Path) -> None:
    log = CsvLog(tmp_path / "emotions.csv", EMOTION_COLUMNS)
    log.append("".join(line_of(cells) for cells in emotion_rows("run", REPORT, 0.0)))
    read_face, plain_face = read(tmp_path / "emotions.csv")
    assert tuple(read_face) == EMOTION_COLUMNS
    assert (read_face["face_id"], read_face["emotion"], read_face["trust"]) == (
        "3",
        "happiness",
        "0.75",
    )
    assert math.fsum(float(read_face[name]) for name in EMOTIONS) == pytest.approx(1, abs=1e-4)
    assert plain_face["face_id"] == "4"
    assert all(plain_face[name] == "" for name in ("emotion", "confidence", "trust", *EMOTIONS))


def test_a_frame_that_could_not_be_read_has_a_row_of_empty_cells() -> None:
    row = metrics_row("run", FrameReport(1, 0.04, "unreadable"))
    assert len(row) == len(METRIC_COLUMNS)
    assert row[:4] == ["run", 1, 0.04, "unreadable"]
    assert [cell for cell in row[4:] if cell is not None] == [0]


@given(st.text(max_size=20))
@example("=1+1")
@example("\u3000＝1")
@example("\n=1")
@example('a","=1')
def test_no_text_becomes_a_formula_or_a_second_line(text: str) -> None:
    line = line_of(["run", text, 1])
    assert line.count("\n") == 1
    assert line.endswith("\n")
    assert len(line.splitlines()) == 1
    (row,) = csv.reader([line])
    assert (row[0], row[2]) == ("run", "1")
    starts = ("=", "+", "-", "@", "\t", "＝", "＋", "－", "＠")
    assert not row[1].lstrip(" \u3000").startswith(starts)
    assert len(row[1].removeprefix("'")) in (len(text), len(text) - 1)


@given(st.floats())
@example(sys.float_info.max)
def test_a_number_is_written_so_that_it_can_be_read_back(number: float) -> None:
    cell = cell_text(number)
    if math.isfinite(number):
        assert float(cell) == pytest.approx(number, rel=1e-9)
    else:
        assert cell == ""


def test_half_a_line_is_cut_off_before_the_next(tmp_path: Path) -> None:
    path = tmp_path / "metrics.csv"
    path.write_bytes(b'run_id,index\nrun,1\nrun,"2')
    append_whole(path, b"run,3\n", b"run_id,index\n")
    assert path.read_bytes() == b"run_id,index\nrun,1\nrun,3\n"


def test_a_file_that_was_torn_in_its_header_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "metrics.csv"
    path.write_bytes(b"run_id,ind")
    append_whole(path, b"run,3\n", b"run_id,index\n")
    assert path.read_bytes() == b"run_id,index\nrun,3\n"


def test_a_table_of_all_runs_is_kept_and_that_of_one_run_is_begun_anew(tmp_path: Path) -> None:
    for shared, rows in ((True, 2), (False, 1)):
        path = tmp_path / f"{shared}.csv"
        for run in ("one", "two"):
            CsvLog(path, ("run_id",), shared=shared).append(line_of([run]))
        assert len(read(path)) == rows


def test_a_table_that_grows_too_large_is_set_aside_whole(tmp_path: Path) -> None:
    log = CsvLog(tmp_path / "metrics.csv", ("index",), shared=True, rotate_bytes=100)
    for index in range(100):
        log.append(line_of([index]))
    files = sorted(tmp_path.glob("metrics*.csv"))
    assert len(files) > 2
    assert all(file.stat().st_size <= 100 for file in files)
    kept = sorted(int(row["index"]) for file in files for row in read(file))
    assert kept == list(range(100))


def test_columns_of_another_version_are_set_aside(tmp_path: Path) -> None:
    CsvLog(tmp_path / "a.csv", ("index", "old"), shared=True).append(line_of([1, 2]))
    CsvLog(tmp_path / "a.csv", ("index", "new"), shared=True).append(line_of([3, 4]))
    assert read(tmp_path / "a.csv") == [{"index": "3", "new": "4"}]
    (aside,) = tmp_path.glob("a-*.csv")
    assert read(aside) == [{"index": "1", "old": "2"}]


WRITER = """
import sys
from pathlib import Path
from core.records.csv_log import CsvLog, line_of
log = CsvLog(Path(sys.argv[1]), ("who", "index", "text"), shared=True, rotate_bytes=20_000)
for index in range(0, 200, 5):
    log.append("".join(line_of([sys.argv[2], each, "x" * 40]) for each in range(index, index + 5)))
"""


def test_programs_that_write_at_once_never_mix_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "metrics.csv"
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(path), f"w{number}"])
        for number in range(4)
    ]
    assert [writer.wait(60) for writer in writers] == [0] * 4
    rows = [row for file in tmp_path.glob("metrics*.csv") for row in read(file)]
    assert all(row["text"] == "x" * 40 and None not in row for row in rows)
    assert sorted((row["who"], int(row["index"])) for row in rows) == [
        (f"w{number}", index) for number in range(4) for index in range(200)
    ]


def test_a_place_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", "utf-8")
    with pytest.raises(RecordError, match=r"metrics\.csv: cannot be written") as caught:
        CsvLog(tmp_path / "file" / "metrics.csv", METRIC_COLUMNS).append()
    assert "\n" not in str(caught.value)


def test_a_full_disk_is_one_line() -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("needs a device that is always full")
    with pytest.raises(OSError, match="space"):
        append_whole(full, b"run,1\n", b"run_id,index\n")


def test_what_a_disk_takes_only_half_of_is_not_there_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "metrics.csv"
    append_whole(path, b"run,1\n")
    write = os.write
    monkeypatch.setattr(csv_log.os, "write", lambda handle, data: write(handle, data[:4]))
    with pytest.raises(OSError, match="space"):
        append_whole(path, b"run,2\n")
    assert path.read_bytes() == b"run,1\n"


def test_a_long_torn_line_is_cut_off_whole(tmp_path: Path) -> None:
    path = tmp_path / "metrics.csv"
    path.write_bytes(b"run_id,index\nrun,1\n" + b"x" * (3 * csv_log._TAIL_BYTES))
    append_whole(path, b"run,2\n", b"run_id,index\n")
    assert path.read_bytes() == b"run_id,index\nrun,1\nrun,2\n"


def test_appending_nothing_writes_nothing_where_there_is_a_header_already(tmp_path: Path) -> None:
    path = tmp_path / "metrics.csv"
    append_whole(path, b"", b"run_id,index\n")
    assert path.read_bytes() == b"run_id,index\n"
    append_whole(path, b"", b"run_id,index\n")
    assert path.read_bytes() == b"run_id,index\n"


def test_a_table_without_rows_is_not_set_aside(tmp_path: Path) -> None:
    log = CsvLog(tmp_path / "metrics.csv", ("index", "text"), shared=True, rotate_bytes=20)
    log.append()
    log.append(line_of([1, "x" * 30]))
    assert [path.name for path in tmp_path.glob("*.csv")] == ["metrics.csv"]
    assert [row["index"] for row in read(log.path)] == ["1"]


def test_a_table_that_another_program_holds_for_ever_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_log, "LOCK_S", 0.0)
    path = tmp_path / "metrics.csv"
    held = locked(path.with_name(f".{path.name}.lock"), 0.0)
    with held, pytest.raises(RecordError, match="another program holds it; end the one that hangs"):
        CsvLog(path, ("index",), shared=True).append(line_of([1]))
    CsvLog(path, ("index",), shared=True).append(line_of([1]))
    assert [row["index"] for row in read(path)] == ["1"]
