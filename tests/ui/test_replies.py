"""What a client is told: plain JSON, in both languages, with the frame it belongs to."""

import json

import numpy as np

from core.incidents import Incident, Risk
from core.types import EMOTIONS, Box, Face, FrameReport, QualityReading
from ui.replies import dropped_reply, report_reply


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
