"""What a report is drawn on: colour pixels, or the planes of a decoder's frame.

Most videos are decoded to luma and half-size chroma, and encoded from them again.
Drawn on these, a frame is never converted to colour and back, which costs more than
to draw and loses a little each time.
"""

from __future__ import annotations

from typing import Final, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

Bgr = tuple[int, int, int]
Point = tuple[int, int]
Plane = NDArray[np.uint8]

FONT: Final = cv2.FONT_HERSHEY_SIMPLEX

_WHITE: Final[Bgr] = (255, 255, 255)
_KR_KB: Final = {True: (0.2126, 0.0722), False: (0.299, 0.114)}
"""Shares of red and blue in luma: ITU-R BT.709, and BT.601."""


class Canvas(Protocol):
    """Takes lines, grounds and words, in pixels of the full picture."""

    @property
    def size(self) -> tuple[int, int]:
        """(width, height), px."""

    def line(self, start: Point, end: Point, colour: Bgr, width_px: int) -> None:
        """Draw a line."""

    def frame(self, first: Point, last: Point, colour: Bgr, width_px: int) -> None:
        """Draw the sides of a rectangle."""

    def ground(self, first: Point, size: tuple[int, int], colour: Bgr, opacity: float) -> None:
        """Fill a rectangle that lies in the picture."""

    def words(self, text: str, origin: Point, scale: float, weight_px: int) -> None:
        """Write in white."""


class PixelCanvas:
    """Draws into (H, W, 3) BGR pixels."""

    def __init__(self, image: Plane) -> None:
        self._image = image

    @property
    def size(self) -> tuple[int, int]:
        """(width, height), px."""
        return self._image.shape[1], self._image.shape[0]

    def line(self, start: Point, end: Point, colour: Bgr, width_px: int) -> None:
        """Draw a line."""
        cv2.line(self._image, start, end, colour, width_px)

    def frame(self, first: Point, last: Point, colour: Bgr, width_px: int) -> None:
        """Draw the sides of a rectangle."""
        cv2.rectangle(self._image, first, last, colour, width_px)

    def ground(self, first: Point, size: tuple[int, int], colour: Bgr, opacity: float) -> None:
        """Fill a rectangle that lies in the picture."""
        _fill(self._image, first, size, colour, opacity)

    def words(self, text: str, origin: Point, scale: float, weight_px: int) -> None:
        """Write in white."""
        cv2.putText(self._image, text, origin, FONT, scale, _WHITE, weight_px, cv2.LINE_AA)


class PlaneCanvas:
    """Draws into the planes of a 4:2:0 frame.

    Parameters
    ----------
    luma : (H, W) uint8 array
        Writable; both sides even.
    chroma : pair of (H / 2, W / 2) uint8 array
        Blue and red difference.
    bt709, limited_range : bool
        How colours are written in them.
    """

    def __init__(
        self, luma: Plane, chroma: tuple[Plane, Plane], *, bt709: bool, limited_range: bool
    ) -> None:
        self._luma, self._chroma = luma, chroma
        self._bt709, self._limited = bt709, limited_range

    @property
    def size(self) -> tuple[int, int]:
        """(width, height), px."""
        return self._luma.shape[1], self._luma.shape[0]

    def line(self, start: Point, end: Point, colour: Bgr, width_px: int) -> None:
        """Draw a line."""
        y, *rest = self._values(colour)
        cv2.line(self._luma, start, end, y, width_px)
        for plane, value in zip(self._chroma, rest, strict=True):
            cv2.line(plane, _half(start), _half(end), value, max(1, width_px // 2))

    def frame(self, first: Point, last: Point, colour: Bgr, width_px: int) -> None:
        """Draw the sides of a rectangle."""
        y, *rest = self._values(colour)
        cv2.rectangle(self._luma, first, last, y, width_px)
        for plane, value in zip(self._chroma, rest, strict=True):
            cv2.rectangle(plane, _half(first), _half(last), value, max(1, width_px // 2))

    def ground(self, first: Point, size: tuple[int, int], colour: Bgr, opacity: float) -> None:
        """Fill a rectangle that lies in the picture."""
        y, *rest = self._values(colour)
        _fill(self._luma, first, size, y, opacity)
        for plane, value in zip(self._chroma, rest, strict=True):
            _fill(plane, _half(first), _half((size[0] + 1, size[1] + 1)), value, opacity)

    def words(self, text: str, origin: Point, scale: float, weight_px: int) -> None:
        """Write in white: light alone, so that letters keep a breath of their ground's colour."""
        white = self._values(_WHITE)[0]
        cv2.putText(self._luma, text, origin, FONT, scale, white, weight_px, cv2.LINE_AA)

    def _values(self, colour: Bgr) -> tuple[float, float, float]:
        blue, green, red = (part / 255 for part in colour)
        kr, kb = _KR_KB[self._bt709]
        y = kr * red + (1 - kr - kb) * green + kb * blue
        cb, cr = (blue - y) / (2 - 2 * kb), (red - y) / (2 - 2 * kr)
        if self._limited:
            return 16 + 219 * y, 128 + 224 * cb, 128 + 224 * cr
        return 255 * y, 128 + 255 * cb, 128 + 255 * cr


def _fill(
    pixels: Plane, first: Point, size: tuple[int, int], colour: float | Bgr, opacity: float
) -> None:
    (x, y), (width, height) = first, size
    ground = pixels[y : y + height, x : x + width]
    if opacity < 1.0:
        plain = np.empty_like(ground)
        plain[:] = np.rint(colour)
        cv2.addWeighted(plain, opacity, ground, 1.0 - opacity, 0.0, dst=ground)
    else:
        ground[:] = np.rint(colour)


def _half(point: tuple[int, int]) -> tuple[int, int]:
    return point[0] // 2, point[1] // 2
