"""Noise of one picture: what is left in the highest frequencies of its flattest blocks.

The picture is cut into 8x8 blocks. An orthonormal cosine transform spreads
white noise evenly and independently over the 64 coefficients of a block,
whereas a picture keeps most of itself in the low ones. So blocks are chosen
by their low coefficients (flattest first), which says nothing of the noise in
their high ones, and the noise is read from those without bias.
"""

from __future__ import annotations

import math
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

NOISE_SCALE: Final = 10.0
"""Standard deviation, luma steps, at which the noise level is 1 - 1/e."""

_SIDE: Final = 8
_MOST_BLOCKS: Final = 1200
_BINS: Final = 4

_MEDIAN_OF_MEAN: Final = (1 - 2 / 27) ** 3
"""Median over mean of the energy of three independent coefficients (Wilson and Hilferty)."""

_CLIPPED_BELOW, _CLIPPED_ABOVE, _SPAN = 24.0, 240.0, 4.0
"""Mean luma outside which noise is cut off, and how much more variance a tone may have."""


def _basis() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Cosine basis (64, K) of the coefficients used and sums over them (K, 2).

    The first coefficient is the mean; the sums are the mean of the high
    energies and the sum of the low ones.
    """
    k, n = np.mgrid[:_SIDE, :_SIDE]
    rows = np.sqrt(2 / _SIDE) * np.cos(np.pi * (2 * n + 1) * k / (2 * _SIDE))
    rows[0] /= np.sqrt(2)
    u, v = k.ravel(), n.ravel()
    high = u + v >= 13
    low = (u + v >= 1) & (u + v <= 4)
    used = high | low | (u + v == 0)
    basis = np.einsum("ui,vj->uvij", rows, rows).reshape(_SIDE**2, _SIDE**2)[used].T
    sums = np.stack([high[used] / high.sum(), low[used]], axis=1)
    return np.ascontiguousarray(basis, np.float32), sums.astype(np.float32)


_BASIS, _SUMS = _basis()


def noise_sigma(plane: NDArray[np.uint8]) -> float:
    """Standard deviation of the white noise in a luma plane, averaged over the picture.

    Parameters
    ----------
    plane : (H, W) uint8 array

    Returns
    -------
    float
        Root mean square noise in steps of the plane, 0..128; 0 where the
        plane holds no 8x8 block.
    """
    blocks = _blocks(plane)
    if not len(blocks):
        return 0.0
    # cv2.gemm and not numpy's product: BLAS threads that spin cost more than they save here.
    gemm: Any = cv2.gemm  # its stub forbids leaving the third matrix out
    coefficients = gemm(blocks, _BASIS, 1.0, None, 0.0)
    energy = np.square(coefficients, out=coefficients)
    high_and_low = gemm(energy, _SUMS, 1.0, None, 0.0)
    # Noise changes with brightness (photon noise, clipping), so each quarter of
    # the tones gives its own figure; the flattest blocks alone would speak for shadows.
    bins = min(_BINS, len(blocks))
    per_bin = len(blocks) // bins
    last_of_bin = np.arange(1, bins + 1) * per_bin - 1
    by_tone = np.argpartition(energy[:, 0], last_of_bin)[: bins * per_bin].reshape(bins, per_bin)
    count = max(1, per_bin // 4)
    flattest = np.argpartition(high_and_low[by_tone, 1], count - 1, axis=1)[:, :count]
    chosen = by_tone[np.arange(bins)[:, None], flattest]
    # The median: where a tone has few flat blocks, those with an edge in them are outvoted.
    # Sorted by hand, since numpy's median costs more than all the rest on so few figures.
    ranked = np.sort(high_and_low[chosen, 0], axis=1)
    middle = (ranked[:, (count - 1) // 2] + ranked[:, count // 2]) / 2
    variances = (middle / _MEDIAN_OF_MEAN).tolist()
    tones = (np.sqrt(energy[chosen, 0]).sum(axis=1) / (count * _SIDE)).tolist()
    return math.sqrt(sum(_without_texture(variances, tones)) / bins)


def noise_level(steps: float) -> float:
    """Say noise of a standard deviation of ``steps`` luma steps as a level, 0..1."""
    return float(-np.expm1(-steps / NOISE_SCALE))


def noise_steps(level: float) -> float:
    """Standard deviation in luma steps that a ``noise_level`` (0..1) stands for."""
    return -NOISE_SCALE * math.log1p(-min(0.9999, level))


def _without_texture(variances: list[float], tones: list[float]) -> list[float]:
    """Hold a tone that is texture all over to what the other tones say of the noise.

    Photon noise grows in proportion to the light, and a tone curve or a dark
    corner may double it, but no sensor is many times noisier in one tone than
    in the next. The quietest tone but one speaks, for one may be a caption.
    """
    fit = [
        pair
        for pair in zip(variances, tones, strict=True)
        if _CLIPPED_BELOW < pair[1] < _CLIPPED_ABOVE
    ]
    if len(fit) < 2:
        return variances
    quiet, light = sorted(fit)[1]
    return [
        min(variance, _SPAN * quiet * max(1.0, tone / light))
        for variance, tone in zip(variances, tones, strict=True)
    ]


def _blocks(plane: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Blocks of the plane as rows (N, 64), on an even grid, about ``_MOST_BLOCKS`` at most."""
    down, across = plane.shape[0] // _SIDE, plane.shape[1] // _SIDE
    step = max(1, int(np.ceil(np.sqrt(down * across / _MOST_BLOCKS))))
    # The eight pixels of a block's row go as one word: that is twice as fast as one by one.
    words = np.ascontiguousarray(plane[: down * _SIDE, : across * _SIDE]).view(np.uint64)
    grid = words.reshape(down, _SIDE, across)[::step, :, ::step].swapaxes(1, 2)
    pixels = np.ascontiguousarray(grid).view(np.uint8)
    return pixels.astype(np.float32).reshape(-1, _SIDE * _SIDE)
