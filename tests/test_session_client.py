"""The example client speaks docs/protocol.md to a server that really listens."""

import importlib.util
import json
import sys
import threading
from pathlib import Path

import av
import numpy as np
import pytest
import uvicorn
from starlette.applications import Starlette

from core.mood.session_file import read_session
from core.settings import Settings
from tests.ui.doubles import PlainPipeline
from ui.admission import Admission
from ui.sessions import Sessions
from ui.socket import analysis_route

EXAMPLE = Path(__file__).resolve().parents[1] / "examples" / "session_client.py"
FPS = 10


@pytest.fixture(scope="module")
def example():
    spec = importlib.util.spec_from_file_location("session_client", EXAMPLE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def address(eventually_ready):
    sessions = Sessions(Settings(workers=1), PlainPipeline)
    app = Starlette(routes=[analysis_route(Admission(sessions))])
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    eventually_ready(lambda: server.started)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"ws://127.0.0.1:{port}/ws/analysis"
    server.should_exit = True
    thread.join(timeout=30)


@pytest.fixture(scope="module")
def eventually_ready():
    def wait(holds):
        for _ in range(4000):
            if holds():
                return
            threading.Event().wait(0.005)
        pytest.fail("the server did not start")

    return wait


@pytest.fixture
def film(tmp_path):
    def make(name, seconds):
        path = tmp_path / name
        with av.open(str(path), "w") as container:
            stream = container.add_stream("libx264", rate=FPS, options={"preset": "ultrafast"})
            stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
            for index in range(round(seconds * FPS)):
                picture = np.full((48, 64, 3), 40 + index, np.uint8)
                frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        return path

    return make


@pytest.fixture
def run(example, monkeypatch):
    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["session_client.py", *map(str, arguments)])
        return example.main()

    return call


def test_two_files_become_a_session_with_a_verdict(run, address, film, tmp_path, capsys):
    saved = tmp_path / "session.json"
    files = film("rest.mp4", 6), film("film.mp4", 6)
    assert run(*files, "--url", address, "--save", saved) == 0
    assert "No change" in capsys.readouterr().out
    record = read_session(saved)
    assert record.verdict.to_dict() == json.loads(saved.read_text("utf-8"))["verdict"]
    assert len(record.first.time_s) == pytest.approx(6 * FPS, abs=1)
    assert len(record.second.time_s) == pytest.approx(6 * FPS, abs=1)


def test_one_file_is_halved(example, film):
    (_, start, middle), (_, again, end) = example.stretches([film("clip.mp4", 12)])
    assert (start, middle, again, end) == pytest.approx((0, 6, 6, 12), abs=0.2)


def test_a_phase_that_is_too_short_is_named(example, film):
    path = film("short.mp4", 2)
    with pytest.raises(SystemExit, match=r"short\.mp4"):
        example.stretches([path, path])


def test_a_server_that_is_away_is_said_in_one_line(run, film, capsys):
    path = film("rest.mp4", 6)
    url = "ws://127.0.0.1:9/ws/analysis"
    assert run(path, path, "--url", url) == 1
    said = capsys.readouterr().err
    assert "is the app running?" in said
    assert said.count("\n") == 1
