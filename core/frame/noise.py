"""Noise of one picture: what is left in the highest frequencies of its flattest blocks.

The picture is cut into 8x8 blocks. An orthonormal cosine transform spreads
white noise evenly and independently over the 64 coefficients of a block,
whereas a picture keeps most of itself in the low ones. So blocks are chosen
by their low coefficients (flattest first), which says nothing of the noise in
their high ones, and the noise is read from those without bias.
"""

from __future__ import annotations

from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

_SIDE: Final = 8
_MOST_BLOCKS: Final = 1200
_BINS: Final = 4


def _basis() -> tuple[NDArray[np.float32], NDArray[np.float32], int]:
    """Cosine basis (64, K) of the coefficients used, sums over them (K, 2), count of low ones.

    The first coefficient is the mean; the sums are the mean of the high
    energies and the sum of the low ones.
    """
    k, n = np.mgrid[:_SIDE, :_SIDE]
    rows = np.sqrt(2 / _SIDE) * np.cos(np.pi * (2 * n + 1) * k / (2 * _SIDE))
    rows[0] /= np.sqrt(2)
    u, v = k.ravel(), n.ravel()
    high = (u >= 5) & (v >= 5)
    low = (u + v >= 1) & (u + v <= 4)
    used = high | low | (u + v == 0)
    basis = np.einsum("ui,vj->uvij", rows, rows).reshape(_SIDE**2, _SIDE**2)[used].T
    sums = np.stack([high[used] / high.sum(), low[used]], axis=1)
    return np.ascontiguousarray(basis, np.float32), sums.astype(np.float32), int(low.sum())


_BASIS, _SUMS, _LOW_COUNT = _basis()


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
    by_tone = np.argsort(energy[:, 0])[: bins * per_bin].reshape(bins, per_bin)
    count = max(1, per_bin // 4)
    groups = min(2, per_bin // count)
    ends = [count * (group + 1) - 1 for group in range(groups)]
    by_flatness = np.argpartition(high_and_low[by_tone, 1], ends, axis=1)[:, : groups * count]
    chosen = by_tone[np.arange(bins)[:, None], by_flatness].reshape(bins, groups, count)
    means = high_and_low[chosen].sum(axis=2) / count
    variance = means[:, 0, 0]
    if groups == 2:
        variance = variance - _leak(variance, means[:, 1, 0], means[:, 0, 1], means[:, 1, 1])
    return float(np.sqrt(max(0.0, float(variance.sum()) / bins)))


def _leak(
    high: NDArray[np.float32],
    next_high: NDArray[np.float32],
    low: NDArray[np.float32],
    next_low: NDArray[np.float32],
) -> NDArray[np.float32]:
    """Part of the high energy of the flattest blocks that is texture.

    Noise is as strong in the next flattest blocks, texture grows with the low
    energy: the line through both groups, drawn on to no texture at all, is the noise.
    """
    texture = np.maximum(0, low - _LOW_COUNT * high)
    step = np.maximum(next_low - low, 1e-6)
    slope = np.maximum(0, next_high - high) / step
    return np.asarray(np.minimum(high, slope * texture), np.float32)


def _blocks(plane: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Blocks of the plane as rows (N, 64), on an even grid, about ``_MOST_BLOCKS`` at most."""
    down, across = plane.shape[0] // _SIDE, plane.shape[1] // _SIDE
    step = max(1, int(np.ceil(np.sqrt(down * across / _MOST_BLOCKS))))
    grid = plane[: down * _SIDE, : across * _SIDE].reshape(down, _SIDE, across, _SIDE)
    chosen = grid[::step, :, ::step].swapaxes(1, 2)
    return chosen.reshape(-1, _SIDE * _SIDE).astype(np.float32)
