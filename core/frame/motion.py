"""How a whole picture moved, by local features of before and after that agree."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from core.frame.structure import structure_likeness

SHIFT: Final = 0.04
"""Shift, as a share of the picture's width, from which the camera was moved."""

_STAYS, _STAYING_SHARE = 0.008, 0.25
"""Shift, of the width, up to which a point stayed; how many of them, of those that moved as one."""

_LEAST_BESIDE, _SAME_BESIDE = 0.15, 0.5
"""From such a share of the picture on what is beside that which moved is looked at; its structure
is the same from this correlation on."""

_RATIO: Final = 0.75
_FEWEST_POINTS, _SURE = 10, 0.45
"""Points that agree, at least, and their share of all that were matched."""

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

    Local features (Lowe 2004) that agree on one turn, zoom and shift, found by
    RANSAC, and spread over the picture, since what moves in one place is no camera.

    Parameters
    ----------
    before, after : (H, W) uint8 array
        Of one shape.

    Returns
    -------
    Motion
        ``sureness`` is 0 where the two have nothing in common.

    References
    ----------
    Lowe 2004, 10.1023/B:VISI.0000029664.99615.94; Fischler and Bolles 1981,
    10.1145/358669.358692
    """
    if before.shape != after.shape or min(before.shape) < 32:
        return NO_MOTION
    finder: Any = _finder()
    points, marks = finder.detectAndCompute(_evened(before), None)
    others, other_marks = finder.detectAndCompute(_evened(after), None)
    if marks is None or other_marks is None or min(len(marks), len(other_marks)) < _FEWEST_POINTS:
        return NO_MOTION
    pairs = cv2.BFMatcher(cv2.NORM_L2).knnMatch(marks, other_marks, k=2)
    good = [
        pair[0] for pair in pairs if len(pair) == 2 and pair[0].distance < _RATIO * pair[1].distance
    ]
    if len(good) < _FEWEST_POINTS:
        return NO_MOTION
    source = np.array([points[each.queryIdx].pt for each in good], np.float32)
    target = np.array([others[each.trainIdx].pt for each in good], np.float32)
    matrix: Any
    matrix, chosen = cv2.estimateAffinePartial2D(source, target, ransacReprojThreshold=3.0)
    if matrix is None:
        return NO_MOTION
    agreed = chosen.ravel() > 0
    height, width = before.shape
    sureness = float(agreed.mean())
    spread = np.ptp(source[agreed], axis=0) / (width, height) if agreed.any() else np.zeros(2)
    zoom = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    if agreed.sum() < _FEWEST_POINTS or sureness < _SURE or not 0.5 < zoom < 2.0:
        return NO_MOTION
    if spread.min() < 0.2 or spread[0] * spread[1] < 0.12:
        return NO_MOTION
    corners = np.array([[0.2, 0.2], [0.8, 0.2], [0.2, 0.8], [0.8, 0.8], [0.5, 0.5]]) * (
        width,
        height,
    )
    moved = (corners @ matrix[:, :2].T + matrix[:, 2] - corners) / width
    x, y = moved.mean(axis=0)
    # Where much of the picture stayed, it was something large in it that moved.
    stays = np.hypot(*(target - source).T) < _STAYS * width
    if np.hypot(x, y) > SHIFT and (
        stays.sum() > _STAYING_SHARE * agreed.sum() or not _explains(matrix, before, after)
    ):
        return NO_MOTION
    return Motion(float(np.hypot(*moved.T).mean()), float(x), float(y), sureness)


def _explains(matrix: Any, before: Plane, after: Plane) -> bool:
    """Whether what is in view of both is more alike where the motion puts it than where it was.

    Beside it a camera that moved shows something else, one before which something moved the same.
    """
    height, width = before.shape
    moved = np.asarray(cv2.warpAffine(before, matrix, (width, height)), np.uint8)
    seen = cv2.warpAffine(np.full_like(before, 255), matrix, (width, height))
    x, y, across, down = cv2.boundingRect(seen)
    both = np.s_[y : y + down, x : x + across]
    if _whole(moved, after, both) <= _whole(before, after, both):
        return False
    beside = max(
        (np.s_[:, :x], x / width),
        (np.s_[:, x + across :], 1 - (x + across) / width),
        (np.s_[:y], y / height),
        (np.s_[y + down :], 1 - (y + down) / height),
        key=lambda each: each[1],
    )
    return beside[1] < _LEAST_BESIDE or _whole(before, after, beside[0]) < _SAME_BESIDE


def _whole(before: Plane, after: Plane, part: Any) -> float:
    return structure_likeness(before[part], after[part]).whole


def _evened(plane: Plane) -> Plane:
    """Less noise, and the whole range of tones, so that night has features too."""
    smooth = cv2.GaussianBlur(plane, (0, 0), 1.0)
    low, high = np.percentile(smooth[::4, ::4], (1, 99))
    scale = 255.0 / max(16.0, float(high - low))
    return np.asarray(cv2.convertScaleAbs(np.maximum(smooth, low) - low, alpha=scale), np.uint8)


def _finder() -> Any:
    return cv2.SIFT.create(nfeatures=1000, contrastThreshold=0.01)
