"""The luma planes that quality is measured on: halved until they are small.

Only whole halvings are used. A 2x2 mean keeps white noise white, which an
area resize by a fraction does not, so noise measured at one size can be
carried over to another; it is also six times faster than such a resize.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

LIMITED_BLACK: Final = 16.0
LIMITED_GAIN: Final = 255.0 / 219.0
"""Limited-range luma holds black at 16 and white at 235 (ITU-R BT.709)."""


@dataclass(frozen=True, slots=True)
class LumaPlanes:
    """One picture at the two sizes its quality is read from.

    Parameters
    ----------
    fine : (H, W) uint8 array
        Longer side 2 to 4 times ``width``, or the source itself where it is smaller.
    coarse : (h, w) uint8 array
        Longer side 1 to 2 times ``width``, or the source itself where it is smaller.
    fine_scale, coarse_scale : float
        Pixels of that plane to one pixel of the nominal ``width``, 1 at least.
    gain : float
        Full-range luma steps to one step of the planes.
    black : float
        Value of black in the planes.
    """

    fine: NDArray[np.uint8]
    coarse: NDArray[np.uint8]
    fine_scale: float
    coarse_scale: float
    gain: float
    black: float

    @property
    def limited_range(self) -> bool:
        """Whether black is 16 and white 235 in the planes."""
        return self.black > 0


def reduce_luma(
    luma: NDArray[np.uint8], width: int = 320, *, limited_range: bool = False
) -> LumaPlanes:
    """Halve a luma plane down to the sizes that quality is measured at.

    The longer side counts, so that a turned video reads like an upright one. The planes
    are the caller's own, whatever becomes of ``luma``.

    Parameters
    ----------
    luma : (H, W) uint8 array
        Any size from 1x1; may be a strided view of a decoder's buffer.
    width : int
        Nominal size of the longer side, px, 16 at least.
    limited_range : bool
        True where black is 16 and white 235, as decoders hand luma out.

    Returns
    -------
    LumaPlanes

    Raises
    ------
    ValueError
        If ``luma`` is not a two-dimensional uint8 array with at least one pixel.
    """
    if luma.ndim != 2 or luma.dtype != np.uint8 or luma.size == 0:
        raise ValueError(
            f"luma must be a (H, W) uint8 array with pixels, not {luma.dtype} {luma.shape}"
        )
    fine: NDArray[np.uint8] = luma
    while max(fine.shape) >= 4 * width:
        fine = halve(fine)
    if fine is luma:
        fine = luma.copy()
    coarse = halve(fine) if max(fine.shape) >= 2 * width else fine
    return LumaPlanes(
        fine=fine,
        coarse=coarse,
        fine_scale=max(1.0, max(fine.shape) / width),
        coarse_scale=max(1.0, max(coarse.shape) / width),
        gain=LIMITED_GAIN if limited_range else 1.0,
        black=LIMITED_BLACK if limited_range else 0.0,
    )


def luma_of(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Full-range luma of a BGR picture (BT.601 weights, as JPEG and OpenCV use).

    Parameters
    ----------
    image : (H, W, 3) uint8 array
        BGR; a (H, W) array is taken as luma already.

    Returns
    -------
    (H, W) uint8 array
    """
    if image.ndim == 2:
        return image
    gray: Any = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    return np.asarray(gray, np.uint8)


def halve(plane: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """2x2 means; an odd last row or column is left out, so that every mean is of four."""
    height, width = plane.shape[:2]
    if height < 2 or width < 2:
        # A line of pixels cannot be averaged both ways.
        return np.ascontiguousarray(plane[::2, ::2])
    even = plane[: height & ~1, : width & ~1]
    half: Any = cv2.resize(even, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
    return np.asarray(half, np.uint8)
