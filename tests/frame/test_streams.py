"""A camera kept open: newest frame first, found again after a loss; over real connections."""

from __future__ import annotations

import functools
import itertools
import socket
import threading
import time
from collections.abc import Callable
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from mjpeg_camera import MjpegCamera
from numpy.typing import NDArray

from core.errors import SourceError
from core.frame.pace import Pace
from core.frame.sources import open_camera
from core.frame.streams import CameraStream, StreamState
from core.frame.video_source import VideoSource

PATIENCE_S = 40.0


def flat(number: int, width: int = 160, height: int = 120) -> NDArray[np.uint8]:
    return np.full((height, width, 3), number % 200, np.uint8)


def until(holds: Callable[[], object]) -> None:
    """Wait for what another thread does."""
    end_s = time.monotonic() + PATIENCE_S
    pause = threading.Event()
    while not holds():
        assert time.monotonic() < end_s, "it never came about"
        pause.wait(0.01)


def test_frames_of_a_camera_come_in_order_with_the_time_they_came() -> None:
    with MjpegCamera(flat) as camera, CameraStream(camera.url) as stream:
        taken = [stream.newest(PATIENCE_S) for _ in range(5)]
        frames = [each[0] for each in taken if each is not None]
        assert len(frames) == 5
        assert [frame.index for frame in frames] == sorted({frame.index for frame in frames})
        assert all(a.time_s < b.time_s for a, b in itertools.pairwise(frames))
        assert frames[0].size == (160, 120)
        assert stream.state.phase == "watching"


def test_who_is_slow_gets_the_newest_frame_and_is_told_how_many_were_passed_over() -> None:
    with MjpegCamera(flat, fps=50) as camera, CameraStream(camera.url) as stream:
        assert stream.newest(PATIENCE_S) is not None
        before = stream.frames
        until(lambda: stream.frames >= before + 10)
        taken = stream.newest(PATIENCE_S)
        assert taken is not None
        assert taken[1] >= 8
        assert taken[0].index >= before + 8


def test_a_camera_that_dies_is_lost_tried_again_and_seen_when_it_is_back() -> None:
    told: list[StreamState] = []
    camera = MjpegCamera(flat)
    with CameraStream(camera.url, retry_s=0.05, on_state=told.append) as stream:
        assert stream.newest(PATIENCE_S) is not None
        camera.kill()
        until(lambda: stream.state.phase == "retrying")
        assert stream.state.problem
        while stream.newest(0.0) is not None:
            continue
        with MjpegCamera(flat, port=camera.port):
            assert stream.newest(PATIENCE_S) is not None
            assert stream.state.phase == "watching"
            assert stream.state.connections == 2
    phases = [state.phase for state in told]
    assert phases[:3] == ["connecting", "watching", "lost"]
    assert "retrying" in phases


def test_waits_between_tries_grow_and_have_an_end() -> None:
    def refuse(source: str | Path) -> VideoSource:
        raise SourceError(f"{source}: nobody answers there")

    told: list[StreamState] = []
    waits: list[float] = []
    stream = CameraStream("rtsp://camera/1", opener=refuse, on_state=told.append)

    def wait(seconds: float | None = None) -> bool:
        waits.append(seconds or 0.0)
        if len(waits) == 7:
            stream._over.set()
        return stream._over.is_set()

    stream._over.wait = wait  # type: ignore[method-assign]
    with stream:
        until(stream._over.is_set)
    assert waits[:7] == [0.5, 1.0, 2.0, 4.0, 5.0, 5.0, 5.0]
    retrying = [state for state in told if state.phase == "retrying"]
    assert [state.retry_in_s for state in retrying] == waits[:7]
    assert "nobody answers" in retrying[0].problem


def test_a_camera_that_changes_its_size_is_watched_on() -> None:
    def growing(number: int) -> NDArray[np.uint8]:
        return flat(number, 160, 120) if number < 5 else flat(number, 320, 200)

    sizes = set()
    with MjpegCamera(growing) as camera, CameraStream(camera.url) as stream:
        while len(sizes) < 2:
            taken = stream.newest(PATIENCE_S)
            assert taken is not None
            sizes.add(taken[0].image.shape[:2])
    assert sizes == {(120, 160), (200, 320)}


def test_a_file_is_played_again_and_again_at_its_own_speed(make_clip) -> None:
    clip = make_clip("loop.mp4", count=10, fps=25)
    with CameraStream(clip) as stream:
        begun_s = time.monotonic()
        until(lambda: stream.frames >= 25)
        # Played as fast as it can be decoded, it would take a few milliseconds.
        assert time.monotonic() - begun_s >= 0.6
        assert stream.state.connections >= 3


def test_closing_does_not_wait_for_a_server_that_says_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        stream = CameraStream(f"http://127.0.0.1:{silent.getsockname()[1]}/live")
        with stream:
            until(lambda: stream.state.phase == "connecting")
        assert stream.newest(0.0) is None


def test_a_page_that_is_no_video_is_an_error_and_no_stream() -> None:
    with pytest.raises(SourceError):
        open_camera("http://127.0.0.1:9/live")


def test_the_name_of_a_camera_holds_no_password() -> None:
    assert "secret" not in CameraStream("rtsp://user:secret@camera:554/1?key=secret").name


def test_jpeg_colours_arrive(tmp_path: Path) -> None:
    def red(number: int) -> NDArray[np.uint8]:
        return cv2.merge([np.full((64, 64), value, np.uint8) for value in (0, 0, 200)])

    with MjpegCamera(red) as camera, CameraStream(camera.url) as stream:
        taken = stream.newest(PATIENCE_S)
        assert taken is not None
        blue, green, level = taken[0].image.mean(axis=(0, 1))
        assert level > 150
        assert max(blue, green) < 50


def test_a_stream_in_segments_is_played_at_its_own_speed(
    make_clip, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        av.open(str(make_clip("clip.mp4", count=60, fps=20))) as clip,
        av.open(
            str(tmp_path / "live.m3u8"),
            "w",
            format="hls",
            # Without its end in the list it goes on, as far as a reader knows.
            options={"hls_time": "1", "hls_list_size": "0", "hls_flags": "omit_endlist"},
        ) as live,
    ):
        film = live.add_stream_from_template(clip.streams.video[0])
        for packet in clip.demux(video=0):
            if packet.dts is not None:
                packet.stream = film
                live.mux(packet)
    waited: list[float] = []
    spread = Pace.wait_s

    def noted(pace: Pace, time_s: float, now_s: float) -> float:
        waited.append(spread(pace, time_s, now_s))
        return waited[-1]

    monkeypatch.setattr(Pace, "wait_s", noted)
    handler = functools.partial(SilentFiles, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/live.m3u8"
        with CameraStream(url) as stream:
            until(lambda: stream.frames >= 20)
        server.shutdown()
    # Each frame but the first had to wait for its time: they came faster.
    assert sum(wait_s > 0 for wait_s in waited) >= 10


class SilentFiles(SimpleHTTPRequestHandler):
    """Serves files and says nothing about it."""

    def log_message(self, format: str, *args: object) -> None:
        pass
