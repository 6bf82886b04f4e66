"""A live analysis is recorded from when its visitor says so until they say otherwise."""

from __future__ import annotations

import base64
import threading
from dataclasses import replace

import cv2
import pytest

from core.incidents import Incident
from core.records.courier import courier
from core.records.evidence import EVIDENCE_PX, evidence_of, kept_evidence
from core.records.store import list_runs, read_incidents, read_metrics
from core.settings import Settings
from core.types import Frame, FrameReport
from tests.ui.doubles import PlainPipeline, encode, picture
from ui.analysis import Session
from ui.recording import LiveRecording

START = {"type": "start_analysis", "mode": "live", "options": {}}
ON = {"type": "record", "on": True}
OFF = {"type": "record", "on": False}
WITH_PICTURES = {**ON, "pictures": True}


@pytest.fixture(autouse=True)
def no_process(monkeypatch):
    monkeypatch.setattr(courier, "ensure", lambda settings: None)


@pytest.fixture
def settings(tmp_path):
    return Settings(records_dir=tmp_path / "logs", workers=1)


@pytest.fixture
def session(settings):
    session = Session(settings, PlainPipeline)
    assert session.process(START, received_s=0.0)["type"] == "started"
    return session


def finish():
    """Wait for what is finished in the background."""
    for thread in threading.enumerate():
        if thread.name == "finish-recording":
            thread.join()


def test_nothing_is_kept_until_it_is_asked_for(session, settings, framed):
    session.process(framed(1))
    session.process({"type": "stop_analysis"})
    finish()
    assert not settings.records_dir.exists()


@pytest.mark.parametrize("end", [OFF, {"type": "stop_analysis"}, START, None])
def test_what_comes_between_on_and_off_is_kept(session, settings, framed, end):
    session.process(framed(1), received_s=10.0)
    reply = session.process(ON)
    assert (reply["type"], reply["on"], reply["pictures"]) == ("recording", True, False)
    for number in (2, 3):
        session.process(framed(number), received_s=20.0 + number)
    if end is None:
        session.close()
    else:
        session.process(end)
    session.process(framed(4))
    finish()
    (info,) = list_runs(settings.records_dir)
    assert (info.run_id, info.kind, info.frames, info.state) == (reply["run_id"], "live", 2, "done")
    rows = read_metrics(info.path, ("index", "time_s"))
    assert rows["index"].tolist() == [0, 1]
    assert rows["time_s"].tolist() == [0.0, 1.0]
    pictures = {".jpg", ".png", ".webp", ".mp4"}
    assert not [path for path in settings.records_dir.rglob("*") if path.suffix in pictures]


def test_asking_twice_goes_on_with_the_same_run(session):
    first = session.process(ON)
    assert session.process(ON) == first
    over = {"type": "recording", "on": False, "pictures": False, "run_id": None}
    assert session.process(OFF) == over
    finish()


def test_a_server_that_keeps_nothing_says_so(tmp_path):
    settings = Settings(records_dir=tmp_path / "logs", allow_records=False)
    session = Session(settings, PlainPipeline)
    session.process(START)
    assert session.process(ON)["code"] == "not_allowed"
    assert not settings.records_dir.exists()


def test_a_record_of_nothing_is_refused(settings):
    assert Session(settings, PlainPipeline).process(ON)["code"] == "not_started"
    session = Session(settings, PlainPipeline)
    session.process(START)
    assert session.process({"type": "record", "on": "yes"})["code"] == "bad_message"
    assert session.process({**ON, "pictures": 1})["code"] == "bad_message"


def test_a_disk_that_takes_nothing_is_told_and_frames_go_on(settings, session, framed):
    settings.records_dir.write_text("in the way", "utf-8")
    session.process(ON)
    replies = [session.process(framed(number)) for number in range(30)]
    assert {reply["type"] for reply in replies} == {"report"}
    assert "cannot be" in replies[-1]["recording_problem"]
    session.process(OFF)
    finish()


def test_incidents_are_counted_from_the_start_of_the_recording(settings):
    recording = LiveRecording(settings, "live", {})
    freeze = Incident("freeze", 8.0, 12.5)
    frame = Frame(100, 10.0, picture())
    recording.add(FrameReport(100, 10.0, "no_face"), frame)
    recording.add(FrameReport(101, 12.5, "no_face", incidents=(freeze,)), frame)
    recording.close()
    finish()
    (info,) = list_runs(settings.records_dir)
    assert info.duration_s == 5.0
    rows = read_metrics(info.path, ("time_s", "incidents"))
    assert rows["time_s"].tolist() == [0.0, 2.5]
    assert rows["incidents"].tolist() == ["", "freeze"]


class TroubledPipeline(PlainPipeline):
    """Finds a picture black from its second frame on, and frozen from the fifth on."""

    def analyze(self, frame):
        report = super().analyze(frame)
        seen = [("black", 2), ("freeze", 5)]
        open_now = [kind for kind, first in seen if len(self.frames) >= first]
        incidents = tuple(Incident(kind, 0.5, frame.time_s) for kind in open_now)
        return replace(report, incidents=incidents)


@pytest.fixture
def troubled(settings):
    session = Session(settings, TroubledPipeline)
    session.process(START, received_s=0.0)
    return session


def kept(settings):
    """The one run, and the rows of its incidents with the picture of each."""
    finish()
    (info,) = list_runs(settings.records_dir)
    pictures = kept_evidence(info.path)
    return info, {row["kind"]: evidence_of(row, pictures) for row in read_incidents(info.path)}


def test_without_being_asked_for_no_picture_of_an_incident_reaches_the_disk(
    settings, troubled, framed
):
    troubled.process(ON)
    for number in range(6):
        troubled.process(framed(number))
    troubled.process(OFF)
    assert kept(settings)[1] == {"black": None, "freeze": None}


def test_a_picture_is_kept_of_each_incident_and_of_nothing_else(settings, troubled, framed):
    assert troubled.process(WITH_PICTURES)["pictures"]
    for number in range(6):
        troubled.process(framed(number, encode(picture(960, 540))))
    troubled.process(OFF)
    info, incidents = kept(settings)
    assert None not in incidents.values()
    assert kept_evidence(info.path) == set(incidents.values())
    for name in incidents.values():
        assert cv2.imread(str(info.path / name)).shape[1] == EVIDENCE_PX
        assert base64.b64encode((info.path / name).read_bytes()).decode() in (
            (info.path / "report.html").read_text("utf-8")
        )


def test_pictures_may_be_switched_on_and_off_while_recording_goes_on(settings, troubled, framed):
    run_id = troubled.process(ON)["run_id"]
    for number in range(3):
        troubled.process(framed(number))
    # The black began without pictures and still holds; the freeze begins without again.
    assert troubled.process(WITH_PICTURES)["run_id"] == run_id
    troubled.process(framed(3, encode(picture())))
    troubled.process(ON)
    for number in range(4, 8):
        troubled.process(framed(number))
    troubled.process(OFF)
    _, incidents = kept(settings)
    assert incidents["black"] is not None
    assert incidents["freeze"] is None
