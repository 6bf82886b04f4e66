import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.incidents import Incident, Risk
from core.types import EMOTIONS, Box, Face, FrameReport, QualityReading
from ui.protocol import (
    MAX_MESSAGE_BYTES,
    EncodedFrame,
    Options,
    ProtocolError,
    Start,
    Stop,
    dropped_reply,
    read_message,
    report_reply,
)

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(st.integers(0, 2**32 - 1), st.binary(min_size=1, max_size=50))
def test_a_binary_frame_keeps_its_id_and_its_image(frame_id, data):
    assert read_message(frame_id.to_bytes(4, "big") + data) == EncodedFrame(frame_id, data)


def test_a_text_frame_says_the_same_as_a_binary_one():
    text = json.dumps({"type": "frame", "id": 7, "image": "data:image/jpeg;base64,/9j/"})
    assert read_message(text) == EncodedFrame(7, b"\xff\xd8\xff")


def test_control_messages_are_read():
    assert read_message('{"type":"start_analysis","mode":"live","options":{"emotion":false}}') == (
        Start("live", {"emotion": False})
    )
    assert read_message('{"type":"start_analysis"}') == Start("live", {})
    assert read_message('{"type":"options","options":{"faces":true}}') == Options({"faces": True})
    assert read_message({"type": "stop_analysis"}) == Stop()


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("", "bad_message"),
        ("[]", "bad_message"),
        ("{", "bad_message"),
        ("[" * 100_000, "bad_message"),
        (b"", "bad_message"),
        (b"\x00\x00\x00\x01", "bad_message"),
        ("{}", "unknown_type"),
        ('{"type":["frame"]}', "unknown_type"),
        ('{"type":"start_analysis","mode":"x"}', "unknown_mode"),
        ('{"type":"start_analysis","mode":["live"]}', "unknown_mode"),
        ('{"type":"start_analysis","options":[]}', "bad_option"),
        ('{"type":"options","options":{"faces":"yes"}}', "bad_option"),
        ('{"type":"options","options":{"__class__":true}}', "bad_option"),
        ('{"type":"frame","id":true,"image":""}', "bad_message"),
        ('{"type":"frame","id":-1,"image":""}', "bad_message"),
        ('{"type":"frame","id":4294967296,"image":""}', "bad_message"),
        ('{"type":"frame","id":1}', "bad_message"),
        ('{"type":"frame","id":1,"image":"http://a/b.jpg"}', "bad_message"),
        ('{"type":"frame","id":1,"image":"data:image/jpeg;base64,é"}', "bad_message"),
        (b"x" * (MAX_MESSAGE_BYTES + 1), "too_large"),
        ("x" * (MAX_MESSAGE_BYTES + 1), "too_large"),
    ],
)
def test_what_cannot_be_served_is_named(raw, code):
    with pytest.raises(ProtocolError) as caught:
        read_message(raw)
    assert caught.value.code == code


def test_an_error_about_a_frame_carries_its_id():
    with pytest.raises(ProtocolError) as caught:
        read_message({"type": "frame", "id": 12, "image": "no"})
    assert caught.value.reply()["id"] == 12


@given(st.binary(max_size=200) | st.text(max_size=200) | JSON_VALUES.map(json.dumps))
def test_nothing_but_a_protocol_error_comes_of_rubbish(raw):
    try:
        read_message(raw)
    except ProtocolError as error:
        reply = error.reply()
        assert reply["type"] == "error"
        assert reply["message"]
        assert "\n" not in reply["message"]


@given(
    st.sampled_from(["start_analysis", "frame", "options", "stop_analysis", "second_phase"]),
    st.dictionaries(st.sampled_from(["mode", "options", "id", "image"]), JSON_VALUES),
)
def test_known_messages_with_wrong_fields_are_refused_by_code(kind, fields):
    try:
        read_message({**fields, "type": kind})
    except ProtocolError as error:
        assert error.code in {"bad_message", "unknown_type", "unknown_mode", "bad_option"}


def test_a_reading_that_is_not_a_number_reaches_the_browser_as_null():
    nan = float("nan")
    face = Face(1, Box(0, 0, nan, 1), nan, np.full(7, np.nan, np.float32), "anger", nan)
    report = FrameReport(0, 0.0, "ok", (face,), QualityReading(nan, nan, nan, nan, False, nan))
    reply = report_reply(report, 3, (64, 48), 0.0, 0)
    text = json.dumps(reply, allow_nan=False)
    assert json.loads(text)["quality"]["quality_score"] is None


def test_a_report_names_its_frame_and_its_size():
    probabilities = np.linspace(0, 1, len(EMOTIONS)).astype(np.float32)
    face = Face(4, Box(1, 2, 3, 4), 0.5, probabilities, "neutral", 0.25, "too_dark")
    reply = report_reply(FrameReport(9, 1.5, "ok", (face,)), 3, (64, 48), 1.0, 2)
    assert (reply["id"], reply["width"], reply["height"], reply["dropped"]) == (3, 64, 48, 2)
    assert reply["faces"][0]["box"] == [1, 2, 3, 4]
    assert len(reply["faces"][0]["probabilities"]) == len(EMOTIONS)
    assert reply["quality"] is None
    assert dropped_reply(5, 1)["status"] == "dropped"


def test_a_report_tells_what_is_wrong_in_both_languages_and_what_may_be_soon():
    incident = Incident("covered", 3.0, 5.25, 0.9, {"covered_share": 0.8})
    report = FrameReport(9, 5.25, "ok", incidents=(incident,), risk=Risk(0.1, 0.4, ("blur",)))
    reply = report_reply(report, 3, (64, 48), 1.0, 2)
    (told,) = reply["incidents"]
    assert (told["kind"], told["onset_s"], told["duration_s"]) == ("covered", 3.0, 2.2)
    assert told["words"]["en"] != told["words"]["ko"]
    assert reply["risk"] == {"now": 0.1, "within_30_s": 0.4, "reasons": ["blur"]}
    assert report_reply(FrameReport(1, 0.0, "ok"), 3, (64, 48), 1.0, 2)["risk"] is None
