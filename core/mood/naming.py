"""Which emotions a change is named by: how far each went, and where the face went to."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.mood.statistics import Array, Mask

LEAST_SPREAD: Final = 0.02
"""Least deviation a change is measured in, as a share. Without it an emotion that hardly
ever moves would be named for a single point."""

RECEIVED: Final = 0.5
"""A rise that takes this part of what another emotion lost is named before the loss."""


def order_changes(difference: Array, variance: Array, significant: Mask) -> NDArray[np.intp]:
    """Order emotions by how well they name a change, the primary one first.

    Significant ones come first; among them the size of a change is counted in deviations
    of its readings, of two percentage points at least. Where the largest is a fall and
    one emotion rose by half as many points or more, that one is named before it: a face
    that goes from neutral to happy is called happy, not less neutral.

    Parameters
    ----------
    difference : (K,) float64 array
        Second mean share minus first, -1..1.
    variance : (K,) float64 array
        Variance of single readings, both phases pooled.
    significant : (K,) bool array
        Which emotions changed; at least one.

    Returns
    -------
    (K,) int array
        Indices of the emotions.

    Examples
    --------
    >>> went = np.array([-0.60, 0.45, 0.15])
    >>> order_changes(went, np.array([0.01, 0.01, 0.01]), np.array([True, True, True])).tolist()
    [1, 0, 2]
    """
    size = np.abs(difference) / np.maximum(np.sqrt(variance), LEAST_SPREAD)
    order = np.lexsort((-size, ~significant))
    lost = -difference[order[0]]
    if lost > 0:
        received = np.where(significant, difference, 0.0)
        highest = int(received.argmax())
        if received[highest] >= RECEIVED * lost:
            order = np.concatenate([[highest], order[order != highest]])
    return order
