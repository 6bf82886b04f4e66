"""Structure: whether what one picture shows is found again in another, though blurred or dimmed.

Between what a lens out of focus still lets through and what is only the light of a scene lie
details of some 8 to 32 px in a picture of 640. They tell one scene from another where
thumbnails, which are mostly light and sky, do not.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from core.frame.cells import Band, band_of, by_cell, likeness_by_cell

_WIDTH, _FINEST, _COARSEST = 80, 1.0, 4.0
_REACH_PX: Final = 4
"""A scene may have moved on by so much, a twentieth of the width, between the two pictures."""

_CELL_PX: Final = 10
_NOTHING: Final = 0.1
_SHOWN, _LEAST = 0.25, 1.0
"""A cell shows something from such a share of what the strongest one showed before, and from so
many steps on."""

_SAME, _CLEAR, _MOSTLY = 0.5, 2.0, 0.7
"""Correlation from which a cell shows what it showed; steps from which on there is no doubt that
it shows something; share of it that has to lie in a part."""


class Likeness(NamedTuple):
    """How much of a picture's structure is found in another one.

    Parameters
    ----------
    whole : float
        Correlation of both, -1..1, at the displacement where they are most alike.
    shown : float
        Share of the cells in which the later picture shows something.
    again : float
        Share of those that show what they showed before; 1 where nothing is shown.
    """

    whole: float
    shown: float
    again: float


_NOTHING_FOUND: Final = Likeness(0.0, 0.0, 1.0)


def structure_likeness(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> Likeness:
    """Look in one picture for the structure of an earlier one.

    Parameters
    ----------
    before, after : (H, W) uint8 array
        Luma; of two shapes, as where a stream changes its size, nothing is found again.

    Returns
    -------
    Likeness
    """
    found = _displaced(before, after)
    if found is None:
        return _NOTHING_FOUND
    whole, _, displaced, inner = found
    was, now = _cells(displaced), _cells(inner)
    shown = now.std(axis=1) > max(_LEAST, _SHOWN * float(was.std(axis=1).max()))
    again = float((likeness_by_cell(was, now)[shown] > _SAME).mean()) if shown.any() else 1.0
    return Likeness(whole, float(shown.mean()), again)


def strange_shares(
    before: NDArray[np.uint8], after: NDArray[np.uint8], *parts: NDArray[np.bool_]
) -> list[tuple[float, float]]:
    """How much of parts of the picture clearly shows something, and what else than before.

    Parameters
    ----------
    before, after : (H, W) uint8 array
        Luma.
    *parts : (h, w) bool array
        At any size.

    Returns
    -------
    list of (float, float)
        For each part what is shown and what is strange: cells of it, over all cells of the
        picture. Strange is what is found again neither at the displacement where the whole is
        most alike nor in its place: the edge of a lid can outweigh all else.
    """
    found = _displaced(before, after)
    if found is None:
        return [(0.0, 0.0)] * len(parts)
    _, old, displaced, inner = found
    now = _cells(inner)
    shows = now.std(axis=1) > _CLEAR
    there, here = (likeness_by_cell(_cells(was), now) for was in (displaced, _inner(old)))
    is_strange = np.maximum(there, here) <= _SAME
    shares = []
    for part in parts:
        whole = cv2.resize(
            part.astype(np.float32), old.shape[::-1], interpolation=cv2.INTER_NEAREST
        )
        shown = shows & (_cells(_inner(np.asarray(whole, np.float32))).mean(axis=1) > _MOSTLY)
        shares.append((float(shown.mean()), float((shown & is_strange).mean())))
    return shares


def _displaced(
    before: NDArray[np.uint8], after: NDArray[np.uint8]
) -> tuple[float, Band, Band, Band] | None:
    """Correlation where both are most alike; the earlier picture whole, displaced; the later."""
    if before.shape != after.shape:
        return None
    old, inner = _band(before), _inner(_band(after))
    if min(old.std(), inner.std()) < _NOTHING:
        # A flat picture correlates with nothing.
        return None
    _, whole, _, (x, y) = cv2.minMaxLoc(cv2.matchTemplate(old, inner, cv2.TM_CCOEFF_NORMED))
    return whole, old, old[y : y + inner.shape[0], x : x + inner.shape[1]], inner


def _inner(band: Band) -> Band:
    return band[_REACH_PX:-_REACH_PX, _REACH_PX:-_REACH_PX]


def _band(plane: NDArray[np.uint8]) -> Band:
    height = max(2 * _REACH_PX + _CELL_PX, round(plane.shape[0] * _WIDTH / plane.shape[1]))
    return band_of(plane, (_WIDTH, height), _FINEST, _COARSEST)


def _cells(band: Band) -> Band:
    return by_cell(band, _CELL_PX)
