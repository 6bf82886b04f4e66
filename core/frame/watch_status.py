"""What is asked of a watched camera, and how it stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.frame.streams import StreamState
from core.incidents import Incident
from core.types import FrameReport


@dataclass(frozen=True, slots=True)
class Readings:
    """What is read of each frame, as in ``analyze_video``, and how often.

    ``fps`` is the most frames analysed a second, Hz.
    """

    faces: bool = True
    emotion: bool = True
    quality: bool = True
    ocr: bool = False
    fps: float = 10.0


@dataclass(frozen=True, slots=True)
class WatchStatus:
    """How a camera stands.

    Parameters
    ----------
    camera : str
        Its name.
    stream : StreamState
        What its connection is doing.
    report : FrameReport or None
        Of its newest frame or gap.
    incidents : tuple of Incident
        Those that hold, the gravest first.
    frames, passed_over : int
        Frames analysed, and those that gave way to newer ones.
    problem : str
        What keeps text from being read or ended the watch, one line.
    """

    camera: str
    stream: StreamState
    report: FrameReport | None
    incidents: tuple[Incident, ...]
    frames: int
    passed_over: int
    problem: str = ""

    def as_dict(self) -> dict[str, Any]:
        """For a line of JSON."""
        report = self.report
        quality = None if report is None else report.quality
        risk = None if report is None else report.risk
        system = None if report is None else report.system
        return {
            "camera": self.camera,
            "state": self.stream.phase,
            "retry_in_s": self.stream.retry_in_s,
            "problem": self.stream.problem or self.problem,
            "connections": self.stream.connections,
            "time_s": None if report is None else round(report.time_s, 3),
            "frames": self.frames,
            "passed_over": self.passed_over,
            "fps": None if system is None else round(system.fps, 1),
            "quality_score": None if quality is None else round(quality.quality_score, 4),
            "risk_now": None if risk is None else round(risk.now, 4),
            "risk_within_30_s": None if risk is None else round(risk.within_30_s, 4),
            "faces": 0 if report is None else len(report.faces),
            "text": "" if report is None else " ".join(text.text for text in report.texts),
            "incidents": [incident.kind for incident in self.incidents],
        }
