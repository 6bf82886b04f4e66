"""What incidents are read from: a few dozen figures of each picture, and the last seconds of them.

A picture is reduced to a thumbnail of some 32 px, which says what is in view and
is hardly touched by noise, and to the fine detail in each part of a coarse grid.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from core.frame.luma import LIMITED_BLACK, LIMITED_GAIN, halve
from core.frame.noise import noise_steps
from core.types import QualityReading

THUMB_PX: Final = 32
CELL_PX: Final = 4
"""Thumbnail pixels to a side of a cell of the grid of detail."""

HISTORY_S: Final = 4.0
KNOWN_S: Final = 1.5
"""For so long a view has to be known before it is said what is usual for it."""

FEWEST_CELLS: Final = 5
"""Cells of the grid that tell of detail at all."""

_JUST_BEFORE_S: Final = 0.25
_MID_PX: Final = 160
_MADE_EVERY_S: Final = 0.2
_SAMPLE_S: Final = 0.06
"""Pictures closer together than this are not remembered one by one."""


@dataclass(frozen=True, slots=True)
class View:
    """One moment of a source.

    Parameters
    ----------
    time_s : float
        Media time, s.
    reading : QualityReading
    plane : (H, W) uint8 array
        The luma plane it was taken from, not a copy.
    thumb : (h, w) float32 array
        Full-range luma, some 32 px on the longer side.
    pattern : (h * w,) float32 array
        The thumbnail less its mean, of length 1; all 0 where it is flat.
    mean, spread : float
        Of the thumbnail, luma steps.
    detail : (rows, columns) float32 array
        Root mean square step from pixel to pixel at 160 px, without the noise, by cell.
    noise : float
        Standard deviation of the noise in luma steps at the nominal size.
    """

    time_s: float
    reading: QualityReading
    plane: NDArray[np.uint8]
    thumb: NDArray[np.float32]
    pattern: NDArray[np.float32]
    mean: float
    spread: float
    detail: NDArray[np.float32]
    noise: float

    def likeness(self, other: View) -> float:
        """Correlation of both thumbnails, -1..1; 0 where either is flat or of another shape."""
        if self.pattern.shape != other.pattern.shape:
            return 0.0
        return float(self.pattern @ other.pattern)


def view_of(
    reading: QualityReading, luma: NDArray[np.uint8], time_s: float, *, limited_range: bool
) -> View:
    """Reduce a picture to what incidents are read from.

    Parameters
    ----------
    reading : QualityReading
        Of the picture.
    luma : (H, W) uint8 array
        At the small size that quality is measured at, 8x8 px at least.
    time_s : float
        Media time, s.
    limited_range : bool
        True where black is 16 and white 235.
    """
    gain, black = (LIMITED_GAIN, LIMITED_BLACK) if limited_range else (1.0, 0.0)
    mid = luma
    while max(mid.shape) >= 2 * _MID_PX:
        mid = halve(mid)
    shrink = THUMB_PX / (CELL_PX * max(mid.shape))
    rows, columns = (max(2, round(side * shrink)) for side in mid.shape)
    size = (columns * CELL_PX, rows * CELL_PX)
    thumb = np.asarray(cv2.resize(mid, size, interpolation=cv2.INTER_AREA), np.float32)
    thumb -= black
    thumb *= gain
    mean = float(thumb.mean())
    pattern = (thumb - mean).ravel()
    length = float(np.sqrt(pattern @ pattern))
    # Rounding alone gives a flat picture some pattern.
    pattern = pattern / length if length > 0.5 * np.sqrt(pattern.size) else np.zeros_like(pattern)
    noise = noise_steps(reading.noise_level)
    return View(
        time_s=time_s,
        reading=reading,
        plane=luma,
        thumb=thumb,
        pattern=pattern,
        mean=mean,
        spread=length / float(np.sqrt(pattern.size)),
        detail=_detail(mid, (columns, rows), gain, noise * max(mid.shape) / 320),
        noise=noise,
    )


@dataclass(frozen=True, slots=True)
class Before:
    """How a source was in the seconds before: medians, and some views of it.

    Parameters
    ----------
    views : list of View
        Oldest first, four at least.
    mean, spread, noise, blur, change : float
        Medians over them; see ``View`` and ``QualityReading``.
    typical : View
        The one with the median amount of detail.
    """

    views: list[View]
    mean: float
    spread: float
    noise: float
    blur: float
    change: float
    typical: View

    @property
    def last(self) -> View:
        """The newest of them."""
        return self.views[-1]

    def is_known(self, time_s: float) -> bool:
        """Whether it was seen for long enough to say what is usual for it."""
        return self.views[0].time_s <= time_s - KNOWN_S

    def unlikeness(self, lag_s: float) -> float:
        """How much the view changes by itself over a lag: 1 - likeness, a high quantile."""
        changes, older = [], -1
        for view in self.views:
            while self.views[older + 1].time_s <= view.time_s - lag_s:
                older += 1
            if older >= 0:
                changes.append(1.0 - self.views[older].likeness(view))
        return float(np.quantile(changes, 0.8)) if changes else 0.0


class History:
    """The last seconds of a source, thinned to some 15 views a second."""

    def __init__(self) -> None:
        self._views: deque[View] = deque()
        self._before: Before | None = None
        self._made_s = float("-inf")

    def add(self, view: View) -> None:
        """Take in the next view, unless the last one is hardly older."""
        if self._views and view.time_s - self._views[-1].time_s < _SAMPLE_S:
            return
        self._views.append(view)
        while self._views[0].time_s < view.time_s - HISTORY_S:
            self._views.popleft()

    def clear(self) -> None:
        """Forget all, as after a cut."""
        self._views.clear()
        self._before, self._made_s = None, float("-inf")

    def between(self, oldest_s: float, newest_s: float) -> list[View]:
        """Views from ``oldest_s`` to ``newest_s`` of media time, oldest first."""
        return [view for view in self._views if oldest_s <= view.time_s <= newest_s]

    def at(self, time_s: float) -> View | None:
        """The newest view not newer than ``time_s``."""
        return next((view for view in reversed(self._views) if view.time_s <= time_s), None)

    def just_before(self, onset_s: float) -> View | None:
        """The view a moment before something began."""
        return self.at(onset_s - _JUST_BEFORE_S)

    def before(self, time_s: float) -> Before | None:
        """How the source was from 3 to 0.6 s before; None while that is not known.

        Made anew a few times a second only.
        """
        if time_s - self._made_s >= _MADE_EVERY_S:
            self._made_s = time_s
            views = self.between(time_s - 3.0, time_s - 0.6)
            self._before = _summed_up(views) if len(views) >= 4 else None
        return self._before


def _summed_up(views: list[View]) -> Before:
    figures = [
        (each.mean, each.spread, each.noise, each.reading.blur_score, each.reading.change)
        for each in views
    ]
    mean, spread, noise, blur, change = np.median(np.array(figures), axis=0).tolist()
    by_detail = sorted(views, key=lambda each: float(each.detail.sum()))
    typical = by_detail[len(views) // 2]
    return Before(views, mean, spread, noise, blur, change, typical)


def _detail(
    mid: NDArray[np.uint8], cells: tuple[int, int], gain: float, noise: float
) -> NDArray[np.float32]:
    across = cv2.absdiff(mid[:-1, 1:], mid[:-1, :-1])
    down = cv2.absdiff(mid[1:, :-1], mid[:-1, :-1])
    energy = cv2.multiply(across, across, dtype=cv2.CV_32F)
    energy = cv2.add(cv2.multiply(down, down, dtype=cv2.CV_32F), energy)
    mean = np.asarray(cv2.resize(energy, cells, interpolation=cv2.INTER_AREA), np.float32)
    own = mean * gain**2 - 4 * noise**2 - 0.3
    return np.asarray(np.sqrt(np.maximum(own, 0.0)), np.float32)


def cell_means(thumb: NDArray[np.float32]) -> NDArray[np.float32]:
    """Means of a thumbnail's cells, (rows, columns)."""
    rows, columns = thumb.shape[0] // CELL_PX, thumb.shape[1] // CELL_PX
    parts = thumb.reshape(rows, CELL_PX, columns, CELL_PX)
    return np.asarray(parts.mean(axis=(1, 3)), np.float32)
