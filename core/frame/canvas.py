"""What a report is drawn on: colour pixels, or the planes of a decoder's frame.

Most videos are decoded to luma and half-size chroma, and encoded from them again.
Drawn on these, a frame is never converted to colour and back, which costs more than
to draw and loses a little each time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

Bgr = tuple[int, int, int]
Point = tuple[int, int]
Plane = NDArray[np.uint8]
Value = float | Bgr

FONT: Final = cv2.FONT_HERSHEY_SIMPLEX

_WHITE: Final[Bgr] = (255, 255, 255)
_KR_KB: Final = {True: (0.2126, 0.0722), False: (0.299, 0.114)}
"""Shares of red and blue in luma: ITU-R BT.709, and BT.601."""


class Canvas:
    """Takes lines, grounds and words, in pixels of the full picture.

    Made by ``of_pixels`` and ``of_planes``.

    Parameters
    ----------
    layers : sequence of (array, int)
        What is drawn into, and how many pixels of the picture are one of it across; the
        first is the picture's own size.
    values : callable
        Gives what a colour is written as in each layer.
    """

    def __init__(
        self, layers: Sequence[tuple[Plane, int]], values: Callable[[Bgr], Sequence[Value]]
    ) -> None:
        self._layers, self._values = layers, values

    @classmethod
    def of_pixels(cls, image: Plane) -> Canvas:
        """Draw into (H, W, 3) BGR pixels."""
        return cls([(image, 1)], lambda colour: (colour,))

    @classmethod
    def of_planes(
        cls, luma: Plane, chroma: tuple[Plane, Plane], *, bt709: bool, limited_range: bool
    ) -> Canvas:
        """Draw into the planes of a 4:2:0 frame.

        Parameters
        ----------
        luma : (H, W) uint8 array
            Writable; both sides even.
        chroma : pair of (H / 2, W / 2) uint8 array
            Blue and red difference.
        bt709, limited_range : bool
            How colours are written in them.
        """
        layers = [(luma, 1), *((plane, 2) for plane in chroma)]
        return cls(layers, lambda colour: _yuv(colour, bt709, limited_range))

    @property
    def size(self) -> tuple[int, int]:
        """(width, height), px."""
        pixels = self._layers[0][0]
        return pixels.shape[1], pixels.shape[0]

    def line(self, start: Point, end: Point, colour: Bgr, width_px: int) -> None:
        """Draw a line."""
        for (pixels, step), value in zip(self._layers, self._values(colour), strict=True):
            width = max(1, width_px // step)
            cv2.line(pixels, _at(start, step), _at(end, step), value, width)

    def frame(self, first: Point, last: Point, colour: Bgr, width_px: int) -> None:
        """Draw the sides of a rectangle."""
        for (pixels, step), value in zip(self._layers, self._values(colour), strict=True):
            width = max(1, width_px // step)
            cv2.rectangle(pixels, _at(first, step), _at(last, step), value, width)

    def ground(self, first: Point, size: tuple[int, int], colour: Bgr, opacity: float) -> None:
        """Fill a rectangle that lies in the picture."""
        for (pixels, step), value in zip(self._layers, self._values(colour), strict=True):
            x, y = _at(first, step)
            width, height = (-(-side // step) for side in size)
            ground = pixels[y : y + height, x : x + width]
            plain = np.empty_like(ground)
            plain[:] = np.rint(value)
            cv2.addWeighted(plain, opacity, ground, 1.0 - opacity, 0.0, dst=ground)

    def words(self, text: str, origin: Point, scale: float, weight_px: int) -> None:
        """Write in white."""
        for (pixels, step), value in zip(self._layers, self._values(_WHITE), strict=True):
            weight = max(1, weight_px // step)
            where = _at(origin, step)
            cv2.putText(pixels, text, where, FONT, scale / step, value, weight, cv2.LINE_AA)


def _yuv(colour: Bgr, bt709: bool, limited_range: bool) -> tuple[float, float, float]:
    blue, green, red = (part / 255 for part in colour)
    kr, kb = _KR_KB[bt709]
    y = kr * red + (1 - kr - kb) * green + kb * blue
    cb, cr = (blue - y) / (2 - 2 * kb), (red - y) / (2 - 2 * kr)
    if limited_range:
        return 16 + 219 * y, 128 + 224 * cb, 128 + 224 * cr
    return 255 * y, 128 + 255 * cb, 128 + 255 * cr


def _at(point: Point, step: int) -> Point:
    return point[0] // step, point[1] // step
