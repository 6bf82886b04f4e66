"""How far an emotion reading can be relied on, from how the face was seen.

Trust is the estimated share of people who would agree with the named emotion,
given the size, sharpness, light, noise and pose of the crop, and nothing of what
the face shows: a weight that favoured easy expressions would bend every mean it
enters. The coefficients are fitted on faces degraded on purpose
(``models/training/trust.py``) and lie in ``models/trust.json``.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from core.errors import ModelError
from core.frame.emotion import CROP_PX, prepare
from core.types import Detection, Trust

FEATURES: Final = ("size", "sharpness", "light", "contrast", "noise")
REASON_BELOW: Final = 0.9
"""A reason is given where trust is under this share of what a good picture has."""

_IMMERKAER: Final = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)


def crop_features(crop: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Describe how a face was seen.

    Parameters
    ----------
    crop : (H, W) gray or (H, W, 3) BGR uint8 array
        As given to ``EmotionClassifier``.

    Returns
    -------
    (5,) float64 array
        In ``FEATURES`` order: log2 of the side over 48 px, capped at 0; share of
        the gradient that a re-blur takes away (Crete et al. 2007,
        10.1117/12.702790); mean luma, 0..1; log of its standard deviation; log
        of the noise (Immerkaer 1996, 10.1006/cviu.1996.0060), both on 0..255.
    """
    face = prepare(crop)
    size = min(0.0, math.log2(min(crop.shape[:2]) / CROP_PX))
    blurred = cv2.blur(face, (5, 5))
    gradient = np.abs(np.diff(face, axis=0)).mean() + np.abs(np.diff(face, axis=1)).mean()
    after = np.abs(np.diff(blurred, axis=0)).mean() + np.abs(np.diff(blurred, axis=1)).mean()
    sharpness = 1.0 - float(after) / max(float(gradient), 1e-6)
    residual = cv2.filter2D(face, cv2.CV_32F, _IMMERKAER)[1:-1, 1:-1]
    noise = float(np.abs(residual).mean()) * math.sqrt(math.pi / 2) / 6.0
    return np.array(
        [
            size,
            sharpness,
            float(face.mean()) / 255.0,
            math.log(1.0 + float(face.std())),
            math.log(1.0 + noise),
        ]
    )


def frontality(landmarks: NDArray[np.float32] | None) -> float:
    """How far a face looks at the camera: 1 straight on, towards 0 in profile.

    The nose tip of a turned head leaves the middle between the eyes; a sideways
    offset of half the distance of the eyes is a turn of about 40 degrees.
    """
    if landmarks is None:
        return 1.0
    eyes = landmarks[:2].astype(np.float64)
    axis = eyes[1] - eyes[0]
    distance = float(np.hypot(*axis))
    if distance < 1e-6:
        return 0.0
    offset = abs(float((landmarks[2] - eyes.mean(axis=0)) @ axis)) / distance**2
    return 1.0 / (1.0 + (offset / 0.5) ** 4)


@dataclass(frozen=True, slots=True)
class TrustModel:
    """A logistic of the features and their products.

    Parameters
    ----------
    mean, scale : (5,) float64 arrays
        Standardise the features.
    weights : (21,) float64 array
        Constant, 5 features, 15 products.
    good : (5,) float64 array
        The features of a face seen well, in ``FEATURES`` order.
    """

    mean: NDArray[np.float64]
    scale: NDArray[np.float64]
    weights: NDArray[np.float64]
    good: NDArray[np.float64]

    def probability(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """(N,) probabilities of (N, 5) features."""
        return np.asarray(1.0 / (1.0 + np.exp(-(expand(self, features) @ self.weights))))


def expand(model: TrustModel, features: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N, 21) constant, standardised features, products of (N, 5) features."""
    z = np.clip((features - model.mean) / model.scale, -4.0, 4.0)
    rows, columns = np.triu_indices(z.shape[1])
    return np.concatenate([np.ones((len(z), 1)), z, z[:, rows] * z[:, columns]], axis=1)


@cache
def trust_model() -> TrustModel:
    """The fitted model that ships."""
    try:
        text = files("models").joinpath("trust.json").read_text("utf-8")
        fitted = {
            name: np.asarray(values, np.float64)
            for name, values in json.loads(text).items()
            if name in TrustModel.__slots__
        }
        return TrustModel(**fitted)
    except (OSError, ValueError, TypeError) as error:
        raise ModelError(f"models/trust.json: cannot be read ({error}); install again") from error


def read_trust(crop: NDArray[np.uint8], detection: Detection | None = None) -> Trust:
    """Trust in the emotion read from a crop, with what lowers it most.

    Parameters
    ----------
    crop : (H, W) gray or (H, W, 3) BGR uint8 array
        As given to ``EmotionClassifier``, at the size it had in the frame.
    detection : Detection, optional
        Its landmarks give the pose.
    """
    model = trust_model()
    features = crop_features(crop)
    pose = frontality(None if detection is None else detection.landmarks)
    # The reason is the one whose mending would raise trust most: the features
    # are put right one (or one pair) at a time and judged again.
    mended = np.tile(features, (6, 1))
    for row, columns in enumerate(((), (0,), (1,), (2, 3), (4,), range(5))):
        mended[row, list(columns)] = model.good[list(columns)]
    now, size, sharpness, light, noise, best = model.probability(mended).tolist()
    gains = {
        "too_small": size - now,
        "blurred": sharpness - now,
        "too_dark" if features[2] < model.good[2] else "too_bright": light - now,
        "noisy": noise - now,
        "turned_away": now / max(pose, 1e-3) - now,
    }
    value = now * pose
    reason = "" if value >= REASON_BELOW * best else max(gains, key=lambda name: gains[name])
    return Trust(round(min(1.0, value), 4), reason)
