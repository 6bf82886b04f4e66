"""A report as rows of metrics.csv and emotions.csv, their columns as in ``columns``."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from core.records.csv_log import Cell
from core.types import EMOTIONS, FrameReport


def metrics_row(run_id: str, report: FrameReport, wall_time_s: float | None = None) -> list[Cell]:
    """One frame as a row of ``METRIC_COLUMNS``; what was not measured is empty.

    Parameters
    ----------
    run_id : str
        Of the run.
    report : FrameReport
        Of the frame.
    wall_time_s : float, optional
        When it was read, s since 1970.
    """
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
    row.append(";".join(" ".join(f"{side:.0f}" for side in text.box) for text in texts) or None)
    if report.risk is None:
        row += [None, None]
    else:
        row += [round(report.risk.now, 4), round(report.risk.within_30_s, 4)]
    row.append(" ".join(incident.kind for incident in report.incidents) or None)
    row.append(_clock(wall_time_s))
    return row


def emotion_rows(
    run_id: str, report: FrameReport, wall_time_s: float | None = None
) -> Iterator[list[Cell]]:
    """Give each face of a frame as a row of ``EMOTION_COLUMNS``."""
    clock = _clock(wall_time_s)
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
            clock,
        ]


def _clock(wall_time_s: float | None) -> str | None:
    if wall_time_s is None:
        return None
    return datetime.fromtimestamp(wall_time_s, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"
