"""Watching a camera: its frames read as they come, its gaps told, its incidents handed on."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, Self

from core.closing import Closing
from core.errors import FramemoodError, RecordError
from core.frame.camera_memory import CameraMemory
from core.frame.liveness_baseline import CameraBaseline
from core.frame.pictures import DecodedFrame
from core.frame.pipeline import FramePipeline
from core.frame.streams import CameraStream
from core.frame.watch_status import Readings, WatchStatus
from core.incidents import Incident, IncidentEvent, IncidentKind
from core.records.evidence import Evidence
from core.records.provenance import model_facts
from core.records.recorder import RunRecorder
from core.settings import Settings
from core.types import FrameReport

log = logging.getLogger(__name__)

GAP_AFTER_S: Final = 4.0
"""So long a camera that was not refused may give no frame before that is a gap, s."""

GAP_ROW_EVERY_S: Final = 1.0
_PATIENCE_S: Final = 0.25


class CameraWatch(Closing):
    """One camera, watched in a thread of its own; a context manager.

    Parameters
    ----------
    source : str or Path
        See ``CameraStream``.
    settings : Settings, optional
        Thresholds, widths, detector, and where records are kept.
    readings : Readings, optional
        What is read.
    run_dir : Path, optional
        Where its files go; without, the run is kept among the records.
    name : str, optional
        What to call the camera; its address without password by default.
    evidence : bool
        Whether the frame in which an incident was found is kept beside the figures.
    on_incident : callable, optional
        Called with the name and each ``IncidentEvent`` in the thread of the watch.
    stream : CameraStream, optional
        Taken instead of one opened on ``source``.

    Raises
    ------
    ModelError
        Where a model that is needed is missing or damaged.
    RecordError
        Where ``run_dir`` cannot be made.
    """

    def __init__(
        self,
        source: str | Path,
        settings: Settings | None = None,
        readings: Readings | None = None,
        *,
        run_dir: Path | None = None,
        name: str = "",
        evidence: bool = False,
        on_incident: Callable[[str, IncidentEvent], None] | None = None,
        stream: CameraStream | None = None,
    ) -> None:
        settings, self._readings = settings or Settings(), readings or Readings()
        self._stream = stream or CameraStream(source)
        self.name = name or self._stream.name
        wants = self._readings
        self._memory = CameraMemory(source, self.name, settings.records_dir, run_dir)
        baseline, problem = self._memory.recall()
        self._pipeline = FramePipeline(
            settings,
            faces=wants.faces,
            emotion=wants.emotion,
            quality=wants.quality,
            ocr=wants.ocr,
            live=True,
            baseline=baseline,
        )
        self.recorder = RunRecorder(
            settings,
            source=self.name,
            kind="watch",
            run_dir=run_dir,
            models=model_facts(
                settings, self._pipeline.detector_name, emotion=wants.faces and wants.emotion
            ),
        )
        if problem:
            self._complain(problem)
        folder = self.recorder.directory
        self._evidence = Evidence(folder) if evidence and folder is not None else None
        self._on_incident = on_incident
        self._open: dict[tuple[IncidentKind, float], Incident] = {}
        self._report: FrameReport | None = None
        self._frames = self._passed_over = self._index = 0
        self._last_s = 0.0
        self._lost: Incident | None = None
        self._connection = 0
        self.problem = ""
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"watch {self.name}", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def close(self) -> None:
        """End the watch and finish its record."""
        self._over.set()
        self._thread.join()

    @property
    def status(self) -> WatchStatus:
        """How it stands now; any thread may ask."""
        text = self._pipeline.text
        return WatchStatus(
            camera=self.name,
            stream=self._stream.state,
            report=self._report,
            incidents=() if self._report is None else self._report.incidents,
            frames=self._frames,
            passed_over=self._passed_over,
            problem=self.problem or ("" if text is None else text.problem),
        )

    @property
    def baseline(self) -> CameraBaseline:
        """What is usual for the camera by what was seen so far, earlier watches among it."""
        return self._pipeline.baseline

    def _run(self) -> None:
        try:
            with self.recorder, self._stream:
                try:
                    self._watch()
                finally:
                    self._keep(self._memory.keep)
        except FramemoodError as error:
            self.problem = str(error)
            log.error("%s: the watch ended: %s", self.name, error)
        finally:
            self._pipeline.close()

    def _watch(self) -> None:
        step_s = 1.0 / self._readings.fps
        due_s = 0.0
        while not self._over.is_set():
            # Frames that come too early give way to the newest when its time has come.
            self._over.wait(max(0.0, due_s - time.monotonic()))
            due_s = time.monotonic() + step_s
            taken = self._stream.newest(_PATIENCE_S)
            if taken is None:
                self._look_for_gap()
            else:
                self._read(*taken)
            self._keep(self._memory.keep_now_and_then)
        for incident in self._open.values():
            self._tell(IncidentEvent("closed", incident))

    def _read(self, frame: DecodedFrame, passed_over: int) -> None:
        connection = self._stream.state.connections
        if self._connection not in (0, connection) or self._lost is not None:
            # What was seen before the gap says nothing about what moves or freezes now.
            self._pipeline.reset()
        self._connection, self._lost = connection, None
        self._passed_over += passed_over
        self._frames += 1
        frame.index = self._index = max(self._index, frame.index)
        self._take(self._pipeline.analyze(frame), frame)

    def _look_for_gap(self) -> None:
        now_s, state = self._stream.now_s, self._stream.state
        silent_s = now_s - self._last_s
        # One that was not refused yet may only be slow, to open or to send.
        may_be_slow = state.phase in ("watching", "connecting") and not state.problem
        if silent_s < (GAP_AFTER_S if may_be_slow and self._lost is None else GAP_ROW_EVERY_S):
            return
        onset_s = self._last_s if self._lost is None else self._lost.onset_s
        evidence = {"problem": state.problem} if state.problem else {}
        self._lost = Incident("lost", onset_s, now_s, 1.0, evidence)
        self._take(FrameReport(self._index, now_s, "dropped", incidents=(self._lost,)))

    def _take(self, report: FrameReport, frame: DecodedFrame | None = None) -> None:
        self._index += 1
        self._last_s, self._report = report.time_s, report
        self.recorder.add(report)
        self._show(report, frame)
        now = {(incident.kind, incident.onset_s): incident for incident in report.incidents}
        before, self._open = self._open, now
        for key, incident in before.items():
            if key not in now:
                self._tell(IncidentEvent("closed", incident))
        for key, incident in now.items():
            if key not in before:
                self._tell(IncidentEvent("opened", incident))

    def _show(self, report: FrameReport, frame: DecodedFrame | None) -> None:
        """Keep the picture of an incident that begins, where that was asked for."""
        if self._evidence is None or frame is None or not frame.readable:
            return
        try:
            self._evidence.look(report.incidents, frame.thumbnail)
        except RecordError as error:
            self._complain(str(error))

    def _keep(self, keep: Callable[[CameraBaseline], None]) -> None:
        try:
            keep(self._pipeline.baseline)
        except RecordError as error:
            self._complain(str(error))

    def _complain(self, problem: str) -> None:
        log.warning("%s", problem)
        self.recorder.note(problem)

    def _tell(self, event: IncidentEvent) -> None:
        incident = event.incident
        log.warning("%s: %s: %s", self.name, event.change, incident.words())
        if self._on_incident is not None:
            self._on_incident(self.name, event)
