"""A cut, as two pictures in a row tell of it: all is another one at once."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

CUT, _FACTOR = 12.0, 4.0
"""Steps a pixel that a cut changes at least, and how many times what all frames right before it
did where that alone tells."""

_THUMB, _ALIKE, _FLAT = (16, 9), 0.5, 1.0
"""Size of two small pictures, their correlation where they are of one scene, and the steps of
contrast from which on that can be said."""


def is_cut(
    before: NDArray[np.uint8], plane: NDArray[np.uint8], change: float, recent: list[float]
) -> bool:
    """Say whether another scene begins, among much that moves as well.

    Parameters
    ----------
    before, plane : (H, W) uint8 array
        Luma of two pictures in a row.
    change : float
        Mean absolute change between them, luma steps a pixel.
    recent : list of float
        Changes right before.
    """
    if change <= CUT:
        return False
    if change > _FACTOR * max(recent, default=change):
        return True
    return is_another_scene(before, plane)


def is_another_scene(before: NDArray[np.uint8], plane: NDArray[np.uint8]) -> bool:
    """Say whether two pictures share nothing, as no two of one scene do, however far apart.

    Parameters
    ----------
    before, plane : (H, W) uint8 array
        Luma of one shape; of a flat one nothing can be said, so False.
    """
    one, other = (
        cv2.resize(each, _THUMB, interpolation=cv2.INTER_AREA).ravel() for each in (before, plane)
    )
    if min(one.std(), other.std()) <= _FLAT:
        return False
    return bool(np.corrcoef(one, other).ravel()[1] < _ALIKE)
