"""Quality of one picture: blur, noise, exposure, freeze, and one score over them."""

from __future__ import annotations

from dataclasses import dataclass
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

LEARNED_S: Final = (0.12, 0.5)
"""Media time that shares a learned score at least, and at most, while blur, noise and
brightness change little; where they change much it is reckoned at once."""

FROZEN_CAP: Final = 0.2
"""A frozen picture, however fine, says nothing of the present."""

_MUCH: Final = 4.0
_LOST_BLUR: Final = 0.85
_DIM, _BRIGHT, _FULL_CONTRAST = 60.0, 200.0, 40.0
_MID_LUMA: Final = 110.0


@dataclass(frozen=True, slots=True)
class PictureMeasures:
    """What is measured of one picture by itself.

    Parameters
    ----------
    planes : LumaPlanes
        The sizes it was measured at.
    blur : float
        Of ``blur_ratio``, 0..1.
    noise : float
        Standard deviation at the nominal size, full-range luma steps.
    brightness : float
        Mean luma, 0..255.
    spread : float
        Standard deviation of the luma without its noise, full-range steps.
    """

    planes: LumaPlanes
    blur: float
    noise: float
    brightness: float
    spread: float


def measure_picture(
    luma: NDArray[np.uint8], width: int = 320, *, limited_range: bool = False
) -> PictureMeasures:
    """Measure a luma plane as ``QualityMeter`` does, as far as it needs no frame before.

    Parameters are those of ``QualityMeter``; any thread may call it.
    """
    planes = reduce_luma(luma, width, limited_range=limited_range)
    sigma = noise_sigma(planes.fine)
    coarse_sigma = sigma * planes.coarse_scale / planes.fine_scale
    blur = blur_ratio(planes.coarse, planes.coarse_scale, coarse_sigma, planes.gain)
    mean, spread = _tones(planes, coarse_sigma)
    return PictureMeasures(planes, blur, sigma * planes.gain / planes.fine_scale, mean, spread)


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
        self._learned_at_s, self._learned_value = 0.0, 0.0
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
        return self.follow(measure_picture(luma, self._width, limited_range=limited_range), time_s)

    def follow(self, measures: PictureMeasures, time_s: float) -> QualityReading:
        """Say the quality of the next picture of the source, measured already.

        Parameters
        ----------
        measures : PictureMeasures
            Its planes are kept until the next one.
        time_s : float
            Media time, s.
        """
        planes, mean = measures.planes, measures.brightness
        change = self._change(planes.coarse) * planes.gain
        # Pictures come in full range, one by one; the frames of a video codec hardly ever do.
        frozen = self._freeze.update(
            planes.fine, time_s, planes.gain, is_predicted=planes.limited_range
        )
        learned = self._learned_score(measures, time_s)
        plain = (
            _sharpness(measures.blur) ** SHARPNESS_WEIGHT
            * _exposure(mean, measures.spread) ** EXPOSURE_WEIGHT
            * _cleanness(measures.noise, mean) ** NOISE_WEIGHT
        )
        leaning = (learned + LEARNED_LEAN * plain) / (1 + LEARNED_LEAN)
        score = plain ** (1 - LEARNED_WEIGHT) * leaning**LEARNED_WEIGHT
        return QualityReading(
            blur_score=measures.blur,
            brightness=mean,
            noise_level=noise_level(measures.noise),
            change=min(1.0, change / 255),
            is_frozen=frozen,
            quality_score=min(score, FROZEN_CAP) if frozen else score,
        )

    def _learned_score(self, measures: PictureMeasures, time_s: float) -> float:
        """What was learned, anew now and then and wherever a part has moved."""
        blur, noise, mean = measures.blur, measures.noise, measures.brightness
        parts = np.array([blur / 0.01, noise / 0.2, mean / 2.0])
        moved = float(np.abs(parts - self._learned_parts).max())
        age_s = time_s - self._learned_at_s
        least_s, most_s = LEARNED_S
        if moved > _MUCH or not 0 <= age_s < most_s or (moved > 1 and age_s >= least_s):
            self._learned_parts, self._learned_at_s = parts, time_s
            self._learned_value = self._learned(
                picture_features(measures.planes, blur, noise, mean)
            )
        return self._learned_value

    def _change(self, plane: NDArray[np.uint8]) -> float:
        before, self._before = self._before, plane
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
