"""Structure by cell: a picture between two blurs, in squares that are compared one by one."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Band = NDArray[np.float32]


def band_of(plane: NDArray[np.uint8], size: tuple[int, int], fine: float, coarse: float) -> Band:
    """A plane at a small size, less what is finer or coarser than two blurs.

    Parameters
    ----------
    plane : (H, W) uint8 array
    size : (int, int)
        Width and height of the result, px.
    fine, coarse : float
        Standard deviations of the blurs, px of the result.

    Returns
    -------
    (h, w) float32 array

    References
    ----------
    A difference of Gaussians as band pass: Marr and Hildreth 1980, 10.1098/rspb.1980.0020
    """
    small = cv2.resize(plane, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    finer, coarser = (cv2.GaussianBlur(small, (0, 0), sigma) for sigma in (fine, coarse))
    return np.asarray(finer - coarser, np.float32)


def by_cell(plane: NDArray[Any], side: int) -> NDArray[Any]:
    """Pixels by cell; a rest at the edges is left out.

    Parameters
    ----------
    plane : (h, w) array
    side : int
        Of a cell, px.

    Returns
    -------
    (cells, side * side) array
    """
    rows, columns = (length // side for length in plane.shape)
    parts = plane[: rows * side, : columns * side]
    parts = parts.reshape(rows, side, columns, side).swapaxes(1, 2)
    return np.asarray(parts.reshape(rows * columns, -1))


def likeness_by_cell(was: Band, now: Band) -> Band:
    """Correlation of both in each cell, -1..1; about 0 where one is flat.

    Parameters
    ----------
    was, now : (cells, pixels) float32 array
    """
    together = (now - now.mean(axis=1, keepdims=True)) * (was - was.mean(axis=1, keepdims=True))
    own = np.maximum(now.std(axis=1) * was.std(axis=1), 1e-6)
    return np.asarray(together.mean(axis=1) / own, np.float32)
