"""A live analysis that its visitor asked to have recorded."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

from core.records.recorder import RunRecorder
from core.records.store import RunKind
from core.settings import Settings
from core.types import FrameReport


class LiveRecording:
    """Keeps the figures of a live analysis, and no picture, from now until it is closed.

    Parameters
    ----------
    settings : Settings
        Where records are kept.
    kind : str
        "live" or "session".
    models : mapping
        See ``core.records.provenance.model_facts``.
    source : str
        What the camera is called.
    """

    def __init__(
        self, settings: Settings, kind: RunKind, models: dict[str, Any], source: str = "camera"
    ) -> None:
        self._recorder = RunRecorder(settings, source=source, kind=kind, mlflow=True, models=models)
        self._begun_s: float | None = None
        self._frames = 0

    @property
    def run_id(self) -> str:
        """As in the list of runs."""
        return self._recorder.run_id

    @property
    def problem(self) -> str:
        """What went wrong last, in one line; "" where nothing did."""
        return next(reversed(self._recorder.problems), "")

    def add(self, report: FrameReport) -> None:
        """Record a report; its time is counted from the first one on."""
        if self._begun_s is None:
            self._begun_s = report.time_s
        begun_s = self._begun_s
        incidents = tuple(
            replace(
                incident,
                onset_s=max(0.0, incident.onset_s - begun_s),
                end_s=max(0.0, incident.end_s - begun_s),
            )
            for incident in report.incidents
        )
        self._recorder.add(
            replace(
                report,
                index=self._frames,
                time_s=max(0.0, report.time_s - begun_s),
                incidents=incidents,
            )
        )
        self._frames += 1

    def close(self) -> None:
        """Finish in the background: the report takes longer than a frame may wait."""
        threading.Thread(target=self._recorder.close, name="finish-recording").start()
