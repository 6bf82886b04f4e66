"""metrics.csv and emotions.csv: a row a frame, a row a face a frame, written as measured."""

from __future__ import annotations

import csv
import math
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from core.errors import RecordError
from core.types import EMOTIONS, FrameReport

METRIC_COLUMNS: Final = (
    "run_id",
    "index",
    "time_s",
    "status",
    "blur_score",
    "brightness",
    "noise_level",
    "change",
    "is_frozen",
    "quality_score",
    "faces",
    "fps",
    "latency_ms",
    "cpu_percent",
    "memory_percent",
    "rss_mb",
    "ocr_text",
    "ocr_confidence",
)
EMOTION_COLUMNS: Final = (
    "run_id",
    "index",
    "time_s",
    "face_id",
    "emotion",
    "confidence",
    "trust",
    *EMOTIONS,
)

FLUSH_ROWS: Final = 10
FLUSH_S: Final = 1.0
"""A program that dies loses at most this much of what it measured."""

_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")

Cell = str | float | None


class CsvLog:
    """A CSV file that is written row by row; a context manager.

    Parameters
    ----------
    path : Path
        Overwritten where it exists.
    columns : sequence of str
        The first line.

    Raises
    ------
    RecordError
        Where it cannot be written, from here and from each method.
    """

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        self.path = path
        self._columns = len(columns)
        self._waiting = 0
        self._flushed_s = time.monotonic()
        try:
            self._file = path.open("w", newline="", encoding="utf-8")
        except OSError as error:
            raise _cannot_write(path, error) from error
        self._rows = csv.writer(self._file)
        self.write(columns)
        self._flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def write(self, row: Sequence[Cell]) -> None:
        """Append one row; None and NaN become empty cells."""
        if len(row) != self._columns:
            raise ValueError(f"{self.path.name} has {self._columns} columns, the row {len(row)}")
        try:
            self._rows.writerow([cell_text(cell) for cell in row])
        except OSError as error:
            raise _cannot_write(self.path, error) from error
        self._waiting += 1
        if self._waiting >= FLUSH_ROWS or time.monotonic() - self._flushed_s >= FLUSH_S:
            self._flush()

    def close(self) -> None:
        """Write out what waits and close; twice does no harm."""
        try:
            self._file.close()
        except OSError as error:
            raise _cannot_write(self.path, error) from error

    def _flush(self) -> None:
        try:
            self._file.flush()
        except OSError as error:
            raise _cannot_write(self.path, error) from error
        self._waiting, self._flushed_s = 0, time.monotonic()


def cell_text(cell: Cell) -> str:
    """Write a value as a cell: numbers plain, text so that no spreadsheet computes it.

    Examples
    --------
    >>> cell_text("=1+1"), cell_text(-0.25), cell_text(True), cell_text(float("nan"))
    ("'=1+1", '-0.25', '1', '')
    """
    if cell is None:
        return ""
    if isinstance(cell, str):
        # Spreadsheets take a cell for a formula by its first sign (CWE-1236).
        return f"'{cell}" if cell.lstrip(" ").startswith(_FORMULA_STARTS) else cell
    if isinstance(cell, (bool, int)):
        return str(int(cell))
    if not math.isfinite(cell):
        return ""
    short = f"{cell:.10g}"
    # Rounded up, the largest numbers would be read back as infinite.
    return short if math.isfinite(float(short)) else repr(float(cell))


def metrics_row(run_id: str, report: FrameReport) -> list[Cell]:
    """One frame as a row of ``METRIC_COLUMNS``; what was not measured is empty."""
    quality, system = report.quality, report.system
    row: list[Cell] = [run_id, report.index, round(report.time_s, 6), report.status]
    if quality is None:
        row += [None] * 6
    else:
        row += [
            round(quality.blur_score, 5),
            round(quality.brightness, 3),
            round(quality.noise_level, 5),
            round(quality.change, 6),
            quality.is_frozen,
            round(quality.quality_score, 5),
        ]
    row.append(len(report.faces))
    if system is None:
        row += [None] * 5
    else:
        row += [
            round(system.fps, 2),
            round(system.latency_ms, 3),
            round(system.cpu_percent, 1),
            round(system.memory_percent, 1),
            round(system.rss_mb, 1),
        ]
    texts = report.texts
    row.append(" ".join(text.text for text in texts) if texts else None)
    row.append(round(min(text.confidence for text in texts), 4) if texts else None)
    return row


def emotion_rows(run_id: str, report: FrameReport) -> Iterator[list[Cell]]:
    """Give each face of a frame as a row of ``EMOTION_COLUMNS``."""
    for face in report.faces:
        values: list[Cell] = [None] * len(EMOTIONS)
        if face.probabilities is not None:
            values = [round(value, 6) for value in face.probabilities.tolist()]
        read = face.probabilities is not None
        yield [
            run_id,
            report.index,
            round(report.time_s, 6),
            face.track_id,
            face.emotion,
            round(face.confidence, 6) if read else None,
            round(face.trust, 4) if read else None,
            *values,
        ]


def _cannot_write(path: Path, error: OSError) -> RecordError:
    return RecordError(
        f"{path}: cannot be written ({error.strerror or error}); "
        "check the disk's space and the directory's permissions"
    )
