"""YuNet through OpenCV's FaceDetectorYN, where its weights were fetched.

References
----------
W. Wu, H. Peng, S. Yu, "YuNet: A Tiny Millisecond-level Face Detector", Machine
Intelligence Research 20, 2023, doi:10.1007/s11633-023-1423-y
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from core.errors import ModelError
from core.frame.search import MIN_SCORE, find_faces
from core.types import Box, Detection

_NMS_IOU: Final = 0.3
_TOP_K: Final = 1000


class YuNetDetector:
    """Faces by OpenCV's YuNet; safe to share, each thread opens its own network.

    Parameters
    ----------
    weights : Path
        The ONNX file of OpenCV Zoo's YuNet 2023mar.
    detection_width : int
        Longer side of the copy that is searched, px.
    max_faces : int
        At most so many are returned, largest first.

    Raises
    ------
    ModelError
        Where OpenCV cannot open the weights.
    """

    name = "yunet"

    def __init__(self, weights: Path, detection_width: int = 320, max_faces: int = 20) -> None:
        self._weights = weights
        self._detection_width = detection_width
        self._max_faces = max_faces
        self._local = threading.local()
        self._network()

    def detect(self, image: NDArray[np.uint8], width: int | None = None) -> list[Detection]:
        """Find the faces of one picture; see ``FaceDetector.detect``."""
        return find_faces(image, width or self._detection_width, self._max_faces, self._look)

    def _look(self, copy: NDArray[np.uint8]) -> list[Detection]:
        network = self._network()
        network.setInputSize((copy.shape[1], copy.shape[0]))
        _, rows = network.detect(copy)
        if rows is None:
            return []
        # Each row: x, y, w, h, five landmarks x, y, score.
        return [
            Detection(
                Box(*(float(value) for value in row[:4])),
                float(np.clip(row[14], 0.0, 1.0)),
                row[4:14].reshape(5, 2).copy(),
            )
            for row in rows
        ]

    def _network(self) -> Any:
        if not hasattr(self._local, "network"):
            try:
                self._local.network = cv2.FaceDetectorYN.create(
                    str(self._weights), "", (320, 320), MIN_SCORE, _NMS_IOU, _TOP_K
                )
            except cv2.error as error:
                raise ModelError(
                    f"{self._weights.name} cannot be opened by OpenCV {cv2.__version__}; "
                    "fetch it again: python -m models fetch yunet"
                ) from error
        return self._local.network
