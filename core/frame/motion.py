"""How a whole picture moved: the one shift, turn and zoom that puts most of it where it is now.

Local features find too few points of an empty room, a dim street or a small picture. So the
pictures themselves are laid over each other. Then each part of the picture is asked where it
is found better: there, or where it was. A camera takes all of it along, what moves before a
camera leaves the rest behind.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from core.frame.cells import by_cell, likeness_by_cell
from core.frame.registration import CELL_PX, Evened, correlation, evened, laid_over, placed

SHIFT: Final = 0.04
"""Shift, as a share of the picture's width, from which the camera was moved."""

_SURE: Final = 0.55
_AGREEING, _TRACES_AGREEING, _FEWEST_CELLS = 0.55, 0.4, 8
"""Correlation of what lies over each other; share that agrees of the cells that show something,
eight at least, and of those that show a trace of something."""

_SAME, _SHOWS, _TRACE = 0.5, 0.25, 0.05
"""A cell agrees from this correlation on; it shows something, and a trace of something, from such
an evened contrast on."""

_STAYING: Final = ((_SAME, 0.3), (0.8, 0.13))
"""Cells that agree better where they were, roughly and closely, over those that agree better where
the shift puts them: from this on it was not the camera that moved."""

Plane = NDArray[np.uint8]


class Motion(NamedTuple):
    """How a whole picture moved: as a share of its width, and how surely (0..1)."""

    shift: float
    x: float
    y: float
    sureness: float


NO_MOTION: Final = Motion(0.0, 0.0, 0.0, 0.0)
"""Nothing in common."""


def motion_between(before: Plane, after: Plane) -> Motion:
    """How the whole picture moved from one plane to another.

    Turns up to 30 degrees, zooms from 0.7 to 1.4, and shifts that leave a third of the
    picture in view are found.

    Parameters
    ----------
    before, after : (H, W) uint8 array
        Of one shape.

    Returns
    -------
    Motion
        ``sureness`` is 0 where the two have nothing in common, and where what moved
        was something before the camera.
    """
    if before.shape != after.shape or min(before.shape) < 32:
        return NO_MOTION
    old, new = evened(before), evened(after)
    matrix = laid_over(old, new)
    height, width = old.shape
    over, inside = placed(new, matrix)
    if correlation(old[inside], over[inside]) < _SURE:
        return NO_MOTION
    corners = np.array([[0.2, 0.2], [0.8, 0.2], [0.2, 0.8], [0.8, 0.8], [0.5, 0.5]]) * (
        width,
        height,
    )
    # The matrix brings the later picture back to the earlier one.
    back = corners @ matrix[:, :2].T + matrix[:, 2]
    moved = (corners - back) / width
    shift = float(np.hypot(*moved.T).mean())
    there = _likeness(old, over, inside)
    showing = there[_contrast(old, over) > _SHOWS]
    showing = showing[~np.isnan(showing)]
    agreeing = float((showing > _SAME).mean()) if showing.size >= _FEWEST_CELLS else 0.0
    if agreeing < _AGREEING or (there[~np.isnan(there)] > _SAME).mean() < _TRACES_AGREEING:
        return NO_MOTION
    # The middle of a zoom stays in any case.
    gone = inside & _displaced(old.shape, matrix)
    there, here = (np.nan_to_num(_likeness(old, each, gone), nan=-1.0) for each in (over, new))
    if shift > SHIFT and any(
        ((here > same) & (here > there)).sum() > share * ((there > same) & (there > here)).sum()
        for same, share in _STAYING
    ):
        return NO_MOTION
    x, y = moved.mean(axis=0)
    return Motion(shift, float(x), float(y), agreeing)


def share_in_place(old: Evened, new: Evened) -> float:
    """How much of what a picture shows is where it was before; a tenth of a search's cost.

    Parameters
    ----------
    old, new : (h, w) float32 array
        See ``core.frame.registration.evened``.

    Returns
    -------
    float
        Share of the cells that show something in both, 0..1; 1 where hardly any do, or where
        the two have different shapes.
    """
    if old.shape != new.shape:
        return 1.0
    likeness = _likeness(old, new, np.ones(old.shape, np.bool_))[_contrast(old, new) > _SHOWS]
    return float((likeness > _SAME).mean()) if likeness.size >= _FEWEST_CELLS else 1.0


def shown_in_place(old: Evened, new: Evened, part: NDArray[np.bool_]) -> tuple[int, float]:
    """How much a part of the later picture shows, and how much of that was there before.

    Parameters
    ----------
    old, new : (h, w) float32 array
        See ``core.frame.registration.evened``.
    part : (rows, columns) bool array
        At any size.

    Returns
    -------
    int, float
        Cells that show something, and the share of them that showed the same before, 0..1.
    """
    if old.shape != new.shape:
        return 0, 1.0
    inside = cv2.resize(
        part.astype(np.uint8), new.shape[::-1], interpolation=cv2.INTER_NEAREST
    ).astype(np.bool_)
    shows = (_cells(new).std(axis=1) > _SHOWS) & _cells(inside).all(axis=1)
    same = np.nan_to_num(_likeness(old, new, inside), nan=-1.0)[shows] > _SAME
    return int(shows.sum()), float(same.mean()) if same.size else 1.0


def _displaced(shape: tuple[int, ...], matrix: Any) -> NDArray[np.bool_]:
    """Where the matrix takes a point further than half a cell."""
    y, x = np.indices(shape)
    points = np.stack([x, y], axis=-1)
    apart = points @ matrix[:, :2].T + matrix[:, 2] - points
    return np.asarray(np.hypot(apart[..., 0], apart[..., 1]) > CELL_PX / 2)


def _contrast(old: Evened, new: Evened) -> Evened:
    """The smaller one of both contrasts in each cell."""
    return np.asarray(np.minimum(_cells(old).std(axis=1), _cells(new).std(axis=1)), np.float32)


def _likeness(old: Evened, new: Evened, inside: NDArray[np.bool_]) -> Evened:
    """Correlation of both in each cell; NaN where one shows no trace of anything, or outside."""
    is_seen = (_contrast(old, new) > _TRACE) & _cells(inside).all(axis=1)
    return np.where(is_seen, likeness_by_cell(_cells(old), _cells(new)), np.nan)


def _cells(plane: Any) -> Any:
    return by_cell(plane, CELL_PX)
