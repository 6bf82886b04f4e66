"""A picture's forms agree with each other, whatever format the decoder hands out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from core.frame.pictures import DecodedFrame, ImagePicture
from core.frame.sources import open_source
from core.types import Frame

FORMATS = {
    "yuv420p": {"codec": "libx264", "pix_fmt": "yuv420p"},
    "full range": {"codec": "libx264", "pix_fmt": "yuvj420p", "color_range": 2},
    "tagged full range": {"codec": "ffv1", "pix_fmt": "yuv420p", "color_range": 2},
    "4:2:2": {"codec": "libx264", "pix_fmt": "yuv422p"},
    "4:4:4": {"codec": "libx264", "pix_fmt": "yuv444p"},
    "10 bit": {"codec": "libx264", "pix_fmt": "yuv420p10le"},
    "rgb": {"codec": "ffv1", "pix_fmt": "bgr0"},
    "gray": {"codec": "ffv1", "pix_fmt": "gray"},
    "mjpeg": {"codec": "mjpeg", "pix_fmt": "yuvj420p", "color_range": 2},
}


def first(path: Path) -> DecodedFrame:
    with open_source(path) as source:
        return next(iter(source))


@pytest.fixture(scope="module", params=FORMATS)
def frame(request: pytest.FixtureRequest, make_clip: Callable[..., Path]) -> DecodedFrame:
    how = FORMATS[request.param]
    good = {"crf": "4"} if how["codec"] == "libx264" else {}
    return first(make_clip("a.mkv", count=2, options=good, **how))


@pytest.fixture
def true_gray(scene: Callable[..., np.ndarray]) -> np.ndarray:
    return cv2.cvtColor(scene(0, 320, 240), cv2.COLOR_BGR2GRAY).astype(float)


def gray_of(picture: DecodedFrame | ImagePicture) -> np.ndarray:
    luma = picture.upright_luma
    return luma.full_range(luma.plane)


def test_luma_is_full_range_in_every_format_once_expanded(
    frame: DecodedFrame, true_gray: np.ndarray
) -> None:
    gray = gray_of(frame)
    assert gray.shape == (240, 320)
    difference = gray.astype(float) - true_gray
    assert abs(difference.mean()) < 1.5
    assert np.abs(difference).mean() < 3.0


def test_the_image_has_the_brightness_of_the_luma(frame: DecodedFrame) -> None:
    assert frame.image.shape == (240, 320, 3)
    shown = cv2.cvtColor(frame.image, cv2.COLOR_BGR2GRAY).astype(float)
    assert abs(shown.mean() - gray_of(frame).mean()) < 2.0


def test_a_thumbnail_is_the_image_made_smaller(frame: DecodedFrame) -> None:
    small = frame.thumbnail(80)
    assert small.shape == (60, 80, 3)
    shrunk = cv2.resize(frame.image, (80, 60), interpolation=cv2.INTER_AREA)
    assert np.abs(small.astype(float) - shrunk).mean() < 4.0


def test_a_thumbnail_is_never_larger_than_the_picture(frame: DecodedFrame) -> None:
    assert frame.thumbnail(5000).shape == (240, 320, 3)


@pytest.mark.parametrize("size", [(322, 242), (35, 51), (17, 400), (641, 359)])
def test_odd_sizes_keep_every_pixel(make_clip: Callable[..., Path], size: tuple[int, int]) -> None:
    # FFV1 holds odd sizes; H.264 in 4:2:0 does not.
    found = first(make_clip("odd.mkv", count=1, size=size, codec="ffv1", pix_fmt="yuv420p"))
    width, height = size
    assert found.size == size
    assert found.image.shape == (height, width, 3)
    assert found.upright_luma.plane.shape == found.luma.plane.shape == (height, width)


def test_a_camera_picture_and_a_decoded_one_read_alike(make_clip: Callable[..., Path]) -> None:
    decoded = first(make_clip("same.mkv", count=1, codec="ffv1", pix_fmt="bgr0"))
    camera = ImagePicture(Frame(0, 0.0, decoded.image))
    assert camera.size == decoded.size
    assert np.abs(gray_of(camera).astype(int) - gray_of(decoded)).max() <= 2
    assert np.abs(camera.thumbnail(80).astype(float) - decoded.thumbnail(80)).mean() < 2.0
