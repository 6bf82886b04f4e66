"""Clips with faults, made from photographs and recorded clips, encoded as H.264.

A scene is a camera: it gives a picture for any time, before its sensor's noise. A
fault changes what the lens sees, what the sensor makes of it or what is sent. The
scenes are split: those of ``DEVELOP`` were looked at while limits were chosen, those
of ``JUDGE`` were kept for a first report and have been looked at since, those of
``UNSEEN`` are only ever reported. Unseen ones are encoded in many ways.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

import av
import cv2
import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

WIDTH, HEIGHT = 640, 360
FAULTS = (
    "freeze",
    "black",
    "washed_out",
    "covered",
    "defocused",
    "moved",
    "noise_burst",
    "stutter",
)
DEVELOP = ("astronaut", "coffee", "china", "motorcycle_left", "camera", "coins")
JUDGE = ("chelsea", "rocket", "flower", "grace_hopper", "moon", "brick", "ihc")
GRADIO = ("cheetah", "lion", "tower")
UNSEEN = ("motorcycle_right", "hubble_deep_field", "grass", "clock_motion", *GRADIO)
MANNERS = ("static", "night", "pan", "zoom", "traffic", "sway")
CALM = ("night", "static", "traffic", "passer", "cuts", "pan", "sunset", "sunrise", "lights")

Gray = NDArray[np.float32]


@dataclass(frozen=True)
class Clip:
    """What a clip is made of; ``fault`` is empty for an undisturbed one."""

    photo: str
    manner: str
    fault: str
    onset_s: float
    length_s: float
    fps: int
    crf: int
    noise: float
    seed: int
    fault_s: float = 30.0
    preset: str = "superfast"
    keyframes: int = 250

    @property
    def name(self) -> str:
        """A name of its own."""
        return f"{self.photo}-{self.manner}-{self.fault or 'calm'}-{self.seed}"


@lru_cache(maxsize=32)
def photograph(name: str) -> Gray:
    """A photograph as float luma, wide enough to look around in."""
    if name in ("china", "flower"):
        from sklearn.datasets import load_sample_image

        picture = load_sample_image(f"{name}.jpg")
    elif name == "grace_hopper":
        import matplotlib

        path = Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg"
        picture = cv2.imread(str(path))[40:420]
    elif name in GRADIO:
        import gradio

        path = Path(gradio.__file__).parent / "media_assets" / "images" / f"{name}.jpg"
        picture = cv2.imread(str(path))[..., ::-1]
    else:
        from skimage import data, io

        path = Path(data.__file__).parent
        picture = io.imread(next(iter(sorted(path.glob(f"{name}.*")))))
    gray = picture if picture.ndim == 2 else cv2.cvtColor(picture[..., :3], cv2.COLOR_RGB2GRAY)
    scale = max(1.45 * WIDTH / gray.shape[1], 1.45 * HEIGHT / gray.shape[0])
    interpolation = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
    return np.float32(cv2.resize(gray, None, fx=scale, fy=scale, interpolation=interpolation))


def looked_at(photo: Gray, x: float, y: float, zoom: float, turn: float = 0.0) -> Gray:
    """Look at a photograph: ``x``, ``y`` in -1..1 from edge to edge, turned by degrees."""
    height, width = photo.shape
    room_x, room_y = (width - WIDTH / zoom) / 2, (height - HEIGHT / zoom) / 2
    center = (width / 2 + x * max(0, room_x), height / 2 + y * max(0, room_y))
    matrix = cv2.getRotationMatrix2D(center, turn, zoom)
    matrix[:, 2] += np.array([WIDTH / 2, HEIGHT / 2]) - np.array(center)
    return cv2.warpAffine(
        photo, matrix, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
    )


class Camera:
    """One scene as its lens sees it; ``at`` gives float luma in 0..255."""

    def __init__(self, clip: Clip) -> None:
        self.clip = clip
        self.random = np.random.default_rng(zlib.crc32(clip.name.encode()))
        self.photo = photograph(clip.photo)
        self.start = self.random.uniform(-0.4, 0.4, 2)
        self.phase = self.random.uniform(0, 6.28)
        self.speed = self.random.uniform(0.05, 0.16) * self.random.choice([-1, 1])
        names = next((s for s in (DEVELOP, JUDGE, UNSEEN) if clip.photo in s), DEVELOP)
        self.others = [photograph(name) for name in self.random.permutation(names)]
        self.passers = self._passers()

    def at(self, time_s: float, shift: tuple[float, float, float, float] = (0, 0, 0, 0)) -> Gray:
        """The picture at a time; ``shift`` is a camera moved: x, y, zoom, degrees."""
        manner = self.clip.manner
        x, y = self.start
        zoom, turn, photo = 1.0, 0.0, self.photo
        if manner == "pan":
            # There and back, evenly, as a camera that patrols.
            x = 0.9 * (2 * abs(((time_s * self.speed / 2 + self.phase) % 2) - 1) - 1)
        elif manner == "zoom":
            zoom = 1.15 + 0.15 * np.sin(0.5 * time_s + self.phase)
        elif manner == "sway":
            x += 0.03 * np.sin(1.7 * time_s) + 0.01 * np.sin(5.1 * time_s)
            y += 0.03 * np.sin(1.3 * time_s + 1)
        elif manner == "cuts":
            count = int(time_s / 2.7 + self.phase)
            photo = self.others[count % len(self.others)]
            x, y = np.cos(count * 2.3) * 0.8, np.sin(count * 1.7) * 0.8
        picture = looked_at(photo, x + shift[0], y + shift[1], zoom + shift[2], turn + shift[3])
        if manner in ("traffic", "passer"):
            self._pass_by(picture, time_s)
        if manner == "night":
            picture *= 0.22
        elif manner == "sunset":
            picture *= max(0.2, 1 - 0.8 * time_s / self.clip.length_s)
        elif manner == "sunrise":
            picture *= min(1.9, 0.5 + 1.2 * time_s / self.clip.length_s)
        elif manner == "lights":
            picture *= 1.0 if int(time_s / 6 + self.phase) % 2 else 0.45
        return picture

    def _passers(self) -> list[tuple[Gray, float, float, float]]:
        made = []
        for _ in range(12):
            if self.clip.manner == "passer":
                width, height = self.random.integers(220, 420), 360
                velocity = self.random.uniform(180, 400)
            else:
                width, height = self.random.integers(60, 220), self.random.integers(40, 140)
                velocity = self.random.uniform(80, 350)
            other = self.others[int(self.random.integers(1, len(self.others)))]
            top = int(self.random.integers(0, other.shape[0] - height + 1))
            left = int(self.random.integers(0, other.shape[1] - width + 1))
            patch = other[top : top + height, left : left + width].copy()
            if self.clip.manner == "passer":
                patch = 40 + 0.4 * cv2.GaussianBlur(patch, (0, 0), 2.0)
            made.append((patch, velocity, self.random.uniform(1, 30), self.random.uniform(0, 1)))
        return made

    def _pass_by(self, picture: Gray, time_s: float) -> None:
        for patch, velocity, starts_s, level in self.passers:
            left = int((time_s - starts_s) * velocity - patch.shape[1])
            top = int(level * (HEIGHT - patch.shape[0]))
            first, last = max(0, left), min(WIDTH, left + patch.shape[1])
            if first < last:
                picture[top : top + patch.shape[0], first:last] = patch[
                    :, first - left : last - left
                ]


class Recorded(Camera):
    """A recorded clip, played there and back."""

    def __init__(self, clip: Clip, frames: list[NDArray[np.uint8]]) -> None:
        self.clip, self.frames = clip, frames
        self.random = np.random.default_rng(zlib.crc32(clip.name.encode()))

    def at(self, time_s: float, shift: tuple[float, float, float, float] = (0, 0, 0, 0)) -> Gray:
        """The picture at a time; moved within itself."""
        count = len(self.frames)
        index = int(time_s * self.clip.fps) % (2 * count - 2)
        picture = np.float32(self.frames[min(index, 2 * count - 2 - index)])
        if not any(shift):
            return picture
        matrix = cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), shift[3], 1.0 + shift[2])
        matrix[:, 2] += np.array([shift[0] * WIDTH / 3, shift[1] * HEIGHT / 3])
        return cv2.warpAffine(picture, matrix, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REFLECT)


def recorded_frames(path: Path, most: int = 500) -> list[NDArray[np.uint8]]:
    """Luma of a clip at the size that clips are made in."""
    frames = []
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            gray = frame.to_ndarray(format="gray")
            frames.append(cv2.resize(gray, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA))
            if len(frames) >= most:
                break
    return frames


def pictures(clip: Clip, camera: Camera) -> Iterator[NDArray[np.uint8]]:
    """Luma of a clip, its fault from ``onset_s`` on for ``fault_s``."""
    random = camera.random
    apply = _fault(clip, camera, random)
    grain = [random.standard_normal((HEIGHT + 64, WIDTH + 64), np.float32) for _ in range(6)]
    still: NDArray[np.uint8] | None = None
    for index in range(round(clip.length_s * clip.fps)):
        time_s = index / clip.fps
        since_s = time_s - clip.onset_s
        faulty = clip.fault != "" and 0 <= since_s < clip.fault_s
        if still is not None and faulty and clip.fault == "freeze":
            yield still
            continue
        if still is not None and faulty and clip.fault == "stutter" and index % (clip.fps // 3):
            yield still
            continue
        picture, louder = apply(time_s, since_s) if faulty else (camera.at(time_s), 1.0)
        top, left = random.integers(0, 64, 2)
        noise = grain[index % 6][top : top + HEIGHT, left : left + WIDTH]
        # Photon noise grows with the root of the light, reading noise does not.
        strength = clip.noise * louder * np.sqrt(0.4 + picture / 200)
        still = np.uint8(np.clip(picture + noise * strength, 0, 255))
        yield still


def _fault(
    clip: Clip, camera: Camera, random: np.random.Generator
) -> Callable[[float, float], tuple[Gray, float]]:
    """What a fault makes of the picture at (time, time since onset), and of the noise."""
    kind = clip.fault
    style, sign = int(random.integers(0, 4)), random.choice([-1.0, 1.0], 2)
    strength = random.uniform(0, 1)
    level = random.uniform(8, 140)
    yy, xx = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    side = random.uniform(0.7, 1.0)
    ramp_s = random.choice([0.04, 0.4])

    def cover(picture: Gray, since_s: float) -> Gray:
        reach = min(1.0, since_s / ramp_s) if ramp_s else 1.0
        lid = level + 0.08 * level * np.sin(xx / 130 + 1) * np.cos(yy / 90)
        if style == 0:
            mask = np.float32(xx < reach * 1.02 * WIDTH)
        elif style == 1:
            mask = np.float32(yy < reach * side * 1.02 * HEIGHT)
        elif style == 2:
            mask = np.full_like(xx, reach)
        else:
            far = np.hypot((xx - WIDTH / 2) / WIDTH, (yy - HEIGHT / 2) / HEIGHT)
            mask = np.float32(far < reach * (0.48 + 0.25 * side))
        mask = cv2.GaussianBlur(mask, (0, 0), 9)
        return picture * (1 - mask) + lid * mask

    def apply(time_s: float, since_s: float) -> tuple[Gray, float]:
        if kind == "moved":
            reach = min(1.0, since_s / (0.1 + 0.4 * strength))
            size = reach * (0.25 + 0.5 * strength)
            moves = [
                (sign[0] * size, 0.3 * sign[1] * size, 0, 0),
                (0.2 * sign[0] * size, sign[1] * size, 0, 0),
                (0.5 * sign[0] * size, 0, 0, sign[1] * 12 * size),
                (0.6 * sign[0] * size, 0.4 * sign[1] * size, 0.2 * size, 5 * size),
            ]
            return camera.at(time_s, moves[style]), 1.0
        picture = camera.at(time_s)
        if kind == "black":
            return np.full_like(picture, 6.0 * strength) + 0.01 * picture, 0.5
        if kind == "washed_out":
            return picture * (0.5 + 0.3 * strength) + 170 + 60 * strength, 1.0
        if kind == "covered":
            return cover(picture, since_s), 1.0
        if kind == "defocused":
            sigma = (3.0 + 6.0 * strength) * min(1.0, since_s / ramp_s)
            return cv2.GaussianBlur(picture, (0, 0), max(0.1, sigma)), 1.0
        if kind == "noise_burst":
            return picture, (12 + 16 * strength) / max(1.0, clip.noise)
        return picture, 1.0

    return apply


def encode(clip: Clip, camera: Camera, path: Path) -> None:
    """Write a clip as H.264."""
    write_h264(
        pictures(clip, camera),
        clip.fps,
        clip.crf,
        path,
        preset=clip.preset,
        keyframes=clip.keyframes,
    )


def write_h264(
    planes: Iterable[NDArray[np.uint8]],
    fps: int,
    crf: int,
    path: Path,
    *,
    preset: str = "superfast",
    keyframes: int = 250,
) -> None:
    """Write luma planes as gray H.264."""
    with av.open(str(path), "w", format="mp4") as container:
        options = {"preset": preset, "crf": str(crf), "g": str(keyframes), "threads": "1"}
        stream = container.add_stream("libx264", rate=fps, options=options)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for index, picture in enumerate(planes):
            frame = VideoFrame.from_ndarray(picture, format="gray").reformat(format="yuv420p")
            frame.pts, frame.time_base = index, Fraction(1, fps)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def faulty_clips(photos: tuple[str, ...], per_fault: int, seed: int) -> list[Clip]:
    """Clips 11 to 15 s long with one fault each, ``per_fault`` of each kind."""
    random = np.random.default_rng(seed)
    return [
        Clip(
            photo=str(random.choice(photos)),
            manner=MANNERS[count % len(MANNERS)],
            fault=fault,
            onset_s=float(random.uniform(4, 7)),
            length_s=float(random.uniform(11, 15)),
            fps=int(random.choice([10, 15, 25])),
            crf=int(random.choice([20, 23, 26])),
            noise=float(random.uniform(1.0, 4.0)),
            seed=count,
            fault_s=float(random.choice([3.0, 5.0, 30.0])),
        )
        for fault in FAULTS
        for count in range(per_fault)
    ]


def calm_clips(photos: tuple[str, ...], per_manner: int, seed: int) -> list[Clip]:
    """Undisturbed clips, 30 s each, ``per_manner`` of each kind."""
    random = np.random.default_rng(seed)
    return [
        Clip(
            photo=str(random.choice(photos)),
            manner=manner,
            fault="",
            onset_s=0.0,
            length_s=30.0,
            fps=int(random.choice([10, 12, 15])),
            crf=int(random.choice([20, 23, 26])),
            noise=float(random.uniform(1.5, 4.0)) if manner != "night" else 5.0,
            seed=count,
        )
        for manner in CALM
        for count in range(per_manner)
    ]


def encoded_variously(clips: list[Clip], seed: int) -> list[Clip]:
    """The clips at other rates, and encoded as one or another tool would."""
    random = np.random.default_rng(seed)
    return [
        replace(
            clip,
            fps=int(random.choice([10, 12, 15, 20, 25, 30] if clip.fault else [10, 12, 15])),
            crf=int(random.choice([18, 21, 23, 26, 29, 32])),
            preset=str(random.choice(["ultrafast", "superfast", "veryfast", "medium"])),
            keyframes=int(random.choice([30, 60, 250])),
        )
        for clip in clips
    ]
