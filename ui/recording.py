"""A live analysis that its visitor asked to have recorded."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from core.errors import RecordError
from core.frame.camera_memory import CameraMemory, better_known
from core.frame.liveness_baseline import CameraBaseline
from core.incidents import Incident
from core.records.evidence import Evidence
from core.records.recorder import RunRecorder
from core.records.store import RunKind
from core.settings import Settings
from core.types import Frame, FrameReport

if TYPE_CHECKING:
    from core.frame.pictures import DecodedFrame


class LiveRecording:
    """Keeps the figures of a live analysis from now until it is closed.

    No picture is kept, except of incidents while ``keeps_pictures`` is set.

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
    address : str
        Of the camera; "" of a visitor's own, of which nothing is remembered. Nor is of any
        where strangers are served, since one visitor's camera may be another's.
    baseline : CameraBaseline, optional
        What is usual for the camera by what was seen of it so far.

    Attributes
    ----------
    baseline : CameraBaseline
        The same, with what is remembered of the camera; it is to go on learning, and is
        what is remembered in the end.
    keeps_pictures : bool
        Whether the picture in which an incident begins is kept.
    """

    def __init__(
        self,
        settings: Settings,
        kind: RunKind,
        models: dict[str, Any],
        source: str = "camera",
        *,
        address: str = "",
        baseline: CameraBaseline | None = None,
    ) -> None:
        self._recorder = RunRecorder(settings, source=source, kind=kind, mlflow=True, models=models)
        self._begun_s: float | None = None
        self._frames = 0
        self._evidence: Evidence | None = None
        self.keeps_pictures = False
        self.baseline = baseline or CameraBaseline()
        self._memory: CameraMemory | None = None
        if address and settings.shows_records:
            self._memory = CameraMemory(address, source, settings.records_dir)
            remembered, problem = self._memory.recall()
            self.baseline = better_known(self.baseline, remembered)
            if problem:
                self._recorder.note(problem)

    @property
    def run_id(self) -> str:
        """As in the list of runs."""
        return self._recorder.run_id

    @property
    def problem(self) -> str:
        """What went wrong last, in one line; "" where nothing did."""
        return next(reversed(self._recorder.problems), "")

    def add(self, report: FrameReport, frame: Frame | DecodedFrame) -> None:
        """Record the report of a frame; its time is counted from the first one on."""
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
        self._show(incidents, frame)
        if self._memory is not None:
            self._remember(self._memory.keep_now_and_then)

    def _show(self, incidents: tuple[Incident, ...], frame: Frame | DecodedFrame) -> None:
        """Keep the picture of an incident that begins, where that was asked for."""
        folder = self._recorder.directory
        if not self.keeps_pictures or folder is None:
            return
        # Late, as the models are: it loads FFmpeg's libraries.
        from core.frame.pictures import DecodedFrame, ImagePicture  # noqa: PLC0415

        picture = frame if isinstance(frame, DecodedFrame) else ImagePicture(frame)
        if self._evidence is None:
            self._evidence = Evidence(folder)
        try:
            self._evidence.look(incidents, picture.thumbnail)
        except RecordError as error:
            self._recorder.note(str(error))

    def _remember(self, keep: Callable[[CameraBaseline], None]) -> None:
        try:
            keep(self.baseline)
        except RecordError as error:
            self._recorder.note(str(error))

    def close(self) -> None:
        """Finish in the background: the report takes longer than a frame may wait."""
        if self._memory is not None:
            self._remember(self._memory.keep)
        threading.Thread(target=self._recorder.close, name="finish-recording").start()
