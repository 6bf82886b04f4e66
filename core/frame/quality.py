"""Quality of one picture: blur, noise, exposure, freeze, and one score over them."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from core.frame.blur import blur_ratio
from core.frame.freeze import FreezeDetector
from core.frame.luma import LumaPlanes, luma_of, reduce_luma
from core.frame.naturalness import LearnedQuality, picture_features
from core.frame.noise import NOISE_SCALE, noise_level, noise_sigma
from core.types import QualityReading

SHARPNESS_WEIGHT: Final = 0.6
EXPOSURE_WEIGHT: Final = 0.2
NOISE_WEIGHT: Final = 0.2
"""Exponents of the weighted geometric mean of the parts; docs/methods.md gives their reason."""

LEARNED_WEIGHT, LEARNED_LEAN = 0.25, 0.3
"""Exponent of what was learned beside the parts, and how far it leans on them: they are
sure to fall with every fault, it sees faults that they do not."""

LEARNED_EVERY: Final = 3
"""Frames that share a learned score while blur, noise and brightness stand still."""

FROZEN_CAP: Final = 0.2
"""A frozen picture, however fine, says nothing of the present."""

_LOST_BLUR: Final = 0.85
_DIM, _BRIGHT, _FULL_CONTRAST = 60.0, 200.0, 40.0
_MID_LUMA: Final = 110.0


class QualityMeter:
    """Measures the quality of a source's frames, one meter a source.

    It remembers the frame before, for ``change`` and ``is_frozen``; everything
    else is said of the frame alone.

    Parameters
    ----------
    width : int
        Nominal length of the longer side that quality is measured at, px, 16..2048.
    """

    def __init__(self, width: int = 320) -> None:
        if not 16 <= width <= 2048:
            raise ValueError(f"width must be 16 to 2048 px, not {width}")
        self._width = width
        self._freeze = FreezeDetector()
        self._learned = LearnedQuality()
        self._learned_parts = np.full(3, np.inf)
        self._learned_age, self._learned_value = 0, 0.0
        self._before: NDArray[np.uint8] | None = None

    @property
    def plane(self) -> NDArray[np.uint8] | None:
        """The last picture's luma at the small size, (h, w); None before the first."""
        return self._before

    def reset(self) -> None:
        """Forget the frames so far, as for a new source."""
        self._freeze.reset()
        self._before = None
        self._learned_parts = np.full(3, np.inf)

    def measure(self, image: NDArray[np.uint8], time_s: float) -> QualityReading:
        """Measure a BGR picture.

        Parameters
        ----------
        image : (H, W, 3) uint8 array
            BGR.
        time_s : float
            Media time, s.

        Returns
        -------
        QualityReading
        """
        return self.measure_luma(luma_of(image), time_s)

    def measure_luma(
        self, luma: NDArray[np.uint8], time_s: float, *, limited_range: bool = False
    ) -> QualityReading:
        """Measure a luma plane, as a decoder hands it out.

        Parameters
        ----------
        luma : (H, W) uint8 array
            Any size; may be a strided view. It is not kept.
        time_s : float
            Media time, s.
        limited_range : bool
            True where black is 16 and white 235.

        Returns
        -------
        QualityReading
        """
        planes = reduce_luma(luma, self._width, limited_range=limited_range)
        coarse = planes.coarse
        sigma = noise_sigma(planes.fine)
        coarse_sigma = sigma * planes.coarse_scale / planes.fine_scale
        blur = blur_ratio(coarse, planes.coarse_scale, coarse_sigma, planes.gain)
        noise = sigma * planes.gain / planes.fine_scale
        mean, spread = _tones(planes, coarse_sigma)
        change = self._change(coarse) * planes.gain
        frozen = self._freeze.update(planes.fine, time_s, planes.gain)
        learned = self._learned_score(planes, blur, noise, mean)
        plain = (
            _sharpness(blur) ** SHARPNESS_WEIGHT
            * _exposure(mean, spread) ** EXPOSURE_WEIGHT
            * _cleanness(noise, mean) ** NOISE_WEIGHT
        )
        leaning = (learned + LEARNED_LEAN * plain) / (1 + LEARNED_LEAN)
        score = plain ** (1 - LEARNED_WEIGHT) * leaning**LEARNED_WEIGHT
        return QualityReading(
            blur_score=blur,
            brightness=mean,
            noise_level=noise_level(noise),
            change=min(1.0, change / 255),
            is_frozen=frozen,
            quality_score=min(score, FROZEN_CAP) if frozen else score,
        )

    def _learned_score(self, planes: LumaPlanes, blur: float, noise: float, mean: float) -> float:
        """What was learned, anew for every third frame and wherever a part has moved."""
        parts = np.array([blur / 0.01, noise / 0.2, mean / 2.0])
        self._learned_age += 1
        if (
            self._learned_age >= LEARNED_EVERY
            or float(np.abs(parts - self._learned_parts).max()) > 1
        ):
            self._learned_parts, self._learned_age = parts, 0
            self._learned_value = self._learned(picture_features(planes, blur, noise, mean))
        return self._learned_value

    def _change(self, plane: NDArray[np.uint8]) -> float:
        before, self._before = self._before, plane.copy()
        if before is None or before.shape != plane.shape:
            return 0.0
        return cv2.norm(plane, before, cv2.NORM_L1) / plane.size


def _tones(planes: LumaPlanes, noise: float) -> tuple[float, float]:
    """Mean luma (0..255) and the picture's own spread about it, without its noise."""
    mean, deviation = cv2.meanStdDev(planes.coarse)
    brightness = (float(mean[0, 0]) - planes.black) * planes.gain
    spread = np.sqrt(max(0.0, float(deviation[0, 0]) ** 2 - noise**2)) * planes.gain
    return min(255.0, max(0.0, brightness)), float(spread)


def _sharpness(blur: float) -> float:
    # Flat at first: how much fine detail a sharp picture has is a matter of its subject.
    return max(0.0, 1.0 - (blur / _LOST_BLUR) ** 2)


def _exposure(mean: float, spread: float) -> float:
    tone = min(1.0, mean / _DIM, (255 - mean) / (255 - _BRIGHT))
    return max(0.0, tone) * min(1.0, spread / _FULL_CONTRAST)


def _cleanness(noise: float, mean: float) -> float:
    # Noise is seen against the light around it, and so that darkening a noisy
    # picture, which shrinks its noise as well, is not called cleaning it.
    seen = noise * _MID_LUMA / max(mean, 1.0)
    return float(np.exp(-((seen / NOISE_SCALE) ** 2)))
