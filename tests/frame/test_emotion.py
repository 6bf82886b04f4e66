"""Emotion reading: the crop, the seven and the eight, smoothing."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage import data

from core.errors import ModelError
from core.frame.emotion import (
    EmotionClassifier,
    EmotionSmoother,
    crop_face,
    roll_degrees,
)
from core.frame.emotion_net import prepare
from core.networks import open_network
from core.types import EMOTIONS, FERPLUS_EMOTIONS, Box, Detection

ASTRONAUT_FACE = Detection(Box(177, 75, 92, 110), 1.0)


@pytest.fixture(scope="module")
def classifier() -> EmotionClassifier:
    return EmotionClassifier()


def astronaut() -> np.ndarray:
    return cv2.cvtColor(data.astronaut(), cv2.COLOR_RGB2BGR)


def test_a_smiling_face_reads_happiness_at_any_size_and_colour(
    classifier: EmotionClassifier,
) -> None:
    crop = crop_face(astronaut(), ASTRONAUT_FACE)
    crops = [crop, cv2.resize(crop, (40, 40)), cv2.cvtColor(crop, cv2.COLOR_GRAY2BGR)]
    names = [EMOTIONS[k] for k in classifier.classify(crops).argmax(axis=1)]
    assert names == ["happiness"] * 3


def test_seven_are_the_eight_without_contempt_renormalised(classifier: EmotionClassifier) -> None:
    crop = [crop_face(astronaut(), ASTRONAUT_FACE)]
    eight = dict(zip(FERPLUS_EMOTIONS, classifier.classify_ferplus(crop)[0], strict=True))
    rest = 1 - eight["contempt"]
    expected = [eight[name] / rest for name in EMOTIONS]
    np.testing.assert_allclose(classifier.classify(crop)[0], expected, rtol=1e-5)


def test_a_face_and_its_mirror_image_read_alike_unless_the_second_look_is_left_out(
    classifier: EmotionClassifier,
) -> None:
    crop = np.ascontiguousarray(data.astronaut()[50:170, 150:290, 1])
    other = crop[:, ::-1]
    one, two = classifier.classify([crop])[0], classifier.classify([other])[0]
    np.testing.assert_allclose(one, two, atol=1e-5)
    plain = classifier.classify([crop, other], mirror=False)
    assert not np.allclose(plain[0], plain[1], rtol=0.01)


def test_no_crops_give_no_rows(classifier: EmotionClassifier) -> None:
    assert classifier.classify([]).shape == (0, 7)
    assert classifier.classify_ferplus([]).shape == (0, 8)


def test_a_batch_reads_as_its_faces_do_alone(classifier: EmotionClassifier) -> None:
    crop = crop_face(astronaut(), ASTRONAUT_FACE)
    crops = [crop, crop[:, ::-1], 255 - crop, crop[5:-5, 5:-5]]
    alone = np.concatenate([classifier.classify([one]) for one in crops])
    np.testing.assert_allclose(classifier.classify(crops), alone, atol=1e-5)


@settings(max_examples=25, deadline=None)
@given(
    shape=st.tuples(st.integers(1, 80), st.integers(1, 80)),
    seed=st.integers(0, 2**16),
)
def test_any_crop_gives_a_distribution(shape: tuple[int, int], seed: int) -> None:
    crop = np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)
    row = EmotionClassifier().classify([crop])[0]
    assert row.sum() == pytest.approx(1.0, abs=1e-5)
    assert (row >= 0).all()


@pytest.mark.parametrize("light", [0.5, 1.6])
def test_light_alone_hardly_changes_the_reading(
    classifier: EmotionClassifier, light: float
) -> None:
    crop = crop_face(astronaut(), ASTRONAUT_FACE)
    other = np.clip(crop * light, 0, 255).astype(np.uint8)
    before, after = classifier.classify([crop, other])
    assert EMOTIONS[before.argmax()] == EMOTIONS[after.argmax()]


@pytest.mark.parametrize(
    "crop", [np.zeros((0, 5), np.uint8), np.zeros((5, 5)), np.zeros(9, np.uint8)]
)
def test_what_is_no_crop_is_refused(classifier: EmotionClassifier, crop: np.ndarray) -> None:
    with pytest.raises(ValueError, match="non-empty uint8"):
        classifier.classify([crop])


def test_gray_and_colour_frames_give_the_same_crop() -> None:
    image = astronaut()
    gray = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    assert np.array_equal(crop_face(image, ASTRONAUT_FACE), crop_face(gray, ASTRONAUT_FACE))


@settings(max_examples=60, deadline=None)
@given(
    x=st.floats(-300, 300),
    y=st.floats(-300, 300),
    size=st.floats(1, 400),
    roll=st.floats(-80, 80),
)
def test_a_crop_is_square_wherever_the_box_lies(
    x: float, y: float, size: float, roll: float
) -> None:
    turn = np.radians(roll)
    eyes = np.array([[0, 0], [np.cos(turn), np.sin(turn)]]) * size / 2 + [x, y]
    landmarks = np.vstack([eyes, eyes, eyes[:1]]).astype(np.float32)
    image = np.arange(120 * 160, dtype=np.uint32).reshape(120, 160).astype(np.uint8)
    crop = crop_face(image, Detection(Box(x, y, size, size * 1.2), 1.0, landmarks))
    assert crop.shape[0] == crop.shape[1] == max(1, round(0.93 * size * 1.2))


def test_a_tilted_head_is_turned_upright() -> None:
    image = np.zeros((200, 200), np.uint8)
    cv2.line(image, (60, 60), (140, 140), 255, 3)  # 45 degrees through the middle
    landmarks = np.array([[70, 70], [130, 130], [100, 100], [0, 0], [0, 0]], np.float32)
    crop = crop_face(image, Detection(Box(50, 50, 100, 100), 1.0, landmarks))
    middle = crop[len(crop) // 2 - 3 : len(crop) // 2 + 4]
    assert middle.max(axis=0)[10:-10].min() > 100
    assert roll_degrees(landmarks) == pytest.approx(45)


def test_prepare_keeps_a_crop_of_the_right_size() -> None:
    crop = np.random.default_rng(0).integers(0, 256, (48, 48), dtype=np.uint8)
    assert np.array_equal(prepare(crop), crop.astype(np.float32))


def test_smoothing_does_not_depend_on_the_frame_rate() -> None:
    start, then = np.eye(7, dtype=np.float32)[3], np.eye(7, dtype=np.float32)[6]

    def after(steps: int) -> np.ndarray:
        smoother = EmotionSmoother(0.4)
        row = smoother.update(1, start, 0.0)
        for step in range(1, steps + 1):
            row = smoother.update(1, then, step / steps)
        return row

    np.testing.assert_allclose(after(10), after(40), atol=1e-5)
    assert after(10)[6] == pytest.approx(1 - np.exp(-1 / 0.4), abs=1e-5)


def test_tracks_are_smoothed_apart_and_forgotten() -> None:
    one, other = np.eye(7, dtype=np.float32)[0], np.eye(7, dtype=np.float32)[1]
    smoother = EmotionSmoother(0.4, forget_s=2.0)
    smoother.update(1, one, 0.0)
    assert np.array_equal(smoother.update(2, other, 0.1), other)
    assert np.array_equal(smoother.update(1, other, 5.0), other)


def test_smoothing_can_be_switched_off() -> None:
    smoother = EmotionSmoother(0.0)
    smoother.update(1, np.eye(7, dtype=np.float32)[0], 0.0)
    assert smoother.update(1, np.eye(7, dtype=np.float32)[1], 0.01)[1] == 1.0


def test_damaged_weights_are_named(tmp_path) -> None:  # type: ignore[no-untyped-def]
    broken = tmp_path / "emotion.onnx"
    broken.write_bytes(b"not a network")
    with pytest.raises(ModelError, match=r"emotion\.onnx.*models verify"):
        open_network(broken)
