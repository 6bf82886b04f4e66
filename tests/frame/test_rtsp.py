"""A real RTSP server that dies and comes back; needs Debian's GStreamer, see packages-dev.txt."""

from __future__ import annotations

import csv
import json
import os
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.frame.watch import CameraWatch
from core.frame.watch_status import Readings
from core.settings import Settings

DEBIAN_PYTHON = "/usr/bin/python3"
CAMERA = Path(__file__).with_name("rtsp_camera.py")
PATIENCE_S = 60.0

NEEDS = (
    "import gi; gi.require_version('GstRtspServer', '1.0'); "
    "from gi.repository import Gst, GstRtspServer; Gst.init(None); "
    "assert Gst.ElementFactory.find('x264enc') and Gst.ElementFactory.find('rtph264pay')"
)


def has_gstreamer() -> bool:
    if not Path(DEBIAN_PYTHON).exists():
        return False
    tried = subprocess.run([DEBIAN_PYTHON, "-c", NEEDS], capture_output=True, check=False)
    return tried.returncode == 0


pytestmark = pytest.mark.skipif(
    not has_gstreamer(),
    reason="an RTSP server needs Debian's GStreamer: ./scripts/system-packages packages-dev.txt",
)


@contextmanager
def camera(port: int) -> Iterator[None]:
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    process = subprocess.Popen(
        [DEBIAN_PYTHON, str(CAMERA), str(port)], stdout=subprocess.PIPE, env=environment
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        yield
    finally:
        process.kill()
        process.wait()


def until(holds: Callable[[], object]) -> None:
    """Wait for what another thread does."""
    end_s = time.monotonic() + PATIENCE_S
    pause = threading.Event()
    while not holds():
        assert time.monotonic() < end_s, "it never came about"
        pause.wait(0.01)


def test_a_server_that_was_killed_and_restarted_is_watched_again_and_the_gap_is_recorded(
    tmp_path: Path,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    readings = Readings(faces=False, emotion=False)
    url = f"rtsp://127.0.0.1:{port}/live"
    with CameraWatch(url, Settings(), readings, run_dir=tmp_path) as watch:
        with camera(port):
            until(lambda: watch.status.frames >= 5)
        until(lambda: watch.recorder.tally.frames_by_status["dropped"] >= 2)
        seen = watch.status.frames
        with camera(port):
            until(lambda: watch.status.frames >= seen + 5)
        assert watch.status.stream.connections >= 2
    with (tmp_path / "metrics.csv").open(encoding="utf-8") as file:
        states = [row["status"] for row in csv.DictReader(file)]
    assert "dropped" in states[states.index("ok") :]
    # A camera that is not there yet is a gap, too.
    incidents = json.loads((tmp_path / "incidents.json").read_text("utf-8"))
    assert [each["kind"] for each in incidents].count("lost") >= 1
    lost = next(each for each in incidents if each["kind"] == "lost" and each["onset_s"] > 0)
    assert lost["duration_s"] > 0
    assert "127.0.0.1" in watch.recorder.summary().source
