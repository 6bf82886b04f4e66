"""Rows of a run on their way to the disk: off the frame path, and never far from it.

A thread formats and writes. It is woken once half as many rows wait as may be
lost; where it cannot keep up, whoever adds the next row writes, too, so that a
program that is killed never loses more than ``FLUSH_ROWS`` frames.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from core.errors import RecordError
from core.records.columns import EMOTION_COLUMNS, METRIC_COLUMNS
from core.records.csv_log import CsvLog, line_of
from core.records.rows import emotion_rows, metrics_row
from core.types import FrameReport

log = logging.getLogger(__name__)

FLUSH_ROWS: Final = 10
FLUSH_S: Final = 1.0
"""A program that dies loses at most this much of what it measured."""

MOST_KEPT_BYTES: Final = 8 << 20
"""What waits for a full disk to have room again; then the oldest lines go."""


@dataclass(frozen=True, slots=True)
class Row:
    """One report and when it was made, s since 1970."""

    report: FrameReport
    wall_time_s: float


@dataclass(slots=True)
class _Table:
    """A file, and what could not be written to it yet."""

    log: CsvLog
    waiting: list[str] = field(default_factory=list)
    waiting_bytes: int = 0
    lost: int = 0
    failed: bool = False
    retry_at_s: float = 0.0


class RecordTables:
    """metrics.csv and emotions.csv of a run, in one directory or several.

    Parameters
    ----------
    run_id : str
        The first cell of each row.
    directories : sequence of Path
        Each gets both files, begun anew.
    shared : Path, optional
        Directory whose files all runs append to.
    rotate_bytes : int
        See ``CsvLog``; for the shared ones.
    on_batch : callable, optional
        Called with the rows that were just written, in order, and with none about once a
        second while nothing comes; in the writing thread, or in one that adds.
    """

    def __init__(
        self,
        run_id: str,
        directories: Sequence[Path],
        *,
        shared: Path | None = None,
        rotate_bytes: int = 64 << 20,
        on_batch: Callable[[Sequence[Row]], None] | None = None,
    ) -> None:
        self._run_id, self._on_batch = run_id, on_batch
        self._metrics = [
            _Table(CsvLog(each / "metrics.csv", METRIC_COLUMNS)) for each in directories
        ]
        self._emotions = [
            _Table(CsvLog(each / "emotions.csv", EMOTION_COLUMNS)) for each in directories
        ]
        if shared is not None:
            for tables, name, columns in (
                (self._metrics, "metrics.csv", METRIC_COLUMNS),
                (self._emotions, "emotions.csv", EMOTION_COLUMNS),
            ):
                shared_log = CsvLog(shared / name, columns, shared=True, rotate_bytes=rotate_bytes)
                tables.append(_Table(shared_log))
        self.problems: list[str] = []
        self._rows: list[Row] = []
        self._unwritten = self._faces = 0
        self._adding, self._writing = threading.Lock(), threading.Lock()
        self._wake = threading.Event()
        self._ending = False
        self._thread = threading.Thread(target=self._work, name="records", daemon=True)
        self._thread.start()

    def add(self, report: FrameReport, wall_time_s: float) -> None:
        """Take in one report; returns at once unless the disk is behind."""
        with self._adding:
            self._rows.append(Row(report, wall_time_s))
            self._unwritten += 1
            self._faces += len(report.faces)
            unwritten, lines = self._unwritten, self._unwritten + self._faces
        if unwritten >= FLUSH_ROWS:
            self._write()
        elif lines >= FLUSH_ROWS // 2:
            self._wake.set()

    def close(self) -> None:
        """Write what waits; twice does no harm."""
        if self._ending:
            return
        self._ending = True
        self._wake.set()
        self._thread.join()
        for table in (*self._metrics, *self._emotions):
            table.retry_at_s = 0.0
        self._write()
        for table in (*self._metrics, *self._emotions):
            if table.waiting:
                table.lost += sum(lines.count("\n") for lines in table.waiting)
                table.waiting.clear()
            if table.lost:
                self.problems.append(f"{table.log.path}: {table.lost} rows could not be written")

    def _work(self) -> None:
        while not self._ending:
            self._wake.wait(FLUSH_S)
            self._wake.clear()
            self._write()

    def _write(self) -> None:
        with self._writing:
            with self._adding:
                rows, self._rows = self._rows, []
                count, self._faces = self._unwritten, 0
            if rows:
                metrics = [line_of(metrics_row(self._run_id, *_parts(row))) for row in rows]
                emotions = [
                    line_of(cells)
                    for row in rows
                    for cells in emotion_rows(self._run_id, *_parts(row))
                ]
                self._append(self._metrics, "".join(metrics))
                self._append(self._emotions, "".join(emotions))
                with self._adding:
                    self._unwritten -= count
            else:
                self._append(self._metrics, "")
                self._append(self._emotions, "")
            self._tell(rows)

    def _tell(self, rows: Sequence[Row]) -> None:
        if self._on_batch is None:
            return
        try:
            self._on_batch(rows)
        except Exception as error:
            # Whatever a listener gets wrong, rows go on being written and frames analysed.
            log.exception("a batch of records could not be passed on")
            told = f"records: {type(error).__name__}: {error}"
            if told not in self.problems:
                self.problems.append(told)

    def _append(self, tables: list[_Table], lines: str) -> None:
        for table in tables:
            if lines:
                table.waiting.append(lines)
                table.waiting_bytes += len(lines)
            if not table.waiting and table.log.is_begun:
                continue
            if table.failed and time.monotonic() < table.retry_at_s:
                self._drop_oldest(table)
                continue
            try:
                table.log.append("".join(table.waiting))
            except RecordError as error:
                self._keep(table, error)
                continue
            table.waiting.clear()
            table.waiting_bytes = 0
            if table.failed:
                table.failed = False
                log.warning("%s is written again", table.log.path)

    def _keep(self, table: _Table, error: RecordError) -> None:
        table.retry_at_s = time.monotonic() + FLUSH_S
        if not table.failed:
            table.failed = True
            log.warning("%s", error)
            self.problems.append(str(error))
        self._drop_oldest(table)

    def _drop_oldest(self, table: _Table) -> None:
        while table.waiting_bytes > MOST_KEPT_BYTES:
            oldest = table.waiting.pop(0)
            table.waiting_bytes -= len(oldest)
            table.lost += oldest.count("\n")


def _parts(row: Row) -> tuple[FrameReport, float]:
    return row.report, row.wall_time_s
