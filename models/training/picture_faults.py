"""Faults that a picture is given for training: those a camera, a wire or a codec can cause.

Each takes a BGR picture of some 512 px and a level: 0 is hardly there, 1 all
but ruins it. The same generator state gives the same grain at every level, so
that a chain of rising levels is a chain of falling quality.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Fault = Callable[[NDArray[np.float32], float, np.random.Generator], NDArray[Any]]


def apply(name: str, image: Image, level: float, seed: int) -> Image:
    """Give a picture one fault.

    Parameters
    ----------
    name : str
        One of ``FAULTS``.
    image : (H, W, 3) uint8 array
        BGR.
    level : float
        0..1.
    seed : int
        Of the grain.

    Returns
    -------
    (H, W, 3) uint8 array
    """
    random = np.random.default_rng(seed)
    return _bytes(FAULTS[name](image.astype(np.float32), level, random))


def _bytes(x: NDArray[Any]) -> Image:
    return np.clip(np.rint(x), 0, 255).astype(np.uint8)


def _rising(low: float, high: float, level: float) -> float:
    """Even steps of a ratio, as the eye counts them."""
    return float(low * (high / low) ** level)


def _sigma(level: float) -> float:
    return _rising(3.0, 55.0, level)


def _gaussian_blur(x: NDArray[np.float32], level: float, _: np.random.Generator) -> NDArray[Any]:
    return np.asarray(cv2.GaussianBlur(x, (0, 0), _rising(0.5, 7.0, level)))


def _defocus(x: NDArray[np.float32], level: float, _: np.random.Generator) -> NDArray[Any]:
    radius = _rising(0.8, 10.0, level)
    reach = int(np.ceil(radius)) + 1
    y, z = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    disc = np.clip(radius + 0.5 - np.hypot(y, z), 0, 1)
    return np.asarray(cv2.filter2D(x, -1, disc / disc.sum()))


def _motion(x: NDArray[np.float32], level: float, random: np.random.Generator) -> NDArray[Any]:
    length, angle = _rising(1.5, 25.0, level), random.uniform(0, np.pi)
    reach = int(np.ceil(length / 2)) + 1
    y, z = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    along = np.abs(z * np.cos(angle) + y * np.sin(angle))
    beside = np.abs(y * np.cos(angle) - z * np.sin(angle))
    line = np.clip(length / 2 + 0.5 - along, 0, 1) * np.clip(1 - beside, 0, 1)
    return np.asarray(cv2.filter2D(x, -1, line / line.sum()))


def _gaussian_noise(
    x: NDArray[np.float32], level: float, random: np.random.Generator
) -> NDArray[Any]:
    return x + _sigma(level) * random.standard_normal(x.shape, np.float32)


def _gray_noise(x: NDArray[np.float32], level: float, random: np.random.Generator) -> NDArray[Any]:
    return x + _sigma(level) * random.standard_normal((*x.shape[:2], 1), np.float32)


def _colour_noise(
    x: NDArray[np.float32], level: float, random: np.random.Generator
) -> NDArray[Any]:
    grain = _sigma(level) * random.standard_normal(x.shape, np.float32)
    light = grain.mean(axis=2, keepdims=True)
    return x + 1.2 * (grain - light) + 0.6 * light


def _correlated_noise(
    x: NDArray[np.float32], level: float, random: np.random.Generator
) -> NDArray[Any]:
    grain = random.standard_normal(x.shape, np.float32)
    smooth = np.asarray(cv2.GaussianBlur(grain, (0, 0), random.uniform(0.5, 1.3)))
    return x + smooth / smooth.std() * _sigma(level)


def _masked_noise(
    x: NDArray[np.float32], level: float, random: np.random.Generator
) -> NDArray[Any]:
    light = x.mean(axis=2, keepdims=True)
    detail = np.abs(light - np.asarray(cv2.GaussianBlur(light, (0, 0), 2))[..., None])
    share = np.asarray(cv2.GaussianBlur(detail, (0, 0), 3))[..., None]
    grain = random.standard_normal(x.shape, np.float32) * share / max(1e-3, float(share.mean()))
    return x + grain * _sigma(level) / 1.5


def _fine_noise(x: NDArray[np.float32], level: float, random: np.random.Generator) -> NDArray[Any]:
    grain = random.standard_normal(x.shape, np.float32)
    fine = grain - np.asarray(cv2.GaussianBlur(grain, (0, 0), 1.0))
    return x + fine / fine.std() * _sigma(level)


def _photon_noise(
    x: NDArray[np.float32], level: float, random: np.random.Generator
) -> NDArray[Any]:
    return x + random.standard_normal(x.shape, np.float32) * _sigma(level) * np.sqrt(
        np.maximum(x, 2) / 110
    )


def _impulses(x: NDArray[np.float32], level: float, random: np.random.Generator) -> NDArray[Any]:
    hit = random.random(x.shape)
    share = _rising(0.003, 0.15, level)
    spoilt = np.where(hit < share / 2, 0, x)
    return np.where(hit > 1 - share / 2, 255, spoilt)


def _few_tones(x: NDArray[np.float32], level: float, _: np.random.Generator) -> NDArray[Any]:
    step = _rising(10, 90, level)
    return np.floor(x / step) * step + step / 2


def _jpeg(x: NDArray[np.float32], level: float, _: np.random.Generator) -> NDArray[Any]:
    return _coded(x, ".jpg", cv2.IMWRITE_JPEG_QUALITY, round(_rising(75, 4, level)))


def _coded(x: NDArray[Any], suffix: str, option: int, value: int) -> Image:
    _, packed = cv2.imencode(suffix, _bytes(x), [option, value])
    return np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)


def _denoised(x: NDArray[np.float32], level: float, random: np.random.Generator) -> NDArray[Any]:
    sigma = _sigma(0.9 * level)
    grainy = _bytes(x + sigma * random.standard_normal(x.shape, np.float32))
    return np.asarray(cv2.bilateralFilter(grainy, 5, 3.0 * sigma, 2.0))


def _shrunk(x: NDArray[np.float32], level: float, _: np.random.Generator) -> NDArray[Any]:
    height, width = x.shape[:2]
    factor = _rising(1.3, 9, level)
    size = (max(8, round(width / factor)), max(8, round(height / factor)))
    small = cv2.resize(x, size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC))


def _noise_then_jpeg(
    x: NDArray[np.float32], level: float, random: np.random.Generator
) -> NDArray[Any]:
    return _jpeg(_gaussian_noise(x, 0.8 * level, random), 0.2 + 0.5 * level, random)


def _blur_then_noise(
    x: NDArray[np.float32], level: float, random: np.random.Generator
) -> NDArray[Any]:
    share = random.uniform(0.3, 0.9)
    soft = _gaussian_blur(x, share * level, random)
    return _gray_noise(np.asarray(soft, np.float32), (1.2 - share) * level, random)


def _night(x: NDArray[np.float32], level: float, random: np.random.Generator) -> NDArray[Any]:
    dim = x * _rising(0.9, 0.06, level)
    return dim + random.standard_normal(x.shape, np.float32) * (
        1 + 0.5 * np.sqrt(np.maximum(dim, 0)) * level
    )


FAULTS: Final[dict[str, Fault]] = {
    "gaussian blur": _gaussian_blur,
    "defocus": _defocus,
    "motion": _motion,
    "shrunk": _shrunk,
    "gaussian noise": _gaussian_noise,
    "gray noise": _gray_noise,
    "colour noise": _colour_noise,
    "correlated noise": _correlated_noise,
    "masked noise": _masked_noise,
    "fine noise": _fine_noise,
    "photon noise": _photon_noise,
    "impulses": _impulses,
    "few tones": _few_tones,
    "jpeg": _jpeg,
    "denoised": _denoised,
    "noise then jpeg": _noise_then_jpeg,
    "blur then noise": _blur_then_noise,
    "night": _night,
}
