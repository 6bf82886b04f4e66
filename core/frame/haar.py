"""Haar cascades: the detector that is always there, slower and easier to fool than the others.

References
----------
P. Viola, M. Jones, "Rapid object detection using a boosted cascade of simple
features", CVPR 2001, doi:10.1109/CVPR.2001.990517
"""

from __future__ import annotations

import math
import threading
from pathlib import Path
from typing import Any, Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from core.errors import ModelError
from core.frame.search import find_faces
from core.types import Box, Detection

_MIN_FACE_PX: Final = 24  # in the copy; the cascade was trained on 20 px and errs near it
# A last-stage weight of 54.7 is as often a face as not, before its eyes are
# looked for; each point of it, and each eye, moves the odds.
_EVEN_WEIGHT: Final = 54.7
_PER_WEIGHT: Final = 1.2
_PER_EYE: Final = 1.0
_MIN_SCORE: Final = 0.5
# The cascade draws a square on eyebrows to chin; YuNet's boxes, which the
# emotion network's crops are made for, are this much of its side, centred.
_BOX_WIDTH: Final = 0.84
_BOX_HEIGHT: Final = 1.13
_EYE_BAND_PX: Final = 120  # the eyes are looked for in a strip of at least this width


class _Cascades(NamedTuple):
    face: Any
    eye: Any


class HaarDetector:
    """Faces by two Haar cascades; safe to share, each thread opens its own.

    The frontal cascade's last-stage weight and the eyes found inside the face
    together make the score: a weak face counts only with eyes.

    Parameters
    ----------
    detection_width : int
        Longer side of the copy that is searched, px.
    max_faces : int
        At most so many are returned, largest first.
    """

    name = "haar"

    def __init__(self, detection_width: int = 320, max_faces: int = 20) -> None:
        self._detection_width = detection_width
        self._max_faces = max_faces
        self._local = threading.local()
        self._cascades()

    def detect(self, image: NDArray[np.uint8], width: int | None = None) -> list[Detection]:
        """Find the faces of one picture, without landmarks; see ``FaceDetector.detect``."""
        return find_faces(image, width or self._detection_width, self._max_faces, self._look)

    def _look(self, copy: NDArray[np.uint8]) -> list[Detection]:
        if min(copy.shape[:2]) < _MIN_FACE_PX:
            return []
        luma = cv2.cvtColor(copy, cv2.COLOR_BGR2GRAY)
        gray = np.asarray(cv2.equalizeHist(luma), np.uint8)
        cascades = self._cascades()
        squares, _, weights = cascades.face.detectMultiScale3(
            gray, 1.1, 3, 0, (_MIN_FACE_PX, _MIN_FACE_PX), (0, 0), outputRejectLevels=True
        )
        found = []
        for (x, y, side, _), weight in zip(squares, np.ravel(weights), strict=True):
            eyes = _count_eyes(cascades.eye, gray[y : y + side, x : x + side])
            odds = _PER_WEIGHT * (float(weight) - _EVEN_WEIGHT) + _PER_EYE * eyes
            score = 1.0 / (1.0 + math.exp(-odds))
            if score >= _MIN_SCORE:
                box = Box(
                    float(x + (1 - _BOX_WIDTH) * side / 2),
                    float(y + (1 - _BOX_HEIGHT) * side / 2),
                    float(_BOX_WIDTH * side),
                    float(_BOX_HEIGHT * side),
                )
                found.append(Detection(box, score))
        return found

    def _cascades(self) -> _Cascades:
        if not hasattr(self._local, "cascades"):
            self._local.cascades = _Cascades(
                _open("haarcascade_frontalface_alt2.xml"),
                _open("haarcascade_eye_tree_eyeglasses.xml"),
            )
        cascades: _Cascades = self._local.cascades
        return cascades


def why_not() -> str:
    """Why the cascades cannot be used here; empty where they can."""
    if not hasattr(cv2, "CascadeClassifier"):
        return f"OpenCV {cv2.__version__} has no cascades; run: pip install 'opencv-python==4.14.*'"
    return ""


def _open(name: str) -> Any:
    cascade = cv2.CascadeClassifier(str(Path(cv2.__file__).parent / "data" / name))
    if cascade.empty():
        raise ModelError(
            f"{name} is missing from OpenCV; run: "
            "pip install --force-reinstall 'opencv-python==4.14.*'"
        )
    return cascade


def _count_eyes(cascade: Any, face: NDArray[np.uint8]) -> int:
    side = face.shape[1]
    band = face[round(0.15 * side) : round(0.6 * side)]
    enlarge = max(1.0, _EYE_BAND_PX / side)
    enlarged = cv2.resize(band, None, fx=enlarge, fy=enlarge, interpolation=cv2.INTER_LINEAR)
    smallest, largest = round(0.13 * side * enlarge), round(0.5 * side * enlarge)
    eyes = cascade.detectMultiScale(
        enlarged, 1.1, 2, minSize=(smallest, smallest), maxSize=(largest, largest)
    )
    return min(2, len(eyes))
