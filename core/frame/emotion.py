"""What a face shows: eight FER+ classes from one small network, seven for the program."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from core.frame.emotion_net import load_network
from core.settings import Settings
from core.types import EMOTIONS, FERPLUS_EMOTIONS, Detection

CROP_OF_BOX: Final = 0.93
"""Side of the crop over the longer side of a detector's box: the framing of FER2013."""

LEVEL_ABOVE_DEGREES: Final = 12.0
"""A head tilted by more than this is turned upright; training covers less than 17."""

_SEVEN: Final = [FERPLUS_EMOTIONS.index(name) for name in EMOTIONS]


def roll_degrees(landmarks: NDArray[np.float32]) -> float:
    """Tilt of the line through the eyes, degrees, 0 for a level head.

    Parameters
    ----------
    landmarks : (5, 2) float32 array
        As in ``Detection``: the first two are the eyes.
    """
    (x0, y0), (x1, y1) = sorted(landmarks[:2].tolist())
    return math.degrees(math.atan2(y1 - y0, x1 - x0))


def crop_face(
    image: NDArray[np.uint8], detection: Detection, *, scale: float = 1.0
) -> NDArray[np.uint8]:
    """Cut the square out of a frame that the network was trained to see.

    Parameters
    ----------
    image : (H, W, 3) uint8 BGR or (H, W) uint8 gray array
        The frame, or its luma plane, which needs no colour conversion.
    detection : Detection
        Where the face is, px.
    scale : float
        Pixels of ``image`` per pixel of ``detection``, for planes of another size.

    Returns
    -------
    (S, S) uint8 array
        Gray, at the size it has in ``image``, at least 1 px; what reaches over
        the edge repeats the edge.
    """
    box = detection.box
    side = max(1, round(CROP_OF_BOX * max(box.width, box.height) * scale))
    x, y = box.center[0] * scale, box.center[1] * scale
    roll = 0.0 if detection.landmarks is None else roll_degrees(detection.landmarks)
    if abs(roll) > LEVEL_ABOVE_DEGREES:
        matrix = cv2.getRotationMatrix2D((x, y), roll, 1.0)
        matrix[0, 2] += (side - 1) / 2 - x
        matrix[1, 2] += (side - 1) / 2 - y
        crop = cv2.warpAffine(image, matrix, (side, side), borderMode=cv2.BORDER_REPLICATE)
    else:
        crop = _cut(image, round(x - side / 2), round(y - side / 2), side)
    if crop.ndim == 3:
        crop = cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY)
    return np.asarray(crop, np.uint8)


def _cut(image: NDArray[np.uint8], left: int, top: int, side: int) -> NDArray[np.uint8]:
    height, width = image.shape[:2]
    x0, y0 = min(max(left, 0), width - 1), min(max(top, 0), height - 1)
    x1, y1 = max(min(left + side, width), x0 + 1), max(min(top + side, height), y0 + 1)
    inside = image[y0:y1, x0:x1]
    missing = (
        max(0, y0 - top),
        max(0, top + side - y1),
        max(0, x0 - left),
        max(0, left + side - x1),
    )
    if not any(missing):
        return inside
    bordered = cv2.copyMakeBorder(inside, *missing, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(bordered[:side, :side], np.uint8)


class EmotionClassifier:
    """Emotion probabilities of face crops, by the network that the settings choose.

    The weights are loaded once a process and shared; instances cost nothing and
    may be used from any thread.

    Parameters
    ----------
    settings : Settings, optional
        Says which network and where fetched weights lie.

    Raises
    ------
    ModelError
        Where the weights are missing or damaged.
    """

    def __init__(self, settings: Settings | None = None) -> None:
        self._network = load_network(settings or Settings())

    def read(
        self, crops: Sequence[NDArray[np.uint8]], *, mirror: bool = False
    ) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
        """Probabilities with what ``read_trust`` wants to know of them.

        Parameters
        ----------
        crops : sequence of (H, W) gray or (H, W, 3) BGR uint8 arrays
            Square face crops, see ``crop_face``; any size.
        mirror : bool
            Whether each crop is read in the mirror as well and the two are averaged:
            a little more often right, at twice the time. In a video the next frame
            is a second look already.

        Returns
        -------
        probabilities : (N, 7) float32 array
            In ``EMOTIONS`` order, rows sum to 1.
        disturbance : (N,) float32 array or None
            See ``NetworkReading``.
        """
        eight, disturbance = self._read(crops, mirror=mirror)
        return _without_contempt(eight), disturbance

    def classify(
        self, crops: Sequence[NDArray[np.uint8]], *, mirror: bool = True
    ) -> NDArray[np.float32]:
        """Probabilities of the seven emotions: FER+ without contempt, renormalised.

        Parameters
        ----------
        crops : sequence of (H, W) gray or (H, W, 3) BGR uint8 arrays
            Square face crops, see ``crop_face``; any size.
        mirror : bool
            See ``read``.

        Returns
        -------
        (N, 7) float32 array
            In ``EMOTIONS`` order, rows sum to 1.
        """
        return _without_contempt(self._read(crops, mirror=mirror)[0])

    def classify_ferplus(
        self, crops: Sequence[NDArray[np.uint8]], *, mirror: bool = True
    ) -> NDArray[np.float32]:
        """Probabilities of the eight FER+ classes, the parameters as of ``classify``.

        Returns
        -------
        (N, 8) float32 array
            In ``FERPLUS_EMOTIONS`` order, rows sum to 1.
        """
        return self._read(crops, mirror=mirror)[0]

    def _read(
        self, crops: Sequence[NDArray[np.uint8]], *, mirror: bool
    ) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
        if not len(crops):
            return np.zeros((0, len(FERPLUS_EMOTIONS)), np.float32), None
        reading = self._network.read(crops)
        logits, disturbance = reading.logits.astype(np.float64), reading.disturbance
        if mirror:
            other = self._network.read([crop[:, ::-1] for crop in crops])
            logits = (logits + other.logits) / 2
            if disturbance is not None and other.disturbance is not None:
                disturbance = np.asarray((disturbance + other.disturbance) / 2, np.float32)
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        eight = np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float32)
        return eight, disturbance


def _without_contempt(eight: NDArray[np.float32]) -> NDArray[np.float32]:
    seven = eight[:, _SEVEN]
    total = seven.sum(axis=1, keepdims=True)
    return np.asarray(seven / np.maximum(total, np.finfo(np.float32).tiny), np.float32)


class EmotionSmoother:
    """Exponential smoothing of each track's probabilities, by media time.

    A single frame's reading flickers; what a face shows changes over tenths of
    a second. The weight of the new reading is 1 - exp(-dt / time_constant_s),
    so the result does not depend on the frame rate.

    Parameters
    ----------
    time_constant_s : float
        Seconds after which an old reading weighs 37 %; 0 switches smoothing off.
    forget_s : float
        A track not seen for this long starts anew, s.
    """

    def __init__(self, time_constant_s: float = 0.4, forget_s: float = 2.0) -> None:
        self.time_constant_s = time_constant_s
        self.forget_s = forget_s
        self._tracks: dict[int, tuple[float, NDArray[np.float64]]] = {}

    def update(
        self, track_id: int, probabilities: NDArray[np.float32], time_s: float
    ) -> NDArray[np.float32]:
        """Take in one reading of a track and return its smoothed one, (7,) float32, sum 1."""
        new = probabilities.astype(np.float64)
        before = self._tracks.get(track_id)
        if self.time_constant_s > 0 and before is not None:
            elapsed_s = time_s - before[0]
            if 0 <= elapsed_s < self.forget_s:
                share = 1.0 - math.exp(-elapsed_s / self.time_constant_s)
                new = before[1] + share * (new - before[1])
        self._tracks[track_id] = (time_s, new)
        if len(self._tracks) > 64:
            self._drop_old(time_s)
        return np.asarray(new / new.sum(), np.float32)

    def reset(self) -> None:
        """Forget all tracks, as at a cut or a new source."""
        self._tracks.clear()

    def _drop_old(self, time_s: float) -> None:
        self._tracks = {
            track: entry
            for track, entry in self._tracks.items()
            if abs(time_s - entry[0]) < self.forget_s
        }
