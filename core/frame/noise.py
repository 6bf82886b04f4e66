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


def _basis() -> tuple[NDArray[np.float32], NDArray[np.bool_], NDArray[np.bool_]]:
    """Cosine basis (64, K) of the coefficients used; which of them are high, which low."""
    k, n = np.mgrid[:_SIDE, :_SIDE]
    rows = np.sqrt(2 / _SIDE) * np.cos(np.pi * (2 * n + 1) * k / (2 * _SIDE))
    rows[0] /= np.sqrt(2)
    u, v = k.ravel(), n.ravel()
    high = (u >= 5) & (v >= 5)
    low = (u + v >= 1) & (u + v <= 4)
    used = high | low | (u + v == 0)
    full = np.einsum("ui,vj->uvij", rows, rows).reshape(_SIDE**2, _SIDE**2)
    return np.ascontiguousarray(full[used].T, np.float32), high[used], low[used]


_BASIS, _IS_HIGH, _IS_LOW = _basis()


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
    high = energy[:, _IS_HIGH].mean(axis=1)
    low = energy[:, _IS_LOW].sum(axis=1)
    # Noise changes with brightness (photon noise, clipping), so each quarter of
    # the tones gives its own figure; the flattest blocks alone would speak for shadows.
    bins = min(_BINS, len(blocks))
    per_bin = len(blocks) // bins
    order = np.argsort(energy[:, 0])[: bins * per_bin].reshape(bins, per_bin)
    count = max(1, per_bin // 4)
    by_flatness = np.argpartition(low[order], (count - 1, min(2 * count, per_bin) - 1), axis=1)
    flattest = np.take_along_axis(order, by_flatness[:, :count], axis=1)
    next_flat = np.take_along_axis(order, by_flatness[:, count : 2 * count], axis=1)
    variance = high[flattest].mean(axis=1)
    if next_flat.size:
        variance = variance - _leak(
            variance,
            high[next_flat].mean(axis=1),
            low[flattest].mean(axis=1),
            low[next_flat].mean(axis=1),
        )
    return float(np.sqrt(max(0.0, variance.mean())))


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
    texture = np.maximum(0, low - _IS_LOW.sum() * high)
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
