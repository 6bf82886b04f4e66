"""A crowd against one server: fair shares, latency, memory, uploads, and a line that moves.

    python -m benchmarks.load                          16 viewers for 60 s
    python -m benchmarks.load --viewers 4 16 --seconds 30 --uploads 2
    python -m benchmarks.load --crowd 100              more visitors than places, all at once

The server is the real ``app.py`` in its own process; ``--url ws://host:port`` takes
one that runs already, whose memory is then not seen. Viewers send 640x480 JPEGs
encoded beforehand, at most 30 a second with two under way, and heed the
``under_way`` that the server asks for, as the page does. They share the machine
with the server, which a real crowd does not.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import json
import os
import threading
import time
from collections.abc import Iterator

import cv2
import numpy as np
import psutil
import requests
import websockets

from benchmarks.live import CAMERA_FPS, START, UNDER_WAY, WARM_S, Viewer, camera, server

LEAST_FPS = 6.0
"""Fewer reports a second than this are no live picture; the budget of places is made for it."""

UPLOAD_MB = 8
PLACE_S = 0.5
"""How long each of a crowd keeps its place, s."""

HANG_S = 60.0


async def watch(url: str, jpegs: list[bytes], seconds: float) -> Viewer:
    """Send frames for a while and note what comes back."""
    viewer = Viewer()
    sent: dict[int, float] = {}
    allowed = UNDER_WAY
    begun = time.perf_counter()
    async with websockets.connect(url, max_size=None, compression=None) as socket:
        await socket.send(json.dumps(START))
        if (first := json.loads(await socket.recv()))["type"] != "started":
            viewer.refused = str(first)
            return viewer

        async def receive() -> None:
            nonlocal allowed
            async for text in socket:
                reply, came = json.loads(text), time.perf_counter()
                taken = sent.pop(reply.get("id", -1), None)
                if reply["type"] == "error":
                    viewer.refused = str(reply)
                    return
                allowed = min(UNDER_WAY, reply.get("under_way") or UNDER_WAY)
                if taken is None or came - begun < WARM_S:
                    continue
                if reply.get("status") == "dropped":
                    viewer.dropped += 1
                    continue
                viewer.latencies_ms.append((came - taken) * 1000)
                viewer.answered_s.append(came)

        receiver = asyncio.create_task(receive())
        frame_id, due = 0, begun
        while time.perf_counter() - begun < seconds + WARM_S and not receiver.done():
            due = max(due + 1 / CAMERA_FPS, time.perf_counter() - 1 / CAMERA_FPS)
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            if len(sent) >= allowed:
                continue
            frame_id += 1
            sent[frame_id] = time.perf_counter()
            await socket.send(frame_id.to_bytes(4, "big") + jpegs[frame_id % len(jpegs)])
        receiver.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await receiver
    return viewer


async def crowd(url: str, people: int) -> dict[str, float]:
    """Let many come at once, keep a place for a moment and go; nobody may be left hanging."""
    positions: list[int] = []
    tallies = {"served": 0, "told their place": 0, "turned away": 0, "hung": 0}
    served_at: list[tuple[float, int]] = []
    begun = time.perf_counter()

    async def come() -> None:
        async with websockets.connect(url, max_size=None, compression=None) as socket:
            # Who is turned away may be told so before having said anything.
            with contextlib.suppress(websockets.ConnectionClosed):
                await socket.send(json.dumps(START))
            first = 0
            while True:
                reply = json.loads(await socket.recv())
                if reply["type"] == "waiting":
                    first = first or reply["position"]
                    tallies["told their place"] += reply["position"] == first
                    continue
                break
            if reply["type"] != "started":
                tallies["turned away"] += 1
                return
            tallies["served"] += 1
            positions.append(first)
            served_at.append((time.perf_counter() - begun, first))
            await asyncio.sleep(PLACE_S)

    comers = [asyncio.create_task(come()) for _ in range(people)]
    _, hung = await asyncio.wait(comers, timeout=HANG_S)
    tallies["hung"] = len(hung)
    for task in hung:
        task.cancel()
    waited = [position for _, position in sorted(served_at) if position]
    out_of_order = sum(one > two for one, two in itertools.pairwise(waited))
    return {
        **tallies,
        "served before somebody ahead": out_of_order,
        "seconds": round(time.perf_counter() - begun, 1),
    }


@contextlib.contextmanager
def uploading(url: str, count: int) -> Iterator[list[float]]:
    """Upload over and over beside the viewers; collects the seconds each took."""
    address = url.replace("ws://", "http://").replace("/ws/analysis", "/gradio_api/upload")
    body, took, over = os.urandom(UPLOAD_MB * 1_000_000), [], threading.Event()

    def upload() -> None:
        while not over.is_set():
            begun = time.perf_counter()
            answer = requests.post(address, files={"files": ("a.mp4", body)}, timeout=120)
            answer.raise_for_status()
            took.append(time.perf_counter() - begun)
            over.wait(1.0)

    threads = [threading.Thread(target=upload) for _ in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield took
    finally:
        over.set()
        for thread in threads:
            thread.join()


def rss_mb(process: psutil.Process | None) -> float:
    return process.memory_info().rss / 2**20 if process else float("nan")


async def several(url: str, count: int, seconds: float) -> list[Viewer]:
    jpegs = [
        cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 70])[1].tobytes()
        for picture in camera()
    ]
    return await asyncio.gather(
        *(watch(url, jpegs[n % 60 :] + jpegs[: n % 60], seconds) for n in range(count))
    )


def measure(
    url: str, process: psutil.Process | None, counts: list[int], seconds: float, uploads: int
) -> None:
    """Print one row a number of viewers, and the places that the last row has a budget for."""
    print("| viewers | fps in all | fps each: slowest | median | slowest / median | latency p50 "
          "| p95 | passed over | refused | memory before | after | uploads, s each |")  # fmt: skip
    print("| ---: " * 12 + "|")
    for count in counts:
        before = rss_mb(process)
        with uploading(url, uploads) as took:
            seen = asyncio.run(several(url, count, seconds))
        refused = [viewer for viewer in seen if viewer.refused]
        rates = sorted(viewer.fps for viewer in seen if not viewer.refused)
        latencies = np.concatenate([viewer.latencies_ms for viewer in seen])
        median = float(np.median(rates))
        print(
            f"| {count} | {sum(rates):.0f} | {rates[0]:.1f} | {median:.1f}"
            f" | {rates[0] / max(median, 1e-9):.2f} | {np.percentile(latencies, 50):.0f} ms"
            f" | {np.percentile(latencies, 95):.0f} ms"
            f" | {sum(viewer.dropped for viewer in seen)} | {len(refused)}"
            f" | {before:.0f} MB | {rss_mb(process):.0f} MB"
            f" | {np.mean(took) if took else float('nan'):.2f} |",
            flush=True,
        )
    print(
        f"\nBudget: {sum(rates):.0f} reports a second are MAX_SESSIONS="
        f"{max(1, int(sum(rates) / LEAST_FPS))} places at {LEAST_FPS:.0f} a second each."
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--viewers", type=int, nargs="+", default=[16])
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--uploads", type=int, default=0, help="uploads going on at the same time")
    parser.add_argument("--crowd", type=int, metavar="PEOPLE", help="come all at once instead")
    parser.add_argument("--url", help="ws://host:port of a server that runs already")
    options = parser.parse_args()
    with contextlib.ExitStack() as stack:
        process = None
        url = f"{options.url}/ws/analysis" if options.url else ""
        if not url:
            url, process, _ = stack.enter_context(server())
        if options.crowd:
            for name, value in asyncio.run(crowd(url, options.crowd)).items():
                print(f"{name}: {value}")
        else:
            measure(url, process, options.viewers, options.seconds, options.uploads)


if __name__ == "__main__":
    main()
