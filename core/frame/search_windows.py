"""Parts of a copy that are searched for faces in place of the whole."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import product
from typing import Final, NamedTuple

from core.frame.search import CLOSE_MIN_SCORE
from core.types import Box

SMALL: Final = 0.1
"""Of the plain copy's width: larger faces need no closer look."""

_TILE: Final = 0.65  # of the plain copy's width
_LEAST_AROUND_PX: Final = 96
_LEAST_NEAR_PX: Final = 64
_MARGIN: Final = 0.6  # of a face, on each side of it; and at most
_MOST_MARGIN_PX: Final = 28.0
_PADDED_PX: Final = 32  # a detector works on whole multiples of it: less would cost as much
_GRID_PX: Final = 16  # of its steps: on it a window shows nearly what the whole does


class Window(NamedTuple):
    """A part of a copy, px, and the score from which a finding in it counts."""

    left: int
    top: int
    right: int
    bottom: int
    min_score: float

    @property
    def area(self) -> int:
        """Pixels."""
        return (self.right - self.left) * (self.bottom - self.top)


def tiles(close: tuple[int, int], width: int) -> list[Window]:
    """Part a copy into tiles that overlap by a small face."""
    overlap = round(SMALL * width)
    spans = []
    for side in close:
        count = max(1, round(side / (_TILE * width)))
        length = math.ceil((side + (count - 1) * overlap) / count)
        starts = [round(k * (side - length) / max(1, count - 1)) for k in range(count)]
        spans.append([(start, min(side, start + length)) for start in starts])
    return [
        Window(left, top, right, bottom, CLOSE_MIN_SCORE)
        for (top, bottom), (left, right) in product(spans[1], spans[0])
    ]


def near_window(box: Box, scale: tuple[float, float], shape: tuple[int, ...]) -> Window:
    """A window around a face in a copy; its sides are what the detector rounds them up to."""
    face = max(box.width / scale[0], box.height / scale[1])
    side = max(_LEAST_NEAR_PX, face + 2 * min(_MARGIN * face, _MOST_MARGIN_PX))
    length = math.ceil(side / _PADDED_PX) * _PADDED_PX
    edges = []
    for at, factor, whole in zip(box.center, scale, (shape[1], shape[0]), strict=True):
        first = round((at / factor - length / 2) / _GRID_PX) * _GRID_PX
        first = max(0, min(first, math.ceil((whole - length) / _GRID_PX) * _GRID_PX))
        edges.append((first, min(whole, first + length)))
    (left, right), (top, bottom) = edges
    return Window(left, top, right, bottom, 0.0)


def joined(windows: Iterable[Window]) -> list[Window]:
    """Windows that share pixels as one each, so that none is searched twice."""
    groups: list[Window] = []
    for window in windows:
        grown = window
        while touched := [
            other
            for other in groups
            if min(other.right, grown.right) > max(other.left, grown.left)
            and min(other.bottom, grown.bottom) > max(other.top, grown.top)
        ]:
            groups = [other for other in groups if other not in touched]
            parts = [grown, *touched]
            grown = Window(
                min(part.left for part in parts),
                min(part.top for part in parts),
                max(part.right for part in parts),
                max(part.bottom for part in parts),
                0.0,
            )
        groups.append(grown)
    return groups


def around(box: Box, scale: float, close: tuple[int, int]) -> Window:
    """Three times a face's size around it, in a copy 1 / ``scale`` as large as the frame."""
    side = max(_LEAST_AROUND_PX, 3.0 * max(box.width, box.height) / scale)
    x, y = box.center[0] / scale, box.center[1] / scale
    left, top = (
        round(min(max(0.0, at - side / 2), max(0.0, whole - side)))
        for at, whole in zip((x, y), close, strict=True)
    )
    right, bottom = min(close[0], round(left + side)), min(close[1], round(top + side))
    return Window(left, top, right, bottom, 0.0)
