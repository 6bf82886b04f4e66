"""Live viewers against one server: frames a second, latency, drops, files written, memory.

    python -m benchmarks.live                         one and four viewers, 15 s each
    python -m benchmarks.live --viewers 8 --seconds 30
    python -m benchmarks.live --soak 600              memory over ten minutes, for two hours ahead

The server is the real ``app.py`` in its own process with a temporary directory of
its own, where every file it writes is counted. A viewer sends a 640x480 JPEG at
most 30 times a second with two under way, as the page does, and measures from
encoding the frame to the report in hand; a browser adds its drawing.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import psutil
import websockets
from skimage import data

WIDTH, HEIGHT, CAMERA_FPS = 640, 480, 30
UNDER_WAY = 2
SOAK_AHEAD_S = 7200.0
WARM_S = 3.0
START = {"type": "start_analysis", "mode": "live", "options": {}}


@dataclass
class Viewer:
    """What one viewer saw."""

    latencies_ms: list[float] = field(default_factory=list)
    answered_s: list[float] = field(default_factory=list)
    faces: int = 0
    skipped: int = 0
    dropped: int = 0
    refused: str = ""

    @property
    def fps(self) -> float:
        """Reports a second, (n - 1) / (t_last - t_first)."""
        if len(self.answered_s) < 2:
            return 0.0
        return (len(self.answered_s) - 1) / (self.answered_s[-1] - self.answered_s[0])


def camera(frames: int = 60) -> list[np.ndarray]:
    """A face that moves a little, with sensor noise: (480, 640, 3) BGR pictures."""
    photo = cv2.cvtColor(data.astronaut(), cv2.COLOR_RGB2BGR)
    random = np.random.default_rng(0)
    pictures = []
    for index in range(frames):
        turn = 2 * np.pi * index / frames
        width = 360 / (1 + 0.2 * np.sin(turn))
        scale = WIDTH / width
        left, top = 224 + 20 * np.sin(turn) - width / 2, 150 - width * 3 / 8
        move = np.array([[scale, 0, -max(0, left) * scale], [0, scale, -max(0, top) * scale]])
        picture = cv2.warpAffine(photo, move, (WIDTH, HEIGHT)).astype(np.int16)
        noise = random.normal(0, 3, picture.shape)
        pictures.append(np.clip(picture + noise, 0, 255).astype(np.uint8))
    return pictures


async def watch(url: str, pictures: list[np.ndarray], seconds: float, warm_s: float) -> Viewer:
    """Send frames for a while and note what comes back."""
    viewer = Viewer()
    sent: dict[int, float] = {}
    begun = time.perf_counter()

    async with websockets.connect(url, max_size=None, compression=None) as socket:
        await socket.send(json.dumps(START))
        started = json.loads(await socket.recv())
        if started["type"] != "started":
            raise SystemExit(f"the server answers {started}")

        async def receive() -> None:
            async for text in socket:
                reply = json.loads(text)
                came = time.perf_counter()
                taken = sent.pop(reply.get("id", -1), None)
                if taken is None or came - begun < warm_s:
                    continue
                if reply["type"] != "report":
                    raise SystemExit(f"the server answers {reply}")
                if reply["status"] == "dropped":
                    viewer.dropped += 1
                    continue
                viewer.latencies_ms.append((came - taken) * 1000)
                viewer.answered_s.append(came)
                viewer.faces += len(reply["faces"])

        receiver = asyncio.create_task(receive())
        frame_id = 0
        due = begun
        while time.perf_counter() - begun < seconds + warm_s and not receiver.done():
            due += 1 / CAMERA_FPS
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            if len(sent) >= UNDER_WAY:
                viewer.skipped += time.perf_counter() - begun >= warm_s
                continue
            frame_id += 1
            sent[frame_id] = time.perf_counter()
            picture = pictures[frame_id % len(pictures)]
            jpeg = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 70])[1].tobytes()
            await socket.send(frame_id.to_bytes(4, "big") + jpeg)
        receiver.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await receiver
    return viewer


@contextlib.contextmanager
def server() -> Iterator[tuple[str, psutil.Process, Path]]:
    """The real program on a free port, with its own temporary directory."""
    root = Path(__file__).resolve().parent.parent
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "TMPDIR": folder, "GRADIO_TEMP_DIR": folder}
        process = subprocess.Popen(
            [sys.executable, "app.py", "--port", "0"],
            cwd=root,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            for line in process.stdout:
                if found := re.search(r"http://(\S+:\d+)", line):
                    break
            else:
                raise SystemExit("the server did not start")
            # An unread pipe would fill up and stop the server.
            threading.Thread(target=process.stdout.read, daemon=True).start()
            url = f"ws://{found[1]}/ws/analysis"
            yield url, psutil.Process(process.pid), Path(folder)
        finally:
            process.terminate()
            process.wait(timeout=20)


def files_in(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}


async def crowd(url: str, viewers: int, seconds: float, warm_s: float) -> list[Viewer]:
    pictures = camera()
    return await asyncio.gather(
        *(watch(url, pictures[n:] + pictures[:n], seconds, warm_s) for n in range(viewers))
    )


def measure(counts: list[int], seconds: float) -> None:
    print("| viewers | fps each, slowest | fps, median | latency p50 | latency p95 "
          "| passed over | not sent | faces a frame | CPU a frame | files |")  # fmt: skip
    print("| ---: " * 10 + "|")
    with server() as (url, process, folder):
        for count in counts:
            before = files_in(folder)
            spent = process.cpu_times()
            seen = asyncio.run(crowd(url, count, seconds, warm_s=WARM_S))
            used = process.cpu_times()
            cpu_s = used.user + used.system - spent.user - spent.system
            new = files_in(folder) - before
            written = len(new)
            for path in sorted(new):
                print(f"written: {path.relative_to(folder)}", file=sys.stderr)
            rates = sorted(viewer.fps for viewer in seen)
            latencies = np.concatenate([viewer.latencies_ms for viewer in seen])
            reports = sum(len(viewer.answered_s) for viewer in seen)
            # Processor time was also spent on the frames of the warm-up.
            all_reports = reports * (seconds + WARM_S) / seconds
            print(
                f"| {count} | {rates[0]:.1f} | {np.median(rates):.1f}"
                f" | {np.percentile(latencies, 50):.0f} ms | {np.percentile(latencies, 95):.0f} ms"
                f" | {sum(viewer.dropped for viewer in seen)}"
                f" | {sum(viewer.skipped for viewer in seen)}"
                f" | {sum(viewer.faces for viewer in seen) / max(1, reports):.2f}"
                f" | {1000 * cpu_s / max(1, all_reports):.1f} ms | {written} |",
                flush=True,
            )


def soak(viewers: int, seconds: float) -> None:
    """Fit a line to the memory after the first quarter and carry it two hours on."""
    samples: list[tuple[float, float]] = []
    with server() as (url, process, folder):
        over = threading.Event()

        def sample() -> None:
            begun = time.perf_counter()
            while not over.wait(1.0):
                rss_mb = process.memory_info().rss / 2**20
                samples.append((time.perf_counter() - begun, rss_mb))

        sampler = threading.Thread(target=sample)
        sampler.start()
        before = files_in(folder)
        seen = asyncio.run(crowd(url, viewers, seconds, warm_s=WARM_S))
        over.set()
        sampler.join()
        written = len(files_in(folder) - before)
    times, memory = np.array(samples[len(samples) // 4 :]).T
    slope_mb_s = np.polyfit(times, memory, 1)[0]
    print(
        f"{viewers} viewers for {seconds:.0f} s, {sum(len(v.answered_s) for v in seen)} reports: "
        f"{memory[0]:.0f} MB after the first quarter, {memory[-1]:.0f} MB at the end, "
        f"{slope_mb_s * SOAK_AHEAD_S:+.0f} MB in two hours at this slope; {written} files written"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--viewers", type=int, nargs="+", default=[1, 4])
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--soak", type=float, metavar="SECONDS", help="watch the memory instead")
    options = parser.parse_args()
    if options.soak:
        soak(options.viewers[0], options.soak)
    else:
        measure(options.viewers, options.seconds)


if __name__ == "__main__":
    main()
