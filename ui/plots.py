"""What the Video tab draws: the rows of a run, thinned for the screen and summed up a face.

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
from numpy.typing import NDArray

from core.types import EMOTIONS

BINS: Final = 600
"""Bins a series is thinned to: two points each, about one a pixel of a wide screen."""

METRIC_COLUMNS: Final = (
    "index",
    "time_s",
    "blur_score",
    "brightness",
    "noise_level",
    "quality_score",
)
FACE_COLUMNS: Final = ("index", "time_s", "face_id", "trust", *EMOTIONS)

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Series:
    """One line of a chart.

    Parameters
    ----------
    key : str
        Names its text and its colour role.
    time_s : tuple of float
        Media time of each point, s, rising.
    values : tuple of float or None
        None breaks the line where nothing was measured.
    """

    key: str
    time_s: tuple[float, ...]
    values: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of the video that deserves a mark, in media time; kinds as in incidents.json."""

    kind: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class FaceSummary:
    """One face over the whole video.

    Parameters
    ----------
    track_id : int
        As written on the video and in emotions.csv.
    first_s, on_screen_s : float
        When it is first seen, and for how long in all, s of media time.
    emotion : str or None
        The strongest mean emotion; None where emotion was switched off.
    trust : float
        Mean trust, 0..1.
    shares : tuple of 7 float
        Mean probabilities in ``EMOTIONS`` order, weighted by trust so that a
        reading from a bad picture counts for little; they sum to 1, or are
        all 0 where emotion was switched off.
    """

    track_id: int
    first_s: float
    on_screen_s: float
    emotion: str | None
    trust: float
    shares: tuple[float, ...]


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
    step_s = _step(time_s)
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


def thin(
    key: str, time_s: Floats, values: Floats, duration_s: float, step_s: float
) -> Series | None:
    """Keep the lowest and the highest point of every bin, so that no spike is lost.

    Parameters
    ----------
    key : str
        Key of the series.
    time_s, values : (N,) float64 arrays
        Points in rising time; NaN values are left out.
    duration_s, step_s : float
        Length of the video and the usual time between two rows, s.

    Returns
    -------
    Series or None
        The line is broken where rows are missing; None where nothing was measured.
    """
    kept = np.isfinite(values) & np.isfinite(time_s)
    times, points = time_s[kept], values[kept]
    if not points.size:
        return None
    width_s = duration_s / BINS if duration_s > 0 else 0.0
    if points.size > 2 * BINS:
        chosen = _extremes(times, points, width_s)
        times, points = times[chosen], points[chosen]
        gap_s = max(3.0 * step_s, 2.5 * width_s)  # two points of neighbouring bins: < 2 widths
    else:
        gap_s = 3.0 * step_s
    breaks = np.flatnonzero(np.diff(times) > gap_s) + 1
    drawn: list[float | None] = [round(float(value), 4) for value in points]
    at = [round(float(moment), 3) for moment in times]
    for position in breaks[::-1]:
        drawn.insert(int(position), None)
        at.insert(int(position), at[int(position) - 1])
    return Series(key, tuple(at), tuple(drawn))


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


def face_summaries(metrics: pd.DataFrame, faces: pd.DataFrame) -> tuple[FaceSummary, ...]:
    """Sum up every face of a run, the longest on screen first.

    Parameters
    ----------
    metrics, faces : DataFrame
        As for ``charts``.

    Returns
    -------
    tuple of FaceSummary
    """
    times = metrics["time_s"].to_numpy()
    if not times.size or faces.empty:
        return ()
    lasts_s = np.diff(times, append=times[-1] + _step(times))
    lasts = pd.Series(lasts_s, index=metrics["index"]).groupby(level=0).first()
    rows = faces.dropna(subset=["face_id"])
    rows = rows.assign(lasts_s=rows["index"].map(lasts).fillna(0.0))
    summaries = [_summary(int(face), group) for face, group in rows.groupby("face_id")]
    return tuple(sorted(summaries, key=lambda face: (-face.on_screen_s, face.track_id)))


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


def _summary(track_id: int, rows: pd.DataFrame) -> FaceSummary:
    probabilities = rows[list(EMOTIONS)].to_numpy()
    trust = rows["trust"].fillna(0.0).to_numpy()
    read = np.isfinite(probabilities).all(axis=1)
    shares = np.zeros(len(EMOTIONS))
    if read.any():
        weights = trust[read] if trust[read].sum() > 0 else np.ones(int(read.sum()))
        shares = np.average(probabilities[read], axis=0, weights=weights)
    return FaceSummary(
        track_id=track_id,
        first_s=float(rows["time_s"].min()),
        on_screen_s=float(rows["lasts_s"].sum()),
        emotion=EMOTIONS[int(shares.argmax())] if read.any() else None,
        trust=float(trust.mean()),
        shares=tuple(float(share) for share in shares),
    )


def _extremes(times: Floats, points: Floats, width_s: float) -> NDArray[np.intp]:
    """Positions of the lowest and highest point of every bin, in rising time."""
    bins = np.minimum((times / width_s).astype(np.intp), BINS - 1)
    # Sorted by bin, then by value: the ends of each bin's run are its extremes.
    order = np.lexsort((points, bins))
    edges = np.flatnonzero(np.diff(bins[order])) + 1
    first = np.concatenate(([0], edges))
    last = np.concatenate((edges, [order.size])) - 1
    return np.unique(np.concatenate((order[first], order[last])))


def _step(time_s: Floats) -> float:
    """Usual time between two rows, s."""
    return float(np.median(np.diff(time_s))) if time_s.size > 1 else 0.0


def _numbers(rows: pd.DataFrame, name: str) -> pd.Series[float]:
    if name not in rows:
        return pd.Series(np.nan, index=rows.index, dtype="float64")
    return pd.to_numeric(rows[name], errors="coerce").astype("float64")
