"""A camera that the server opens for the Live tab: asked for its newest frame, one at a time."""

import base64
import json
import re
import socket

import cv2
import numpy as np
import pytest

from core.settings import Settings
from tests.frame.mjpeg_camera import MjpegCamera
from tests.frame.test_rtsp import camera as rtsp_camera
from tests.frame.test_rtsp import has_gstreamer
from tests.ui.doubles import PlainPipeline
from ui.analysis import Session

WIDTH, HEIGHT = 960, 540
SETTINGS = Settings(allow_streams=True)
PATIENCE = 300
"""Askings, of a tenth of a second each, in which a camera on this machine surely opens."""


class ResettingPipeline(PlainPipeline):
    """Counts how often it was told that what comes next is another picture."""

    resets = 0

    def reset(self):
        self.resets += 1


def moving(number):
    picture = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
    picture[:, (7 * number) % WIDTH :][:, :40] = 220
    return picture


@pytest.fixture
def camera():
    with MjpegCamera(moving) as camera:
        yield camera


@pytest.fixture
def session():
    made = []

    def make(settings, **options):
        made.append(ResettingPipeline(settings, **options))
        return made[-1]

    session = Session(SETTINGS, make)
    session.made = made
    yield session
    session.close()


def begin(session, address):
    message = {"type": "start_analysis", "mode": "live", "options": {}, "stream": address}
    return session.process(message)


def ask(session, wanted="report", first=1):
    for number in range(first, first + PATIENCE):
        reply = session.process(json.dumps({"type": "next", "id": number}))
        assert reply["id"] == number
        if reply["type"] == wanted:
            return reply
    pytest.fail(f"no {wanted} came; the last answer was {reply}")


def test_the_newest_frame_comes_with_its_report_and_boxes_that_fit_it(session, camera):
    assert begin(session, camera.url)["type"] == "started"
    reply = ask(session)
    head, _, payload = reply["image"].partition(",")
    assert head == "data:image/jpeg;base64"
    picture = cv2.imdecode(np.frombuffer(base64.b64decode(payload), np.uint8), cv2.IMREAD_COLOR)
    assert picture.shape[:2] == (reply["height"], reply["width"])
    assert reply["width"] < WIDTH
    x, _, width, _ = reply["faces"][0]["box"]
    assert x == pytest.approx(reply["width"] / 4, abs=1)
    assert width == pytest.approx(reply["width"] / 2, abs=1)
    assert reply["age_ms"] >= 0
    json.dumps(reply, allow_nan=False)


def test_a_camera_that_goes_and_comes_back_is_told_of_and_begins_anew(session, camera):
    begin(session, camera.url)
    ask(session)
    camera.kill()
    lost = ask(session, "stream")
    assert lost["state"] in ("watching", "lost", "retrying", "connecting")
    with MjpegCamera(moving, port=camera.port):
        ask(session)
    assert session.made[-1].resets == 1


def test_a_camera_that_is_not_there_is_tried_again_and_says_why(session, camera):
    camera.kill()
    begin(session, camera.url)
    for _ in range(PATIENCE):
        reply = ask(session, "stream")
        if reply["problem"]:
            break
    assert reply["problem"]
    assert "\n" not in reply["problem"]
    assert reply["words"]["en"] == reply["problem"]
    assert re.search("[가-힣]", reply["words"]["ko"])
    assert camera.url not in reply["words"]["ko"]


@pytest.mark.skipif(not has_gstreamer(), reason="an RTSP server needs Debian's GStreamer")
def test_an_rtsp_camera_is_asked_for_its_newest_frame_too_and_found_again(session):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with rtsp_camera(port):
        assert begin(session, f"rtsp://127.0.0.1:{port}/live")["type"] == "started"
        assert (ask(session)["width"], ask(session)["height"]) == (320, 240)
    ask(session, "stream")
    with rtsp_camera(port):
        ask(session)
    assert session.made[-1].resets == 1


def test_where_it_is_not_allowed_no_address_is_opened(camera):
    session = Session(Settings(allow_streams=False), PlainPipeline)
    assert begin(session, camera.url)["code"] == "not_allowed"
    assert session.process({"type": "next", "id": 1})["code"] == "not_started"


@pytest.mark.parametrize(
    "address",
    ["file:///etc/passwd", "/etc/passwd", "rtsp://", "concat:a|b", "http://[", "x" * 2001],
)
def test_only_whole_addresses_of_cameras_are_opened(session, address):
    assert begin(session, address)["code"] == "bad_stream"


def test_a_frame_is_asked_for_only_where_a_camera_was_named(session):
    session.process({"type": "start_analysis", "mode": "live", "options": {}})
    assert session.process({"type": "next", "id": 3})["code"] == "not_started"


def test_stopping_lets_the_camera_go(session, camera):
    begin(session, camera.url)
    ask(session)
    session.process({"type": "stop_analysis"})
    assert session.process({"type": "next", "id": 9})["code"] == "not_started"


@pytest.mark.parametrize(
    ("environment", "allowed"),
    [
        ({}, True),
        ({"HOST": "0.0.0.0"}, False),
        ({"PUBLIC": "1"}, False),
        ({"SPACE_ID": "x/y"}, False),
        ({"HOST": "0.0.0.0", "ALLOW_STREAMS": "1"}, True),
        ({"ALLOW_STREAMS": "0"}, False),
    ],
)
def test_cameras_are_opened_for_this_machine_alone_unless_said_otherwise(environment, allowed):
    assert Settings.from_environment(environment).allow_streams is allowed
