"""``python -m core watch``: what it prints, posts and leaves behind."""

from __future__ import annotations

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from core.__main__ import main
from core.commands import watch as watch_command
from core.commands.watch import describe
from core.frame.streams import StreamState
from core.frame.watch_status import WatchStatus
from core.incidents import Incident, Risk
from core.types import Box, Face, FrameReport, QualityReading, SystemReading, TextReading

sys.path.append(str(Path(__file__).parent / "frame"))

from mjpeg_camera import MjpegCamera

CHEAP = ["--no-faces", "--no-emotion"]


def black(number: int) -> np.ndarray:
    return np.zeros((120, 160, 3), np.uint8)


def test_each_camera_has_a_line_a_second_and_a_directory(scene, tmp_path, capsys) -> None:
    with (
        MjpegCamera(lambda number: scene(number, 160, 120)) as one,
        MjpegCamera(lambda number: scene(number, 160, 120)) as two,
    ):
        urls = [one.url, two.url]
        assert main(["watch", *urls, *CHEAP, "--out", str(tmp_path), "--seconds", "3"]) == 0
    lines = capsys.readouterr().out.splitlines()
    for url in urls:
        own = [line for line in lines if line.startswith(f"{url}: ")]
        assert len(own) >= 2
        assert any("watching" in line and "quality" in line for line in own)
    folders = sorted(folder.name for folder in tmp_path.iterdir())
    assert folders == ["live", "live-2"]
    assert all((tmp_path / name / "metrics.csv").stat().st_size > 200 for name in folders)


def test_as_json_each_line_is_an_object_and_incidents_are_posted(tmp_path, capsys) -> None:
    posts: list[dict[str, object]] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            posts.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        hook = f"http://127.0.0.1:{server.server_address[1]}/"
        with MjpegCamera(black) as camera:
            arguments = ["watch", camera.url, *CHEAP, "--out", str(tmp_path), "--json"]
            assert main([*arguments, "--webhook", hook, "--seconds", "4"]) == 0
            url = camera.url
    finally:
        server.shutdown()
        server.server_close()
    values = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    statuses = [value for value in values if value["type"] == "status"]
    assert {value["camera"] for value in values} == {url}
    assert "black" in statuses[-1]["incidents"]
    assert statuses[-1]["state"] == "watching"
    printed = [value for value in values if value["type"] == "incident"]
    told = [value for value in printed if value["incident"]["kind"] == "black"]
    assert [value["change"] for value in told] == ["opened", "closed"]
    assert posts == printed


def test_a_camera_that_never_answers_is_told_and_ends_with_status_1(tmp_path, capsys) -> None:
    camera = MjpegCamera(black)
    camera.kill()
    arguments = ["watch", camera.url, *CHEAP, "--out", str(tmp_path), "--seconds", "1.5"]
    assert main(arguments) == 1
    said = capsys.readouterr()
    assert "retrying in" in said.out
    assert "no camera gave a frame" in said.err
    assert "Traceback" not in said.err


@pytest.mark.parametrize("source", ["ftp://camera/1", "rtsp://", "no-such-file.mp4"])
def test_what_can_never_be_watched_is_refused_at_once(source: str, capsys) -> None:
    assert main(["watch", source]) == 1
    said = capsys.readouterr()
    assert source.removesuffix("//") in said.err
    assert said.out == ""


def test_an_address_for_posts_that_is_none_is_refused(make_clip, capsys) -> None:
    clip = make_clip("hook.mp4", count=5)
    assert main(["watch", str(clip), "--webhook", "nowhere", "--seconds", "1"]) == 1
    assert "webhook" in capsys.readouterr().err


@pytest.mark.parametrize("seconds", ["0", "-1", "soon", "nan"])
def test_a_time_that_is_none_is_a_wrong_call(seconds: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["watch", "rtsp://camera/1", "--seconds", seconds])
    assert ended.value.code == 2


def test_what_is_read_in_the_picture_cannot_break_the_line() -> None:
    report = FrameReport(
        0,
        1.0,
        "ok",
        quality=QualityReading(0.1, 120.0, 0.0, 0.01, False, 0.83),
        system=SystemReading(9.84, 1.0, {}, 1.0, 1.0, 1.0),
        texts=(TextReading('a"\x1b b', 0.9, Box(0, 0, 1, 1)),),
    )
    status = WatchStatus("dock", StreamState("watching", connections=1), report, (), 5, 0)
    assert describe(status) == 'watching 9.8 frames/s, quality 83 %, text "a\\"\\u001b b"'


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (StreamState("connecting"), "connecting"),
        (StreamState("lost", "it fell silent"), "lost (it fell silent)"),
        (StreamState("retrying", "no answer", 2.04), "retrying in 2.0 s (no answer)"),
    ],
)
def test_a_camera_without_picture_says_how_its_connection_stands(
    state: StreamState, words: str
) -> None:
    stale = FrameReport(0, 1.0, "ok", quality=QualityReading(0.1, 120.0, 0.0, 0.01, False, 0.83))
    assert describe(WatchStatus("dock", state, stale, (), 5, 0)) == words


def test_what_is_wrong_and_what_may_be_soon_stand_in_the_line() -> None:
    face = Face(1, Box(0, 0, 9, 9), 0.9, None, None, 0.0)
    covered = Incident("covered", 1.0, 4.0)
    report = FrameReport(0, 1.0, "ok", (face, face), risk=Risk(0.1, 0.375))
    status = WatchStatus("dock", StreamState("watching"), report, (covered,), 5, 0, "no text")
    assert describe(status) == (
        f"watching, risk within 30 s 38 %, 2 faces, {covered.words().lower()}, no text"
    )
    alone = WatchStatus(
        "dock", StreamState("watching"), FrameReport(0, 1.0, "ok", (face,)), (), 5, 0
    )
    assert describe(alone) == "watching, 1 face"


def test_a_watch_that_is_stopped_keeps_and_tells_what_went_wrong(monkeypatch, capsys) -> None:
    class Watched:
        """A camera that gave frames until its disk was full."""

        def __init__(self, source, settings, readings, *, name, **options) -> None:
            self.name, self.problem = name, "the watch ended: disk full"
            self.recorder = SimpleNamespace(run_id="r", problems=["metrics.csv: disk full"])
            self.status = WatchStatus(name, StreamState("watching"), None, (), 7, 0)

        def __enter__(self):
            return self

        def __exit__(self, *error: object) -> None:
            return None

    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(watch_command, "CameraWatch", Watched)
    monkeypatch.setattr(watch_command.time, "sleep", interrupt)
    assert main(["watch", "rtsp://camera/1"]) == 0
    said = capsys.readouterr().err.splitlines()
    assert said[0] == "stopped; what was measured is kept"
    assert [line.partition(": ")[2] for line in said[1:]] == [
        "metrics.csv: disk full",
        "the watch ended: disk full",
    ]
