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
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from core.frame.faces import FaceDetector
from core.frame.search import keep_faces, same_face, scaled, search_size
from core.frame.search_near import Copies
from core.frame.search_windows import SMALL, Window, around, tiles
from core.settings import Settings
from core.types import Box, Detection

BLOCK_S: Final = 10.0
"""Media time after which all is looked for anew, so that the parts of a long video can be
searched on several machines and show what one would have found."""
WHOLE_S: Final = 0.2
"""Media time after which the whole copy is searched again."""
ROUND_S: Final = 2.4
"""Media time in which every part of the picture is looked at more closely."""
QUICK_ROUND_S: Final = 0.6
"""The same while there are small faces, or no face at all is seen."""

_CLOSER: Final = 2
_TILES_A_ROUND: Final = 6  # in a lying picture
_TICK_S: Final = QUICK_ROUND_S / _TILES_A_ROUND
_SLOW: Final = round(ROUND_S / QUICK_ROUND_S)
_SPARSE_S: Final = 0.4  # frames further apart have nothing in common, so each is looked at wholly
_REACH_S: Final = 0.35  # how long a face is looked for where it was
_REACH_FRAMES: Final = 6
_STEP: Final = 0.75  # of its side: how far a face may go from frame to frame
_MOST_OF_WHOLE: Final = 0.75  # of its area: windows larger than this save nothing
_LIVE_PARTS: Final = 1  # of the closer look, a live frame at most
_LIVE_REACH_S: Final = 1.0  # of live frames both, since a busy machine takes fewer of them
_EDGE_PX: Final = 2.0


class Shrinkable(Protocol):
    """A picture that makes small copies of itself."""

    @property
    def size(self) -> tuple[int, int]:
        """(width, height), px."""

    def thumbnail(self, width: int) -> NDArray[np.uint8]:
        """(h, w, 3) BGR copy of at most ``width`` px across."""


@dataclass(frozen=True, slots=True, eq=False)
class Turn:
    """The place of a frame in the order of its source's frames.

    Parameters
    ----------
    ticks : range
        Which parts of the closer look fall due.
    is_first : bool
        Whether nothing before it tells where faces are, so that all parts do.
    is_whole : bool
        Whether the whole plain copy is searched, whatever is known.
    earlier : tuple of Future
        What some frames before show, newest first.
    found : Future
        What this one shows.
    """

    ticks: range
    is_first: bool
    is_whole: bool
    earlier: tuple[Future[list[Detection]], ...]
    found: Future[list[Detection]]

    def give_up(self) -> None:
        """Let nobody wait for a frame that could not be searched."""
        if not self.found.done():
            self.found.set_result([])


class FaceSearch:
    """Finds the faces of one source's frames, small ones by a closer look.

    Every frame is searched at ``detection_width``: the whole of it each ``WHOLE_S``, and
    around the faces that are known in between. At twice that, one tile of the
    picture after the other is searched, all within ``ROUND_S``, or within
    ``QUICK_ROUND_S`` while there are small faces or none at all; the first frame is
    searched wholly. A small face that was found is looked for around its place in
    the frames that follow.

    Frames may be searched by many threads at once. What is found hangs on the order
    of the turns alone: where a frame needs to know what one before it shows, it waits.

    Parameters
    ----------
    detector : FaceDetector
        Shared with other sources.
    settings : Settings
        ``detection_width`` and ``max_faces`` are used.
    live : bool
        Whether frames come as they happen. Where many share a machine they come far
        apart, and must not cost the most just when there is the least time, which
        would drive them further apart. So none costs more than ``_LIVE_PARTS`` parts of
        the closer look, and of two the second is searched around known faces alone.
    """

    def __init__(self, detector: FaceDetector, settings: Settings, *, live: bool = False) -> None:
        self._detector = detector
        self._live = live
        self._reach_s = _LIVE_REACH_S if live else _REACH_S
        self._sparse_s = _LIVE_REACH_S if live else _SPARSE_S
        self._ticks, self._was_whole = 0, False
        self._width = settings.detection_width
        self._max_faces = settings.max_faces
        self._lock = threading.Lock()
        self._past: deque[tuple[float, Future[list[Detection]]]] = deque(maxlen=_REACH_FRAMES)

    def reset(self) -> None:
        """Forget the frames so far, as at a jump in the source."""
        with self._lock:
            self._past.clear()

    def take_turn(self, time_s: float) -> Turn:
        """Line up the next frame.

        Parameters
        ----------
        time_s : float
            Media time, s. Where it jumps, the frame is a first one.

        Returns
        -------
        Turn
            To be handed to ``find`` once, in any thread, but begun in the order
            of the turns: a frame may wait for those before it.
        """
        found: Future[list[Detection]] = Future()
        with self._lock:
            before_s = self._past[-1][0] if self._past else -math.inf
            is_apart = not before_s <= time_s < before_s + self._sparse_s
            starts_block = bool(self._past) and block_of(before_s) < block_of(time_s)
            is_first = not self._past if self._live else is_apart or starts_block
            if is_first or is_apart:
                self._past.clear()
            past = [entry for entry in self._past if entry[0] >= time_s - self._reach_s]
            # Of a file the frame just before is often under way still; the one before it
            # serves as well. Live frames come one by one.
            done = past if self._live else past[:-1] or past
            earlier = tuple(future for _, future in reversed(done))
            self._past.append((time_s, found))
            ticks = range(0) if is_first else range(_tick(before_s) + 1, _tick(time_s) + 1)
            if self._live:
                begun, self._ticks = self._ticks, self._ticks + min(len(ticks), _LIVE_PARTS)
                ticks = range(begun, self._ticks)
            is_whole = is_first or is_apart
            if not is_whole and not (self._live and self._was_whole):
                is_whole = _tick(before_s, WHOLE_S) < _tick(time_s, WHOLE_S)
            self._was_whole = is_whole
        return Turn(ticks, is_first, is_whole, earlier, found)

    def find(self, picture: Shrinkable, turn: Turn) -> list[Detection]:
        """Find the faces of a frame.

        Parameters
        ----------
        picture : Shrinkable
            The frame; only the copies that are searched are made.
        turn : Turn
            Its place in the order.

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
        step = 1 if lost or eager else _SLOW
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


def block_of(time_s: float) -> int:
    """Which of the stretches of ``BLOCK_S`` a time lies in, from 0."""
    return _tick(time_s, BLOCK_S)


def _tick(time_s: float, every_s: float = _TICK_S) -> int:
    return math.floor(time_s / every_s + 1e-6)


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
