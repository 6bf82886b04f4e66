"""What every face detector shares: the copy that is searched and the rules for what is kept."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from core.errors import SourceError
from core.types import Box, Detection

Look = Callable[[NDArray[np.uint8]], list[Detection]]

MIN_SCORE: Final = 0.55
"""Below it a detector's finding is not called a face. At 320 px wide no picture
without a face reached 0.35, while faces at a twelfth of its light, blurred or
turned by 40 degrees kept 0.65 and more."""

MIN_SIDE_PX: Final = 12
"""A picture with a shorter side cannot hold a face that any of the detectors sees."""

COARSE_WIDTH: Final = 320
"""Every picture is searched at this width too: in a larger copy a face that fills
the picture is taken apart (from about 400 px on, measured)."""

CLOSE_MIN_SCORE: Final = 0.7
"""The same for a copy larger than usual: texture looks more like a face the more
closely it is looked at."""

_ONE_LEVEL_WIDTH: Final = 480  # up to here one copy shows small and large faces alike
_CLOSE_MAX_FACE_PX: Final = 400.0

_SAME_FACE_IOU: Final = 0.3
# A box that lies this far inside another is a part of that face, whatever its union.
_SAME_FACE_INSIDE: Final = 0.7


def check_picture(image: NDArray[np.uint8]) -> None:
    """Refuse anything but a colour picture.

    Raises
    ------
    SourceError
        Where ``image`` is not a (H, W, 3) uint8 array with H, W >= 1.
    """
    shape, dtype = getattr(image, "shape", None), getattr(image, "dtype", None)
    if shape is None or len(shape) != 3 or shape[2] != 3 or 0 in shape or dtype != np.uint8:
        raise SourceError(
            f"picture of shape {shape} and type {dtype} cannot be searched for faces; "
            "give (height, width, 3) uint8 BGR"
        )


def search_size(width: int, height: int, search_width: int) -> tuple[int, int]:
    """Size of the copy in which a picture of ``width`` x ``height`` px is searched.

    The longer side becomes ``search_width``, so an upright phone video costs
    what a lying one does. A strip keeps at least half of it on its shorter
    side, within twice the square of ``search_width`` in pixels. Nothing is
    ever enlarged.

    Examples
    --------
    >>> search_size(1280, 720, 320), search_size(720, 1280, 320), search_size(64, 48, 320)
    ((320, 180), (180, 320), (64, 48))
    """
    long, short = max(width, height), min(width, height)
    scale = max(search_width / long, 0.5 * search_width / short)
    scale = min(1.0, scale, math.sqrt(2.0 * search_width**2 / (long * short)))
    return max(1, round(width * scale)), max(1, round(height * scale))


def find_faces(
    image: NDArray[np.uint8], search_width: int, max_faces: int, look: Look
) -> list[Detection]:
    """Search a picture in one copy, or where that is a large one in two.

    Pixels are averaged over areas: that takes the noise with it, which faces in
    the dark depend on, and keeps small faces from being sampled away.

    Parameters
    ----------
    image : (H, W, 3) uint8 array
        BGR.
    search_width : int
        Longer side of the finest copy, px.
    max_faces : int
        At most so many are returned.
    look : callable
        Finds faces in a contiguous BGR copy, in its pixels.

    Returns
    -------
    list of Detection
        Largest first, in pixels of ``image``.

    Raises
    ------
    SourceError
        Where ``image`` is not a colour picture.
    """
    check_picture(image)
    height, width = image.shape[:2]
    if min(width, height) < MIN_SIDE_PX:
        return []
    coarse = search_size(width, height, min(search_width, COARSE_WIDTH))
    size = search_size(width, height, search_width)
    is_close = max(size) > _ONE_LEVEL_WIDTH and size != coarse
    found = _look_at(image, size, look)
    if is_close:
        found = [face for face in found if _is_sure(face, width / size[0])]
        found += _look_at(image, coarse, look)
    return keep_faces(found, max_faces)


def _look_at(image: NDArray[np.uint8], size: tuple[int, int], look: Look) -> list[Detection]:
    height, width = image.shape[:2]
    if size == (width, height):
        return look(np.ascontiguousarray(image))
    copy = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    return [scaled(face, width / size[0], height / size[1]) for face in look(copy)]


def _is_sure(face: Detection, scale: float) -> bool:
    longest = max(face.box.width, face.box.height)
    return face.score >= CLOSE_MIN_SCORE and longest <= _CLOSE_MAX_FACE_PX * scale


def scaled(detection: Detection, scale_x: float, scale_y: float) -> Detection:
    """Take a detection from a copy to the full picture."""
    x, y, width, height = detection.box
    marks = detection.landmarks
    return Detection(
        Box(x * scale_x, y * scale_y, width * scale_x, height * scale_y),
        detection.score,
        None if marks is None else marks * np.array((scale_x, scale_y), np.float32),
    )


def keep_faces(found: Iterable[Detection], max_faces: int) -> list[Detection]:
    """One detection a face, largest first.

    Parameters
    ----------
    found : iterable of Detection
        In any order; of two that show the same face the higher score stays.
    max_faces : int
        At most so many are returned.

    Returns
    -------
    list of Detection
        Sorted by falling area.
    """
    kept: list[Detection] = []
    for detection in sorted(found, key=_by_score):
        if not any(same_face(detection.box, other.box) for other in kept):
            kept.append(detection)
    kept.sort(key=_by_area)
    return kept[:max_faces]


def _by_score(detection: Detection) -> tuple[float, Box]:
    return -detection.score, detection.box


def _by_area(detection: Detection) -> tuple[float, Box]:
    return -detection.box.area, detection.box


def same_face(a: Box, b: Box) -> bool:
    """Whether two boxes lie on one face: they overlap well, or one is a part of the other."""
    wide = min(a.x + a.width, b.x + b.width) - max(a.x, b.x)
    high = min(a.y + a.height, b.y + b.height) - max(a.y, b.y)
    if wide <= 0 or high <= 0:
        return False
    smaller = min(a.area, b.area)
    return a.iou(b) > _SAME_FACE_IOU or (smaller > 0 and wide * high / smaller > _SAME_FACE_INSIDE)
