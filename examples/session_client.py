"""Stream video files through a mood session of a running Framemood, and print the verdict.

    python examples/session_client.py rest.mp4 film.mp4        one file a phase
    python examples/session_client.py clip.mp4                 its halves as the phases
    python examples/session_client.py a.mp4 b.mp4 --save session.json

Start the app first (``python app.py``). Everything here is said in docs/protocol.md;
nothing of Framemood is imported.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import cv2
import websockets
from av.error import FFmpegError

WIDTH = 640
SHORTEST_S, LONGEST_S = 5.0, 120.0

Frames = Iterator[tuple[float, bytes]]


def length_of(path: Path) -> float:
    """Length of a video, s."""
    with av.open(str(path)) as container:
        if container.duration is not None:
            return float(container.duration) / av.time_base
        stream = container.streams.video[0]
        return float(stream.duration * stream.time_base)


def frames_of(path: Path, from_s: float, to_s: float, fps: float) -> Frames:
    """Media time and JPEG of the frames of a stretch, at most ``fps`` a second."""
    due_s = from_s
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            time_s = float(frame.time or 0.0)
            if time_s >= to_s:
                return
            if time_s < due_s - 1e-6:
                continue
            due_s = max(due_s + 1 / fps, time_s)
            height = max(16, round(frame.height * WIDTH / frame.width))
            picture = frame.to_ndarray(width=WIDTH, height=height, format="bgr24")
            yield time_s, cv2.imencode(".jpg", picture)[1].tobytes()


class Client:
    """One connection; a frame is sent once the one before it is answered, so none is dropped."""

    def __init__(self, socket: Any) -> None:
        self._socket = socket
        self._number = 0
        self.result: dict[str, Any] | None = None

    async def say(self, **message: Any) -> dict[str, Any]:
        """Send a message and wait for its answer."""
        await self._socket.send(json.dumps(message))
        answer = {"start_analysis": "started", "stop_analysis": "result"}
        return await self._hear(answer.get(message["type"], "phase"))

    async def show(self, frames: Frames) -> None:
        """Send the frames of a phase."""
        shown = ""
        for time_s, jpeg in frames:
            self._number += 1
            await self._socket.send(struct.pack(">Id", self._number, time_s) + jpeg)
            report = await self._hear("report", self._number)
            faces = len(report["faces"])
            said = f"{time_s:6.1f} s, {faces} face{'' if faces == 1 else 's'}"
            if said != shown:
                print(said, end="\r", flush=True)
                shown = said
        print()

    async def _hear(self, kind: str, number: int | None = None) -> dict[str, Any]:
        while True:
            message: dict[str, Any] = json.loads(await self._socket.recv())
            if message["type"] == "error":
                raise SystemExit(f"the server says: {message['message']}")
            if message["type"] == "result":
                self.result = message
            if message["type"] == kind and number in (None, message.get("id")):
                return message


async def measure(address: str, phases: list[tuple[Path, float, float]], fps: float) -> Any:
    """Send both phases; give back the ``result`` message."""
    lengths = [to_s - from_s for _, from_s, to_s in phases]
    options = {"baseline_s": lengths[0], "stimulus_s": lengths[1], "timed": True}
    async with websockets.connect(address, max_size=None) as socket:
        client = Client(socket)
        await client.say(type="start_analysis", mode="session", options=options)
        await client.show(frames_of(*phases[0], fps))
        await client.say(type="second_phase")
        await client.show(frames_of(*phases[1], fps))
        # The last frame may stand for less than the phase still lacks: stopping judges it too.
        return client.result or await client.say(type="stop_analysis")


def stretches(files: list[Path]) -> list[tuple[Path, float, float]]:
    """What is sent as each phase: file, from, to (s)."""
    if len(files) == 1:
        half = length_of(files[0]) / 2
        parts = [(files[0], 0.0, half), (files[0], half, 2 * half)]
    else:
        parts = [(path, 0.0, length_of(path)) for path in files]
    cut = [(path, start, min(end, start + LONGEST_S)) for path, start, end in parts]
    for path, start, end in cut:
        if end - start < SHORTEST_S:
            raise SystemExit(
                f"{path}: {end - start:.1f} s are too short a phase; give {SHORTEST_S:.0f} or more"
            )
    return cut


def main() -> int:
    """Read the arguments, measure, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", type=Path, nargs="+", metavar="VIDEO")
    parser.add_argument("--url", default="ws://127.0.0.1:7860/ws/analysis")
    parser.add_argument("--fps", type=float, default=15.0, help="frames a second sent at most")
    parser.add_argument("--save", type=Path, help="where to write session.json")
    arguments = parser.parse_args()
    if len(arguments.files) > 2:
        parser.error("give one video or two")
    try:
        phases = stretches(arguments.files)
        result = asyncio.run(measure(arguments.url, phases, arguments.fps))
    except (FFmpegError, IndexError) as error:
        print(f"a video cannot be read: {error}", file=sys.stderr)
        return 1
    except (OSError, websockets.WebSocketException) as error:
        print(f"no session with {arguments.url}: {error}; is the app running?", file=sys.stderr)
        return 1
    if result["verdict"] is None:
        print("the session ended before its verdict", file=sys.stderr)
        return 1
    print(result["verdict"]["sentence"])
    for name, one in result["verdict"]["emotions"].items():
        first, second = one["means"]
        if first is not None and second is not None:
            print(f"  {name:10s} {100 * first:5.1f} % -> {100 * second:5.1f} %   p {one['p']:.3f}")
    if arguments.save:
        arguments.save.write_text(json.dumps(result["record"]), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
