"""Simulated series of quality readings: what failure prediction is trained on.

The readings are real, the time is not. Photographs are spoiled at a grid of
strengths and measured once, with sensor noise drawn anew each time; a series then
walks through that grid along a fault's course, which costs next to nothing. Those
who want to know how far that carries look at the rendered clips of
``benchmarks.failure``, where every frame was encoded, decoded and measured.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.faulty_clips import looked_at, photograph
from core.frame.quality import FROZEN_CAP, QualityMeter
from core.records.windows import MEASURED

FAULTS: Final = ("defocus", "dirt", "noise", "dark", "starved", "shake", "freeze")
CALM: Final = ("steady", "recovers", "evening", "traffic", "night")
LEVELS: Final = np.linspace(0.0, 1.0, 6)
LIGHTS: Final = (1.0, 0.45)
LENGTH_S: Final = 240
_DRAWS: Final = 1

Gray = NDArray[np.float32]
Grid = dict[tuple[str, float, str], NDArray[np.float64]]
"""Readings (levels, draws, 5) by clip, light and fault."""


@dataclass(frozen=True)
class Series:
    """One series at 1 Hz.

    Parameters
    ----------
    clip : str
        The photograph and view it was measured on: what a split must not part.
    kind : str
        A fault or a calm course.
    columns : dict of str to (N,) array
        As in metrics.csv, with ``time_s``.
    frozen : (N,) bool array
        Where the picture stands still, a failure whatever its quality.
    """

    clip: str
    kind: str
    columns: dict[str, NDArray[np.float64]]
    frozen: NDArray[np.bool_]


def spoil(picture: Gray, fault: str, strength: float) -> tuple[Gray, float]:
    """What the sensor sees at a strength in 0..1, and how much louder its noise is."""
    if fault == "defocus":
        return cv2.GaussianBlur(picture, (0, 0), 0.1 + 10 * strength**1.3), 1.0
    if fault == "dirt":
        smeared = cv2.GaussianBlur(picture, (0, 0), 14)
        veil = 0.85 * strength
        return (1 - veil) * picture + veil * (0.6 * smeared + 50), 1.0
    if fault == "noise":
        return picture * (1 - 0.6 * strength), 1.0 + 9.0 * strength
    if fault == "dark":
        return picture * (1 - 0.97 * strength), 1.0 + 1.5 * strength
    if fault == "shake":
        size = max(1, round(28 * strength))
        return cv2.blur(picture, (size, max(1, size // 3))), 1.0
    return picture, 1.0


def sensed(picture: Gray, noise: float, random: np.random.Generator) -> NDArray[np.uint8]:
    """Add photon and reading noise and round."""
    own = noise * np.sqrt(0.4 + np.maximum(picture, 0) / 200)
    grain = random.standard_normal(picture.shape, np.float32)
    return np.uint8(np.clip(picture + own * grain, 0, 255))


def starved(picture: NDArray[np.uint8], strength: float) -> NDArray[np.uint8]:
    """What is left of a picture at a low rate, as coarser quantisation of its transform."""
    if strength == 0:
        return picture
    small = cv2.resize(picture, None, fx=1 - 0.5 * strength, fy=1 - 0.5 * strength)
    _, code = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, round(60 - 54 * strength)])
    coarse = cv2.imdecode(code, cv2.IMREAD_GRAYSCALE)
    return np.asarray(cv2.resize(coarse, picture.shape[::-1]), np.uint8)


def measure_grid(photos: Sequence[str], views: int, seed: int) -> Grid:
    """Measure ``views`` views of each photograph."""
    random = np.random.default_rng(seed)
    grid: Grid = {}
    for photo in photos:
        for view in range(views):
            x, y = random.uniform(-0.9, 0.9, 2)
            zoom = random.uniform(1.0, 1.5)
            picture = looked_at(photograph(photo), x, y, zoom)
            noise = float(random.uniform(1.0, 4.0))
            for light in LIGHTS:
                for fault in FAULTS[:-1]:
                    grid[f"{photo}-{view}", light, fault] = np.array(
                        [
                            _measured(picture * light, fault, level, noise, random)
                            for level in LEVELS
                        ]
                    )
    return grid


def _measured(
    picture: Gray, fault: str, level: float, noise: float, random: np.random.Generator
) -> NDArray[np.float64]:
    seen, louder = spoil(picture, fault, level)
    meter, rows = QualityMeter(), []
    for draw in range(_DRAWS + 1):
        raw = sensed(seen, noise * louder, random)
        reading = meter.measure(starved(raw, level) if fault == "starved" else raw, draw / 25)
        rows.append([float(getattr(reading, name)) for name in MEASURED])
    return np.array(rows[1:])


def simulate(grid: Grid, per_clip: int, seed: int) -> list[Series]:
    """Walk ``per_clip`` faulty and as many calm courses through the grid of each clip."""
    random = np.random.default_rng(seed)
    made = []
    for clip in sorted({key[0] for key in grid}):
        kinds = [*random.choice(FAULTS, per_clip), *random.choice(CALM, per_clip)]
        made += [_series(grid, clip, str(kind), random) for kind in kinds]
    return made


def _series(
    grid: Grid,
    clip: str,
    kind: str,
    random: np.random.Generator,
) -> Series:
    light = float(random.choice(LIGHTS[1:] if kind == "night" else LIGHTS))
    fault = {"night": "noise", "evening": "dark", "freeze": "shake"}.get(kind, kind)
    fault = fault if fault in FAULTS[:-1] else str(random.choice(FAULTS[:-1]))
    strength = np.clip(course(kind, random), 0.0, 1.0)
    if kind == "freeze":
        strength = np.minimum(strength, 0.0)
    # The scene itself is never quite even: it wanders along the fault's own grid, too.
    wander = _wander(random, 0.02)
    rows = _walk(grid[clip, light, fault], np.clip(strength + np.abs(wander), 0, 1), random)
    moving = 10 ** random.uniform(-2.6, -1.4) * np.exp(0.5 * _wander(random, 1.0))
    if kind == "traffic":
        moving = moving * random.choice([1.0, 4.0], LENGTH_S, p=[0.6, 0.4])
        rows[:, 4] -= np.abs(_wander(random, 0.03))
    if fault == "shake" and kind != "freeze":
        moving = moving + 0.06 * strength
    rows[:, 3] = np.clip(rows[:, 3] + moving, 0, 1)
    rows[:, 0] = np.clip(rows[:, 0] + _wander(random, random.uniform(0.001, 0.015)), 0, 1)
    rows[:, 1] *= np.exp(_wander(random, random.uniform(0.002, 0.03)))
    rows[:, 4] += _wander(random, random.uniform(0.002, 0.02))
    frozen = np.zeros(LENGTH_S, bool)
    if kind == "freeze":
        _freeze(rows, frozen, random)
    rows[:, 4] = np.clip(rows[:, 4], 0, 1)
    columns = {name: rows[:, at] for at, name in enumerate(MEASURED)}
    return Series(clip, kind, columns | {"time_s": np.arange(LENGTH_S, dtype=float)}, frozen)


def course(kind: str, random: np.random.Generator) -> NDArray[np.float64]:
    """How strong the fault is, (240,), by the second."""
    time_s = np.arange(LENGTH_S, dtype=float)
    starts_s = random.uniform(30, 130)
    lasts_s = np.exp(random.uniform(np.log(20), np.log(150)))
    reach = np.clip((time_s - starts_s) / lasts_s, 0, 1)
    bent = reach ** random.uniform(0.7, 1.8)
    if kind in ("steady", "traffic", "night"):
        return np.full(LENGTH_S, random.uniform(0, 0.15))
    if kind in ("recovers", "evening"):
        # It begins like a fault, and levels off or goes back.
        top = random.uniform(0.05, 0.3)
        back = np.clip((time_s - starts_s - lasts_s - 10) / lasts_s, 0, 1)
        return top * bent * (1 - (back if kind == "recovers" else 0))
    return np.asarray(bent * random.uniform(0.6, 1.0))


def _walk(
    grid: NDArray[np.float64], strength: NDArray[np.float64], random: np.random.Generator
) -> NDArray[np.float64]:
    """Readings (240, 5) between the measured levels, each second from a drawn measurement."""
    below = np.minimum((strength * (len(LEVELS) - 1)).astype(int), len(LEVELS) - 2)
    share = (strength * (len(LEVELS) - 1) - below)[:, None]
    draw = random.integers(0, grid.shape[1], LENGTH_S)
    return np.asarray((1 - share) * grid[below, draw] + share * grid[below + 1, draw])


def _freeze(
    rows: NDArray[np.float64], frozen: NDArray[np.bool_], random: np.random.Generator
) -> None:
    """A feed that hangs for a second oftener and oftener, until it stands still."""
    starts_s = int(random.uniform(60, 180))
    warned_s = int(random.choice([0, 20, 40, 60]))
    for second in range(starts_s - warned_s, starts_s):
        if random.uniform() < 0.1 + 0.5 * (second - starts_s + warned_s) / max(warned_s, 1):
            rows[second, 3] *= random.uniform(0.0, 0.4)
    ends_s = starts_s + int(random.uniform(20, 60))
    rows[starts_s:ends_s, 3] = 1e-6
    rows[starts_s:ends_s, 4] = np.minimum(rows[starts_s:ends_s, 4], FROZEN_CAP)
    frozen[starts_s:ends_s] = True


def _wander(random: np.random.Generator, size: float) -> NDArray[np.float64]:
    """A slow random walk about 0 with standard deviation ``size``."""
    kept = 0.9
    steps = random.standard_normal(LENGTH_S + 40) * size * np.sqrt(1 - kept**2)
    walk = np.zeros(LENGTH_S + 40)
    for at in range(1, len(walk)):
        walk[at] = kept * walk[at - 1] + steps[at]
    return walk[40:]
