"""A clip to try the program with, made on this machine when it is first asked for.

The picture is scikit-image's ``astronaut`` (Eileen Collins, photographed by NASA,
public domain). The camera pans and zooms over it, and on the way everything
happens that the program is there to notice: the picture blurs, then it is dark
and noisy, then it freezes.
"""

from __future__ import annotations

import os
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import cv2
import numpy as np
from av.error import FFmpegError
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from core.errors import RecordError

WIDTH_PX, HEIGHT_PX, FPS = 640, 480, 25
LENGTH_S: Final = 20.0

BLURRED_S: Final = (5.0, 8.0)
DARK_S: Final = (10.0, 13.0)
FROZEN_S: Final = (15.0, 18.0)
"""When what is wrong: (from, to), s of media time."""

_NAME: Final = "framemood-sample-1.mp4"
"""The number counts up when the clip changes, so that an old one is not taken for it."""

_FACE: Final = np.array([222.0, 118.0])
_MIDDLE: Final = np.array([256.0, 240.0])
"""Pixels of the photograph, 512 a side."""


def sample_clip(directory: Path | None = None) -> Path:
    """Give the sample clip, made now where it is not there yet.

    Parameters
    ----------
    directory : Path, optional
        Where it is kept; a cache directory of this user by default.

    Returns
    -------
    Path
        An H.264 mp4 file, 640x480, 25 Hz, 20 s.

    Raises
    ------
    RecordError
        Where it cannot be written.
    """
    directory = directory or Path.home() / ".cache" / "framemood"
    path = directory / _NAME
    if path.is_file():
        return path
    # Two that make it at once each write their own, and the last one stays.
    draft = directory / f".{os.getpid()}-{id(object())}-{_NAME}"
    try:
        directory.mkdir(parents=True, exist_ok=True)
        _encode(draft)
        draft.replace(path)
    except (OSError, FFmpegError) as error:
        with suppress(OSError):
            draft.unlink()
        raise RecordError(
            f"{path}: the sample clip cannot be written ({getattr(error, 'strerror', error)}); "
            "check the disk's space and the directory's permissions"
        ) from error
    return path


def _encode(path: Path) -> None:
    photograph = _photograph()
    noise = np.random.default_rng(7)
    grain = noise.standard_normal((8, HEIGHT_PX + 64, WIDTH_PX + 64), np.float32)
    with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as container:
        stream = container.add_stream("libx264", rate=FPS, options={"preset": "superfast"})
        stream.width, stream.height, stream.pix_fmt = WIDTH_PX, HEIGHT_PX, "yuv420p"
        stream.codec_context.gop_size = 2 * FPS
        still: NDArray[np.uint8] | None = None
        for index in range(round(LENGTH_S * FPS)):
            time_s = index / FPS
            frozen = FROZEN_S[0] <= time_s < FROZEN_S[1]
            if still is None or not frozen:
                still = _picture(photograph, grain, time_s, index)
            frame = VideoFrame.from_ndarray(still, format="yuv420p")
            frame.pts, frame.time_base = index, Fraction(1, FPS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def _photograph() -> NDArray[np.uint8]:
    import skimage.data  # noqa: PLC0415 (loads slowly, and is needed once)

    astronaut: NDArray[np.uint8] = skimage.data.astronaut()  # type: ignore[no-untyped-call]
    return np.asarray(cv2.cvtColor(astronaut, cv2.COLOR_RGB2BGR), np.uint8)


def _picture(
    photograph: NDArray[np.uint8], grain: NDArray[np.float32], time_s: float, index: int
) -> NDArray[np.uint8]:
    """One frame as the planes of 4:2:0, (1.5 HEIGHT_PX, WIDTH_PX)."""
    view = _camera(photograph, time_s)
    blur = _swell(time_s, *BLURRED_S)
    if blur > 0.02:
        view = np.asarray(cv2.GaussianBlur(view, (0, 0), 6.0 * blur), np.uint8)
    dark = _swell(time_s, *DARK_S)
    if dark > 0:
        view = np.asarray(cv2.convertScaleAbs(view, alpha=1.0 - 0.82 * dark), np.uint8)
    planes = np.asarray(cv2.cvtColor(view, cv2.COLOR_BGR2YUV_I420), np.uint8)
    # Grain that shifts from frame to frame is as good as new grain and costs little.
    top, left = (index * 29) % 64, (index * 17) % 64
    noise = grain[index % len(grain), top : top + HEIGHT_PX, left : left + WIDTH_PX]
    luma = planes[:HEIGHT_PX]
    luma[:] = cv2.add(luma, noise * (1.5 + 14.0 * dark), dtype=cv2.CV_8U)
    return planes


def _camera(photograph: NDArray[np.uint8], time_s: float) -> NDArray[np.uint8]:
    """Look at the photograph as a slow pan and zoom would."""
    closeness = 0.5 - 0.5 * np.cos(2 * np.pi * time_s / 9.0)
    width = 500.0 - 260.0 * closeness
    sway = np.array([np.sin(2 * np.pi * time_s / 5.0), np.cos(2 * np.pi * time_s / 7.0)])
    center = _MIDDLE + closeness * (_FACE - _MIDDLE) + 0.05 * width * sway
    half = np.array([width, width * HEIGHT_PX / WIDTH_PX]) / 2
    left, top = np.clip(center - half, 0, 511 - 2 * half)
    scale = WIDTH_PX / width
    matrix = np.array([[scale, 0.0, -left * scale], [0.0, scale, -top * scale]])
    view = cv2.warpAffine(
        photograph,
        matrix,
        (WIDTH_PX, HEIGHT_PX),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(view, np.uint8)


def _swell(time_s: float, start_s: float, end_s: float) -> float:
    """0 outside, rising to 1 within half a second and falling again before the end."""
    return float(np.clip(min(time_s - start_s, end_s - time_s) / 0.5, 0.0, 1.0))
