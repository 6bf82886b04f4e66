"""The search of one source's frames: wholly now and then, around known faces in between.

A face is where it was a moment ago, or near, and a window around it costs a fraction
of the whole copy. So the whole copy is searched five times a second, and at once where
a face is missed; between, only the windows are. That is every face in every frame,
and a new one a fifth of a second late at most.

A detector sees faces from some 12 to 20 px on in the copy that it is given. Smaller
ones show in a copy of twice the width, which costs five times as much to search. So
that is done by tiles, one now and then, and in the frames that follow only around
the small faces that were found.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from core.frame.faces import FaceDetector
from core.frame.search import keep_faces, same_face, scaled, search_size
from core.frame.search_near import Copies
from core.frame.search_windows import SMALL, Window, around, tiles
from core.frame.turns import SLOW, Turn, Turns
from core.settings import Settings
from core.types import Box, Detection

_CLOSER: Final = 2
_STEP: Final = 0.75  # of its side: how far a face may go from frame to frame
_MOST_OF_WHOLE: Final = 0.75  # of its area: windows larger than this save nothing
_EDGE_PX: Final = 2.0


class Shrinkable(Protocol):
    """A picture that makes small copies of itself."""

    @property
    def size(self) -> tuple[int, int]:
        """(width, height), px."""

    def thumbnail(self, width: int) -> NDArray[np.uint8]:
        """(h, w, 3) BGR copy of at most ``width`` px across."""


class FaceSearch:
    """Finds the faces of one source's frames, small ones by a closer look.

    Every frame is searched at ``detection_width``: the whole of it each ``turns.WHOLE_S``,
    and around the faces that are known in between. At twice that, one tile of the
    picture after the other is searched, all within ``turns.ROUND_S``, or within
    ``turns.QUICK_ROUND_S`` while there are small faces or none at all; the first frame is
    searched wholly. A small face that was found is looked for around its place in
    the frames that follow.

    Frames may be searched by many threads at once (``core.frame.turns``).

    Parameters
    ----------
    detector : FaceDetector
        Shared with other sources.
    settings : Settings
        ``detection_width`` and ``max_faces`` are used.
    live : bool
        See ``core.frame.turns.Turns``.

    Attributes
    ----------
    turns : Turns
        Lines up the frames; each is found by its turn.
    """

    def __init__(self, detector: FaceDetector, settings: Settings, *, live: bool = False) -> None:
        self._detector = detector
        self.turns = Turns(live=live)
        self._width = settings.detection_width
        self._max_faces = settings.max_faces

    def find(self, picture: Shrinkable, turn: Turn) -> list[Detection]:
        """Find the faces of a frame.

        Parameters
        ----------
        picture : Shrinkable
            The frame; only the copies that are searched are made.
        turn : Turn
            Its place in the order, of ``turns``; once, in any thread, but begun in that
            order: a frame may wait for those before it.

        Returns
        -------
        list of Detection
            Largest first, in pixels of the full frame.

        Raises
        ------
        SourceError
            Where its copies are no colour pictures.
        """
        try:
            found = self._find(picture, turn)
            turn.found.set_result(found)
        finally:
            turn.give_up()
        return found

    def _find(self, picture: Shrinkable, turn: Turn) -> list[Detection]:
        size = picture.size
        columns, rows = search_size(*size, self._width)
        largest = SMALL * self._width * size[0] / columns
        found = self._find_plain(picture, columns, turn, largest)
        close = search_size(*size, _CLOSER * self._width)
        if close == (columns, rows):
            return found
        lost = _lost(turn, found, largest)
        windows = self._windows(turn, close, lost, size[0] / close[0], eager=not found)
        if not windows:
            return found
        copy = picture.thumbnail(close[0])
        scale = size[0] / copy.shape[1], size[1] / copy.shape[0]
        small = [scaled(face, *scale) for window in windows for face in self._look(copy, window)]
        small = [
            face
            for face in small
            if max(face.box.width, face.box.height) <= largest
            and not any(same_face(face.box, other.box) for other in found)
        ]
        return keep_faces([*found, *small], self._max_faces)

    def _find_plain(
        self, picture: Shrinkable, columns: int, turn: Turn, largest: float
    ) -> list[Detection]:
        """Search the plain copy: around the faces of the frame before where that will do."""
        known = [] if turn.is_whole else _known(turn)
        if not (turn.is_whole or known or any(each.result() for each in turn.earlier)):
            return []
        plain = picture.thumbnail(columns)
        scale = picture.size[0] / plain.shape[1], picture.size[1] / plain.shape[0]
        copies = Copies(plain, picture.size)
        spots = copies.spots(known)
        if 0 < sum(spot.window.area for spot in spots) <= _MOST_OF_WHOLE * plain.size / 3:
            found = keep_faces(copies.look_at(spots, self._look), self._max_faces)
            # A small face may show in the closer copy alone; any other was missed.
            if all(
                max(face.box.width, face.box.height) <= largest
                or any(_near(face.box, other.box) for other in found)
                for face in known
            ):
                return found
        found = [scaled(face, *scale) for face in self._detector.detect(plain, self._width)]
        return keep_faces((copies.reread(face, self._look) for face in found), self._max_faces)

    def _windows(
        self,
        turn: Turn,
        close: tuple[int, int],
        lost: list[Detection],
        scale: float,
        *,
        eager: bool,
    ) -> list[Window]:
        """Which parts of the closer copy, of the size ``close``, are to be searched."""
        parts = tiles(close, self._width)
        if turn.is_first:
            return parts
        step = 1 if lost or eager else SLOW
        due = sorted({tick // step % len(parts) for tick in turn.ticks if tick % step == 0})
        windows = [around(face.box, scale, close) for face in lost]
        if sum(window.area for window in windows) > close[0] * close[1]:
            return parts
        return [*windows, *(parts[number] for number in due)]

    def _look(self, copy: NDArray[np.uint8], window: Window) -> Iterator[Detection]:
        left, top, right, bottom, min_score = window
        part = np.ascontiguousarray(copy[top:bottom, left:right])
        for face in self._detector.detect(part, max(part.shape[:2])):
            x, y, width, height = face.box
            # What is cut off by a window, and not by the picture's edge, belongs to another.
            is_whole = (
                (x >= _EDGE_PX or left == 0)
                and (y >= _EDGE_PX or top == 0)
                and (x + width <= right - left - _EDGE_PX or right == copy.shape[1])
                and (y + height <= bottom - top - _EDGE_PX or bottom == copy.shape[0])
            )
            if is_whole and face.score >= min_score:
                marks = face.landmarks
                yield Detection(
                    Box(x + left, y + top, width, height),
                    face.score,
                    None if marks is None else marks + np.array((left, top), np.float32),
                )


def _known(turn: Turn) -> list[Detection]:
    """Faces of the frames before.

    Of two: what came with one may have been missed in another that was under way beside it.
    """
    newest, *others = turn.earlier[:2]
    known = list(newest.result())
    for other in others:
        known += [
            face for face in other.result() if not any(_near(face.box, each.box) for each in known)
        ]
    return known


def _lost(turn: Turn, found: Iterable[Detection], largest: float) -> list[Detection]:
    """Small faces of the frames before that were not found at their place now."""
    lost: list[Detection] = []
    known = [face.box for face in found]
    for earlier in turn.earlier:
        faces = earlier.result()
        unknown = [face for face in faces if not any(_near(face.box, box) for box in known)]
        lost += [face for face in unknown if max(face.box.width, face.box.height) <= largest]
        # Where it was leads to where it was before.
        known += [face.box for face in faces]
    return lost


def _near(a: Box, b: Box) -> bool:
    """Whether two boxes may show one face a moment apart; two faces keep a greater distance."""
    return math.dist(a.center, b.center) < _STEP * (a.width + b.width + a.height + b.height) / 4
