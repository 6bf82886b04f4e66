"""What the Quality tab reads of a run: the columns it draws, kept while they are looked at."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.errors import RecordError
from core.records.failure import risk_series
from core.records.store import read_emotions, read_incidents, read_metrics
from core.settings import Settings

Floats = NDArray[np.float64]

COLUMNS: Final = (
    "index",
    "time_s",
    "blur_score",
    "brightness",
    "noise_level",
    "change",
    "quality_score",
    "fps",
    "ocr_confidence",
    "risk_now",
    "risk_within_30_s",
    "wall_time_utc",
)
KEPT_ROWS: Final = 1_000_000
"""Rows of all runs together that are kept in memory, so that a zoom reads no file."""

_MEASURES: Final = {
    "quality": "quality_score",
    "noise": "noise_level",
    "fps": "fps",
    "ocr": "ocr_confidence",
    "risk_now": "risk_now",
    "risk": "risk_within_30_s",
}
_READINGS: Final = (
    "time_s",
    "blur_score",
    "brightness",
    "noise_level",
    "change",
    "quality_score",
)


@dataclass(frozen=True, slots=True)
class RunRows:
    """One run, column by column.

    Parameters
    ----------
    time_s : (N,) float64 array
        Media time, rising, s.
    wall_s : (N,) float64 array
        When each row was read, s since 1970 UTC; NaN where the record does not say.
    measures : dict of str to (N,) float64 array
        "quality", "sharpness", "brightness", "noise" (0..1), "fps" (Hz), "ocr",
        "trust" (0..1, mean over the faces of a frame), "risk_now" and "risk"
        (0..1, now and within 30 s); NaN where nothing was measured.
    incidents : tuple of dict
        As incidents.json holds them, in order of onset.
    knows_incidents : bool
        Whether there is an incidents.json at all.
    """

    time_s: Floats
    wall_s: Floats
    measures: dict[str, Floats]
    incidents: tuple[dict[str, Any], ...]
    knows_incidents: bool

    def __len__(self) -> int:
        return len(self.time_s)

    @property
    def step_s(self) -> float:
        """Usual time between two rows, s; 0 for fewer than two."""
        return float(np.median(np.diff(self.time_s))) if len(self) > 1 else 0.0


def read_run(directory: Path, settings: Settings) -> RunRows:
    """Read a run's tables.

    Parameters
    ----------
    directory : Path
        Holds metrics.csv, and emotions.csv and incidents.json where there are any.
    settings : Settings
        For the threshold that the risk is about.

    Returns
    -------
    RunRows
        Empty where metrics.csv holds no row yet.

    Raises
    ------
    RecordError
        Where a table cannot be read.
    """
    rows = read_metrics(directory, COLUMNS)
    rows = rows[np.isfinite(rows["time_s"])].reset_index(drop=True)
    time_s = rows["time_s"].to_numpy()
    # A camera that was away may come back with a clock that begins anew.
    if (np.diff(time_s) < 0).any():
        rows = rows.sort_values("time_s", kind="stable").reset_index(drop=True)
        time_s = rows["time_s"].to_numpy()
    measures = {name: rows[column].to_numpy() for name, column in _MEASURES.items()}
    measures["sharpness"] = 1.0 - rows["blur_score"].to_numpy()
    measures["brightness"] = rows["brightness"].to_numpy() / 255.0
    measures["trust"] = _trust(directory, rows["index"])
    # Older records do not say a risk, but hold what it is said from.
    if len(rows) and not np.isfinite(measures["risk"]).any():
        risk = risk_series({name: rows[name].to_numpy() for name in _READINGS}, settings)
        measures["risk_now"], measures["risk"] = risk.astype(np.float64).T
    incidents = [each for each in read_incidents(directory) if _is_placed(each)]
    incidents.sort(key=lambda each: float(each["onset_s"]))
    known = (directory / "incidents.json").is_file()
    return RunRows(time_s, _wall(rows["wall_time_utc"]), measures, tuple(incidents), known)


class RowsCache:
    """Keeps what was read last, as long as the files stay as they are.

    Parameters
    ----------
    settings : Settings
    most_rows : int
        Kept in all; a longer run is read anew each time.
    """

    def __init__(self, settings: Settings, most_rows: int = KEPT_ROWS) -> None:
        self._settings, self._most_rows = settings, most_rows
        self._kept: OrderedDict[Path, tuple[str, RunRows]] = OrderedDict()
        self._lock = threading.Lock()

    def read(self, directory: Path) -> tuple[str, RunRows]:
        """Rows of a run, and the mark of the files they were read from.

        Raises
        ------
        RecordError
            See ``read_run``.
        """
        mark = mark_of(directory)
        with self._lock:
            kept = self._kept.get(directory)
            if kept is not None and kept[0] == mark:
                self._kept.move_to_end(directory)
                return kept
        rows = read_run(directory, self._settings)
        with self._lock:
            self._kept[directory] = (mark, rows)
            self._kept.move_to_end(directory)
            while sum(len(each) for _, each in self._kept.values()) > self._most_rows:
                self._kept.popitem(last=False)
        return mark, rows

    def forget(self, directory: Path) -> None:
        """Let go of a run whose files are deleted."""
        with self._lock:
            self._kept.pop(directory, None)


def mark_of(directory: Path) -> str:
    """Sizes and dates of a run's files: another mark means that there is more to read.

    Raises
    ------
    RecordError
        Where there is no metrics.csv.
    """
    marks = []
    for name in ("metrics.csv", "emotions.csv", "incidents.json", "summary.json", "mlflow.json"):
        try:
            found = (directory / name).stat()
        except OSError:
            marks.append("-")
        else:
            marks.append(f"{found.st_size}.{found.st_mtime_ns}")
    if marks[0] == "-":
        raise RecordError(f"{directory.name}: holds no metrics.csv; give the folder of a run")
    return "/".join(marks)


def _trust(directory: Path, index: pd.Series[float]) -> Floats:
    """Mean trust of the faces of each frame, (N,)."""
    if not (directory / "emotions.csv").is_file():
        return np.full(len(index), np.nan)
    faces = read_emotions(directory, ("index", "trust")).dropna()
    means = faces.groupby("index")["trust"].mean()
    return means.reindex(index).to_numpy(np.float64)


def _wall(written: pd.Series[str]) -> Floats:
    moments = pd.to_datetime(written, utc=True, errors="coerce", format="ISO8601")
    seconds = (moments - pd.Timestamp(0, tz="UTC")) / pd.Timedelta(seconds=1)
    return seconds.to_numpy(np.float64)


def _is_placed(incident: dict[str, Any]) -> bool:
    try:
        onset_s, end_s = float(incident["onset_s"]), float(incident["end_s"])
    except (KeyError, TypeError, ValueError):
        return False
    return bool(np.isfinite(onset_s) and np.isfinite(end_s)) and "kind" in incident
