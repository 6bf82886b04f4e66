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
_FLAT_SHARE: Final = 0.25


def _basis() -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Cosine basis (64, K) of the coefficients used and which of them are the high ones."""
    k, n = np.mgrid[:_SIDE, :_SIDE]
    rows = np.sqrt(2 / _SIDE) * np.cos(np.pi * (2 * n + 1) * k / (2 * _SIDE))
    rows[0] /= np.sqrt(2)
    u, v = k.ravel(), n.ravel()
    high = (u >= 5) & (v >= 5)
    low = (u + v >= 1) & (u + v <= 4)
    used = high | low | (u + v == 0)
    full = np.einsum("ui,vj->uvij", rows, rows).reshape(_SIDE**2, _SIDE**2)
    return np.ascontiguousarray(full[used].T, np.float32), high[used]


_BASIS, _IS_HIGH = _basis()


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
    coefficients: Any = cv2.gemm(blocks, _BASIS, 1.0, None, 0.0)
    energy = np.square(coefficients, out=coefficients)
    mean_luma = energy[:, 0]
    noise = energy[:, _IS_HIGH].mean(axis=1)
    texture = energy[:, 1:].sum(axis=1) - noise * _IS_HIGH.sum()
    # Noise changes with brightness (photon noise, clipping), so each quarter of
    # the tones gives its own figure; the flattest blocks alone would speak for shadows.
    bins = min(_BINS, len(blocks))
    per_bin = len(blocks) // bins
    order = np.argsort(mean_luma)[: bins * per_bin].reshape(bins, per_bin)
    count = max(1, round(_FLAT_SHARE * per_bin))
    flattest = np.argpartition(texture[order], count - 1, axis=1)[:, :count]
    variance = np.take_along_axis(noise[order], flattest, axis=1).mean(axis=1)
    return float(np.sqrt(variance.mean()))


def _blocks(plane: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Blocks of the plane as rows (N, 64), on an even grid, about ``_MOST_BLOCKS`` at most."""
    down, across = plane.shape[0] // _SIDE, plane.shape[1] // _SIDE
    step = max(1, int(np.ceil(np.sqrt(down * across / _MOST_BLOCKS))))
    grid = plane[: down * _SIDE, : across * _SIDE].reshape(down, _SIDE, across, _SIDE)
    chosen = grid[::step, :, ::step].swapaxes(1, 2)
    return chosen.reshape(-1, _SIDE * _SIDE).astype(np.float32)
