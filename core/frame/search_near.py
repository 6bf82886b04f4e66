"""Known faces looked for where they were, each in the coarsest copy that shows it well.

What a search costs goes by the pixels that are searched, and a face shows where it is
from some 48 px on as well as from 200: its box is no steadier in the finer copy. So a
large face is looked for in a copy that was halved until it is small. Boxes from two
copies differ by some percent, though, so that a large face is always read from the
same one, also where it was found by a search of the whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.frame.luma import halve
from core.frame.search import same_face, scaled
from core.frame.search_windows import Window, joined, near_window
from core.types import Box, Detection

LARGE_PX: Final = 96
"""Longer side of a face in a copy from which on a coarser one will do."""

Look = Callable[[NDArray[np.uint8], Window], Iterable[Detection]]


class Spot(NamedTuple):
    """A window in one of the copies, by how many times that was halved."""

    halvings: int
    window: Window


class Copies:
    """The plain copy of a frame and, made where they are needed, its halvings.

    Parameters
    ----------
    plain : (h, w, 3) uint8 array
        BGR.
    size : tuple of int
        (width, height) of the frame, px.
    """

    def __init__(self, plain: NDArray[np.uint8], size: tuple[int, int]) -> None:
        self._copies = [plain]
        self._size = size

    def spots(self, faces: Iterable[Detection]) -> list[Spot]:
        """Where to look for faces that were seen a moment ago, px of the frame."""
        by_copy: dict[int, list[Window]] = {}
        for face in faces:
            spot = self._spot(face.box)
            by_copy.setdefault(spot.halvings, []).append(spot.window)
        return [Spot(level, window) for level, each in by_copy.items() for window in joined(each)]

    def look_at(self, spots: Iterable[Spot], look: Look) -> Iterator[Detection]:
        """Search the spots; what is found is in pixels of the frame."""
        for halvings, window in spots:
            scale = self._scale(halvings)
            for face in look(self._copy(halvings), window):
                yield scaled(face, *scale)

    def reread(self, face: Detection, look: Look) -> Detection:
        """A face that the plain copy showed as ``spots`` and ``look_at`` would show it."""
        spot = self._spot(face.box)
        if spot.halvings == 0:
            return face
        again = (each for each in self.look_at([spot], look) if same_face(each.box, face.box))
        return max(again, key=lambda each: each.score, default=face)

    def _spot(self, box: Box) -> Spot:
        halvings = 0
        while self._longer(box, halvings) >= LARGE_PX <= min(self._copy(halvings).shape[:2]):
            halvings += 1
        window = near_window(box, self._scale(halvings), self._copy(halvings).shape)
        return Spot(halvings, window)

    def _longer(self, box: Box, halvings: int) -> float:
        across, down = self._scale(halvings)
        return max(box.width / across, box.height / down)

    def _scale(self, halvings: int) -> tuple[float, float]:
        height, width = self._copy(halvings).shape[:2]
        return self._size[0] / width, self._size[1] / height

    def _copy(self, halvings: int) -> NDArray[np.uint8]:
        while len(self._copies) <= halvings:
            self._copies.append(halve(self._copies[-1]))
        return self._copies[halvings]
