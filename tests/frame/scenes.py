"""Scenes of a few seconds, and what a monitor tells of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage import data

from core.frame.liveness import LivenessMonitor
from core.frame.quality import QualityMeter
from core.incidents import Incident, IncidentEvent

FPS, ONSET_S, END_S, LENGTH_S = 12, 4.0, 7.0, 9.0
Gray = NDArray[np.float32]
Scene = Callable[[float], Gray]


@lru_cache(maxsize=1)
def photograph() -> Gray:
    gray = cv2.cvtColor(data.coffee(), cv2.COLOR_RGB2GRAY)
    return np.float32(cv2.resize(gray, (480, 320), interpolation=cv2.INTER_AREA))


def view(x: float = 60, y: float = 40) -> Gray:
    matrix = np.array([[1.0, 0.0, -x], [0.0, 1.0, -y]])
    return cv2.warpAffine(photograph(), matrix, (320, 180), borderMode=cv2.BORDER_REFLECT)


def watch(scene: Scene, *, noise: float = 2.0, length_s: float = LENGTH_S) -> list[IncidentEvent]:
    random = np.random.default_rng(5)
    meter, monitor, events = QualityMeter(), LivenessMonitor(), []
    frozen: NDArray[np.uint8] | None = None
    for index in range(round(length_s * FPS)):
        time_s = index / FPS
        picture = scene(time_s)
        if not np.isnan(picture[0, 0]) or frozen is None:
            grain = random.standard_normal(picture.shape, np.float32)
            frozen = np.uint8(np.clip(picture + noise * grain, 0, 255))
        reading = meter.measure_luma(frozen, time_s)
        assert meter.plane is not None
        events += monitor.update(reading, meter.plane, time_s)
    return events + monitor.finish()


def closed(events: list[IncidentEvent]) -> list[Incident]:
    return [event.incident for event in events if event.change == "closed"]
