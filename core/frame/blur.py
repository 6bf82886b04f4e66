"""Blur of one picture: how much of its gradient energy survives another blur.

A sharp picture loses most of its gradient energy when it is blurred, a blurred
one hardly any (the idea of Crete et al. 2007). Here the energies are squared
gradients at two scales, and their ratio

    R = sum |grad (G_wide * I)|^2 / sum |grad (G_narrow * I)|^2

rises with every further Gaussian blur of any picture: a blur weights the
spectrum by exp(-t f^2), d log R / dt is the mean f^2 under the narrow energy
less the mean f^2 under the wide one, and the wide filter is the narrow one
times a factor that falls with f, so the difference is never negative. For a
step edge of width sigma it is sqrt((sigma^2 + narrow^2) / (sigma^2 + wide^2))
(cf. Zhuo and Sim 2011).

The ratio is taken down and across by themselves and averaged, so that motion
blur, which spares the edges along its way, is seen as well. White noise adds
a known energy to each sum, so it is taken off again.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

NARROW_PX: Final = 1.0
WIDE_PX: Final = 3.0
"""The two scales, standard deviations in pixels of the nominal width."""

_FLOOR: Final = 0.1
"""Mean squared step from one nominal pixel to the next, in luma steps, under which a
picture holds nothing that could be sharp."""

_ROUNDING: Final = 1 / 12
"""Variance that rounding to whole steps adds."""

_MARGIN, _DOUBT = 0.25, 0.03
"""The noise is known to some percent only. So that it is never called detail, more than
it is taken off the narrow energy, and a share of it leans the ratio towards 1."""

_ONE_WAY, _ONE_WAY_SPAN, _ONE_WAY_BLUR = 0.25, 0.05, 0.04
"""A regular pattern moved by a length near its period keeps its ratio, but hardly any energy
along the way: under this share of the energy across, that counts as a little blur too."""


def blur_ratio(
    plane: NDArray[np.uint8], scale: float, noise_sigma: float, gain: float = 1.0
) -> float:
    """How blurred a luma plane is.

    Parameters
    ----------
    plane : (H, W) uint8 array
    scale : float
        Pixels of the plane to a pixel of the nominal width.
    noise_sigma : float
        Standard deviation of the white noise in ``plane``, in its steps.
    gain : float
        Full-range luma steps to one step of the plane.

    Returns
    -------
    float
        0..1, 1 where nothing is left that another blur could take.
    """
    if min(plane.shape) < 4:
        return 1.0
    narrow_sigma, wide_sigma, narrow_noise, wide_noise = _filters(round(scale, 3))
    narrow = _smooth(plane, narrow_sigma)
    half = np.ascontiguousarray(narrow[::2, ::2])
    wide = _smooth(half, wide_sigma)
    # A gradient is taken a pixel of the plane, the floor is meant a nominal one.
    floor = _FLOOR / (gain * scale) ** 2
    variance = noise_sigma**2 + _ROUNDING
    noise = narrow_noise * variance
    lean = floor + _DOUBT * noise
    fine = [max(0.0, energy - (1 + _MARGIN) * noise) + lean for energy in _energies(narrow)]
    rough = [max(0.0, energy / 4 - wide_noise * variance) + lean for energy in _energies(wide)]
    ratio = (rough[0] / fine[0] + rough[1] / fine[1]) / 2
    one_way = (_ONE_WAY - min(fine) / max(fine)) / _ONE_WAY_SPAN
    return min(1.0, ratio + _ONE_WAY_BLUR * min(1.0, max(0.0, one_way)))


def _smooth(plane: NDArray[np.uint8] | NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    kernel = _kernel(sigma)
    smoothed: Any = cv2.sepFilter2D(plane, cv2.CV_32F, kernel, kernel)
    return np.asarray(smoothed, np.float32)


def _kernel_side(sigma: float) -> int:
    return 2 * max(1, round(3 * sigma)) + 1


def _energies(plane: NDArray[np.float32]) -> tuple[float, float]:
    """Mean squared difference of neighbours, down and across."""
    down = cv2.norm(plane[1:], plane[:-1], cv2.NORM_L2SQR) / plane[1:].size
    across = cv2.norm(plane[:, 1:], plane[:, :-1], cv2.NORM_L2SQR) / plane[:, 1:].size
    return float(down), float(across)


@lru_cache(maxsize=64)
def _filters(scale: float) -> tuple[float, float, float, float]:
    """Kernel widths (px) for a scale and the energy that unit white noise leaves after each."""
    # The mean over a pixel of the nominal size is a blur of its own (variance 1/12);
    # finer planes lack it, so that it is made up here and all sizes agree.
    narrow = float(np.sqrt(max(0.2, (NARROW_PX**2 + 1 / 12) * scale**2 - 1 / 12)))
    # The wide blur is done on every second pixel of the narrow one.
    wide = float(np.sqrt(WIDE_PX**2 - NARROW_PX**2)) * scale / 2
    first = _kernel(narrow)
    second = _kernel(wide)
    step = np.array([1.0, -1.0])
    spread = np.zeros(2 * len(second) - 1)
    spread[::2] = second
    spread_step = np.zeros(2 * len(second) + 1)
    spread_step[::2] = np.convolve(second, step)
    return (
        narrow,
        wide,
        _power(np.convolve(first, step)) * _power(first),
        _power(np.convolve(first, spread_step)) * _power(np.convolve(first, spread)) / 4,
    )


@lru_cache(maxsize=64)
def _kernel(sigma: float) -> NDArray[np.float64]:
    kernel: Any = cv2.getGaussianKernel(_kernel_side(sigma), sigma, cv2.CV_64F)
    return np.asarray(kernel, np.float64).ravel()


def _power(kernel: NDArray[np.float64]) -> float:
    return float(np.square(kernel).sum())
