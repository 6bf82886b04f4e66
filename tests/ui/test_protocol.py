import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ui.protocol import (
    MAX_MESSAGE_BYTES,
    EncodedFrame,
    Options,
    ProtocolError,
    Start,
    Stop,
    read_message,
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
