"""Registration: the turn, zoom and shift that lay one picture over another.

Normalised correlation over what both have in common, by a Fourier transform for all shifts,
in some dozens of turns and zooms, then refined to a fraction of a pixel. Pictures are compared
at a small size and with their contrast evened, so that a dim wall counts as much as a lamp.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import fft

from core.frame.cells import band_of

CELL_PX: Final = 8
"""Pixels to a side of a part of the small picture that is asked by itself."""

_SIZE_PX: Final = 96
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

Evened = NDArray[np.float32]


def evened(plane: NDArray[np.uint8]) -> Evened:
    """The structure of a plane at a small size, its local contrast evened out.

    Parameters
    ----------
    plane : (H, W) uint8 array

    Returns
    -------
    (h, w) float32 array
        96 px on the longer side; about 0 where nothing is shown, about 1 and -1 where much is.
    """
    scale = _SIZE_PX / max(plane.shape)
    height, width = (max(3 * CELL_PX, round(side * scale)) for side in plane.shape)
    band = band_of(plane, (width, height), _FINE, _COARSE)
    contrast = np.sqrt(cv2.GaussianBlur(band * band, (0, 0), 1.5 * _COARSE))
    return np.asarray(band / (contrast + _FLOOR + _FLOOR_SHARE * contrast.mean()), np.float32)


def laid_over(old: Evened, new: Evened) -> Any:
    """The matrix that brings one picture over an earlier one best.

    Parameters
    ----------
    old, new : (h, w) float32 array
        Of one shape; see ``evened``.

    Returns
    -------
    (2, 3) array
        From places in the later picture to places in the earlier one, px.

    References
    ----------
    Padfield 2012, 10.1109/TIP.2011.2181402; Evangelidis and Psarakis 2008,
    10.1109/TPAMI.2008.113
    """
    return _refined(old, new, _likeliest(old, new))


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
        over, inside = placed(new, each)
        return correlation(old[inside], over[inside])

    return finer if likeness(finer) > likeness(matrix) else matrix


def placed(new: Evened, matrix: Any) -> tuple[Evened, NDArray[np.bool_]]:
    """The later picture brought over the earlier one, and where it lies over it.

    Parameters
    ----------
    new : (h, w) float32 array
    matrix : (2, 3) array
        See ``laid_over``.

    Returns
    -------
    (h, w) float32 array, (h, w) bool array
    """
    size = new.shape[::-1]
    over = np.asarray(cv2.warpAffine(new, matrix, size), np.float32)
    return over, cv2.warpAffine(np.ones_like(new), matrix, size) > 0.99


def correlation(one: Evened, other: Evened) -> float:
    """Normalised correlation of evened structure, -1..1; 0 where there is too little of it.

    Parameters
    ----------
    one, other : (n,) float32 array
    """
    if one.size < CELL_PX**2:
        return 0.0
    own = float(np.sqrt(np.square(one).sum() * np.square(other).sum()))
    return float((one * other).sum()) / own if own > 0 else 0.0
