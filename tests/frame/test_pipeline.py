"""A frame in, a whole report out, the same whichever way the frame came."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from core.frame.pictures import DecodedFrame
from core.frame.pipeline import FramePipeline
from core.frame.sources import open_source
from core.settings import Settings
from core.types import EMOTIONS, Box, Detection, Frame


class FixedDetector:
    """Finds the same faces, given as shares of the picture, in a copy of the whole of it."""

    name = "fixed"

    def __init__(self, shares: Sequence[tuple[float, float, float, float]]) -> None:
        self.shares = shares

    def detect(self, image: np.ndarray, width: int | None = None) -> list[Detection]:
        if width != Settings().detection_width:
            return []  # a part of it
        high, wide = image.shape[:2]
        return [
            Detection(Box(x * wide, y * high, w * wide, h * high), 0.9)
            for x, y, w, h in self.shares
        ]


class CountingClassifier:
    """Names a face by the count of its batch; remembers the batches."""

    def __init__(self) -> None:
        self.batches: list[int] = []

    def read(self, crops: Sequence[np.ndarray], *, mirror: bool = False) -> tuple[np.ndarray, None]:
        self.batches.append(len(crops))
        assert all(crop.ndim == 2 and crop.shape[0] == crop.shape[1] for crop in crops)
        found = np.full((len(crops), len(EMOTIONS)), 0.05, np.float32)
        found[np.arange(len(crops)), np.arange(len(crops)) % len(EMOTIONS)] = 0.7
        return found, None


TWO = [(0.1, 0.2, 0.3, 0.5), (0.6, 0.3, 0.2, 0.3)]


def frame_of(image: np.ndarray, index: int = 0, time_s: float = 0.0) -> Frame:
    return Frame(index, time_s, image)


def test_the_astronaut_smiles(astronaut: np.ndarray) -> None:
    report = FramePipeline().analyze(frame_of(astronaut))
    assert report.status == "ok"
    (face,) = report.faces
    assert face.emotion == "happiness"
    assert face.probabilities is not None
    assert float(face.probabilities.sum()) == pytest.approx(1.0, abs=1e-5)
    assert 0 < face.trust <= 1
    assert face.track_id == 1
    x, y = face.box.center
    assert abs(x - 222) < 30
    assert abs(y - 118) < 40
    assert report.quality is not None
    assert 0 <= report.quality.quality_score <= 1


def test_a_picture_without_a_face_has_a_report_too() -> None:
    report = FramePipeline().analyze(frame_of(np.full((240, 320, 3), 90, np.uint8)))
    assert report.status == "no_face"
    assert report.faces == ()
    assert report.quality is not None


def test_every_stage_is_timed_by_its_name(astronaut: np.ndarray) -> None:
    system = FramePipeline().analyze(frame_of(astronaut)).system
    assert system is not None
    assert set(system.stage_ms) == {"quality", "incidents", "faces", "emotion"}
    assert system.latency_ms >= max(system.stage_ms.values())


def test_a_stage_that_is_off_does_nothing(astronaut: np.ndarray) -> None:
    frame = frame_of(astronaut)
    no_quality = FramePipeline(quality=False).analyze(frame)
    assert no_quality.quality is None
    assert len(no_quality.faces) == 1
    no_emotion = FramePipeline(emotion=False).analyze(frame).faces[0]
    assert (no_emotion.emotion, no_emotion.probabilities, no_emotion.trust) == (None, None, 0.0)
    no_faces = FramePipeline(faces=False).analyze(frame)
    assert no_faces.faces == ()
    assert no_faces.status == "ok"


def test_all_faces_of_a_frame_go_to_the_network_in_one_batch() -> None:
    classifier = CountingClassifier()
    pipeline = FramePipeline(detector=FixedDetector(TWO), classifier=classifier)
    report = pipeline.analyze(frame_of(np.zeros((240, 320, 3), np.uint8)))
    assert classifier.batches == [2]
    assert sorted(face.emotion for face in report.faces) == ["anger", "disgust"]


@pytest.mark.parametrize("size", [(240, 320), (720, 1280), (1280, 720), (101, 203)])
def test_boxes_are_pixels_of_the_full_frame(size: tuple[int, int]) -> None:
    high, wide = size
    pipeline = FramePipeline(detector=FixedDetector(TWO), classifier=CountingClassifier())
    faces = pipeline.analyze(frame_of(np.zeros((high, wide, 3), np.uint8))).faces
    for face, (x, y, w, h) in zip(faces, TWO, strict=True):
        assert np.allclose(face.box, (x * wide, y * high, w * wide, h * high), rtol=0.02)


def test_smoothing_can_be_switched_off(astronaut: np.ndarray) -> None:
    class Flicker(CountingClassifier):
        def read(
            self, crops: Sequence[np.ndarray], *, mirror: bool = False
        ) -> tuple[np.ndarray, None]:
            self.batches.append(len(crops))
            found = np.zeros((len(crops), len(EMOTIONS)), np.float32)
            found[:, len(self.batches) % 2] = 1.0
            return found, None

    def second(**switch: bool) -> float:
        pipeline = FramePipeline(
            Settings(smoothing_s=0.4),
            detector=FixedDetector(TWO[:1]),
            classifier=Flicker(),
            **switch,
        )
        for index in range(2):
            report = pipeline.analyze(frame_of(astronaut, index, index / 25))
        return report.faces[0].confidence

    assert second(smoothing=False) == pytest.approx(1.0)
    assert second() < 0.95


def test_an_unreadable_frame_has_a_row_and_disturbs_nothing(astronaut: np.ndarray) -> None:
    pipeline = FramePipeline()
    before = pipeline.analyze(frame_of(astronaut, 0, 0.0))
    lost = pipeline.analyze(DecodedFrame(None, 1, 0.04))
    after = pipeline.analyze(frame_of(astronaut, 2, 0.08))
    assert (lost.status, lost.faces, lost.quality) == ("unreadable", (), None)
    assert after.faces[0].track_id == before.faces[0].track_id


def test_a_decoded_frame_reads_like_the_same_pixels_from_a_camera(clip: Path) -> None:
    with open_source(clip) as source:
        decoded = next(iter(source))
    from_file = FramePipeline().analyze(decoded)
    from_camera = FramePipeline().analyze(frame_of(decoded.image))
    (one,), (other,) = from_file.faces, from_camera.faces
    assert one.box.iou(other.box) > 0.9
    assert one.emotion == other.emotion
    assert from_file.quality is not None
    assert from_camera.quality is not None
    gap = from_file.quality.quality_score - from_camera.quality.quality_score
    assert abs(gap) < 0.05


def test_looking_beside_each_other_changes_no_report(clip: Path) -> None:
    def reports(workers: int) -> tuple[object, ...]:
        with open_source(clip) as source:
            frames = list(source)[:10]
        pipeline = FramePipeline()
        with ThreadPoolExecutor(workers) as pool:
            turns = [pipeline.take_turn(frame) for frame in frames]
            seen = pool.map(pipeline.look, frames, turns)
            found = [pipeline.conclude(each) for each in seen]
        faces = [[(face.track_id, face.emotion) for face in report.faces] for report in found]
        return [(each.index, each.status, each.quality) for each in found], faces

    assert reports(1) == reports(4)


def test_a_reset_forgets_the_frames_before(astronaut: np.ndarray) -> None:
    pipeline = FramePipeline()
    pipeline.analyze(frame_of(astronaut, 0, 0.0))
    pipeline.reset()
    report = pipeline.analyze(frame_of(np.roll(astronaut, 40, axis=1), 0, 0.0))
    assert report.quality is not None
    assert report.quality.change == 0.0
    assert report.system is not None
    assert report.system.fps == 0.0
