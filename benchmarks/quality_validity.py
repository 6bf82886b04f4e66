"""Do the picture's figures follow what they are named after? Beside plain Laplacian variance.

``python -m benchmarks.quality_validity [--clips N]``: photographs that ship
with scikit-image and scikit-learn are blurred, made noisy, resized and encoded
here; nothing is fetched. Spearman's rho is taken within each photograph.
"""

from __future__ import annotations

import argparse
import io
import os
import platform
import statistics
import time
from collections.abc import Callable, Iterator
from fractions import Fraction

import av
import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr
from skimage import data
from sklearn.datasets import load_sample_image

from core.frame.quality import QualityMeter

Plane = NDArray[np.uint8]

PHOTOGRAPHS = (
    *("astronaut", "brick", "camera", "chelsea", "coffee", "coins"),
    *("grass", "gravel", "moon", "rocket"),
)
BLURS_PX = (0, 0.5, 1, 1.5, 2, 3, 4, 6, 8)
MOTIONS_PX = (1, 3, 5, 9, 13, 17, 25)
DISCS_PX = (0, 1, 2, 3, 4, 6, 8, 12)
NOISES = (0, 2, 4, 8, 12, 20, 30, 40, 50)
ENCODINGS = tuple(
    {"crf": crf, "preset": preset, "g": keyint}
    for crf in ("18", "23", "28", "35")
    for preset, keyint in (("medium", "250"), ("veryfast", "30"), ("medium", "12"))
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=len(ENCODINGS), help="encodings to try")
    encodings = ENCODINGS[: parser.parse_args().clips]
    cv2.setNumThreads(1)
    print(f"{platform.platform()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print_pictures()
    print_freezes(encodings)
    print_times()


def photographs() -> Iterator[tuple[str, Plane]]:
    for name in PHOTOGRAPHS:
        image = np.asarray(getattr(data, name)(), np.uint8)
        yield name, image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    for name in ("china.jpg", "flower.jpg"):
        yield name, cv2.cvtColor(load_sample_image(name), cv2.COLOR_RGB2GRAY)


def blur_score(plane: Plane) -> float:
    return QualityMeter().measure_luma(plane, 0.0).blur_score


def noise_level(plane: Plane) -> float:
    return QualityMeter().measure_luma(plane, 0.0).noise_level


def laplacian(plane: Plane) -> float:
    """Higher is more blurred, as ``blur_score``: minus the log variance of the Laplacian."""
    return -float(np.log(cv2.Laplacian(plane, cv2.CV_64F).var() + 1e-9))


def blurred(plane: Plane, sigma_px: float) -> Plane:
    return cv2.GaussianBlur(plane, (0, 0), sigma_px) if sigma_px else plane


def defocused(plane: Plane, radius_px: float) -> Plane:
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * int(radius_px) + 1,) * 2)
    return cv2.filter2D(plane, -1, disc / disc.sum())


def moved(plane: Plane, length_px: float) -> Plane:
    return cv2.blur(plane, (int(length_px), 1))


def noisy(plane: Plane, sigma: float) -> Plane:
    noise = np.random.default_rng(0).normal(0, sigma, plane.shape)
    return np.clip(np.rint(plane + noise), 0, 255).astype(np.uint8)


def order(
    plane: Plane,
    damage: Callable[[Plane, float], Plane],
    strengths: tuple[float, ...],
    figure: Callable[[Plane], float],
) -> float:
    return float(spearmanr(strengths, [figure(damage(plane, s)) for s in strengths])[0])


def worst_drop(plane: Plane, figure: Callable[[Plane], float], span: float = 1.0) -> float:
    """How far noise lowers a blur figure at worst, as a share of its span."""
    drops = []
    for sigma_px in (0, 2, 6):
        clean = blurred(plane, sigma_px)
        drops += [figure(clean) - figure(noisy(clean, sigma)) for sigma in NOISES[1:]]
    return max(0.0, *drops) / span


def print_pictures() -> None:
    print(
        "\nPer photograph: Spearman with true strength, worst drop of the blur figure under noise"
    )
    print("(a share of its span; the Laplacian's is that of this photograph from 0 to 8 px),")
    print("and the difference between 1080p and 360p.")
    print(
        f"{'photograph':12} {'gauss':>6} {'disc':>6} {'motion':>6} {'noise':>6} {'drop':>6}"
        f" | {'Laplacian: gauss':>16} {'drop':>6} | {'d quality':>9} {'d blur':>7} {'d noise':>7}"
    )
    for name, plane in photographs():
        large = cv2.resize(plane, (1920, 1080), interpolation=cv2.INTER_CUBIC)
        small = cv2.resize(large, (640, 360), interpolation=cv2.INTER_AREA)
        at_1080p, at_360p = (QualityMeter().measure_luma(p, 0.0) for p in (large, small))
        span = laplacian(blurred(plane, 8)) - laplacian(plane)
        print(
            f"{name:12} {order(plane, blurred, BLURS_PX, blur_score):6.3f}"
            f" {order(plane, defocused, DISCS_PX, blur_score):6.3f}"
            f" {order(plane, moved, MOTIONS_PX, blur_score):6.3f}"
            f" {order(plane, noisy, NOISES, noise_level):6.3f}"
            f" {worst_drop(plane, blur_score):6.3f}"
            f" | {order(plane, blurred, BLURS_PX, laplacian):16.3f}"
            f" {worst_drop(plane, laplacian, span):6.3f}"
            f" | {abs(at_1080p.quality_score - at_360p.quality_score):9.3f}"
            f" {abs(at_1080p.blur_score - at_360p.blur_score):7.3f}"
            f" {abs(at_1080p.noise_level - at_360p.noise_level):7.3f}"
        )


def view(index: int, fps: int, sigma: float, *, moving: bool) -> Plane:
    picture = cv2.resize(cv2.cvtColor(data.astronaut(), cv2.COLOR_RGB2GRAY), (720, 720))
    x, y = (round(35 + 30 * np.sin(9 * index / fps)), 40 + index % 20) if moving else (35, 40)
    noise = np.random.default_rng(index).normal(0, sigma, (360, 640))
    return np.clip(np.rint(picture[y : y + 360, x : x + 640] + noise), 0, 255).astype(np.uint8)


def frozen_times(frames: list[Plane], fps: int, options: dict[str, str]) -> list[float]:
    """Media times, s, at which the clip reads as frozen after H.264."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="matroska") as container:
        stream = container.add_stream("libx264", rate=fps)
        stream.height, stream.width = frames[0].shape
        stream.pix_fmt = "yuv420p"
        stream.options = {"threads": "1", **options}
        for index, plane in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(plane, format="gray")
            frame.pts, frame.time_base = index, Fraction(1, fps)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    buffer.seek(0)
    meter, times = QualityMeter(), []
    with av.open(buffer) as container:
        for frame in container.decode(video=0):
            luma = np.frombuffer(frame.planes[0], np.uint8).reshape(frame.height, -1)
            if meter.measure_luma(luma[:, : frame.width], frame.time, limited_range=True).is_frozen:
                times.append(frame.time)
    return times


def print_freezes(encodings: tuple[dict[str, str], ...]) -> None:
    print("\nFreeze of 2 s in a moving and in a still noisy scene (sigma 4), 640x360, H.264:")
    print("s from its onset to the alarm, s from its end to the release; then s of false alarm")
    print("in 3 s of a still live scene, by the sigma of its sensor noise.")
    print(
        f"{'encoding':24} {'fps':>4} | {'moving':>12} | {'still':>12} | sigma 1   sigma 2   sigma 4"
    )
    for number, options in enumerate(encodings):
        fps = (30, 25, 15)[number % 3]
        cells = []
        for moving in (True, False):
            sigma = 1.0 if moving else 4.0
            before = [view(i, fps, sigma, moving=moving) for i in range(2 * fps)]
            after = [view(i, fps, sigma, moving=moving) for i in range(3 * fps, 4 * fps)]
            times = frozen_times([*before, *[before[-1]] * (2 * fps), *after], fps, options)
            onset_s, end_s = (len(before) - 1) / fps, 4.0
            cells.append(
                f"{times[0] - onset_s:5.2f}  {max(0.0, times[-1] + 1 / fps - end_s):5.2f}"
                if times
                else "none"
            )
        alarms = []
        for sigma in (1.0, 2.0, 4.0):
            frames = [view(i, fps, sigma, moving=False) for i in range(3 * fps)]
            alarms.append(len(frozen_times(frames, fps, options)) / fps)
        label = f"crf {options['crf']} {options['preset']} g{options['g']}"
        print(
            f"{label:24} {fps:4} | {cells[0]:>12} | {cells[1]:>12} | "
            + "   ".join(f"{alarm:7.2f}" for alarm in alarms)
        )


def print_times() -> None:
    print("\nTime a frame, one thread, ms (lowest, median); trust the ratios only.")
    picture = cv2.cvtColor(data.astronaut(), cv2.COLOR_RGB2GRAY)
    for width, height in ((320, 180), (640, 360), (1280, 720), (1920, 1080), (3840, 2160)):
        plane, meter, spent_ms = cv2.resize(picture, (width, height)), QualityMeter(), []
        for index in range(200):
            begun_s = time.perf_counter()
            meter.measure_luma(plane, index / 30)
            spent_ms.append(1000 * (time.perf_counter() - begun_s))
        print(f"{width:5}x{height:<5} {min(spent_ms):6.2f} {statistics.median(spent_ms):6.2f}")


if __name__ == "__main__":
    main()
