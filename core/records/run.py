"""What a run comes to: its summary; and the name of a run."""

from __future__ import annotations

import dataclasses
import json
import os
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from core.incidents import Incident
from core.records.csv_log import cannot_write

_INCIDENT_FIELDS: Final = ("weak_stretches", "freezes", "incidents")


@dataclass(frozen=True, slots=True)
class RunSummary:
    """What a run comes to.

    Parameters
    ----------
    run_id : str
        Unique; the first column of both tables.
    kind : str
        "video", "live", "session" or "watch".
    source : str
        Name of the file or address, without password or query.
    started_at : str
        UTC, ISO 8601.
    frames : int
        Rows in metrics.csv.
    frames_by_status : dict of str to int
        How many of each ``Status``.
    duration_s : float
        Media time from the first frame to the end of the last, s.
    elapsed_s : float
        Wall time it took, s.
    fps : float
        Frames analysed a second of wall time, Hz.
    mean_quality, min_quality : float or None
        Of ``quality_score``, 0..1; None where quality was switched off.
    below_threshold : float or None
        Share of the frames with a quality under ``settings.quality_threshold``, 0..1.
    faces : int
        Different faces followed.
    emotions : dict of str to float
        Mean probability of each emotion over all faces, weighted by trust; sums
        to 1, empty where no emotion was read.
    weak_stretches, freezes : tuple of Incident
        In order of onset: quality below the threshold, and frames that repeat the one before.
    incidents : tuple of Incident
        What the monitor found, in order of onset; a freeze is one once it has lasted.
    problems : tuple of str
        What went wrong on the way, a line each.
    cancelled : bool
        Whether somebody stopped it before the end.
    files : dict of str to str
        What was written, name to path.
    video, settings, versions, models : dict
        What was read, how, with what program and with which weights.
    """

    run_id: str
    kind: str
    source: str
    started_at: str
    frames: int
    frames_by_status: dict[str, int]
    duration_s: float
    elapsed_s: float
    fps: float
    mean_quality: float | None
    min_quality: float | None
    below_threshold: float | None
    faces: int
    emotions: dict[str, float]
    weak_stretches: tuple[Incident, ...]
    freezes: tuple[Incident, ...]
    incidents: tuple[Incident, ...]
    problems: tuple[str, ...]
    cancelled: bool
    files: dict[str, str]
    video: dict[str, Any]
    settings: dict[str, Any]
    versions: dict[str, str]
    models: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        """For a JSON file; figures rounded to what they are worth."""
        values = {
            field.name: getattr(self, field.name)
            for field in dataclasses.fields(self)
            if field.name not in _INCIDENT_FIELDS
        }
        for name in _INCIDENT_FIELDS:
            values[name] = [incident.as_dict() for incident in getattr(self, name)]
        # The files lie beside this one; where that is on the machine is nobody's business.
        values["files"] = {name: Path(path).name for name, path in self.files.items()}
        return {
            name: round(value, 4) if isinstance(value, float) else value
            for name, value in values.items()
        }


def new_run_id(now: datetime | None = None) -> str:
    """Make a name for a run that sorts by time and never comes twice."""
    moment = now or datetime.now(UTC)
    return f"{moment:%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"


def write_json(path: Path, value: object) -> None:
    """Write a JSON file whole or not at all.

    Raises
    ------
    RecordError
        Where it cannot be written.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", "utf-8")
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise cannot_write(path, error) from error
