"""The tables hold what was measured, safely, from the first row on."""

from __future__ import annotations

import csv
import math
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.errors import RecordError
from core.records import csv_log
from core.records.csv_log import (
    EMOTION_COLUMNS,
    METRIC_COLUMNS,
    CsvLog,
    cell_text,
    emotion_rows,
    metrics_row,
)
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
    texts=(TextReading("EXIT", 0.9, Box(0, 0, 1, 1)), TextReading("2", 0.5, Box(0, 0, 1, 1))),
)


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_frame_is_one_row_of_named_values(tmp_path: Path) -> None:
    with CsvLog(tmp_path / "metrics.csv", METRIC_COLUMNS) as log:
        log.write(metrics_row("run", REPORT))
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
    }


def test_each_face_is_one_row_and_one_without_emotion_is_empty(tmp_path: Path) -> None:
    with CsvLog(tmp_path / "emotions.csv", EMOTION_COLUMNS) as log:
        for cells in emotion_rows("run", REPORT):
            log.write(cells)
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
def test_no_text_becomes_a_formula(text: str) -> None:
    cell = cell_text(text)
    assert not cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert cell.removeprefix("'") == text or cell == text


@given(st.floats())
@example(sys.float_info.max)
def test_a_number_is_written_so_that_it_can_be_read_back(number: float) -> None:
    cell = cell_text(number)
    if math.isfinite(number):
        assert float(cell) == pytest.approx(number, rel=1e-9)
    else:
        assert cell == ""


def test_at_most_ten_rows_are_lost_if_the_program_dies(tmp_path: Path) -> None:
    log = CsvLog(tmp_path / "metrics.csv", METRIC_COLUMNS)
    for index in range(25):
        log.write(metrics_row("run", FrameReport(index, index / 25, "no_face")))
        assert len(read(log.path)) >= index + 1 - csv_log.FLUSH_ROWS
    log.close()
    assert len(read(log.path)) == 25


def test_a_slow_run_is_on_disk_within_a_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now_s = [0.0]
    monkeypatch.setattr(csv_log.time, "monotonic", lambda: now_s[0])
    with CsvLog(tmp_path / "metrics.csv", METRIC_COLUMNS) as log:
        now_s[0] = 1.5
        log.write(metrics_row("run", FrameReport(0, 0.0, "no_face")))
        assert len(read(log.path)) == 1


def test_a_row_of_the_wrong_length_is_refused(tmp_path: Path) -> None:
    with CsvLog(tmp_path / "a.csv", ("one", "two")) as log, pytest.raises(ValueError, match="2"):
        log.write(["alone"])


def test_a_place_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "missing" / "metrics.csv"
    with pytest.raises(RecordError, match=r"metrics\.csv: cannot be written") as caught:
        CsvLog(path, METRIC_COLUMNS)
    assert "\n" not in str(caught.value)


def test_a_full_disk_is_one_line(tmp_path: Path) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("needs a device that is always full")
    with pytest.raises(RecordError, match="space"):
        CsvLog(full, METRIC_COLUMNS)
