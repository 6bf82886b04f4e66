"""The order of one source's frames: which parts of each are searched for faces, and after which.

Frames may be searched by many threads at once. What is found hangs on this order alone:
where a frame needs to know what one before it shows, it waits for that one.
"""

from __future__ import annotations

import math
import threading
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Final

from core.types import Detection

BLOCK_S: Final = 10.0
"""Media time after which all is looked for anew, so that the parts of a long video can be
searched on several machines and show what one would have found."""
WHOLE_S: Final = 0.2
"""Media time after which the whole copy is searched again."""
ROUND_S: Final = 2.4
"""Media time in which every part of the picture is looked at more closely."""
QUICK_ROUND_S: Final = 0.6
"""The same while there are small faces, or no face at all is seen."""

_TILES_A_ROUND: Final = 6  # in a lying picture
_TICK_S: Final = QUICK_ROUND_S / _TILES_A_ROUND
SLOW: Final = round(ROUND_S / QUICK_ROUND_S)
"""Of so many ticks one searches a part where there is no hurry."""
_SPARSE_S: Final = 0.4  # frames further apart have nothing in common, so each is looked at wholly
_REACH_S: Final = 0.35  # how long a face is looked for where it was
_REACH_FRAMES: Final = 6
_LIVE_PARTS: Final = 1  # of the closer look, a live frame at most
_LIVE_REACH_S: Final = 1.0  # of live frames both, since a busy machine takes fewer of them


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


class Turns:
    """Lines up the frames of one source.

    Parameters
    ----------
    live : bool
        Whether frames come as they happen. Where many share a machine they come far
        apart, and must not cost the most just when there is the least time, which
        would drive them further apart. So none costs more than ``_LIVE_PARTS`` parts of
        the closer look, and of two the second is searched around known faces alone.
    """

    def __init__(self, *, live: bool = False) -> None:
        self._live = live
        self._reach_s = _LIVE_REACH_S if live else _REACH_S
        self._sparse_s = _LIVE_REACH_S if live else _SPARSE_S
        self._ticks, self._was_whole = 0, False
        self._lock = threading.Lock()
        self._past: deque[tuple[float, Future[list[Detection]]]] = deque(maxlen=_REACH_FRAMES)

    def reset(self) -> None:
        """Forget the frames so far, as at a jump in the source."""
        with self._lock:
            self._past.clear()

    def take(self, time_s: float) -> Turn:
        """Line up the next frame.

        Parameters
        ----------
        time_s : float
            Media time, s. Where it jumps, the frame is a first one.

        Returns
        -------
        Turn
            To be handed to ``FaceSearch.find``.
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


def block_of(time_s: float) -> int:
    """Which of the stretches of ``BLOCK_S`` a time lies in, from 0."""
    return _tick(time_s, BLOCK_S)


def _tick(time_s: float, every_s: float = _TICK_S) -> int:
    return math.floor(time_s / every_s + 1e-6)
