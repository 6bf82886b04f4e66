"""How natural a picture looks: statistics of photographs that every fault bends.

Divide each pixel's distance to its surroundings by the contrast there, and
photographs give nearly the same bell curve whatever they show (Ruderman 1994).
Blur narrows it and makes neighbours alike, noise widens it and makes them
independent, blocks and few tones give it a spike (Mittal, Moorthy and Bovik
2012). The moments of it at two scales are what the learned score reads.
"""

from __future__ import annotations

from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from core.frame.luma import LumaPlanes
from core.networks import open_network
from core.settings import Settings
from models.registry import resolve

WIDTH: Final = 320
"""Longer side the statistics are taken at, px, so that all sizes of a picture agree."""

FEATURES: Final = (
    "blur across the worse way",
    "noise",
    *(
        f"{name}, {scale}"
        for scale in ("fine", "coarse")
        for name in (
            "spread",
            "peakedness",
            "like the pixel beside",
            "like the pixel below",
            "like the pixel aslant",
            "product beside",
            "product below",
            "contrast",
            "evenness of contrast",
        )
    ),
)

_TURNED: Final = [
    FEATURES.index(name.replace("beside", "_").replace("below", "beside").replace("_", "below"))
    for name in FEATURES
]
"""The same figures for the picture turned on its side: both ways are read and averaged."""

_SURROUNDINGS: Final = 7 / 6
_FLOOR: Final = 1.0
"""Luma steps of contrast under which nothing is amplified."""

_MID_LUMA, _LEAST_LUMA = 110.0, 8.0


def picture_features(
    planes: LumaPlanes, blur: float, noise: float, brightness: float
) -> NDArray[np.float32]:
    """Describe one picture by what its faults bend.

    Parameters
    ----------
    planes : LumaPlanes
    blur : float
        Of ``blur_ratio``, 0..1.
    noise : float
        Standard deviation of the noise at nominal size, full-range luma steps.
    brightness : float
        Mean luma, 0..255. Contrast and noise count against it, so that less
        light alone is no other picture.

    Returns
    -------
    (20,) float32 array
        In the order of ``FEATURES``, each of the order of 1.

    References
    ----------
    Mittal, Moorthy and Bovik 2012, doi:10.1109/TIP.2012.2214050; Ruderman
    1994, doi:10.1088/0954-898X_5_4_006.
    """
    plane: Any = planes.coarse if max(planes.coarse.shape) >= WIDTH else planes.fine
    longer = max(plane.shape)
    if longer > WIDTH:
        size = [max(1, round(side * WIDTH / longer)) for side in plane.shape]
        plane = cv2.resize(plane, (size[1], size[0]), interpolation=cv2.INTER_AREA)
    fine = plane.astype(np.float32)
    coarse: Any = cv2.resize(
        fine,
        (max(1, fine.shape[1] // 2), max(1, fine.shape[0] // 2)),
        interpolation=cv2.INTER_AREA,
    )
    light = _MID_LUMA / max(_LEAST_LUMA, brightness)
    described = [2 * blur - 1, float(np.log1p(noise * light))]
    for scale in (fine, coarse):
        described += _moments(scale, planes.gain * light)
    return np.array(described, np.float32)


def _moments(plane: NDArray[np.float32], gain: float) -> list[float]:
    around: Any = cv2.GaussianBlur(plane, (7, 7), _SURROUNDINGS)
    distance = plane - around
    squares: Any = cv2.GaussianBlur(cv2.multiply(distance, distance), (7, 7), _SURROUNDINGS)
    contrast: Any = cv2.sqrt(squares)
    mean, spread = (float(x[0, 0]) * gain for x in cv2.meanStdDev(contrast))
    flat = np.asarray(cv2.divide(distance, contrast + np.float32(_FLOOR / gain))).ravel()
    width = plane.shape[1]
    count = max(1, flat.size)
    energy = max(1e-6, float(np.dot(flat, flat)) / count)
    size = cv2.norm(flat, cv2.NORM_L1) / count
    described = [float(np.sqrt(energy)), size * size / energy]
    # A step along the flat array is a step across the picture; the seams are few.
    products = []
    for step in (1, width, width + 1):
        here, there = flat[step:], flat[:-step]
        alike = float(np.dot(here, there)) if here.size else 0.0
        if step == width + 1 and width > 2:
            other = float(np.dot(flat[width - 1 :], flat[: 1 - width]))
            alike = (alike + other) / 2  # both diagonals, so that a turned picture is no other
        described.append(alike / count / energy)
        if step != width + 1:
            product = here * there
            products.append(cv2.norm(product, cv2.NORM_L1) / count / energy if here.size else 0.0)
    described += products
    described += [float(np.log1p(mean)) - 1, mean / (spread + 1.0)]
    return described


class LearnedQuality:
    """How good people would find a picture, by a small network; one a process is enough.

    Parameters
    ----------
    settings : Settings, optional
        Where weights lie.

    Raises
    ------
    ModelError
        Where the weights are missing or damaged.
    """

    def __init__(self, settings: Settings | None = None) -> None:
        self._session = open_network(resolve("quality", settings or Settings()))

    def __call__(self, features: NDArray[np.float32]) -> float:
        """Score one picture, 0..1, by its ``picture_features``."""
        both = np.stack([features, features[_TURNED]])
        outputs: Any = self._session.run(None, {"features": both})
        return float(outputs[0].mean())
