"""What the Video tab draws of the rows of a run.

Everything here is in media time and knows neither gradio nor a language: the
keys it names are the keys of the page's texts and of its colour roles.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from core.types import EMOTIONS
from ui.thinning import BINS, Floats, Series, thin, usual_step_s
from ui.video_faces import FaceSummary, face_summaries

METRIC_COLUMNS: Final = (
    "index",
    "time_s",
    "blur_score",
    "brightness",
    "noise_level",
    "quality_score",
)
FACE_COLUMNS: Final = ("index", "time_s", "face_id", "trust", *EMOTIONS)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of the video that deserves a mark, in media time; kinds as in incidents.json."""

    kind: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Charts:
    """All that the charts of one run show; a panel that was not measured is empty."""

    duration_s: float
    threshold: float
    quality: tuple[Series, ...]
    emotions: tuple[Series, ...]
    trust: tuple[Series, ...]
    stretches: tuple[Stretch, ...]
    faces: tuple[FaceSummary, ...]
    frames: int
    mean_quality: float | None
    weak_share: float | None

    @property
    def main_face(self) -> FaceSummary | None:
        """The face that is longest on screen, the one whose emotions are drawn."""
        return self.faces[0] if self.faces else None


def read_rows(path: Path, columns: tuple[str, ...]) -> pd.DataFrame:
    """Read some columns of a run's CSV as numbers.

    Parameters
    ----------
    path : Path
        ``metrics.csv`` or ``emotions.csv``.
    columns : tuple of str
        Columns to keep; a missing one is read as all NaN.

    Returns
    -------
    DataFrame
        float64 columns in the order asked; what is not a number is NaN. Empty
        where the file does not exist.
    """
    if not path.is_file():
        return pd.DataFrame({name: pd.Series(dtype="float64") for name in columns})
    rows = pd.read_csv(path, usecols=lambda name: name in columns)
    return pd.DataFrame({name: _numbers(rows, name) for name in columns})


def charts(
    metrics: pd.DataFrame,
    faces: pd.DataFrame,
    incidents: tuple[Stretch, ...],
    threshold: float,
) -> Charts:
    """Turn the rows of a run into what its charts and tables show.

    Parameters
    ----------
    metrics : DataFrame
        ``METRIC_COLUMNS`` of metrics.csv, a row a frame.
    faces : DataFrame
        ``FACE_COLUMNS`` of emotions.csv, a row a face a frame.
    incidents : tuple of Stretch
        Weak, frozen and unreadable stretches, as ``read_incidents`` gives them.
    threshold : float
        Quality score below which a picture is called weak, 0..1.

    Returns
    -------
    Charts
        At most ``2 * BINS`` points a line, however long the video.
    """
    time_s = metrics["time_s"].to_numpy()
    step_s = usual_step_s(time_s)
    duration_s = float(np.nanmax(time_s) + step_s) if time_s.size else 0.0
    score = metrics["quality_score"].to_numpy()
    measured = np.isfinite(score)
    weak = measured & (score < threshold)
    summaries = face_summaries(metrics, faces)
    main = faces[faces["face_id"] == summaries[0].track_id] if summaries else faces
    face_time_s = main["time_s"].to_numpy()

    def drawn(key: str, times: Floats, values: Floats) -> Series | None:
        return thin(key, times, values, duration_s, step_s)

    quality = (
        drawn("quality", time_s, score),
        drawn("sharpness", time_s, 1.0 - metrics["blur_score"].to_numpy()),
        drawn("brightness", time_s, metrics["brightness"].to_numpy() / 255.0),
        drawn("noise", time_s, metrics["noise_level"].to_numpy()),
    )
    emotions = [drawn(name, face_time_s, main[name].to_numpy()) for name in EMOTIONS]
    named = any(series is not None for series in emotions)
    trust = drawn("trust", face_time_s, main["trust"].to_numpy()) if named else None
    return Charts(
        duration_s=duration_s,
        threshold=threshold,
        quality=tuple(series for series in quality if series is not None),
        emotions=tuple(series for series in emotions if series is not None),
        trust=(trust,) if trust is not None else (),
        stretches=incidents,
        faces=summaries,
        frames=len(metrics),
        mean_quality=float(score[measured].mean()) if measured.any() else None,
        weak_share=float(weak[measured].mean()) if measured.any() else None,
    )


def read_incidents(path: Path) -> tuple[Stretch, ...]:
    """Read a run's ``incidents.json``; none where the file does not exist."""
    if not path.is_file():
        return ()
    incidents = json.loads(path.read_text(encoding="utf-8"))
    return tuple(Stretch(each["kind"], each["onset_s"], each["end_s"]) for each in incidents)


def join(stretches: tuple[Stretch, ...], duration_s: float) -> tuple[Stretch, ...]:
    """Join stretches of a kind that no screen could tell apart.

    Parameters
    ----------
    stretches : tuple of Stretch
        In any order.
    duration_s : float
        Length of the video, s.

    Returns
    -------
    tuple of Stretch
        By onset; those of a kind do not overlap and are at most ``BINS + 1``.
    """
    joined: list[Stretch] = []
    last: dict[str, int] = {}
    for stretch in sorted(stretches, key=lambda each: each.start_s):
        at = last.get(stretch.kind)
        if at is not None and stretch.start_s - joined[at].end_s <= duration_s / BINS:
            before = joined[at]
            joined[at] = replace(before, end_s=max(before.end_s, stretch.end_s))
        else:
            last[stretch.kind] = len(joined)
            joined.append(stretch)
    return tuple(joined)


def to_json(value: Charts) -> dict[str, Any]:
    """Give the figures that the page's script draws, in plain JSON types."""

    def panel(lines: tuple[Series, ...]) -> list[dict[str, Any]]:
        return [{"key": line.key, "t": line.time_s, "v": line.values} for line in lines]

    return {
        "duration_s": round(value.duration_s, 3),
        "threshold": value.threshold,
        "quality": panel(value.quality),
        "emotions": panel(value.emotions),
        "trust": panel(value.trust),
        "stretches": [
            {"kind": mark.kind, "start_s": round(mark.start_s, 3), "end_s": round(mark.end_s, 3)}
            for mark in join(value.stretches, value.duration_s)
        ],
    }


def _numbers(rows: pd.DataFrame, name: str) -> pd.Series[float]:
    if name not in rows:
        return pd.Series(np.nan, index=rows.index, dtype="float64")
    return pd.to_numeric(rows[name], errors="coerce").astype("float64")
