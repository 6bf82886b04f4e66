"""Video throughput beside decoding alone, FFmpeg's own detectors and ``fer``, in one run.

    python -m benchmarks.throughput                   20 s of 720p30, three rounds
    python -m benchmarks.throughput --clip my.mp4 --rounds 5

Each round runs every contender once, so that what else the machine does falls on
all of them; the table gives the median of each and the median over rounds of the
ratios. Where other work shares the cores, the processor time a frame is the fairer
figure: the cores divided by it is what the contender reaches when it has them for
itself and keeps them busy. The clip is a face (scikit-image's astronaut) that moves
over moving texture, made before the first round.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from pathlib import Path

import av
import cv2
import numpy as np
import onnxruntime
from skimage import data

from benchmarks import mini_xception
from core.frame.pipeline import FramePipeline
from core.frame.sources import open_source
from core.frame.video import analyze_video

WIDTH, HEIGHT, FPS = 1280, 720, 30
FER_FRAMES = 20
FFMPEG_FILTERS = "scale=320:-2,blurdetect,freezedetect,signalstats"

DECODE, QUALITY, FFMPEG = "decode alone (PyAV)", "quality", "FFmpeg blur+freeze+stats, 320 wide"
FACES, ANNOTATED = "quality + faces + emotion", "the same, annotated H.264 written"
FER = "fer's cascade and network"

Contender = Callable[[Path], int]


def make_clip(path: Path, seconds: float) -> Path:
    """Encode the face over moving texture; 720p30 H.264 at the encoder's usual quality."""
    face = cv2.cvtColor(data.astronaut(), cv2.COLOR_RGB2BGR)[:300, 70:370]
    coffee = cv2.cvtColor(data.coffee(), cv2.COLOR_RGB2BGR)
    ground = cv2.resize(coffee, (1800, 1200), interpolation=cv2.INTER_CUBIC)
    grain = np.random.default_rng(0).normal(0, 2, (HEIGHT, WIDTH, 1)).astype(np.int16)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS, options={"preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for index in range(round(seconds * FPS)):
            turn = index / FPS
            left, top = round(250 + 240 * np.sin(turn / 3)), round(240 + 230 * np.cos(turn / 4))
            picture = ground[top : top + HEIGHT, left : left + WIDTH].astype(np.int16)
            x, y = round(490 + 400 * np.sin(turn / 2)), round(200 + 180 * np.sin(turn))
            picture[y : y + 300, x : x + 300] = face
            picture += np.roll(grain, (index * 37, index * 53), axis=(0, 1))
            pixels = np.clip(picture, 0, 255).astype(np.uint8)
            frame = av.VideoFrame.from_ndarray(pixels, format="bgr24")
            frame.pts, frame.time_base = index, Fraction(1, FPS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def decode(clip: Path) -> int:
    with av.open(str(clip)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        return sum(1 for _ in container.decode(stream))


def quality(clip: Path) -> int:
    return analyze_video(clip, faces=False).frames


def faces(clip: Path) -> int:
    return analyze_video(clip).frames


def annotated(clip: Path) -> int:
    with tempfile.TemporaryDirectory() as directory:
        return analyze_video(clip, directory).frames


def ffmpeg(clip: Path) -> int:
    command = ["ffmpeg", "-v", "error", "-i", str(clip), "-vf", FFMPEG_FILTERS, "-f", "null", "-"]
    subprocess.run(command, check=True, capture_output=True)
    with open_source(clip) as source:
        return source.frame_count or 0


@cache
def fer_network() -> onnxruntime.InferenceSession:
    """Loaded once, as ours is."""
    weights = mini_xception.packaged_weights()
    return onnxruntime.InferenceSession(
        mini_xception.to_onnx(weights), providers=["CPUExecutionProvider"]
    )


def fer(clip: Path) -> int:
    """What ``fer`` does with a frame at its own defaults, without TensorFlow.

    Its network runs by ONNX, the same weights in less time. Its cascade looks for faces
    of 50 px and more in the whole frame; each is widened by 10 px and classified.
    """
    network = fer_network()
    cascade = cv2.CascadeClassifier(cv2.data.haarcascades + "haarcascade_frontalface_default.xml")
    side, source_name = mini_xception.SIDE_PX, network.get_inputs()[0].name
    with open_source(clip) as source:
        for frame in source:
            if frame.index == FER_FRAMES:
                break
            gray = cv2.cvtColor(frame.image, cv2.COLOR_BGR2GRAY)
            for x, y, width, height in cascade.detectMultiScale(gray, 1.1, 5, minSize=(50, 50)):
                top, left = max(0, y - 10), max(0, x - 10)
                face = cv2.resize(gray[top : y + height + 10, left : x + width + 10], (side, side))
                values = (face.astype(np.float32) / 255.0 - 0.5) * 2.0
                network.run(None, {source_name: values[None, None]})
    return FER_FRAMES


def contenders() -> dict[str, Contender]:
    """Those that can be run here; what is absent is said."""
    found: dict[str, Contender] = {
        DECODE: decode,
        QUALITY: quality,
        FACES: faces,
        ANNOTATED: annotated,
    }
    for name, contender, present in (
        (FFMPEG, ffmpeg, shutil.which("ffmpeg") is not None),
        (FER, fer, mini_xception.packaged_weights() is not None),
    ):
        if present:
            found[name] = contender
        else:
            print(f"absent: {name}")
    return found


@dataclass
class Measured:
    """One contender, a figure a round."""

    fps: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)


def cpu_s() -> float:
    """Processor time of this process and of what it started, s."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def measure(clip: Path, rounds: int) -> dict[str, Measured]:
    """Run every contender once a round."""
    FramePipeline()  # loads the models, which a running program has done once
    todo = contenders()
    measured = {name: Measured() for name in todo}
    for _ in range(rounds):
        for name, contender in todo.items():
            begun_s, begun_cpu_s = time.perf_counter(), cpu_s()
            frames = contender(clip)
            measured[name].fps.append(frames / (time.perf_counter() - begun_s))
            measured[name].cpu_ms.append((cpu_s() - begun_cpu_s) * 1000 / frames)
    return measured


def ratio(rates: dict[str, Measured], name: str, to: str) -> float:
    """Median over rounds of one contender's rate over another's."""
    pairs = zip(rates[name].fps, rates[to].fps, strict=True)
    return statistics.median(one / other for one, other in pairs)


def report(rates: dict[str, Measured], clip_fps: float) -> None:
    print(f"\n{'':36}{'frames/s':>10}{'real time':>11}{'of decode':>11}{'cpu ms/frame':>14}")
    for name, each in rates.items():
        rate, cpu_ms = statistics.median(each.fps), statistics.median(each.cpu_ms)
        beside = ratio(rates, name, DECODE)
        print(f"{name:36}{rate:10.1f}{rate / clip_fps:10.2f}x{beside:11.2f}{cpu_ms:14.2f}")
    times = {name: statistics.median(rates[name].fps) / clip_fps for name in (FACES, ANNOTATED)}
    goals = [
        ("quality over decode alone", ratio(rates, QUALITY, DECODE), 0.65),
        ("faces + emotion over real time", times[FACES], 4.0),
        ("annotated over real time", times[ANNOTATED], 2.0),
    ]
    if FFMPEG in rates:
        goals.insert(1, ("quality over FFmpeg's detectors", ratio(rates, QUALITY, FFMPEG), 2.0))
    if FER in rates:
        goals.append(("faces + emotion over fer", ratio(rates, FACES, FER), 1.0))
    print()
    for name, value, goal in goals:
        print(f"{name:38}{value:10.2f}   goal {goal:<5}{'met' if value >= goal else 'MISSED'}")


@contextmanager
def chosen_clip(path: Path | None, seconds: float) -> Iterator[Path]:
    if path is not None:
        yield path
        return
    with tempfile.TemporaryDirectory() as directory:
        yield make_clip(Path(directory) / "throughput.mp4", seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clip", type=Path, help="a video of yours instead of the one made here")
    parser.add_argument("--seconds", type=float, default=20.0, help="length of the clip made here")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, load {load:.1f} before, "
        f"Python {platform.python_version()}, OpenCV {cv2.__version__}, PyAV {av.__version__}"
    )
    with chosen_clip(arguments.clip, arguments.seconds) as clip:
        with open_source(clip) as source:
            fps = source.fps
            print(f"{source.width}x{source.height}, {fps:g} Hz, {source.frame_count} frames")
        report(measure(clip, arguments.rounds), fps)


if __name__ == "__main__":
    main()
