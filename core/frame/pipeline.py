"""A frame in, a report out: the one way every part of the program reads a frame.

The work on a frame is in two halves. ``look`` needs little but the frame, so many
frames may be looked at beside each other. ``conclude`` holds what remembers the
frames before (quality, tracks, smoothing, frame rate) and takes them in order.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from core.frame.closer import FaceSearch, Turn
from core.frame.emotion import EmotionClassifier, EmotionSmoother, crop_face
from core.frame.faces import FaceDetector, create_detector
from core.frame.liveness import LivenessMonitor
from core.frame.liveness_baseline import CameraBaseline
from core.frame.memory import keep_freed_memory
from core.frame.ocr import TextFollower
from core.frame.pictures import DecodedFrame, ImagePicture, Picture
from core.frame.quality import PictureMeasures, QualityMeter, measure_picture
from core.frame.system import SystemMeter
from core.frame.threads import keep_to_one_thread
from core.frame.tracks import FaceTracker
from core.frame.trust import read_trust
from core.incidents import Risk
from core.records.failure import FailurePredictor
from core.settings import Settings
from core.types import (
    EMOTIONS,
    Detection,
    Face,
    Frame,
    FrameReport,
    QualityReading,
    Status,
    TextReading,
    Trust,
)


@dataclass(frozen=True, slots=True)
class Sighting:
    """What one frame shows by itself, before it is compared with the frames before.

    Parameters
    ----------
    index, time_s : int, float
        Of the frame.
    readable : bool
        Whether there were pixels.
    measures : PictureMeasures or None
        For the quality meter; None where quality is switched off.
    detections : list of Detection
        Largest first, px of the full frame.
    probabilities : (N, 7) float32 array or None
        Of each detection; None where emotion is switched off.
    trusts : list of Trust
        Of each detection; empty where emotion is switched off.
    stage_ms : dict of str to float
        Time by stage.
    """

    index: int
    time_s: float
    readable: bool = True
    measures: PictureMeasures | None = None
    detections: list[Detection] = field(default_factory=list)
    probabilities: NDArray[np.float32] | None = None
    trusts: list[Trust] = field(default_factory=list)
    stage_ms: dict[str, float] = field(default_factory=dict)


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
        self._classifier = (
            (classifier or EmotionClassifier(self.settings)) if faces and emotion else None
        )
        self._meter = QualityMeter(self.settings.quality_width) if quality else None
        self._live, self._mirror = live, mirror
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
        if self._search is None or (isinstance(frame, DecodedFrame) and not frame.readable):
            return None
        return self._search.take_turn(frame.time_s)

    def look(self, frame: Frame | DecodedFrame, turn: Turn | None = None) -> Sighting:
        """Do the half that needs little but this frame; any thread, many at a time.

        Parameters
        ----------
        frame : Frame or DecodedFrame
            As in ``analyze``.
        turn : Turn, optional
            Its own; the next one by default.
        """
        turn = turn or self.take_turn(frame)
        try:
            return self._look(frame, turn)
        finally:
            if turn is not None:
                turn.give_up()

    def _look(self, frame: Frame | DecodedFrame, turn: Turn | None) -> Sighting:
        picture: Picture = frame if isinstance(frame, DecodedFrame) else ImagePicture(frame)
        stage_ms = {"decode": picture.decode_ms} if picture.decode_ms else {}
        if not picture.readable:
            return Sighting(picture.index, picture.time_s, readable=False, stage_ms=stage_ms)
        measures = probabilities = None
        detections: list[Detection] = []
        trusts: list[Trust] = []
        if self._meter is not None:
            with _timed(stage_ms, "quality"):
                plane, limited_range = picture.luma
                measures = measure_picture(
                    plane, self.settings.quality_width, limited_range=limited_range
                )
        if self._search is not None and turn is not None:
            with _timed(stage_ms, "faces"):
                detections = self._search.find(picture, turn)
        if self._classifier is not None:
            with _timed(stage_ms, "emotion"):
                luma_upright = picture.upright_luma
                crops = [
                    luma_upright.full_range(crop_face(luma_upright.plane, detection))
                    for detection in detections
                ]
                probabilities, told = self._classifier.read(crops, mirror=self._mirror)
                disturbances = [None] * len(crops) if told is None else told.tolist()
                trusts = [
                    read_trust(crop, detection, disturbance)
                    for crop, detection, disturbance in zip(
                        crops, detections, disturbances, strict=True
                    )
                ]
        return Sighting(
            picture.index,
            picture.time_s,
            measures=measures,
            detections=detections,
            probabilities=probabilities,
            trusts=trusts,
            stage_ms=stage_ms,
        )

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
            with _timed(stage_ms, "quality"):
                quality = self._meter.follow(seen.measures, seen.time_s)
            with _timed(stage_ms, "incidents"):
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
            self._search.reset()
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


@contextmanager
def _timed(stage_ms: dict[str, float], stage: str) -> Iterator[None]:
    begun_s = time.perf_counter()
    try:
        yield
    finally:
        elapsed_ms = (time.perf_counter() - begun_s) * 1000
        stage_ms[stage] = stage_ms.get(stage, 0.0) + elapsed_ms
