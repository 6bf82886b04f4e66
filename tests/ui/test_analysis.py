"""One visitor's messages and what they are answered."""

import json
from dataclasses import replace
from types import SimpleNamespace

import pytest

from core.errors import ModelError
from core.settings import Settings
from core.types import Box, TextReading
from tests.ui.doubles import PlainPipeline, encode, picture
from ui.analysis import Session

SETTINGS = Settings(workers=2, max_sessions=2)
START = {"type": "start_analysis", "mode": "live", "options": {}}


def started(make=PlainPipeline):
    session = Session(SETTINGS, make)
    assert session.process(START)["type"] == "started"
    return session


def test_a_frame_is_answered_by_its_report(framed):
    reply = started().process(framed(41))
    assert reply["type"] == "report"
    assert reply["id"] == 41
    assert reply["faces"][0]["emotion"] == "happiness"
    json.dumps(reply, allow_nan=False)


def test_frames_before_the_start_are_refused_by_their_id(framed):
    reply = Session(SETTINGS, PlainPipeline).process(framed(5))
    assert (reply["type"], reply["code"], reply["id"]) == ("error", "not_started", 5)


def test_media_time_is_when_a_frame_came(framed):
    session = Session(SETTINGS, PlainPipeline)
    session.process(START, received_s=100.0)
    times = [session.process(framed(n), received_s=100.0 + n)["time_s"] for n in (1, 2, 3)]
    assert times == [1.0, 2.0, 3.0]


def test_what_starts_says_what_is_in_force():
    session = Session(SETTINGS, PlainPipeline)
    reply = session.process({**START, "options": {"emotion": False}})
    assert reply["options"] == {
        "faces": True,
        "emotion": False,
        "quality": True,
        "smoothing": True,
        "ocr": False,
    }
    assert reply["emotions"][3] == "happiness"
    assert reply["quality_threshold"] == SETTINGS.quality_threshold


def test_an_option_that_changes_nothing_keeps_the_pipeline_and_its_memory():
    made = []

    def make(settings, **options):
        made.append(options)
        return PlainPipeline(settings, **options)

    session = started(make)
    session.process({"type": "options", "options": {"faces": True}})
    assert len(made) == 1
    session.process({"type": "options", "options": {"faces": False}})
    assert made[-1]["faces"] is False


def test_boxes_are_in_pixels_of_the_picture_that_was_sent(framed):
    reply = started().process(framed(1, encode(picture(2560, 1440))))
    assert (reply["width"], reply["height"]) == (2560, 1440)
    assert reply["faces"][0]["box"] == [640, 360, 1280, 720]


def test_a_fault_inside_never_shows_its_insides(framed):
    class Broken(PlainPipeline):
        def analyze(self, frame):
            raise RuntimeError("secret path")

    reply = started(Broken).process(framed(3))
    assert (reply["type"], reply["code"], reply["id"]) == ("error", "internal", 3)
    assert "secret" not in json.dumps(reply)


def test_a_missing_model_is_said_in_its_own_words():
    def missing(settings, **options):
        raise ModelError("emotion.onnx is missing; install again")

    reply = Session(SETTINGS, missing).process(START)
    assert (reply["code"], reply["message"]) == ("failed", "emotion.onnx is missing; install again")


def test_stopping_sums_up_and_frees_the_pipeline(framed):
    session = started()
    session.process(framed(1))
    reply = session.process({"type": "stop_analysis"})
    assert (reply["type"], reply["frames"]) == ("result", 1)
    assert session.process(framed(2))["code"] == "not_started"


def test_text_is_read_only_where_it_was_asked_for_and_let_go_when_it_is_not(framed):
    made = []

    def make(settings, **options):
        made.append(PlainPipeline(settings, **options))
        return made[-1]

    session = started(make)
    assert made[0].options["ocr"] is False
    assert "text_state" not in session.process(framed(1))
    session.process({"type": "options", "options": {"ocr": True}})
    assert made[0].is_closed
    made[1].text = SimpleNamespace(state="loading")
    assert session.process(framed(2))["text_state"] == "loading"
    session.process({"type": "stop_analysis"})
    assert made[1].is_closed


def test_a_session_that_is_left_lets_its_pipeline_go():
    made = []

    def make(settings, **options):
        made.append(PlainPipeline(settings, **options))
        return made[-1]

    session = started(make)
    session.close()
    assert made[0].is_closed


def test_text_is_told_in_pixels_of_the_picture_that_was_sent(framed):
    class Reading(PlainPipeline):
        def analyze(self, frame):
            told = TextReading("<b>=1+1</b>", 0.8, Box(64.0, 36.0, 128.0, 72.0))
            return replace(super().analyze(frame), texts=(told,))

    reply = started(Reading).process(framed(1, encode(picture(2560, 1440))))
    assert reply["texts"] == [
        {"text": "<b>=1+1</b>", "confidence": 0.8, "box": [128.0, 72.0, 256.0, 144.0]}
    ]


@pytest.mark.parametrize(
    "bad",
    [
        {"mode": "session", "options": {"baseline_s": -1}},
        {"mode": "live", "options": {}, "stream": "rtsp://camera.invalid/1"},
    ],
)
def test_a_start_that_is_refused_leaves_no_pipeline_open(bad):
    made = []

    def make(settings, **options):
        made.append(PlainPipeline(settings, **options))
        return made[-1]

    session = Session(replace(SETTINGS, allow_streams=False), make)
    reply = session.process({"type": "start_analysis", **bad})
    assert reply["type"] == "error"
    assert all(pipeline.is_closed for pipeline in made)
    session.process({"type": "stop_analysis"})
    assert session.process(START)["type"] == "started"
