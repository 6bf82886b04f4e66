"""Stand-ins for the analysis, so that these tests are about messages and places only."""

import threading

import cv2
import numpy as np

from core.frame.liveness_baseline import CameraBaseline
from core.types import EMOTIONS, Box, Face, FrameReport, QualityReading, SystemReading


class PlainPipeline:
    """Says of every frame the same, with one face in its middle."""

    def __init__(self, settings=None, **options):
        self.options = options
        self.frames = []
        self.text = None
        self.baseline = options.get("baseline") or CameraBaseline()
        self.is_closed = False

    def close(self):
        self.is_closed = True

    def analyze(self, frame):
        self.frames.append(frame)
        height, width = frame.image.shape[:2]
        probabilities = np.full(len(EMOTIONS), 0.05, np.float32)
        probabilities[3] = 0.7
        face = Face(
            1,
            Box(width / 4, height / 4, width / 2, height / 2),
            0.9,
            probabilities,
            "happiness",
            0.8,
        )
        return FrameReport(
            frame.index,
            frame.time_s,
            "ok",
            (face,),
            QualityReading(0.1, 128.0, 0.02, 0.01, False, 0.9),
            SystemReading(25.0, 10.0, {"faces": 5.0}, 50.0, 40.0, 300.0),
        )


class HeldPipeline(PlainPipeline):
    """Works on a frame until it is let go."""

    def __init__(self, settings=None, **options):
        super().__init__(settings, **options)
        self.entered = threading.Semaphore(0)
        self.gate = threading.Semaphore(0)

    def analyze(self, frame):
        self.entered.release()
        assert self.gate.acquire(timeout=30)
        return super().analyze(frame)


def encode(image, suffix=".jpg"):
    """Encoded bytes of a BGR image."""
    done, data = cv2.imencode(suffix, image)
    assert done
    return data.tobytes()


def picture(width=64, height=48):
    """A BGR image that has something in it."""
    rough = np.random.default_rng(0).integers(0, 256, (12, 16, 3), np.uint8)
    return cv2.resize(rough, (width, height), interpolation=cv2.INTER_LINEAR)
