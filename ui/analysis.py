"""One visitor's live analysis: messages in, replies out, whichever way they come and go."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Any

from core.errors import FramemoodError
from core.frame.liveness_baseline import CameraBaseline
from core.records.provenance import model_facts
from core.records.store import RunKind
from core.settings import Settings
from core.types import Frame, FrameReport
from ui.decoding import decode
from ui.live_pipeline import MakePipeline, Pipeline, frame_pipeline, model_digests
from ui.mood_mode import MoodMode
from ui.protocol import (
    DEFAULT_OPTIONS,
    ClientMessage,
    EncodedFrame,
    Next,
    Options,
    ProtocolError,
    Raw,
    Record,
    Start,
    Step,
    Stop,
    read_message,
)
from ui.recording import LiveRecording
from ui.replies import report_reply, scaled, started_reply
from ui.streaming import LiveStream, preview

if TYPE_CHECKING:
    from core.frame.pictures import DecodedFrame

log = logging.getLogger(__name__)


class Session:
    """One visitor's analysis: messages in, replies out; it never raises at a client's message.

    Parameters
    ----------
    settings : Settings
        For the pipeline and the threshold a client is told.
    make_pipeline : callable
        Called with the settings and the options as keywords.
    """

    def __init__(self, settings: Settings, make_pipeline: MakePipeline = frame_pipeline) -> None:
        self._settings = settings
        self._make_pipeline = make_pipeline
        self._pipeline: Pipeline | None = None
        self._mood: MoodMode | None = None
        self._recording: LiveRecording | None = None
        self._stream: LiveStream | None = None
        self._address = ""
        # Of the camera that is watched; it outlives a pipeline with other options.
        self._baseline = CameraBaseline()
        self._options = dict(DEFAULT_OPTIONS)
        self._lock = threading.Lock()
        self._started_s = 0.0
        self._frames = 0
        self.dropped = 0

    def process(
        self, message: Raw | ClientMessage, received_s: float | None = None
    ) -> dict[str, Any]:
        """Answer one message.

        Parameters
        ----------
        message : bytes, str, mapping or a message of ``ui.protocol``
            As it came, or already read.
        received_s : float, optional
            When it came, on the clock of ``time.monotonic``, s; now by default.

        Returns
        -------
        dict
            "started", "report", "stream", "phase", "result" or "error", ready for JSON; under
            "then", where it is there, further messages that follow it.
        """
        begun_s = time.monotonic()
        came_s = begun_s if received_s is None else received_s
        frame_id: int | None = None
        try:
            if isinstance(message, bytes | str | dict):
                message = read_message(message)
            with self._lock:
                match message:
                    case Start(mode, options, stream):
                        return self._start(mode, options, came_s, stream)
                    case Options(options):
                        return self._change(options)
                    case EncodedFrame(frame_id):
                        return self._analyze(message, came_s, (begun_s - came_s) * 1000)
                    case Next(frame_id):
                        return self._analyze_next(frame_id, (begun_s - came_s) * 1000)
                    case Step():
                        return self._step(message)
                    case Record(on, pictures):
                        return self._record(on, pictures)
                    case Stop():
                        return self._stop(came_s)
            raise ProtocolError("unknown_type", "that is not a message")
        except ProtocolError as error:
            error.frame_id = frame_id if error.frame_id is None else error.frame_id
            return error.reply()
        except FramemoodError as error:
            return ProtocolError("failed", str(error), frame_id).reply()
        except Exception:
            # A client learns that it failed, the log learns why.
            log.exception("a live frame could not be analysed")
            return ProtocolError("internal", "the analysis failed; start again", frame_id).reply()

    def close(self) -> None:
        """Free what the analysis holds."""
        with self._lock:
            self._use(None)
            self._mood = None
            self._end_recording()
            self._watch("")

    def _use(self, pipeline: Pipeline | None) -> None:
        # The new one is there first, so that a text reader both need goes on running.
        before, self._pipeline = self._pipeline, pipeline
        if before is not None:
            before.close()

    def _watch(self, address: str) -> None:
        """Open the camera at an address in place of the one before; "" opens none."""
        before, self._stream = self._stream, None
        if before is not None:
            before.close()
        if address:
            self._stream = LiveStream(address, self._settings)

    def _start(
        self, mode: str, options: dict[str, Any], now_s: float, stream: str
    ) -> dict[str, Any]:
        self._mood = None
        self._end_recording()
        self._watch("")
        is_session = mode == "session"
        # Smoothing would make neighbouring readings repeat each other even more.
        wanted = DEFAULT_OPTIONS | ({"smoothing": False} if is_session else options)
        goes_on = bool(stream) and stream == self._address
        baseline = self._baseline if goes_on else CameraBaseline()
        pipeline = self._make_pipeline(self._settings, baseline=baseline, **wanted)
        mood: MoodMode | None = None
        try:
            if is_session:
                detector = getattr(pipeline, "detector_name", None)
                mood = MoodMode(options, model_digests(self._settings, detector))
            self._watch(stream)
        except Exception:
            pipeline.close()
            raise
        self._use(pipeline)
        self._address, self._baseline = stream, baseline
        self._mood, self._options = mood, wanted
        in_force: dict[str, Any] = wanted if mood is None else mood.options
        self._started_s, self._frames, self.dropped = now_s, 0, 0
        return started_reply(mode, in_force, self._settings.quality_threshold)

    def _change(self, options: dict[str, bool]) -> dict[str, Any]:
        if self._pipeline is None:
            raise ProtocolError("not_started", "send start_analysis first")
        if self._mood is not None:
            raise ProtocolError("bad_option", "a session's options are set when it starts")
        changed = self._options | options
        if changed != self._options:
            self._use(self._make_pipeline(self._settings, baseline=self._baseline, **changed))
            self._options = changed
        return started_reply("live", self._options, self._settings.quality_threshold)

    def _analyze(self, sent: EncodedFrame, came_s: float, wait_ms: float) -> dict[str, Any]:
        if self._pipeline is None:
            raise ProtocolError("not_started", "send start_analysis first", sent.id)
        if self._mood is not None and self._mood.timed:
            sent = sent.timed()
        image, size_px = decode(sent.data)
        # The media time of a live picture is when it came, not when a thread was free.
        time_s = max(0.0, came_s - self._started_s) if sent.time_s is None else sent.time_s
        report = self._read(Frame(self._frames, time_s, image))
        reply = self._reply(report, sent.id, size_px, size_px[0] / image.shape[1], wait_ms)
        then = [] if self._mood is None else self._mood.add(report)
        for message in then:
            if message["type"] == "result":
                message.update(self._tally(came_s))
        return {**reply, "then": then} if then else reply

    def _analyze_next(self, asked_id: int, wait_ms: float) -> dict[str, Any]:
        if self._pipeline is None or self._stream is None:
            raise ProtocolError("not_started", "send start_analysis with a stream first", asked_id)
        taken = self._stream.next()
        if taken is None:
            return self._stream.reply(asked_id)
        frame, passed_over = taken
        self.dropped += passed_over
        if self._stream.is_another():
            self._pipeline.reset()
        frame.index = self._frames
        report = self._read(frame)
        image, size_px = preview(frame)
        reply = self._reply(report, asked_id, size_px, size_px[0] / frame.size[0], wait_ms)
        return {**reply, "image": image, "age_ms": round(self._stream.age_ms(frame), 1)}

    def _read(self, frame: Frame | DecodedFrame) -> FrameReport:
        """Analyse a frame, and keep what is said of it where it is recorded."""
        assert self._pipeline is not None
        report = self._pipeline.analyze(frame)
        self._frames += 1
        if self._recording is not None:
            self._recording.add(report, frame)
        return report

    def _reply(
        self,
        report: FrameReport,
        frame_id: int,
        size_px: tuple[int, int],
        factor: float,
        wait_ms: float,
    ) -> dict[str, Any]:
        """Word a report; boxes are enlarged by ``factor``."""
        assert self._pipeline is not None
        reply = report_reply(scaled(report, factor), frame_id, size_px, wait_ms, self.dropped)
        if self._pipeline.text is not None:
            reply["text_state"] = self._pipeline.text.state
        if self._recording is not None and self._recording.problem:
            reply["recording_problem"] = self._recording.problem
        return reply

    def _record(self, on: bool, pictures: bool) -> dict[str, Any]:
        if self._pipeline is None:
            raise ProtocolError("not_started", "send start_analysis first")
        if on and not self._settings.allow_records:
            raise ProtocolError("not_allowed", "nothing is recorded on this server")
        if on and self._recording is None:
            emotion = self._options["faces"] and self._options["emotion"]
            models = model_facts(
                self._settings, getattr(self._pipeline, "detector_name", None), emotion=emotion
            )
            kind: RunKind = "live" if self._mood is None else "session"
            source = "camera" if self._stream is None else self._stream.name
            self._recording = LiveRecording(
                self._settings,
                kind,
                models,
                source,
                address=self._address,
                baseline=self._baseline,
            )
            self._baseline = self._pipeline.baseline = self._recording.baseline
        elif not on:
            self._end_recording()
        recording = self._recording
        if recording is None:
            return {"type": "recording", "on": False, "pictures": False, "run_id": None}
        recording.keeps_pictures = pictures
        return {"type": "recording", "on": True, "pictures": pictures, "run_id": recording.run_id}

    def _end_recording(self) -> None:
        recording, self._recording = self._recording, None
        if recording is not None:
            recording.close()

    def _step(self, step: Step) -> dict[str, Any]:
        if self._pipeline is None or self._mood is None:
            raise ProtocolError("not_started", f"{step.name} belongs to a session; start one first")
        reply = self._mood.step(step)
        if step.name in ("second_phase", "retake"):
            # What follows may be another source, with a clock of its own.
            self._baseline = CameraBaseline()
            self._use(self._make_pipeline(self._settings, baseline=self._baseline, **self._options))
        return reply

    def _stop(self, now_s: float) -> dict[str, Any]:
        mood, running = self._mood, self._pipeline is not None
        self._use(None)
        self._mood = None
        self._end_recording()
        self._watch("")
        if mood is None:
            tally = self._tally(now_s) if running else self._tally(self._started_s)
            return {"type": "result", "mode": "live", **tally}
        return {"type": "result", "mode": "session", **self._tally(now_s), **mood.finish()}

    def _tally(self, now_s: float) -> dict[str, Any]:
        return {
            "frames": self._frames,
            "dropped": self.dropped,
            "duration_s": round(max(0.0, now_s - self._started_s), 3),
        }
