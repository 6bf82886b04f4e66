"""Sessions on disk: session.json, session.csv, and emotions.csv of two analyses.

``session.json`` holds everything a verdict stands on, so that judging it again
with the same settings gives the same verdict, bit for bit. ``session.csv`` is its
frames as a table, which the visitor's browser makes (``session_files.js``).
"""

from __future__ import annotations

import csv
import json
import math
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
import scipy

from core.errors import SessionError
from core.mood.recording import MEASURES, PhaseRecording, choose_subject
from core.mood.statistics import Array
from core.mood.verdict import SessionSettings, Verdict, judge
from core.types import EMOTIONS
from core.version import __version__

FORMAT: Final = "framemood-session"
VERSION: Final = 1

PHASES: Final = ("baseline", "stimulus")


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """Two recorded phases, the settings and the verdict on them.

    Parameters
    ----------
    first, second : PhaseRecording
        Baseline and stimulus.
    settings : SessionSettings
        What the verdict was made with.
    verdict : Verdict
        ``judge(first, second, settings)``.
    models : mapping of str to str
        sha256 of each model that read the faces, by name.
    """

    first: PhaseRecording
    second: PhaseRecording
    settings: SessionSettings
    verdict: Verdict
    models: Mapping[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Give the record as JSON values, as a session.json holds them."""
        return {
            "format": FORMAT,
            "version": VERSION,
            "versions": {
                "framemood": __version__,
                "python": platform.python_version(),
                "numpy": np.__version__,
                "scipy": scipy.__version__,
            },
            "models": dict(self.models),
            "settings": asdict(self.settings),
            "phases": {
                name: _phase_to_json(phase)
                for name, phase in zip(PHASES, (self.first, self.second), strict=True)
            },
            "verdict": self.verdict.to_dict(),
        }

    def to_json(self) -> str:
        """Write the record as the text of a session.json."""
        return json.dumps(self.to_dict(), ensure_ascii=False, allow_nan=False)


def read_session(path: Path, changes: Mapping[str, Any] | None = None) -> SessionRecord:
    """Read a session.json and judge it again.

    Parameters
    ----------
    path : Path
        A file written from ``SessionRecord.to_json``.
    changes : mapping, optional
        Settings that replace those of the file, by their name.

    Raises
    ------
    SessionError
        Where the file cannot be read or is no session.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise _unopened(path, error) from error
    except ValueError as error:
        raise SessionError(
            f"{path.name} cannot be read as JSON: {error}; give a session.json as it was saved"
        ) from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise SessionError(f"{path.name} is no session; give a session.json of this program")
    if document.get("version") != VERSION:
        raise SessionError(
            f"{path.name} has version {document.get('version')!r}; this program reads {VERSION}"
        )
    try:
        known = {f.name for f in fields(SessionSettings)}
        stored = {k: v for k, v in document["settings"].items() if k in known}
        settings = SessionSettings(**{**stored, **(changes or {})})
        first, second = (_phase_from_json(document["phases"][name]) for name in PHASES)
        models = {str(name): str(digest) for name, digest in document.get("models", {}).items()}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise SessionError(
            f"{path.name} is damaged ({type(error).__name__}: {error}); download it again"
        ) from error
    return SessionRecord(first, second, settings, judge(first, second, settings), models)


def read_table(path: Path) -> dict[str, PhaseRecording]:
    """Read an emotions.csv (one phase, named "") or a session.csv (both, by name).

    Raises
    ------
    SessionError
        Where the file cannot be read or lacks a column.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            columns = tuple(reader.fieldnames or ())
            rows = list(reader)
    except OSError as error:
        raise _unopened(path, error) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise SessionError(
            f"{path.name} cannot be read as CSV: {error}; give an emotions.csv or a session.csv"
        ) from error
    missing = [name for name in ("time_s", *EMOTIONS, "trust") if name not in columns]
    if missing:
        raise SessionError(
            f"{path.name} has no column {', '.join(missing)}; "
            "give an emotions.csv or a session.csv of this program"
        )
    try:
        if "phase" in columns:
            return {
                name: _phase_of_rows([row for row in rows if row["phase"] == name])
                for name in PHASES
            }
        return {"": _subject_of_rows(rows)}
    except (ValueError, TypeError) as error:
        raise SessionError(f"{path.name} holds a value that is no number: {error}") from error


def _phase_of_rows(rows: Sequence[Mapping[str, str]]) -> PhaseRecording:
    def column(name: str) -> Array:
        return np.array([_number(row.get(name)) for row in rows], dtype=np.float64)

    emotions = np.column_stack([column(name) for name in EMOTIONS])
    measures = {name: column(name) for name in MEASURES if rows and name in rows[0]}
    return _checked(PhaseRecording(column("time_s"), emotions, measures))


def _subject_of_rows(rows: Sequence[Mapping[str, str]]) -> PhaseRecording:
    """One row a frame from one row a face; the subject is the face seen in most frames."""
    frames: dict[str, list[Mapping[str, str]]] = {}
    for row in rows:
        frames.setdefault(row["time_s"], []).append(row)
    # The file has no boxes: each face counts alike, so the one seen longest is largest.
    faces = [[(int(row.get("face_id") or 0), 1.0) for row in frame] for frame in frames.values()]
    subject = choose_subject(faces)
    followed = [
        row for frame in frames.values() for row in frame if int(row.get("face_id") or 0) in subject
    ]
    identities = [row.get("face_id") for row in followed]
    recording = _phase_of_rows(followed)
    return PhaseRecording(
        recording.time_s,
        recording.emotions,
        recording.measures,
        several_faces=sum(len(frame) > 1 for frame in faces),
        subject_changes=sum(a != b for a, b in pairwise(identities)),
    )


def _unopened(path: Path, error: OSError) -> SessionError:
    return SessionError(f"{path} cannot be opened: {error.strerror or error}; check its name")


def _number(cell: str | None) -> float:
    return float(cell) if cell else math.nan


def _phase_to_json(phase: PhaseRecording) -> dict[str, Any]:
    columns = {"time_s": phase.time_s}
    columns |= {name: phase.emotions[:, k] for k, name in enumerate(EMOTIONS)}
    columns |= phase.measures
    return {
        "several_faces": phase.several_faces,
        "subject_changes": phase.subject_changes,
        "losses": phase.losses,
        "frames": {
            name: [value if math.isfinite(value) else None for value in values.tolist()]
            for name, values in columns.items()
        },
    }


def _phase_from_json(document: Mapping[str, Any]) -> PhaseRecording:
    frames = document["frames"]

    def column(name: str) -> Array:
        return np.array([math.nan if v is None else float(v) for v in frames[name]], np.float64)

    return _checked(
        PhaseRecording(
            column("time_s"),
            np.column_stack([column(name) for name in EMOTIONS]),
            {name: column(name) for name in MEASURES if name in frames},
            int(document["several_faces"]),
            int(document["subject_changes"]),
            int(document["losses"]),
        )
    )


def _checked(phase: PhaseRecording) -> PhaseRecording:
    """Refuse a recording whose time does not rise or whose columns differ in length."""
    length = len(phase.time_s)
    if phase.emotions.shape != (length, len(EMOTIONS)) or any(
        len(values) != length for values in phase.measures.values()
    ):
        raise ValueError("its columns differ in length")
    if not np.isfinite(phase.time_s).all() or (np.diff(phase.time_s) <= 0).any():
        raise ValueError("time_s does not rise from row to row")
    return phase
