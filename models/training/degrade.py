"""What spoils a face crop, at any strength: for fitting and judging trust."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Gray = NDArray[np.uint8]
KINDS = (
    "none",
    "blur",
    "motion",
    "dark",
    "bright",
    "noise",
    "small",
    "jpeg",
    "covered",
    "turned",
    "mixed",
)


def degrade(face: Gray, kind: str, level: float, random: np.random.Generator) -> Gray:
    """One face degraded.

    Parameters
    ----------
    face : (48, 48) uint8 array
        Gray.
    kind : str
        One of ``KINDS``.
    level : float
        0 (hardly) .. 1 (almost lost).
    random : numpy.random.Generator
        Decides directions, places and noise.

    Returns
    -------
    (S, S) uint8 array
        48 px a side but for "small".
    """
    x = face.astype(np.float32)
    if kind == "mixed":
        for part in random.choice(KINDS[1:-1], size=2, replace=False):
            face = degrade(face, str(part), level * 0.7, random)
        return face
    height, width = face.shape
    if kind == "blur":
        x = cv2.GaussianBlur(x, (0, 0), 0.3 + 4.0 * level)
    elif kind == "motion":
        length = 1 + 2 * round(8 * level)
        x = cv2.blur(x, (length, 1) if random.random() < 0.5 else (1, length))
    elif kind == "dark":
        x = x * (1.0 - 0.97 * level) + random.normal(0, 1 + 3 * level, x.shape)
    elif kind == "bright":
        x = x + 220.0 * level
    elif kind == "noise":
        x = x + random.normal(0, 60.0 * level, x.shape)
    elif kind == "small":
        side = round(min(height, width) * (1.0 - 0.84 * level))
        return np.asarray(cv2.resize(face, (side, side), interpolation=cv2.INTER_AREA), np.uint8)
    elif kind == "jpeg":
        quality = round(60 - 57 * level)
        _, packed = cv2.imencode(".jpg", face, [cv2.IMWRITE_JPEG_QUALITY, quality])
        return np.asarray(cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE), np.uint8)
    elif kind == "covered":
        side = min(round(height * (0.15 + 0.65 * level)), height, width)
        top, left = random.integers(height - side + 1), random.integers(width - side + 1)
        x[top : top + side, left : left + side] = random.integers(256)
    elif kind == "turned":
        angle = (15.0 + 75.0 * level) * random.choice([-1.0, 1.0])
        matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), angle, 1.0)
        x = cv2.warpAffine(x, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)
    return np.clip(np.rint(x), 0, 255).astype(np.uint8)
