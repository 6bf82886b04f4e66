"""Pictures and clips that the tests share, all made here from scikit-image's astronaut."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
import skimage.data
from numpy.typing import NDArray

MakeClip = Callable[..., Path]


@pytest.fixture(scope="session")
def astronaut() -> NDArray[np.uint8]:
    """(512, 512, 3) BGR picture of one smiling face near (222, 118)."""
    return np.ascontiguousarray(skimage.data.astronaut()[:, :, ::-1])


@pytest.fixture(scope="session")
def scene(astronaut: NDArray[np.uint8]) -> Callable[[int, int, int], NDArray[np.uint8]]:
    """(number, width, height) -> BGR frame of a slow pan over the upper half of the astronaut."""

    def frame(number: int, width: int, height: int) -> NDArray[np.uint8]:
        # The face stays whole whatever the shape of the frame is.
        side = 280
        left, top = 70 + number % 30, number % 20
        view = astronaut[top : top + side, left : left + side]
        scale = min(width, height) / side
        view = cv2.resize(view, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        right, below = width - view.shape[1], height - view.shape[0]
        return cv2.copyMakeBorder(
            view, 0, max(0, below), 0, max(0, right), borderType=cv2.BORDER_REFLECT
        )[:height, :width]

    return frame


@pytest.fixture(scope="session")
def encode() -> Callable[..., Path]:
    """Write BGR frames as a video: ``encode(path, frames, fps=25, codec="libx264", ...)``.

    ``times_s`` gives each frame its own media time; ``color_range`` is 1
    (limited) or 2 (full); ``options`` go to the encoder.
    """

    def write(
        path: Path,
        frames: Sequence[NDArray[np.uint8]],
        *,
        fps: int = 25,
        codec: str = "libx264",
        pix_fmt: str = "yuv420p",
        times_s: Sequence[float] | None = None,
        color_range: int | None = None,
        options: dict[str, str] | None = None,
    ) -> Path:
        height, width = frames[0].shape[:2]
        with av.open(str(path), "w") as container:
            stream = container.add_stream(codec, rate=fps, options=options or {})
            stream.width, stream.height, stream.pix_fmt = width, height, pix_fmt
            clock = Fraction(1, fps if times_s is None else 90_000)
            stream.codec_context.time_base = clock
            if color_range is not None:
                stream.codec_context.color_range = color_range
            for number, pixels in enumerate(frames):
                frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="bgr24")
                frame = frame.reformat(format=pix_fmt, dst_color_range=color_range)
                time_s = number / fps if times_s is None else times_s[number]
                frame.pts, frame.time_base = round(time_s / clock), clock
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        return path

    return write


@pytest.fixture(scope="session")
def make_clip(
    tmp_path_factory: pytest.TempPathFactory, encode: Callable[..., Path], scene: Any
) -> MakeClip:
    """Make a short clip of one face: ``make_clip("a.mp4", count=25, size=(320, 240), ...)``.

    The same arguments give the same file, encoded once; do not change it.
    """
    made: dict[str, Path] = {}

    def make(name: str, *, count: int = 25, size: tuple[int, int] = (320, 240), **how: Any) -> Path:
        key = repr((name, count, size, sorted(how.items())))
        if key not in made:
            frames = [scene(number, *size) for number in range(count)]
            made[key] = encode(tmp_path_factory.mktemp("clips") / name, frames, **how)
        return made[key]

    return make


@pytest.fixture(scope="session")
def clip(make_clip: MakeClip) -> Path:
    """One second, 320x240, 25 Hz, H.264, one face."""
    return make_clip("clip.mp4")
