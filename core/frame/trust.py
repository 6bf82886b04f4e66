"""How far an emotion reading can be relied on, from how the face was seen.

Trust is the estimated share of people who would agree with the named emotion,
given the size, sharpness, light, noise and pose of the crop and the disturbance
that the network reports of itself (``models/training/disturbance.py``). Neither
is meant to know what the face shows: a weight that favoured easy expressions would
bend every mean it enters. The coefficients are fitted on faces degraded on purpose
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
from core.frame.emotion_net import CROP_PX, prepare
from core.types import Detection, Trust

FEATURES: Final = ("size", "sharpness", "light", "contrast", "noise")
FAULTS: Final = ("too_small", "blurred", "too_dark", "too_bright", "flat", "noisy")
"""What can be wrong with a crop; a flat one is named after its light."""

REASON_BELOW: Final = 0.9
"""A reason is given where trust is under this share of what a good picture has."""

IN_THE_DARK: Final = 1.5
"""Beyond this fault of light the noise is the sensor's answer to the dark."""

UNREMARKABLE: Final = 1.0
"""Up to here, in standard deviations of faces seen well, a fault explains nothing."""

OCTAVE_UNITS: Final = 3.0
"""Standard deviations that a halving of the size counts for."""

TURN_UNITS: Final = 4.0
"""Standard deviations that a loss of trust by pose, as a logarithm, counts for."""

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
        In ``FEATURES`` order: log2 of the side over 48 px, at most 0; share of
        the gradient that a re-blur takes away (Crete et al. 2007,
        10.1117/12.702790); mean luma, 0..1; log of its standard deviation; log
        of the noise (Immerkaer 1996, 10.1006/cviu.1996.0060) over that deviation.
    """
    size = min(0.0, math.log2(min(crop.shape[:2]) / CROP_PX))
    face = prepare(crop)
    if size < 0:  # what is missing for its size is not blur as well
        side = max(3, round(CROP_PX * 2**size))
        face = np.asarray(cv2.resize(face, (side, side), interpolation=cv2.INTER_AREA), np.float32)
    blurred = cv2.blur(face, (5, 5))
    gradient, after = _steps(face), _steps(np.asarray(blurred, np.float32))
    residual = cv2.filter2D(face, cv2.CV_32F, _IMMERKAER)[1:-1, 1:-1]
    noise = cv2.norm(residual, cv2.NORM_L1) / residual.size * math.sqrt(math.pi / 2) / 6.0
    mean, deviation = cv2.meanStdDev(face)
    spread = float(deviation[0, 0])
    return np.array(
        [
            size,
            1.0 - after / max(gradient, 1e-6),
            float(mean[0, 0]) / 255.0,
            math.log(1.0 + spread),
            math.log((0.5 + noise) / (1.0 + spread)),
        ]
    )


def _steps(face: NDArray[np.float32]) -> float:
    """Mean absolute step from a pixel to the next, down and across together."""
    down, across = face[1:] - face[:-1], face[:, 1:] - face[:, :-1]
    return cv2.norm(down, cv2.NORM_L1) / down.size + cv2.norm(across, cv2.NORM_L1) / across.size


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
    """A logistic that can only fall as a fault grows.

    Parameters
    ----------
    good, spread : (5,) float64 arrays
        Median and standard deviation of the features of faces seen well.
    base : float
        The logit of a face without faults.
    weights : (12,) float64 array
        At least 0: logits lost a unit of each fault, and of its square.
    disturbance : (2,) float64 array
        At least 0: logits lost by a disturbance of 1, and by its square; zeros
        for a network that reports none.
    """

    good: NDArray[np.float64]
    spread: NDArray[np.float64]
    base: float
    weights: NDArray[np.float64]
    disturbance: NDArray[np.float64]

    def faults(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """(N, 6) faults, see ``faults``, of (N, 5) features."""
        return faults(features, self.good, self.spread)

    def probability(
        self, found: NDArray[np.float64], disturbance: NDArray[np.float32] | None = None
    ) -> NDArray[np.float64]:
        """(N,) estimated shares of people who agree, from (N, 6) faults."""
        logit = self.base - (found * self.weights[:6] + np.square(found) * self.weights[6:]).sum(1)
        if disturbance is not None:
            logit -= disturbance * self.disturbance[0]
            logit -= np.square(disturbance) * self.disturbance[1]
        return np.asarray(1.0 / (1.0 + np.exp(-logit)))


def faults(
    features: NDArray[np.float64], good: NDArray[np.float64], spread: NDArray[np.float64]
) -> NDArray[np.float64]:
    """How far beyond what is usual each fault goes, (N, 6), 0..5, in ``FAULTS`` order.

    The unit is the standard deviation among good faces, for the size an octave.
    """
    below = (good - features) / spread
    columns = [-features[:, 0], below[:, 1], below[:, 2], -below[:, 2], below[:, 3], -below[:, 4]]
    return np.clip(np.stack(columns, axis=1), 0.0, 5.0)


@cache
def trust_models() -> tuple[TrustModel, TrustModel]:
    """Read the fitted models that ship: without and with the network's own report."""
    try:
        fitted = json.loads(files("models").joinpath("trust.json").read_text("utf-8"))
        plain, told = (
            TrustModel(
                np.asarray(fitted["good"], np.float64),
                np.asarray(fitted["spread"], np.float64),
                float(fitted[name]["base"]),
                np.asarray(fitted[name]["weights"], np.float64),
                np.asarray(fitted[name]["disturbance"], np.float64),
            )
            for name in ("by_the_crop", "with_disturbance")
        )
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ModelError(f"models/trust.json: cannot be read ({error}); install again") from error
    return plain, told


def read_trust(
    crop: NDArray[np.uint8],
    detection: Detection | None = None,
    disturbance: float | None = None,
) -> Trust:
    """Trust in the emotion read from a crop, with what lowers it most.

    Parameters
    ----------
    crop : (H, W) gray or (H, W, 3) BGR uint8 array
        As given to ``EmotionClassifier``, at the size it had in the frame.
    detection : Detection, optional
        Its landmarks give the pose.
    disturbance : float, optional
        As ``EmotionClassifier.read`` returns it, 0..1.
    """
    plain, told = trust_models()
    model = plain if disturbance is None else told
    features = crop_features(crop)
    found = model.faults(features[np.newaxis])
    pose = frontality(None if detection is None else detection.landmarks)
    reported = None if disturbance is None else np.array([disturbance], np.float32)
    value = float(model.probability(found, reported)[0]) * pose
    best = 1.0 / (1.0 + math.exp(-model.base))
    if value >= REASON_BELOW * best:
        return Trust(round(value, 4))
    is_dark = bool(features[2] < model.good[2])
    return Trust(round(value, 4), _reason(found[0].tolist(), pose, dark=is_dark))


def _reason(by_fault: list[float], pose: float, *, dark: bool) -> str:
    """What is furthest from a face seen well; "covered" where nothing else is far from it."""
    found = dict(zip(FAULTS, by_fault, strict=True))
    found["too_small"] *= OCTAVE_UNITS
    if found["too_dark"] > IN_THE_DARK:
        found["too_dark"] += found.pop("noisy")
    found["too_dark" if dark else "too_bright"] += found.pop("flat")
    found["turned_away"] = TURN_UNITS * -math.log(max(pose, 1e-3))
    found["covered"] = UNREMARKABLE
    return max(found, key=lambda name: found[name])
