"""What one frame shows by itself: its measures, its faces and how they read.

The half of the work on a frame that needs little but the frame, so that many
frames may be looked at beside each other.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from core.frame.closer import FaceSearch
from core.frame.emotion import EmotionClassifier, crop_face
from core.frame.pictures import DecodedFrame, ImagePicture, Picture
from core.frame.quality import PictureMeasures, measure_picture
from core.frame.trust import read_trust
from core.frame.turns import Turn
from core.settings import Settings
from core.types import Detection, Frame, Trust


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


class FrameLook:
    """Looks at the frames of one source; from any thread, many at a time.

    Parameters
    ----------
    settings : Settings
        Width that quality is measured at.
    quality : bool
        Whether the picture is measured.
    search : FaceSearch, optional
        Finds faces; none are looked for without.
    classifier : EmotionClassifier, optional
        Reads the faces that are found; they are not read without.
    mirror : bool
        See ``FramePipeline``.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        quality: bool,
        search: FaceSearch | None,
        classifier: EmotionClassifier | None,
        mirror: bool,
    ) -> None:
        self._width = settings.quality_width if quality else None
        self._search = search
        self._classifier, self._mirror = classifier, mirror

    def take_turn(self, frame: Frame | DecodedFrame) -> Turn | None:
        """Line up a frame; see ``FramePipeline.take_turn``."""
        if self._search is None or (isinstance(frame, DecodedFrame) and not frame.readable):
            return None
        return self._search.turns.take(frame.time_s)

    def look(self, frame: Frame | DecodedFrame, turn: Turn | None = None) -> Sighting:
        """Look at a frame; see ``FramePipeline.look``."""
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
        if self._width is not None:
            with timed(stage_ms, "quality"):
                plane, limited_range = picture.luma
                measures = measure_picture(plane, self._width, limited_range=limited_range)
        if self._search is not None and turn is not None:
            with timed(stage_ms, "faces"):
                detections = self._search.find(picture, turn)
        if self._classifier is not None:
            with timed(stage_ms, "emotion"):
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


@contextmanager
def timed(stage_ms: dict[str, float], stage: str) -> Iterator[None]:
    """Add the time that a block takes to its stage, ms."""
    begun_s = time.perf_counter()
    try:
        yield
    finally:
        elapsed_ms = (time.perf_counter() - begun_s) * 1000
        stage_ms[stage] = stage_ms.get(stage, 0.0) + elapsed_ms
