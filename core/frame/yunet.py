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
from core.frame.search import MIN_SCORE, MIN_SIDE_PX, check_picture, keep_faces, search_copy
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
        check_picture(image)
        if min(image.shape[:2]) < MIN_SIDE_PX:
            return []
        copy, *scale = search_copy(image, width or self._detection_width)
        network = self._network()
        network.setInputSize((copy.shape[1], copy.shape[0]))
        _, rows = network.detect(copy)
        if rows is None:
            return []
        # Each row: x, y, w, h, five landmarks x, y, score.
        pairs = rows[:, :14].reshape(len(rows), 7, 2) * np.array(scale, np.float32)
        found = (
            Detection(
                Box(*(float(value) for value in places[:2].ravel())),
                float(np.clip(row[14], 0.0, 1.0)),
                places[2:].copy(),
            )
            for row, places in zip(rows, pairs, strict=True)
        )
        return keep_faces(found, self._max_faces)

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
