"""One video analysis: what a visitor asks for, and how far it has come."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from core.frame.probe import probe
from core.frame.urls import is_url
from core.frame.video import analyze_video

State = Literal["waiting", "running", "done", "cancelled", "failed"]


@dataclass(frozen=True, slots=True)
class Request:
    """What a visitor asks for.

    Parameters
    ----------
    source : str or Path
        A URL, or a file on this machine: as str one of the visitor's, as Path one of ours.
    name : str
        What the visitor calls it, for messages and file names.
    faces, emotion, quality : bool
        Which readings are made.
    ocr : bool
        Whether text is read, too.
    every : int
        Analyse every Nth frame, at least 1.
    record : bool
        Whether the figures are kept among the records, where the settings allow it.
    address : str
        Network address it comes from, empty where that is not known.
    """

    source: str | Path
    name: str
    faces: bool = True
    emotion: bool = True
    quality: bool = True
    ocr: bool = False
    every: int = 1
    record: bool = False
    address: str = ""


@dataclass(slots=True, eq=False)
class Job:
    """One analysis, from the queue to its files.

    Written by the thread that runs it and read by the page: each field is
    replaced whole, so a reader sees the old or the new, never a half.

    Parameters
    ----------
    request : Request
        What was asked.
    directory : Path
        Where its files are, and nobody else's.
    state : str
        Where it stands; "cancelled" where the visitor stopped it.
    progress : Progress or None
        The last that ``analyze_video`` said.
    summary : RunSummary or None
        What it gave back; None until then, and where it never ran.
    error : Exception or None
        Why it failed; a ``FramemoodError`` is meant to be read by the visitor.
    began_s, ended_s : float or None
        When it ran, s of ``time.monotonic``.
    cancel, finished : Event
        Set to stop it, and set once nothing more is written.
    abandoned : bool
        Whether its visitor is gone, so that its files are deleted.
    overran : bool
        Whether it was stopped because it took longer than it may.
    expiry : Timer or None
        What deletes its files in the end.
    """

    request: Request
    directory: Path
    state: State = "waiting"
    progress: Any = None
    summary: Any = None
    error: Exception | None = None
    began_s: float | None = None
    ended_s: float | None = None
    cancel: threading.Event = field(default_factory=threading.Event)
    finished: threading.Event = field(default_factory=threading.Event)
    abandoned: bool = False
    overran: bool = False
    expiry: threading.Timer | None = None


def analyze_for_visitor(source: str | Path, out_dir: Path, **how: Any) -> Any:
    """Analyse what a visitor gave, after a look at it where it can do no harm.

    Takes and gives back what ``core.frame.video.analyze_video`` does.
    """
    if isinstance(source, str) and not is_url(source):
        probe(Path(source), Path(source).name)
    return analyze_video(source, out_dir, **how)
