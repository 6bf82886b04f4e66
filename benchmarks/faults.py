"""Hostile input in bulk: what comes back, and whether the memory does too.

    python -m benchmarks.faults                       10,000 messages and 500 media files
    python -m benchmarks.faults --messages 500 --media 20

Messages go through a live session with the real pipeline, each a valid one with a
few bytes, values or letters changed. Media files are one-second clips in mp4, mkv,
avi and webm with up to 4,096 bytes changed or the end cut off, opened and decoded
whole. A crash ends the run; anything but an answer or a one-line error is counted.
"""

from __future__ import annotations

import argparse
import gc
import logging
import random
import tempfile
import time
from collections import Counter
from fractions import Fraction
from pathlib import Path

import av
import psutil

from benchmarks.live import camera
from core.errors import SourceError
from core.frame.sources import open_source
from core.settings import Settings
from tests.ui.mutations import mutated
from ui.sessions import Sessions
from ui.socket import encode

CONTAINERS = {"mp4": "libx264", "mkv": "libx264", "avi": "mpeg4", "webm": "libvpx"}
WARM = 200
START = '{"type": "start_analysis", "mode": "live", "options": {}}'


def rss_mb() -> float:
    gc.collect()
    return psutil.Process().memory_info().rss / 2**20


def messages(count: int, chance: random.Random) -> Counter[str]:
    """Answers to mutated messages, by their kind."""
    session = Sessions(Settings(workers=1)).open().session
    seen: Counter[str] = Counter()
    before = 0.0
    for number in range(count + WARM):
        if number == WARM:
            before = rss_mb()
        if number % 50 == 0:
            session.process(START)
        reply = session.process(mutated(chance))
        text = encode(reply)
        kind = f"error {reply['code']}" if reply["type"] == "error" else str(reply["type"])
        seen["traceback" if "Traceback" in text else kind] += number >= WARM
    seen["memory before, MB"], seen["memory after, MB"] = round(before), round(rss_mb())
    return seen


def media(count: int, chance: random.Random, folder: Path) -> Counter[str]:
    """Ends of mutated files, by their kind."""
    clips = {kind: clip(folder / f"whole.{kind}", codec) for kind, codec in CONTAINERS.items()}
    seen: Counter[str] = Counter()
    before = rss_mb()
    for number in range(count):
        kind = chance.choice(list(clips))
        data = bytearray(clips[kind])
        for _ in range(chance.choice((1, 8, 64, 512, 4096))):
            data[chance.randrange(len(data))] = chance.randrange(256)
        if chance.random() < 0.3:
            del data[chance.randrange(len(data)) :]
        path = folder / f"{number}.{kind}"
        path.write_bytes(data)
        begun = time.perf_counter()
        try:
            with open_source(path) as source:
                readable = sum(frame.readable for frame in source)
            seen["read whole" if readable == 25 else "read in part"] += 1
        except SourceError as error:
            seen["one line" if "\n" not in str(error) else "several lines"] += 1
        seen["slower than 5 s"] += time.perf_counter() - begun > 5
        path.unlink()
    seen["memory before, MB"], seen["memory after, MB"] = round(before), round(rss_mb())
    return seen


def clip(path: Path, codec: str) -> bytes:
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        for number, picture in enumerate(camera(25)):
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
            frame = frame.reformat(320, 240, "yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path.read_bytes()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--media", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    # Each bad file is told of in the log; here it is counted.
    logging.disable(logging.CRITICAL)
    av.logging.set_level(av.logging.PANIC)
    with tempfile.TemporaryDirectory() as folder:
        for title, seen in (
            ("messages", messages(options.messages, random.Random(options.seed))),
            ("media files", media(options.media, random.Random(options.seed), Path(folder))),
        ):
            print(f"| {title} | |\n| --- | ---: |")
            for name, value in seen.items():
                print(f"| {name} | {value} |")
            print(flush=True)


if __name__ == "__main__":
    main()
