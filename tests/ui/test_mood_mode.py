"""The session mode of the protocol, from its start to its verdict."""

import base64
import json
import struct

import numpy as np
import pytest

from core.mood.session_file import read_session
from core.settings import EMOTION_MODELS, Settings
from core.types import EMOTIONS, Box, Face, FrameReport, QualityReading
from tests.ui.doubles import PlainPipeline
from ui.analysis import Session
from ui.live_pipeline import model_digests
from ui.protocol import ProtocolError, Start, Step, read_message

FPS = 10
SHORT = {"baseline_s": 5, "stimulus_s": 5}
LEVELS = np.array([0.05, 0.04, 0.05, 0.22, 0.08, 0.06, 0.50])


class MovedPipeline(PlainPipeline):
    """Reads noise about fixed levels; happiness is high once the picture is bright."""

    def analyze(self, frame):
        noise = np.random.default_rng(frame.index).standard_normal(7)
        shares = LEVELS * np.exp(0.3 * noise)
        bright = frame.image.mean() > 128
        shares[3] *= 8 if bright else 1
        shares /= shares.sum()
        face = Face(1, Box(10, 10, 30, 30), 0.9, shares.astype(np.float32), "neutral", 0.8)
        quality = QualityReading(0.1, float(frame.image.mean()), 0.0, 0.0, False, 0.9)
        return FrameReport(frame.index, frame.time_s, "ok", (face,), quality)


@pytest.fixture(scope="module")
def pictures():
    from tests.ui.doubles import encode

    return {
        name: encode(np.full((48, 64, 3), level, np.uint8))
        for name, level in (("dark", 100), ("bright", 140))
    }


class Client:
    """Speaks to one session in the words of docs/protocol.md, and keeps what follows."""

    def __init__(self, pictures, make=MovedPipeline, **options):
        self.session = Session(Settings(), make)
        self.pictures = pictures
        self.number = 0
        self.said = []
        self.started = self.say(type="start_analysis", mode="session", options=options)

    def say(self, **message):
        reply = self.session.process(json.dumps(message))
        json.dumps(reply, allow_nan=False)
        return reply

    def frame(self, time_s, picture="dark"):
        self.number += 1
        image = "data:image/jpeg;base64," + base64.b64encode(self.pictures[picture]).decode()
        reply = self.say(type="frame", id=self.number, image=image, time_s=time_s)
        self.said += reply.get("then", [])
        return reply

    def film(self, seconds, picture="dark", start_s=0.0):
        for k in range(round(seconds * FPS) + 1):
            self.frame(start_s + k / FPS, picture)

    @property
    def state(self):
        return [m for m in self.said if m["type"] == "phase"][-1]["state"]

    @property
    def result(self):
        return next(m for m in self.said if m["type"] == "result")


def walked(pictures, **options):
    client = Client(pictures, **{**SHORT, **options})
    client.film(5.2)
    client.say(type="second_phase")
    client.film(5.2, "bright", start_s=100)
    return client


def test_a_client_is_led_from_its_start_to_a_verdict_that_names_the_change(pictures):
    client = walked(pictures)
    states = [m["state"] for m in client.said if m["type"] == "phase"]
    assert list(dict.fromkeys(states)) == ["baseline", "pause", "stimulus", "verdict"]
    verdict = client.result["verdict"]
    assert (verdict["basis"], verdict["primary_emotion"]) == ("change", "happiness")
    assert len(verdict["secondary_emotions"]) == 2
    assert set(verdict["words"]) == {"en", "ko"}
    assert sum(c["weight"] for c in verdict["colours"]) == pytest.approx(1, abs=0.01)
    assert 100 <= client.result["frames"] <= client.number


def test_the_start_says_which_lengths_are_in_force(pictures):
    client = Client(pictures, baseline_s=7)
    assert client.started["mode"] == "session"
    assert client.started["options"]["baseline_s"] == 7
    assert client.started["options"]["stimulus_s"] == 15
    assert client.started["emotions"] == list(EMOTIONS)


def test_progress_counts_media_time_and_not_frames_or_the_clock(pictures):
    client = Client(pictures, **SHORT)
    client.frame(10.0)
    client.frame(10.5)
    client.frame(11.0)
    said = client.said[-1]
    assert said["elapsed_s"] == pytest.approx(1.5)
    assert said["remaining_s"] == pytest.approx(3.5)


def test_a_record_that_was_sent_is_judged_again_to_the_same_verdict(pictures, tmp_path):
    result = walked(pictures, seed=3).result
    path = tmp_path / "session.json"
    path.write_text(json.dumps(result["record"]), encoding="utf-8")
    again = read_session(path)
    assert again.verdict.to_dict() == result["record"]["verdict"]
    assert again.settings.seed == 3
    assert len(again.models["emotion"]) == 64


@pytest.mark.parametrize("model", EMOTION_MODELS)
def test_a_session_keeps_the_digests_of_the_models_it_is_read_with(model):
    digests = model_digests(Settings(emotion_model=model), "yunet")
    assert set(digests) == {model, "yunet"}
    assert all(len(digest) == 64 for digest in digests.values())


def test_a_phase_on_hold_does_not_count(pictures):
    client = Client(pictures, **SHORT)
    client.film(2)
    held = client.say(type="pause", reason="camera_lost")
    assert (held["held"], held["hint"]) == (True, "camera_lost")
    client.film(20, start_s=3)
    assert client.state == "baseline"
    assert client.say(type="resume")["held"] is False


def test_a_retaken_stimulus_gives_a_new_verdict_on_the_old_baseline(pictures):
    client = walked(pictures)
    assert client.say(type="retake", phase="stimulus")["state"] == "stimulus"
    client.said.clear()
    client.film(5.2, "dark")
    assert client.result["verdict"]["primary_emotion"] != "happiness"


def test_a_retaken_baseline_begins_the_session_anew(pictures):
    client = walked(pictures)
    assert client.say(type="retake", phase="baseline")["state"] == "baseline"
    assert client.say(type="stop_analysis")["verdict"] is None


def test_the_second_phase_begins_by_itself_after_the_pause_that_was_asked_for(pictures):
    client = Client(pictures, **SHORT, pause_s=2)
    client.film(12.5)
    states = [m["state"] for m in client.said if m["type"] == "phase"]
    assert list(dict.fromkeys(states)) == ["baseline", "pause", "stimulus", "verdict"]


def test_a_client_may_begin_the_second_phase_early_and_little_data_says_so(pictures):
    client = Client(pictures, **SHORT)
    client.film(1)
    assert client.say(type="second_phase")["state"] == "stimulus"
    client.film(1)
    result = client.say(type="stop_analysis")
    assert result["verdict"]["basis"] == "insufficient"
    assert result["verdict"]["needed_seconds"] > 0
    assert result["verdict"]["mood"] == {}


def test_binary_frames_carry_their_time_where_it_was_promised(pictures):
    client = Client(pictures, **SHORT, timed=True)
    head = (1).to_bytes(4, "big") + struct.pack(">d", 42.5)
    assert client.session.process(head + pictures["dark"])["time_s"] == 42.5
    bad = (2).to_bytes(4, "big") + struct.pack(">d", float("nan"))
    reply = client.session.process(bad + pictures["dark"])
    assert (reply["code"], reply["id"]) == ("bad_message", 2)


def test_time_that_goes_back_is_an_error_and_the_session_goes_on(pictures):
    client = Client(pictures, **SHORT)
    client.frame(1.0)
    reply = client.frame(0.5)
    assert reply["type"] == "error"
    assert "back" in reply["message"]
    assert client.frame(1.1)["type"] == "report"


@pytest.mark.parametrize(
    "message",
    [
        {"type": "second_phase"},
        {"type": "pause"},
        {"type": "resume"},
        {"type": "retake", "phase": "baseline"},
    ],
)
def test_steps_of_a_session_are_refused_where_there_is_none(message):
    session = Session(Settings(), PlainPipeline)
    assert session.process(message)["code"] == "not_started"
    session.process({"type": "start_analysis", "mode": "live"})
    assert session.process(message)["code"] == "not_started"


def test_a_step_that_is_not_possible_now_is_said_and_changes_nothing(pictures):
    client = Client(pictures, **SHORT)
    reply = client.say(type="retake", phase="stimulus")
    assert (reply["type"], reply["code"]) == ("error", "bad_phase")
    client.film(5.2)
    assert client.state == "pause"


@pytest.mark.parametrize(
    "options",
    [
        {"baseline_s": 4},
        {"stimulus_s": 121},
        {"baseline_s": "5"},
        {"baseline_s": True},
        {"pause_s": 61},
        {"pause_s": -1},
        {"seed": 1.5},
        {"seed": -1},
        {"timed": 1},
        {"smoothing": True},
        {"resamples": 10},
    ],
)
def test_options_outside_what_they_may_be_are_refused(options):
    session = Session(Settings(), PlainPipeline)
    reply = session.process({"type": "start_analysis", "mode": "session", "options": options})
    assert (reply["type"], reply["code"]) == ("error", "bad_option")
    assert session.process({"type": "second_phase"})["code"] == "not_started"


def test_options_cannot_change_under_way(pictures):
    client = Client(pictures, **SHORT)
    assert client.say(type="options", options={"faces": False})["code"] == "bad_option"


def test_two_sessions_know_nothing_of_each_other(pictures):
    one, other = Client(pictures, **SHORT), Client(pictures, **SHORT)
    one.film(5.2)
    other.frame(0.0)
    assert (one.state, other.state) == ("pause", "baseline")


def test_starting_live_afterwards_forgets_the_session(pictures):
    client = walked(pictures)
    client.say(type="start_analysis", mode="live")
    result = client.say(type="stop_analysis")
    assert (result["mode"], "verdict" in result) == ("live", False)


def test_messages_of_a_session_are_read():
    assert read_message('{"type":"second_phase"}') == Step("second_phase")
    assert read_message({"type": "pause"}) == Step("pause", reason="held")
    assert read_message({"type": "retake", "phase": "stimulus"}) == Step("retake", "stimulus")
    start = {"type": "start_analysis", "mode": "session", "options": {"pause_s": None}}
    assert read_message(start) == Start("session", {"pause_s": None})


@pytest.mark.parametrize(
    "message",
    [
        {"type": "pause", "reason": "x"},
        {"type": "retake"},
        {"type": "retake", "phase": ["baseline"]},
        {"type": "frame", "id": 1, "image": "data:image/jpeg;base64,/9j/", "time_s": "1"},
        {"type": "frame", "id": 1, "image": "data:image/jpeg;base64,/9j/", "time_s": -1},
    ],
)
def test_steps_with_wrong_fields_are_refused(message):
    with pytest.raises(ProtocolError) as caught:
        read_message(message)
    assert caught.value.code == "bad_message"
