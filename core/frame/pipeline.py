"""A frame in, a report out: the one way every part of the program reads a frame.

The work on a frame is in two halves. ``look`` needs little but the frame, so many
frames may be looked at beside each other. ``conclude`` holds what remembers the
frames before (quality, tracks, smoothing, frame rate) and takes them in order.
"""

from __future__ import annotations

import time

from core.frame.closer import FaceSearch
from core.frame.emotion import EmotionClassifier, EmotionSmoother
from core.frame.faces import FaceDetector, create_detector
from core.frame.liveness import LivenessMonitor
from core.frame.liveness_baseline import CameraBaseline
from core.frame.looking import FrameLook, Sighting, timed
from core.frame.memory import keep_freed_memory
from core.frame.ocr import TextFollower
from core.frame.pictures import DecodedFrame, ImagePicture
from core.frame.quality import QualityMeter
from core.frame.system import SystemMeter
from core.frame.threads import keep_to_one_thread
from core.frame.tracks import FaceTracker
from core.frame.turns import Turn
from core.incidents import Risk
from core.records.failure import FailurePredictor
from core.settings import Settings
from core.types import (
    EMOTIONS,
    Face,
    Frame,
    FrameReport,
    QualityReading,
    Status,
    TextReading,
    Trust,
)


class FramePipeline:
    """All readings of the frames of one source.

    One a source, since it remembers the frames before. The models are loaded
    once a process and shared, so a further pipeline costs next to nothing. The
    first one sets OpenCV to one thread and the C library to keep freed memory, see
    ``keep_to_one_thread`` and ``keep_freed_memory``.

    Parameters
    ----------
    settings : Settings, optional
        Widths, detector, most faces, smoothing.
    faces, emotion, quality : bool
        Which readings are made; emotion needs faces.
    ocr : bool
        Whether text in the picture is read, too, once a second, in another process;
        then ``close`` the pipeline when done with it.
    smoothing : bool
        Whether a track's emotion is smoothed over ``settings.smoothing_s``.
    detector : FaceDetector, optional
        Taken instead of the one that ``settings`` names.
    classifier : EmotionClassifier, optional
        Taken instead of the network that ships.
    live : bool
        Whether frames come as they happen, so that slow work here can make the source stutter.
    mirror : bool
        Whether faces are read in the mirror as well, see ``EmotionClassifier.read``:
        for single pictures.
    baseline : CameraBaseline, optional
        What is known to be usual for the camera; it goes on learning.

    Raises
    ------
    ModelError
        Where a model that is needed is missing or damaged.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        faces: bool = True,
        emotion: bool = True,
        quality: bool = True,
        ocr: bool = False,
        smoothing: bool = True,
        detector: FaceDetector | None = None,
        classifier: EmotionClassifier | None = None,
        live: bool = False,
        mirror: bool = False,
        baseline: CameraBaseline | None = None,
    ) -> None:
        keep_to_one_thread()
        keep_freed_memory()
        self.settings = settings or Settings()
        self._search: FaceSearch | None = None
        self.detector_name: str | None = None
        if faces:
            detector = detector or create_detector(self.settings)
            self.detector_name = detector.name
            self._search = FaceSearch(detector, self.settings, live=live)
        reads = faces and emotion
        self._look = FrameLook(
            self.settings,
            quality=quality,
            search=self._search,
            classifier=(classifier or EmotionClassifier(self.settings)) if reads else None,
            mirror=mirror,
        )
        self._meter = QualityMeter(self.settings.quality_width) if quality else None
        self._live = live
        self._text = TextFollower(self.settings, live=live) if ocr else None
        self._monitor = LivenessMonitor(baseline)
        self._predictor = FailurePredictor(self.settings)
        self._tracker = FaceTracker()
        self._smoother = EmotionSmoother(self.settings.smoothing_s if smoothing else 0.0)
        self._system = SystemMeter()

    def analyze(self, frame: Frame | DecodedFrame) -> FrameReport:
        """Read one frame; frames come in the order of their time.

        Parameters
        ----------
        frame : Frame or DecodedFrame
            Of any size of at least 16x16 px.

        Returns
        -------
        FrameReport
            ``status`` is "no_face" where faces were looked for and none was found.
        """
        seen = self.look(frame)
        self.read_text(frame)
        return self.conclude(seen)

    def take_turn(self, frame: Frame | DecodedFrame) -> Turn | None:
        """Line up a frame for ``look``, in the order of time.

        Returns
        -------
        Turn or None
            Of frames that are looked at beside each other, each needs its own, so
            that what is found does not hang on which thread is first; they are to
            be begun in this order. None where a frame needs none.
        """
        return self._look.take_turn(frame)

    def look(self, frame: Frame | DecodedFrame, turn: Turn | None = None) -> Sighting:
        """Do the half that needs little but this frame; any thread, many at a time.

        Parameters
        ----------
        frame : Frame or DecodedFrame
            As in ``analyze``.
        turn : Turn, optional
            Its own; the next one by default.
        """
        return self._look.look(frame, turn)

    def read_text(self, frame: Frame | DecodedFrame) -> None:
        """Let the text of a frame be read where its turn has come; in order, before ``conclude``.

        A live frame is only offered, what is known by then goes into the report; for a
        frame of a file the reading is waited for, once in a second of media time.
        """
        if self._text is not None:
            self._text.look(frame if isinstance(frame, DecodedFrame) else ImagePicture(frame))

    @property
    def text(self) -> TextFollower | None:
        """How the reading of text stands; None where it is switched off."""
        return self._text

    @property
    def baseline(self) -> CameraBaseline:
        """What is usual for the camera by what was seen so far."""
        return self._monitor.baseline

    @baseline.setter
    def baseline(self, known: CameraBaseline) -> None:
        self._monitor.baseline = known

    def close(self) -> None:
        """Let go of the text reader; twice does no harm."""
        if self._text is not None:
            self._text.close()

    def conclude(self, seen: Sighting) -> FrameReport:
        """Do the half that remembers the frames before; one thread, in order."""
        begun_s = time.perf_counter()
        stage_ms = dict(seen.stage_ms)
        quality: QualityReading | None = None
        risk: Risk | None = None
        if self._meter is not None and seen.measures is not None:
            with timed(stage_ms, "quality"):
                quality = self._meter.follow(seen.measures, seen.time_s)
            with timed(stage_ms, "incidents"):
                self._watch(quality, seen)
                risk = self._predictor.update(quality, seen.time_s)
        faces = self._follow(seen) if seen.readable else ()
        texts: tuple[TextReading, ...] = ()
        incidents = self._monitor.open
        if self._text is not None:
            texts = self._text.texts(0.0 if quality is None else quality.change)
            if self._text.incident is not None:
                incidents = (*incidents, self._text.incident)
        elsewhere_ms = sum(ms for stage, ms in seen.stage_ms.items() if stage != "decode")
        latency_ms = elsewhere_ms + (time.perf_counter() - begun_s) * 1000
        return FrameReport(
            index=seen.index,
            time_s=seen.time_s,
            status=self._status(seen),
            faces=faces,
            quality=quality,
            system=self._system.read(latency_ms, stage_ms),
            texts=texts,
            incidents=incidents,
            risk=risk,
        )

    def reset(self) -> None:
        """Forget the frames before, as at a jump in the source."""
        if self._meter is not None:
            self._meter.reset()
        self._monitor = LivenessMonitor(self._monitor.baseline)
        self._predictor = FailurePredictor(self.settings)
        if self._text is not None:
            self._text.reset()
        if self._search is not None:
            self._search.turns.reset()
        self._tracker.reset()
        self._smoother.reset()
        self._system.reset()

    def _watch(self, quality: QualityReading, seen: Sighting) -> None:
        if self._meter is None or self._meter.plane is None or seen.measures is None:
            return
        self._monitor.update(
            quality,
            self._meter.plane,
            seen.time_s,
            limited_range=seen.measures.planes.limited_range,
            stage_ms=seen.stage_ms if self._live else None,
        )

    def _status(self, seen: Sighting) -> Status:
        if not seen.readable:
            return "unreadable"
        return "no_face" if self._search is not None and not seen.detections else "ok"

    def _follow(self, seen: Sighting) -> tuple[Face, ...]:
        faces = []
        followed = self._tracker.update(seen.detections, seen.time_s)
        for row, (track_id, detection) in enumerate(followed):
            probabilities, trust = None, Trust(0.0)
            if seen.probabilities is not None:
                trust = seen.trusts[row]
                probabilities = self._smoother.update(
                    track_id, seen.probabilities[row], seen.time_s
                )
            faces.append(
                Face(
                    track_id=track_id,
                    box=detection.box,
                    score=detection.score,
                    probabilities=probabilities,
                    emotion=None
                    if probabilities is None
                    else EMOTIONS[int(probabilities.argmax())],
                    trust=trust.value,
                    trust_reason=trust.reason,
                    landmarks=detection.landmarks,
                )
            )
        return tuple(faces)
