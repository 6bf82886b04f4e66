"""How a whole picture moved: the one shift, turn and zoom that puts most of it where it is now.

Local features find too few points of an empty room, a dim street or a small picture. So the
pictures themselves are laid over each other, at a small size and with their contrast evened,
in some dozens of turns and zooms and all shifts. Then each part of the picture is asked
where it is found better: there, or where it was. A camera takes all of it along, what moves
before a camera leaves the rest behind.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import fft

SHIFT: Final = 0.04
"""Shift, as a share of the picture's width, from which the camera was moved."""

_SIZE_PX, _CELL_PX = 96, 8
_FINE, _COARSE = 0.8, 4.0
"""Structure between these two blurs is compared, px."""

_FLOOR, _FLOOR_SHARE = 1.0, 0.3
"""What is added to the local contrast before it is divided by: steps, and a share of its mean."""

_TURNS: Final = (0, -5, 5, -10, 10, -15, 15, -20, 20, -25, 25, -30, 30)
_ZOOMS: Final = (1.0, 0.87, 1.15)
_FAR_ZOOMS: Final = (0.7, 0.78, 1.28, 1.43)

_SURE_AT_ONCE: Final = 0.6
"""A correlation that leaves no need for another turn or zoom; they are tried by size."""

_LEAST_OVERLAP, _LEAST_CONTENT = 0.35, 0.15
"""Share of the picture that has to lie over the other, and of its structure there."""

_ASKEW: Final = 1.15
"""By this factor more one way than the other no camera stretches what it sees."""

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
Evened = NDArray[np.float32]


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

    Normalised correlation over what two pictures have in common (Padfield 2012), by a
    Fourier transform for all shifts, refined to a fraction of a pixel (Evangelidis and
    Psarakis 2008). Turns up to 30 degrees, zooms from 0.7 to 1.4, and shifts that
    leave a third of the picture in view are found.

    Parameters
    ----------
    before, after : (H, W) uint8 array
        Of one shape.

    Returns
    -------
    Motion
        ``sureness`` is 0 where the two have nothing in common, and where what moved
        was something before the camera.

    References
    ----------
    Padfield 2012, 10.1109/TIP.2011.2181402; Evangelidis and Psarakis 2008,
    10.1109/TPAMI.2008.113
    """
    if before.shape != after.shape or min(before.shape) < 32:
        return NO_MOTION
    old, new = _evened(before), _evened(after)
    matrix = _refined(old, new, _likeliest(old, new))
    height, width = old.shape
    placed, inside = _placed(new, matrix)
    if _correlation(old[inside], placed[inside]) < _SURE:
        return NO_MOTION
    corners = np.array([[0.2, 0.2], [0.8, 0.2], [0.2, 0.8], [0.8, 0.8], [0.5, 0.5]]) * (
        width,
        height,
    )
    # The matrix brings the later picture back to the earlier one.
    back = corners @ matrix[:, :2].T + matrix[:, 2]
    moved = (corners - back) / width
    shift = float(np.hypot(*moved.T).mean())
    there = _likeness(old, placed, inside)
    showing = there[_contrast(old, placed) > _SHOWS]
    showing = showing[~np.isnan(showing)]
    agreeing = float((showing > _SAME).mean()) if showing.size >= _FEWEST_CELLS else 0.0
    if agreeing < _AGREEING or (there[~np.isnan(there)] > _SAME).mean() < _TRACES_AGREEING:
        return NO_MOTION
    # The middle of a zoom stays in any case.
    gone = inside & _displaced(old.shape, matrix)
    there, here = (np.nan_to_num(_likeness(old, each, gone), nan=-1.0) for each in (placed, new))
    if shift > SHIFT and any(
        ((here > same) & (here > there)).sum() > share * ((there > same) & (there > here)).sum()
        for same, share in _STAYING
    ):
        return NO_MOTION
    x, y = moved.mean(axis=0)
    return Motion(shift, float(x), float(y), agreeing)


def _evened(plane: Plane) -> Evened:
    """The plane's structure at a small size, its local contrast evened out."""
    scale = _SIZE_PX / max(plane.shape)
    size = [max(3 * _CELL_PX, round(side * scale)) for side in plane.shape[::-1]]
    small = cv2.resize(plane, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    fine, coarse = (cv2.GaussianBlur(small, (0, 0), sigma) for sigma in (_FINE, _COARSE))
    band = fine - coarse
    contrast = np.sqrt(cv2.GaussianBlur(band * band, (0, 0), 1.5 * _COARSE))
    return np.asarray(band / (contrast + _FLOOR + _FLOOR_SHARE * contrast.mean()), np.float32)


def _likeliest(old: Evened, new: Evened) -> Any:
    """The turn, zoom and shift that bring ``new`` over ``old`` best, a (2, 3) matrix."""
    warps = _warps(*old.shape)
    padded = warps[0].overlap.shape
    plane, square = _transform(old, padded), _transform(old * old, padded)
    best, found = -1.0, np.eye(2, 3)
    for warp in warps:
        there = cv2.warpAffine(new, warp.matrix, new.shape[::-1])
        # Evened structure has no mean to speak of, so none is taken off.
        product = _inverse(plane * np.conj(_transform(there, padded)), padded)
        own = _inverse(square * warp.mask, padded)
        others = _inverse(warp.whole * np.conj(_transform(there * there, padded)), padded)
        own_least, others_least = _LEAST_CONTENT * own.max(), _LEAST_CONTENT * others.max()
        likeness = product / np.sqrt(np.maximum(own * others, 1e-6))
        likeness[(warp.overlap == 0) | (own < own_least) | (others < others_least)] = -1.0
        top = int(likeness.argmax())
        if likeness.flat[top] > best:
            best = float(likeness.flat[top])
            shift = np.array(divmod(top, padded[1])[::-1])
            shift = np.where(shift > np.array(padded[::-1]) // 2, shift - padded[::-1], shift)
            found = warp.matrix.copy()
            found[:, 2] += shift
        if best > _SURE_AT_ONCE:
            break
    return found


class _Warp(NamedTuple):
    """A turn and zoom; transforms of what it leaves in view, and shifts with enough overlap."""

    matrix: Any
    mask: Any
    whole: Any
    overlap: NDArray[np.bool_]


@lru_cache(maxsize=4)
def _warps(height: int, width: int) -> list[_Warp]:
    padded = fft.next_fast_len(2 * height, True), fft.next_fast_len(2 * width, True)
    one = np.ones((height, width), np.float32)
    whole = _transform(one, padded)
    middle = ((width - 1) / 2, (height - 1) / 2)
    kinds = [(turn, zoom) for zoom in _ZOOMS for turn in _TURNS]
    kinds += [(0, zoom) for zoom in _FAR_ZOOMS]
    warps = []
    for turn, zoom in kinds:
        matrix = cv2.getRotationMatrix2D(middle, turn, zoom)
        mask = np.conj(_transform(cv2.warpAffine(one, matrix, (width, height)), padded))
        overlap = _inverse(whole * mask, padded) >= _LEAST_OVERLAP * one.size
        warps.append(_Warp(matrix, mask, whole, overlap))
    return warps


def _transform(plane: Any, padded: tuple[int, ...]) -> Any:
    return fft.rfft2(plane, padded)


def _inverse(spectrum: Any, padded: tuple[int, ...]) -> Any:
    return fft.irfft2(spectrum, padded)


def _refined(old: Evened, new: Evened, matrix: Any) -> Any:
    """The matrix to a fraction of a pixel; as it was where that cannot be had."""
    ahead = cv2.invertAffineTransform(matrix).astype(np.float32)
    align: Any = cv2.findTransformECC
    stop = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 30, 1e-3)
    try:
        _, ahead = align(old, new, ahead, cv2.MOTION_AFFINE, stop, None, 3)
    except cv2.error:
        return matrix
    finer = cv2.invertAffineTransform(ahead)
    stretches = np.linalg.svd(finer[:, :2], compute_uv=False)
    if stretches[0] > _ASKEW * stretches[1]:
        return matrix

    def likeness(each: Any) -> float:
        placed, inside = _placed(new, each)
        return _correlation(old[inside], placed[inside])

    return finer if likeness(finer) > likeness(matrix) else matrix


def _placed(new: Evened, matrix: Any) -> tuple[Evened, NDArray[np.bool_]]:
    """The later picture brought over the earlier one, and where it shows something."""
    size = new.shape[::-1]
    placed = np.asarray(cv2.warpAffine(new, matrix, size), np.float32)
    return placed, cv2.warpAffine(np.ones_like(new), matrix, size) > 0.99


def _displaced(shape: tuple[int, ...], matrix: Any) -> NDArray[np.bool_]:
    """Where the matrix takes a point further than half a cell."""
    y, x = np.indices(shape)
    points = np.stack([x, y], axis=-1)
    apart = points @ matrix[:, :2].T + matrix[:, 2] - points
    return np.asarray(np.hypot(apart[..., 0], apart[..., 1]) > _CELL_PX / 2)


def _correlation(one: Evened, other: Evened) -> float:
    if one.size < _LEAST_OVERLAP * _CELL_PX**2:
        return 0.0
    own = float(np.sqrt(np.square(one).sum() * np.square(other).sum()))
    return float((one * other).sum()) / own if own > 0 else 0.0


def _contrast(old: Evened, new: Evened) -> Evened:
    """The smaller one of both contrasts in each cell."""
    return np.asarray(np.minimum(_cells(old).std(axis=1), _cells(new).std(axis=1)), np.float32)


def _likeness(old: Evened, new: Evened, inside: NDArray[np.bool_]) -> Evened:
    """Correlation of both in each cell; NaN where one shows no trace of anything, or outside."""
    was, now = (cells - cells.mean(axis=1, keepdims=True) for cells in (_cells(old), _cells(new)))
    own = np.sqrt(np.square(was).mean(axis=1) * np.square(now).mean(axis=1))
    is_seen = (_contrast(old, new) > _TRACE) & _cells(inside).all(axis=1)
    return np.where(is_seen, (was * now).mean(axis=1) / np.maximum(own, 1e-9), np.nan)


def _cells(plane: Any) -> Any:
    """Pixels by cell, (cells, pixels); a rest at the edges is left out."""
    rows, columns = (side // _CELL_PX for side in plane.shape)
    parts = plane[: rows * _CELL_PX, : columns * _CELL_PX]
    parts = parts.reshape(rows, _CELL_PX, columns, _CELL_PX).swapaxes(1, 2)
    return parts.reshape(rows * columns, -1)
