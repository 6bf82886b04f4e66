"""Two published measures of what a fault takes from a picture, the clean one beside it.

Both follow human opinion closely over many kinds of faults and cost some
milliseconds: MDSI (Nafchi et al. 2016, doi:10.1109/ACCESS.2016.2604042) by
gradients and colour, HaarPSI (Reisenhofer et al. 2018,
doi:10.1016/j.image.2017.11.001) by Haar wavelets weighted by what strikes the eye.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]


def mdsi(clean: NDArray[np.uint8], damaged: NDArray[np.uint8]) -> float:
    """Mean deviation similarity index, 0 for equal pictures, higher for worse.

    Parameters
    ----------
    clean, damaged : (H, W, 3) uint8 array
        BGR.
    """
    light = [_mix(x, (0.114, 0.587, 0.2989)) for x in (clean, damaged)]
    hue = [_mix(x, (-0.35, 0.04, 0.30)) for x in (clean, damaged)]
    tint = [_mix(x, (0.17, -0.6, 0.34)) for x in (clean, damaged)]
    steep = [_gradient(x) for x in (*light, (light[0] + light[1]) / 2)]
    shape = (
        _alike(steep[0], steep[1], 140)
        + _alike(steep[1], steep[2], 55)
        - _alike(steep[0], steep[2], 55)
    )
    colour = (2 * (hue[0] * hue[1] + tint[0] * tint[1]) + 550) / (
        hue[0] ** 2 + hue[1] ** 2 + tint[0] ** 2 + tint[1] ** 2 + 550
    )
    both = np.maximum(0, 0.6 * shape + 0.4 * colour) ** 0.25
    return float(np.abs(both - both.mean()).mean() ** 0.25)


def haarpsi(clean: NDArray[np.uint8], damaged: NDArray[np.uint8]) -> float:
    """Haar perceptual similarity index, 1 for equal pictures, lower for worse.

    Parameters
    ----------
    clean, damaged : (H, W, 3) uint8 array
        BGR.
    """
    light = [_mix(x, (0.114, 0.587, 0.299)) for x in (clean, damaged)]
    similar, weights = [], []
    for way in (0, 1):
        waves = [[_haar(x, 2**level, way) for level in (1, 2, 3)] for x in light]
        similar.append(sum(_alike(waves[0][s], waves[1][s], 30) for s in (0, 1)) / 2)
        weights.append(np.maximum(waves[0][2], waves[1][2]))
    colours = [(-0.321, -0.274, 0.596), (0.311, -0.523, 0.211)]
    chroma = [[np.abs(_mean(_mix(x, c))) for x in (clean, damaged)] for c in colours]
    similar.append(sum(_alike(a, b, 30) for a, b in chroma) / 2)
    weights.append((weights[0] + weights[1]) / 2)
    shared = sum(
        float((weight / (1 + np.exp(-4.2 * part))).sum())
        for part, weight in zip(similar, weights, strict=True)
    ) / max(1e-9, sum(float(weight.sum()) for weight in weights))
    shared = min(max(shared, 1e-6), 1 - 1e-6)
    return float((np.log(shared / (1 - shared)) / 4.2) ** 2)


def _mix(image: NDArray[np.uint8], weights: tuple[float, float, float]) -> Plane:
    """A weighted sum of the channels at half the size, as both measures look at it."""
    half: Any = cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    plane: Any = cv2.transform(half.astype(np.float32), np.array([weights], np.float32))
    return np.asarray(plane, np.float32)


def _gradient(plane: Plane) -> Plane:
    kernel = np.array([[1, 0, -1]] * 3, np.float32) / 3
    across: Any = cv2.filter2D(plane, -1, kernel)
    down: Any = cv2.filter2D(plane, -1, kernel.T)
    return np.asarray(cv2.magnitude(across, down), np.float32)


def _haar(plane: Plane, side: int, way: int) -> Plane:
    kernel = np.full((side, side), 1 / side, np.float32)
    kernel[: side // 2] *= -1
    wave: Any = cv2.filter2D(plane, -1, kernel if way == 0 else kernel.T)
    return np.abs(np.asarray(wave, np.float32))


def _mean(plane: Plane) -> Plane:
    return np.asarray(cv2.blur(plane, (2, 2)), np.float32)


def _alike(a: Plane, b: Plane, floor: float) -> Plane:
    return np.asarray((2 * a * b + floor) / (a * a + b * b + floor), np.float32)
