"""The process that reads text: EasyOCR and torch are loaded here and nowhere else.

Run as ``python -m core.frame.ocr_process en``. Pictures come on standard input (a
header, then BGR bytes) and lines of JSON go back on standard output, so that
nothing is ever unpickled and the process may be ended at any moment; it ends by
itself when its input does.
"""

from __future__ import annotations

import json
import os
import struct
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
from numpy.typing import NDArray

HEADER: Final = struct.Struct(">III")
"""Height and width of the picture, px, and the canvas it is searched on, px."""

MOST_LINES: Final = 50
LONGEST_LINE: Final = 200

_SMALLEST_PX: Final = 10
"""Text whose longer side is less is not looked at."""


def load(languages: Sequence[str], models_dir: Path) -> Any:
    """Load EasyOCR's reader for these languages; nothing is ever downloaded.

    English comes with a package. Of other languages the recognizer must lie in
    ``models_dir``; EasyOCR compares its MD5 with the one it knows.
    """
    import easyocr  # noqa: PLC0415 (loads torch)
    import torch  # noqa: PLC0415
    from easyocr_en_models import model_dir  # noqa: PLC0415

    torch.set_num_threads(1)
    is_english = list(languages) == ["en"]
    reader = easyocr.Reader(
        list(languages),
        gpu=False,
        model_storage_directory=model_dir() if is_english else str(models_dir),
        user_network_directory=model_dir(),
        download_enabled=False,
        detector=is_english,
        verbose=False,
    )
    if not is_english:
        # The detector is the same for all languages.
        reader.model_storage_directory = model_dir()
        reader.setDetector("craft")
    return reader


def read(reader: Any, image: NDArray[np.uint8], canvas_px: int) -> list[list[Any]]:
    """Read the text of a picture.

    Parameters
    ----------
    reader : easyocr.Reader
        From ``load``.
    image : (H, W, 3) uint8 array
        BGR.
    canvas_px : int
        Longer side of the copy that is searched, px; text is then read in the
        picture itself.

    Returns
    -------
    list of [text, confidence, x, y, width, height]
        In reading order, px of the picture.
    """
    height, width = image.shape[:2]
    lines = []
    for corners, words, confidence in reader.readtext(
        image, canvas_size=canvas_px, min_size=_SMALLEST_PX
    ):
        text = plain(words)
        if not text:
            continue
        xs, ys = ([float(corner[axis]) for corner in corners] for axis in (0, 1))
        left, top = max(0.0, min(xs)), max(0.0, min(ys))
        right, bottom = min(float(width), max(xs)), min(float(height), max(ys))
        box = [left, top, max(0.0, right - left), max(0.0, bottom - top)]
        lines.append([text, round(float(confidence), 4), *(round(side, 1) for side in box)])
    return in_reading_order(lines)[:MOST_LINES]


def plain(words: str) -> str:
    """Text without control characters, of bounded length; what is left is only ever shown."""
    kept = "".join(sign if sign.isprintable() else " " for sign in words)
    return " ".join(kept.split())[:LONGEST_LINE]


def in_reading_order(lines: list[list[Any]]) -> list[list[Any]]:
    """Sort from top to bottom, and what stands on one line from left to right."""
    rows: list[list[list[Any]]] = []
    for line in sorted(lines, key=lambda each: each[3] + each[5] / 2):
        middle = line[3] + line[5] / 2
        last = rows[-1][0] if rows else None
        if last is not None and abs(middle - (last[3] + last[5] / 2)) < 0.5 * last[5]:
            rows[-1].append(line)
        else:
            rows.append([line])
    return [line for row in rows for line in sorted(row, key=lambda each: each[2])]


def serve(reader: Any, pictures: IO[bytes], answers: IO[bytes]) -> None:
    """Answer pictures until there are no more."""
    while header := pictures.read(HEADER.size):
        height, width, canvas_px = HEADER.unpack(header)
        pixels = pictures.read(height * width * 3)
        if len(pixels) < height * width * 3:
            return
        begun_s = time.perf_counter()
        image = np.frombuffer(pixels, np.uint8).reshape(height, width, 3)
        lines = read(reader, image, canvas_px)
        took_ms = round((time.perf_counter() - begun_s) * 1000, 1)
        say(answers, {"lines": lines, "took_ms": took_ms})


def say(answers: IO[bytes], value: dict[str, Any]) -> None:
    """Send one line."""
    answers.write(json.dumps(value).encode() + b"\n")
    answers.flush()


def main(languages: Sequence[str], models_dir: Path) -> int:
    """Serve on the standard streams."""
    # Libraries print; what they print must not come between the answers.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    if hasattr(os, "nice"):
        os.nice(2)  # the frames of a camera come first
    try:
        reader = load(languages, models_dir)
    except (ImportError, OSError, ValueError) as error:
        say(answers, {"error": f"{error}"})
        return 1
    say(answers, {"ready": True})
    serve(reader, sys.stdin.buffer, answers)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[2:], Path(sys.argv[1])))
