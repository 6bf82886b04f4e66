"""Encoded pictures from strangers: measured by their header before a pixel is decoded."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from ui.protocol import ProtocolError

MAX_SIDE_PX: Final = 4096
MIN_SIDE_PX: Final = 16
# Detection and quality work on a few hundred pixels; more only costs everyone time.
WORK_SIDE_PX: Final = 1280

_REDUCED: Final = (
    (1, cv2.IMREAD_COLOR),
    (2, cv2.IMREAD_REDUCED_COLOR_2),
    (4, cv2.IMREAD_REDUCED_COLOR_4),
)
# Start-of-frame markers of JPEG; C4, C8 and CC in that range mean other things.
_SOF_MARKERS: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_STANDALONE_MARKERS: Final = frozenset({0x01, *range(0xD0, 0xD9)})


def decode(data: bytes) -> tuple[NDArray[np.uint8], tuple[int, int]]:
    """Decode a JPEG or WebP picture, at reduced size where it is large.

    Parameters
    ----------
    data : bytes
        The file as it came.

    Returns
    -------
    image : (H, W, 3) uint8 array
        BGR, neither side much over ``WORK_SIDE_PX``; not turned by EXIF, since
        the sender's boxes would not turn with it.
    size_px : (int, int)
        Width and height of the picture as it was sent.

    Raises
    ------
    ProtocolError
        "unreadable" where it is neither or is damaged, "too_large" or
        "too_small" by its sides.
    """
    size_px = picture_size(data)
    if size_px is None:
        raise ProtocolError("unreadable", "the frame is neither JPEG nor WebP; send one of them")
    if max(size_px) > MAX_SIDE_PX:
        raise ProtocolError(
            "too_large", f"the frame is {size_px[0]}x{size_px[1]}; send {MAX_SIDE_PX} px at most"
        )
    if min(size_px) < MIN_SIDE_PX:
        raise ProtocolError(
            "too_small", f"the frame is {size_px[0]}x{size_px[1]}; send {MIN_SIDE_PX} px at least"
        )
    divisor, flag = next(
        (pair for pair in _REDUCED if max(size_px) / pair[0] <= WORK_SIDE_PX), _REDUCED[-1]
    )
    flags = flag | cv2.IMREAD_IGNORE_ORIENTATION
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except cv2.error:
        image = None
    if image is None:
        raise ProtocolError("unreadable", "the frame is damaged; send it again")
    # A second header inside the file can promise another size than the first.
    if max(image.shape[:2]) * divisor > MAX_SIDE_PX + divisor:
        raise ProtocolError("unreadable", "the frame is damaged; send it again")
    return np.asarray(image, np.uint8), size_px


def picture_size(data: bytes) -> tuple[int, int] | None:
    """Width and height, px, as the header of a JPEG or WebP says; None for anything else."""
    if data[:3] == b"\xff\xd8\xff":
        return _jpeg_size(data)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return _webp_size(data)
    return None


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    position = 2
    while position + 9 < len(data):
        if data[position] != 0xFF:
            return None
        marker = data[position + 1]
        if marker == 0xFF:
            position += 1
        elif marker in _STANDALONE_MARKERS:
            position += 2
        elif marker in _SOF_MARKERS:
            height = int.from_bytes(data[position + 5 : position + 7], "big")
            width = int.from_bytes(data[position + 7 : position + 9], "big")
            return width, height
        else:
            position += 2 + int.from_bytes(data[position + 2 : position + 4], "big")
    return None


def _webp_size(data: bytes) -> tuple[int, int] | None:
    if len(data) < 30:
        return None
    match data[12:16]:
        case b"VP8 ":
            width = int.from_bytes(data[26:28], "little") & 0x3FFF
            height = int.from_bytes(data[28:30], "little") & 0x3FFF
            return width, height
        case b"VP8L":
            bits = int.from_bytes(data[21:25], "little")
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8X":
            width = int.from_bytes(data[24:27], "little") + 1
            height = int.from_bytes(data[27:30], "little") + 1
            return width, height
    return None
