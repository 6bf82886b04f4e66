"""The pictures that the learned quality is fitted on: faults, and the teacher's word."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from models.training import picture_faults
from models.training.full_reference import haarpsi, mdsi

WIDTH, HEIGHT = 512, 384
FAULTS_A_PHOTOGRAPH: Final = 7
LEVELS: Final = 3
ALWAYS: Final = ("gaussian blur", "gaussian noise")


def make_set(photograph: Path, seed: int) -> dict[str, NDArray[np.generic]]:
    """Damage one photograph and let the teacher judge; clean first, then chains of levels."""
    random = np.random.default_rng(seed)
    clean = _crop(photograph, random)
    lumas, faults, levels, verdicts = [clean], ["clean"], [0.0], [_judge(clean, clean)]
    others = [name for name in picture_faults.FAULTS if name not in ALWAYS]
    for fault in (*ALWAYS, *random.choice(others, FAULTS_A_PHOTOGRAPH - len(ALWAYS), False)):
        grain = int(random.integers(2**31))
        rising = np.sort(random.uniform(0, 1, LEVELS)) * np.array([0.6, 1.0, 1.0])
        for level in rising:
            damaged = picture_faults.apply(str(fault), clean, float(level), grain)
            lumas.append(damaged)
            faults.append(str(fault))
            levels.append(float(level))
            verdicts.append(_judge(clean, damaged))
    gray = [cv2.cvtColor(image, cv2.COLOR_BGR2GRAY) for image in lumas]
    return {
        "luma": np.array(gray, np.uint8),
        "fault": np.array(faults),
        "level": np.array(levels),
        "scores": np.array(verdicts),
    }


def _crop(path: Path, random: np.random.Generator) -> picture_faults.Image:
    image = cv2.imread(str(path))
    if image is None:
        raise ValueError(f"{path.name} is no picture; remove it")
    image = image[: round(image.shape[1] * HEIGHT / WIDTH)]
    least = max(WIDTH / image.shape[1], HEIGHT / image.shape[0])
    scale = least if least > 1 else random.uniform(least, min(1.0, 1.6 * least))
    size = (max(WIDTH, round(image.shape[1] * scale)), max(HEIGHT, round(image.shape[0] * scale)))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    image = cv2.resize(image, size, interpolation=way)
    y = random.integers(image.shape[0] - HEIGHT + 1)
    x = random.integers(image.shape[1] - WIDTH + 1)
    crop = image[y : y + HEIGHT, x : x + WIDTH]
    return np.ascontiguousarray(crop[:, ::-1] if random.random() < 0.5 else crop)


def _judge(clean: picture_faults.Image, damaged: picture_faults.Image) -> tuple[float, float]:
    """HaarPSI and MDSI, each turned so that higher is better."""
    return haarpsi(clean, damaged), -mdsi(clean, damaged)
