"""What is drawn is there, readable, and never more than was read."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from core.frame.canvas import Canvas
from core.frame.overlay import dashes, draw, draw_on, text_px
from core.types import (
    EMOTIONS,
    Box,
    Face,
    FrameReport,
    QualityReading,
    SystemReading,
    TextReading,
)


def face(box: Box, trust: float = 0.9, emotion: str | None = "happiness") -> Face:
    probabilities = None
    if emotion is not None:
        probabilities = np.full(7, 0.03, np.float32)
        probabilities[EMOTIONS.index(emotion)] = 0.82
    return Face(1, box, 0.9, probabilities, emotion, trust, "too_dark")


def report(*faces: Face, quality: float = 0.8, frozen: bool = False) -> FrameReport:
    reading = QualityReading(0.1, 120.0, 0.1, 0.0, frozen, quality)
    system = SystemReading(25.0, 10.0, {}, 10.0, 10.0, 100.0)
    return FrameReport(0, 0.0, "ok", faces, reading, system)


def changed(image: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    return np.any(image != drawn, axis=2)


GROUND = np.full((480, 640, 3), 128, np.uint8)


def test_the_frame_itself_is_left_as_it_was() -> None:
    image = GROUND.copy()
    drawn = draw(image, report(face(Box(200, 150, 120, 140))))
    assert np.array_equal(image, GROUND)
    assert drawn.shape == image.shape
    assert drawn.dtype == np.uint8


def test_nothing_is_drawn_where_nothing_was_read() -> None:
    assert np.array_equal(draw(GROUND, FrameReport(0, 0.0, "no_face")), GROUND)


def test_the_box_is_drawn_around_the_face_and_not_over_it() -> None:
    where = changed(GROUND, draw(GROUND, report(face(Box(200, 150, 120, 140)))))
    assert where[150, 210:310].all()
    assert where[160:280, 200].all()
    assert not where[165:275, 215:305].any()


def test_a_reading_of_low_trust_has_a_dashed_box() -> None:
    sure = changed(GROUND, draw(GROUND, report(face(Box(200, 150, 120, 140), trust=0.9))))
    doubt = changed(GROUND, draw(GROUND, report(face(Box(200, 150, 120, 140), trust=0.2))))
    assert sure[150:290, 320].all()
    assert 0.3 < doubt[150:290, 320].mean() < 0.9


def test_a_poor_picture_is_marked() -> None:
    good, poor = draw(GROUND, report(quality=0.8)), draw(GROUND, report(quality=0.2))
    red = poor[-40:, :120].astype(int)
    assert (red[..., 2] - red[..., 0]).max() > 80
    calm = good[-40:, :120].astype(int)
    assert (calm[..., 2] - calm[..., 0]).max() < 40


def test_a_freeze_is_named() -> None:
    still, moving = draw(GROUND, report(frozen=True)), draw(GROUND, report())
    assert changed(GROUND, still).sum() > changed(GROUND, moving).sum() * 1.2


@pytest.mark.parametrize("height", [240, 480, 1080, 2160])
def test_words_grow_with_the_picture_and_stay_readable(height: int) -> None:
    width = height * 16 // 9
    capital_px = text_px(width, height)
    assert capital_px >= 6
    assert 0.015 <= capital_px / height <= 0.03


@settings(max_examples=60, deadline=None)
@given(
    st.integers(16, 400),
    st.integers(16, 400),
    st.tuples(*[st.floats(-500, 900)] * 2, *[st.floats(0, 900)] * 2),
    st.sampled_from([*EMOTIONS, None]),
    st.floats(0, 1),
)
def test_any_box_on_any_picture_is_drawn_without_failing(
    width: int, height: int, box: tuple[float, ...], emotion: str | None, trust: float
) -> None:
    image = np.zeros((height, width, 3), np.uint8)
    drawn = draw(image, report(face(Box(*box), trust, emotion), frozen=True))
    assert drawn.shape == image.shape


@given(st.tuples(*[st.integers(-100, 2000)] * 4), st.floats(1, 500))
def test_dashes_begin_and_end_where_the_line_does(
    ends: tuple[int, int, int, int], dash_px: float
) -> None:
    start, end = ends[:2], ends[2:]
    parts = dashes(start, end, dash_px)
    assert parts[0][0] == start
    assert parts[-1][1] == end


def test_a_line_of_infinite_dashes_is_whole() -> None:
    assert dashes((0, 0), (50, 0), float("inf")) == [((0, 0), (50, 0))]


def test_text_that_was_read_is_framed_where_it_stands_and_a_foreign_script_is_not_garbled() -> None:
    image = np.full((240, 320, 3), 127, np.uint8)
    box = Box(60, 80, 90, 20)

    def drawn(words: str) -> NDArray[np.uint8]:
        return draw(image, FrameReport(0, 0.0, "ok", texts=(TextReading(words, 0.9, box),)))

    latin, korean = drawn("EXIT 7"), drawn("출구")
    for picture in (latin, korean):
        assert (picture[80, 60:150] != 127).any(axis=1).all()  # the frame's upper side
        assert (picture[90:95, 70:140] == 127).all()  # what was read stays visible
    assert (latin[103:115, 60:120] != 127).any()
    assert (korean[106:] == 127).all()


@pytest.mark.parametrize("bt709", [True, False])
@pytest.mark.parametrize("limited_range", [True, False])
def test_drawn_on_planes_it_looks_as_drawn_on_pixels(bt709: bool, limited_range: bool) -> None:
    told = report(face(Box(200, 150, 120, 140)), face(Box(400, 100, 90, 90), 0.2), quality=0.2)
    luma, *chroma = (
        np.full((480 // part, 640 // part), 128 if part == 2 else 126, np.uint8)
        for part in (1, 2, 2)
    )
    canvas = Canvas.of_planes(
        luma, (chroma[0], chroma[1]), bt709=bt709, limited_range=limited_range
    )
    ground = as_bgr(luma, *chroma, bt709=bt709, limited_range=limited_range)
    draw_on(canvas, told)
    drawn = as_bgr(luma, *chroma, bt709=bt709, limited_range=limited_range)
    expected = draw(ground, told)
    assert np.abs(drawn.astype(float) - expected).mean() < 1.0
    # Within the words' ground the colour is the emotion's.
    pill = drawn[135:149, 202:206].reshape(-1, 3).mean(axis=0)
    assert np.allclose(pill, expected[135:149, 202:206].reshape(-1, 3).mean(axis=0), atol=6)


def test_words_on_planes_are_white_on_every_colour() -> None:
    luma, *chroma = (np.full((480 // part, 640 // part), 128, np.uint8) for part in (1, 2, 2))
    canvas = Canvas.of_planes(luma, (chroma[0], chroma[1]), bt709=False, limited_range=True)
    draw_on(canvas, report(face(Box(200, 150, 120, 140))))
    drawn = as_bgr(luma, *chroma, bt709=False, limited_range=True)
    label = drawn[126:150, 202:300].reshape(-1, 3).astype(float)
    letters = label[label.max(axis=1) > 225]
    assert len(letters) > 30
    # Coloured on the ground's yellow they would be hard to read.
    assert np.median(letters.max(axis=1) - letters.min(axis=1)) < 60


def as_bgr(
    luma: NDArray[np.uint8], *chroma: NDArray[np.uint8], bt709: bool, limited_range: bool
) -> NDArray[np.uint8]:
    y = luma.astype(float)
    cb, cr = (np.kron(plane.astype(float) - 128, np.ones((2, 2))) for plane in chroma)
    if limited_range:
        y, cb, cr = (y - 16) * 255 / 219, cb * 255 / 224, cr * 255 / 224
    kr, kb = (0.2126, 0.0722) if bt709 else (0.299, 0.114)
    blue, red = y + (2 - 2 * kb) * cb, y + (2 - 2 * kr) * cr
    green = (y - kr * red - kb * blue) / (1 - kr - kb)
    return np.clip(np.rint(np.stack((blue, green, red), axis=2)), 0, 255).astype(np.uint8)
