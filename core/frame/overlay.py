"""A report drawn on its frame, for annotated videos and snapshots.

Sizes follow the picture, so that the words are as readable at 240 lines as at
2160. Colour never speaks alone: the emotion is written out, a reading that is
not to be trusted has a dashed frame and a question mark.
"""

from __future__ import annotations

import math
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from core.frame.canvas import FONT, Bgr, Canvas, Point
from core.types import Face, FrameReport, TextReading

EMOTION_BGR: Final[dict[str, Bgr]] = {
    "anger": (91, 73, 209),
    "disgust": (47, 139, 122),
    "fear": (186, 83, 115),
    "happiness": (0, 118, 168),
    "sadness": (179, 111, 47),
    "surprise": (155, 86, 194),
    "neutral": (124, 113, 104),
}
"""The colour roles of the page's light theme; white text on each has a contrast of 4 or more."""

LOW_TRUST: Final = 0.5
"""Under it a reading is drawn as doubtful."""

_NO_EMOTION: Final[Bgr] = (219, 91, 59)
_WHITE: Final[Bgr] = (255, 255, 255)
_POOR: Final[Bgr] = (43, 57, 192)
_SHADE: Final[Bgr] = (28, 23, 20)
_CAPITAL_PX: Final = 21.0
"""Height of a capital of this font at scale 1."""

_REASONS: Final = {
    "too_small": "too small",
    "too_dark": "too dark",
    "too_bright": "too bright",
    "blurred": "blurred",
    "noisy": "noisy",
    "turned_away": "turned away",
    "covered": "covered or tilted",
}


def draw(
    image: NDArray[np.uint8], report: FrameReport, threshold: float = 0.5
) -> NDArray[np.uint8]:
    """Draw a report on a copy of its frame.

    Parameters
    ----------
    image : (H, W, 3) uint8 array
        BGR, upright.
    report : FrameReport
        Of this frame.
    threshold : float
        A quality under it is called poor, 0..1.

    Returns
    -------
    (H, W, 3) uint8 array
        BGR.
    """
    drawn = image.copy()
    draw_on(Canvas.of_pixels(drawn), report, threshold)
    return drawn


def draw_on(canvas: Canvas, report: FrameReport, threshold: float = 0.5) -> None:
    """Draw a report into its frame itself, see ``draw``."""
    unit = text_px(*canvas.size)
    for text in report.texts:
        _draw_text(canvas, text, unit)
    for face in report.faces:
        _draw_face(canvas, face, unit)
    _draw_pills(canvas, report, threshold, unit)


def text_px(width: int, height: int) -> float:
    """Height of a capital letter for a picture of this size, px."""
    return max(6.0, 0.024 * min(width, height, 0.75 * max(width, height)))


def _draw_face(canvas: Canvas, face: Face, unit: float) -> None:
    doubtful = face.emotion is not None and face.trust < LOW_TRUST
    colour = EMOTION_BGR.get(face.emotion or "", _NO_EMOTION)
    left, top = round(face.box.x), round(face.box.y)
    right, bottom = round(face.box.x + face.box.width), round(face.box.y + face.box.height)
    line = max(1, round(unit / 6))
    corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
    # Dashes are as long as a letter; a doubtful reading is drawn in them.
    dash = 0.8 * unit if doubtful else math.inf
    for start, end in zip(corners, corners[1:] + corners[:1], strict=True):
        # A white edge keeps the line visible on any ground.
        for width, paint in ((line + 2, _WHITE), (line, colour)):
            for first, second in dashes(start, end, dash):
                canvas.line(first, second, paint, width)
    if face.emotion is None:
        label = f"face {face.track_id}"
    else:
        label = f"{face.emotion} {face.confidence:.0%}".replace("%", " %")
    if doubtful:
        why = _REASONS.get(face.trust_reason, "")
        label += f" ? {why}".rstrip()
    height = _pill_height(unit)
    # Above the box; inside it where the picture ends.
    y = top - height - line if top - height - line >= 0 else max(0, top + line)
    _pill(canvas, label, (left, y), colour, unit=unit, opacity=0.6 if doubtful else 1.0)


def _draw_text(canvas: Canvas, text: TextReading, unit: float) -> None:
    left, top = round(text.box.x), round(text.box.y)
    right, bottom = round(text.box.x + text.box.width), round(text.box.y + text.box.height)
    line = max(1, round(unit / 8))
    for width, paint in ((line + 2, _WHITE), (line, _SHADE)):
        canvas.frame((left, top), (right, bottom), paint, width)
    # This font has Latin letters only; other text keeps its frame, and its row in the table.
    if not text.text.isascii():
        return
    height = _pill_height(0.8 * unit)
    below = bottom + line
    y = below if below + height <= canvas.size[1] else top - height - line
    words = f"{text.text} {text.confidence:.0%}".replace("%", " %")
    _pill(canvas, words, (left, y), _SHADE, unit=0.8 * unit, opacity=0.7)


def _draw_pills(canvas: Canvas, report: FrameReport, threshold: float, unit: float) -> None:
    pills: list[tuple[str, Bgr]] = []
    if report.quality is not None:
        score = report.quality.quality_score
        poor = score < threshold
        words = f"quality {100 * score:.0f} %" + (" poor" if poor else "")
        pills.append((words, _POOR if poor else _SHADE))
        if report.quality.is_frozen:
            pills.append(("frozen", _POOR))
    if report.system is not None and report.system.fps > 0:
        pills.append((f"{report.system.fps:.0f} fps", _SHADE))
    gap = round(unit / 2)
    x, y = gap, canvas.size[1] - _pill_height(unit) - gap
    for words, colour in pills:
        x += _pill(canvas, words, (x, y), colour, unit=unit, opacity=0.7) + gap


def _pill_height(unit: float) -> int:
    return round(unit * 2.0)


def _pill(
    canvas: Canvas, words: str, at: Point, colour: Bgr, *, unit: float, opacity: float
) -> int:
    """Write words on a coloured ground; returns its width, px."""
    scale = unit / _CAPITAL_PX
    weight = max(1, round(unit / 9))
    (text_width, _), _ = cv2.getTextSize(words, FONT, scale, weight)
    across, down = canvas.size
    width, height = text_width + round(1.2 * unit), _pill_height(unit)
    x = max(0, min(at[0], across - width))
    y = max(0, min(at[1], down - height))
    canvas.ground((x, y), (min(width, across - x), min(height, down - y)), colour, opacity)
    canvas.words(words, (x + round(0.6 * unit), y + round((height + unit) / 2)), scale, weight)
    return width


def dashes(start: Point, end: Point, dash_px: float) -> list[tuple[Point, Point]]:
    """Part a line into dashes about ``dash_px`` long, one at each end; infinity parts nothing."""
    # An odd number of parts ends each side with a dash, so that corners are closed.
    parts = min(201, int(math.dist(start, end) / max(4.0, dash_px)) // 2 * 2 + 1)
    xs = np.linspace(start[0], end[0], parts + 1).round().astype(int).tolist()
    ys = np.linspace(start[1], end[1], parts + 1).round().astype(int).tolist()
    points = list(zip(xs, ys, strict=True))
    return [(points[index], points[index + 1]) for index in range(0, parts, 2)]
