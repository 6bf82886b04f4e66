"""What was recorded, read back: the list of runs, and the rows of one.

records_dir/
    metrics.csv, emotions.csv     rows of all runs, begun anew at a size
    metrics-<when>.csv, ...       the ones before
    runs/<run_id>/                one run: metrics.csv, emotions.csv, columns.json,
                                  incidents.json, summary.json, report.html, run.json
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from core.errors import RecordError
from core.records.columns import EMOTION_COLUMNS, METRIC_COLUMNS, TEXT_COLUMNS

if TYPE_CHECKING:
    import pandas as pd

RUNS: Final = "runs"
REPORT: Final = "report.html"
RUN_FILE: Final = "run.json"
MLFLOW_FILE: Final = "mlflow.json"

RunKind = Literal["video", "live", "session", "watch"]
RunState = Literal["running", "done"]


@dataclass(frozen=True, slots=True)
class RunInfo:
    """One recorded run, as a list of runs shows it.

    Parameters
    ----------
    run_id : str
        Unique; sorts by the time it began.
    kind : str
        "video", "live", "session" or "watch".
    source : str
        Name of the file, address or camera, without password or query.
    started_at : str
        UTC, ISO 8601.
    frames : int
        Rows in metrics.csv; of a run that goes on or was killed, as of a few seconds before.
    duration_s : float
        Media time from the first frame to the end of the last, s.
    mean_quality : float or None
        Of ``quality_score``, 0..1; None where none was measured.
    path : Path
        The directory of the run.
    state : str
        "done", or "running" where it goes on or was killed.
    mlflow_url : str or None
        Page of the run on the MLflow server; None where there is no server or it has not
        been told yet.
    """

    run_id: str
    kind: RunKind
    source: str
    started_at: str
    frames: int
    duration_s: float
    mean_quality: float | None
    path: Path
    state: RunState = "done"
    mlflow_url: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """For run.json, which lies in ``path`` and so need not name it."""
        values = asdict(self)
        del values["path"], values["mlflow_url"]
        return values


def list_runs(records_dir: Path) -> list[RunInfo]:
    """All recorded runs, the newest first.

    Parameters
    ----------
    records_dir : Path
        See ``Settings.records_dir``; one that does not exist holds no run.

    Returns
    -------
    list of RunInfo
        A folder that is no run, or cannot be read, is left out.
    """
    try:
        with os.scandir(records_dir / RUNS) as entries:
            names = sorted((entry.name for entry in entries if entry.is_dir()), reverse=True)
    except OSError:
        return []
    found = (read_info(records_dir / RUNS / name) for name in names)
    return [info for info in found if info is not None]


def read_info(run_dir: Path) -> RunInfo | None:
    """One run of the list; None where the folder holds none."""
    standing = tuple(_version(f"{run_dir}/{name}") for name in (RUN_FILE, MLFLOW_FILE))
    if standing[0] is None:
        return None
    return _info(str(run_dir), standing)


@lru_cache(maxsize=20_000)
def _info(directory: str, _standing: tuple[tuple[int, int] | None, ...]) -> RunInfo | None:
    # A list of thousands is asked for again and again; a file that did not change is not read.
    run_dir = Path(directory)
    values = read_object(run_dir / RUN_FILE)
    if values is None:
        return None
    values |= {
        "path": run_dir,
        "mlflow_url": (read_object(run_dir / MLFLOW_FILE) or {}).get("url"),
    }
    known = {field.name for field in fields(RunInfo)}
    try:
        return RunInfo(**{name: value for name, value in values.items() if name in known})
    except TypeError:
        return None


def read_metrics(path: Path, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """Rows of a run's metrics.csv, one a frame.

    Parameters
    ----------
    path : Path
        The file or the directory of the run.
    columns : sequence of str, optional
        Of ``METRIC_COLUMNS``, in the order wanted; all by default.

    Returns
    -------
    DataFrame
        Numbers as float64 with NaN where nothing was measured; run_id, status, ocr_text,
        ocr_boxes_px and wall_time_utc as text. A last line that was never finished is left out.

    Raises
    ------
    RecordError
        Where the file cannot be read.
    """
    return _read_rows(path, "metrics.csv", columns or METRIC_COLUMNS)


def read_emotions(path: Path, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """Rows of a run's emotions.csv, one a face a frame; see ``read_metrics``."""
    return _read_rows(path, "emotions.csv", columns or EMOTION_COLUMNS)


def read_incidents(run_dir: Path) -> list[dict[str, Any]]:
    """Incidents of a run in order of onset; empty where none are recorded."""
    try:
        found = json.loads((run_dir / "incidents.json").read_bytes())
    except (OSError, ValueError):
        return []
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def read_summary(run_dir: Path) -> dict[str, Any]:
    """Read summary.json of a run.

    Raises
    ------
    RecordError
        Where there is none, as in a run that still goes on.
    """
    found = read_object(run_dir / "summary.json")
    if found is None:
        raise RecordError(
            f"{run_dir}: holds no summary.json that can be read; give the directory of a "
            "finished run"
        )
    return found


def _read_rows(path: Path, name: str, columns: Sequence[str]) -> pd.DataFrame:
    import pandas as pd  # noqa: PLC0415  half a second, for readers only

    path = path / name if path.is_dir() else path
    try:
        data = path.read_bytes()
    except OSError as error:
        raise RecordError(f"{path}: cannot be read ({error.strerror or error})") from error
    # A program that is killed may leave half a line, whose last number would be a wrong one.
    whole = io.BytesIO(data[: data.rfind(b"\n") + 1])
    wanted = set(columns)
    try:
        rows = pd.read_csv(
            whole,
            usecols=lambda column: column in wanted,
            dtype=dict.fromkeys(TEXT_COLUMNS, "str"),
            keep_default_na=False,
            na_values=[""],
            on_bad_lines="skip",
        )
    except pd.errors.EmptyDataError:
        rows = pd.DataFrame()
    except (ValueError, UnicodeDecodeError) as error:
        raise RecordError(f"{path}: is no table of a run ({error})") from error
    made: Mapping[str, Any] = {
        column: _column(pd, rows, column, is_text=column in TEXT_COLUMNS) for column in columns
    }
    return pd.DataFrame(made, columns=list(columns))


def _column(pd: Any, rows: Any, column: str, *, is_text: bool) -> Any:
    if is_text:
        if column not in rows:
            return pd.Series([""] * len(rows), dtype="object")
        return rows[column].fillna("").astype("object")
    if column not in rows:
        return pd.Series([float("nan")] * len(rows), dtype="float64")
    return pd.to_numeric(rows[column], errors="coerce").astype("float64")


def _version(path: str) -> tuple[int, int] | None:
    try:
        found = os.stat(path)  # noqa: PTH116  a Path costs more than the call
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def read_object(path: Path) -> dict[str, Any] | None:
    """Read a JSON object; None where there is none that can be read."""
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None
