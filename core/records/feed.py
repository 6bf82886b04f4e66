"""What MLflow is told of a run: about one row a second, with the values of the tables."""

from __future__ import annotations

import math
import platform
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from core.records.columns import METRIC_COLUMNS
from core.records.rows import metrics_row
from core.records.run import RunSummary
from core.records.spool import Journal, Point
from core.records.tables import Row
from core.settings import Settings
from core.types import EMOTIONS, FrameReport

# MLflow shows what is under "system/" on a page of its own.
_NAMES: Final = {
    "blur_score": "blur_score",
    "brightness": "brightness",
    "noise_level": "noise_level",
    "change": "change",
    "is_frozen": "is_frozen",
    "quality_score": "quality_score",
    "faces": "faces",
    "fps": "fps",
    "latency_ms": "latency_ms",
    "ocr_confidence": "ocr_confidence",
    "risk_now": "risk_now",
    "risk_within_30_s": "risk_within_30_s",
    "cpu_percent": "system/cpu_percent",
    "memory_percent": "system/memory_percent",
    "rss_mb": "system/rss_mb",
}
"""Columns of metrics.csv, and the metrics of MLflow that hold the same values."""

ARTIFACTS: Final = (
    "metrics.csv",
    "emotions.csv",
    "columns.json",
    "incidents.json",
    "summary.json",
    "report.html",
)


class Feed:
    """Picks rows of a run and writes them into its journal.

    Parameters
    ----------
    settings : Settings
        ``records_dir`` and ``mlflow_hz``.
    run_id, kind, source : str
        Of the run.
    started : datetime
        When it began; media time counts from there.
    params : mapping
        Settings, source and models; nested ones are joined by dots.
    places : sequence of Path
        Directories of the run.

    Raises
    ------
    RecordError
        Where the journal cannot be written.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        run_id: str,
        kind: str,
        source: str,
        started: datetime,
        params: Mapping[str, Any],
        places: Sequence[Path],
    ) -> None:
        self._run_id, self._places = run_id, places
        self._start_ms = round(started.timestamp() * 1000)
        self._hz = settings.mlflow_hz
        self._before: int | None = None
        self._last_ms = self._start_ms
        self._journal = Journal(settings.records_dir, run_id)
        self._journal.begin(
            f"{source} {run_id}",
            start_ms=self._start_ms,
            params=dict(_flat(params)),
            tags={
                "framemood.kind": kind,
                "mlflow.source.name": source,
                "framemood.platform": platform.platform(),
            },
            places=places,
        )

    def take(self, rows: Sequence[Row]) -> None:
        """Write the points of those rows that begin a new stretch of media time."""
        points: list[Point] = []
        for row in rows:
            if self._is_due(row.report.time_s):
                points += self._points(row.report)
        self._journal.metrics(points)

    def finish(self, summary: RunSummary, status: str) -> None:
        """Write what the run came to, and that it is over."""
        values = {
            "frames": summary.frames,
            "duration_s": summary.duration_s,
            "mean_quality": summary.mean_quality,
            "min_quality": summary.min_quality,
            "below_threshold": summary.below_threshold,
            "incidents": len(summary.incidents),
            **{f"emotion_{name}": share for name, share in summary.emotions.items()},
        }
        step = self._last_ms - self._start_ms
        self._journal.metrics(
            [
                (f"summary/{name}", float(value), self._last_ms, step)
                for name, value in values.items()
                if value is not None and math.isfinite(value)
            ]
        )
        if self._places:
            self._journal.artifacts(self._places[-1], ARTIFACTS)
        self._journal.end(status, self._last_ms)

    def close(self) -> None:
        """Let go of the journal."""
        self._journal.close()

    def _is_due(self, time_s: float) -> bool:
        if self._hz <= 0:
            return True
        stretch = math.floor(time_s * self._hz)
        due = stretch != self._before
        self._before = stretch
        return due

    def _points(self, report: FrameReport) -> list[Point]:
        step = round(report.time_s * 1000)
        self._last_ms = self._start_ms + step
        # Through the very cells of the table, so that both say the same to the last digit.
        cells = dict(zip(METRIC_COLUMNS, metrics_row(self._run_id, report), strict=True))
        values = {name: cells[column] for column, name in _NAMES.items()}
        if report.faces and report.faces[0].probabilities is not None:
            shares = report.faces[0].probabilities.tolist()
            for name, share in zip(EMOTIONS, shares, strict=True):
                values[f"emotion/{name}"] = round(share, 6)
        return [
            (name, float(value), self._last_ms, step)
            for name, value in values.items()
            if value is not None and math.isfinite(float(value))
        ]


def _flat(values: Mapping[str, Any], above: str = "") -> Iterable[tuple[str, Any]]:
    for name, value in values.items():
        key = f"{above}{name}"
        if isinstance(value, Mapping):
            yield from _flat(value, f"{key}.")
        elif value is not None:
            yield key, value
