"""What is usual for a camera that a visitor named: whose it is, and how long it is known."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from core.frame.camera_memory import CAMERAS, CameraMemory
from core.frame.liveness_baseline import CameraBaseline
from core.records.courier import courier
from core.settings import Settings
from core.types import QualityReading
from tests.frame.mjpeg_camera import MjpegCamera
from tests.ui.doubles import PlainPipeline
from ui.analysis import Session

PATIENCE = 300
RECORD = {"type": "record", "on": True}


class LearningPipeline(PlainPipeline):
    """Takes each frame for an undisturbed second."""

    def analyze(self, frame):
        report = super().analyze(frame)
        self.baseline.add(report.quality, 1.0)
        return report


@pytest.fixture(autouse=True)
def no_process(monkeypatch):
    monkeypatch.setattr(courier, "ensure", lambda settings: None)


@pytest.fixture
def camera() -> Iterator[MjpegCamera]:
    with MjpegCamera(lambda _: np.full((48, 64, 3), 90, np.uint8)) as camera:
        yield camera


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(records_dir=tmp_path / "logs", workers=1)


class Visitor:
    """A visitor's session, and the pipelines that were made for it."""

    def __init__(self, settings: Settings) -> None:
        self.made: list[LearningPipeline] = []
        self.session = Session(settings, self._make)

    def _make(self, settings: Settings, **options: object) -> LearningPipeline:
        self.made.append(LearningPipeline(settings, **options))
        return self.made[-1]

    def watch(self, address: str, frames: int = 2) -> None:
        """Start on a camera and have so many frames read."""
        message = {"type": "start_analysis", "mode": "live", "options": {}, "stream": address}
        assert self.session.process(message)["type"] == "started"
        for number in range(PATIENCE):
            self.session.process({"type": "next", "id": number})
            if len(self.made[-1].frames) >= frames:
                return
        pytest.fail("the camera gave no frames")

    def record(self) -> dict[str, object]:
        return self.session.process(RECORD)

    def leave(self) -> None:
        self.session.close()
        for thread in threading.enumerate():
            if thread.name == "finish-recording":
                thread.join()

    @property
    def learnt_s(self) -> float:
        """How long a record this visitor's pipeline rests on."""
        return self.made[-1].baseline.seconds


@pytest.fixture
def visitors(settings):
    """Make one more visitor of the same server; all leave in the end."""
    arrived: list[Visitor] = []

    def arrive(settings: Settings = settings) -> Visitor:
        arrived.append(Visitor(settings))
        return arrived[-1]

    yield arrive
    for each in arrived:
        each.leave()


def test_what_is_usual_outlives_other_settings_of_the_same_camera(visitors, camera):
    visitor = visitors()
    visitor.watch(camera.url)
    before_s = visitor.learnt_s
    visitor.session.process({"type": "options", "options": {"faces": False}})
    assert len(visitor.made) == 2
    assert visitor.learnt_s == before_s > 0
    visitor.watch(camera.url, frames=1)
    assert visitor.learnt_s > before_s


def test_another_camera_begins_anew(visitors, camera, framed):
    visitor = visitors()
    visitor.watch(camera.url)
    with MjpegCamera(lambda _: np.full((48, 64, 3), 90, np.uint8)) as other:
        visitor.watch(other.url, frames=1)
    assert visitor.learnt_s == 1
    own = {"type": "start_analysis", "mode": "live", "options": {}}
    for _ in range(2):
        # Which of the visitor's own cameras it is, nobody knows.
        visitor.session.process(own)
        visitor.session.process(framed(1))
        assert visitor.learnt_s == 1


def test_the_second_phase_of_a_session_begins_anew(visitors, framed):
    visitor = visitors()
    start = {"type": "start_analysis", "mode": "session", "options": {}}
    assert visitor.session.process(start, received_s=0.0)["type"] == "started"
    for number in range(3):
        visitor.session.process(framed(number), received_s=float(number))
    assert visitor.learnt_s == 3
    assert visitor.session.process({"type": "second_phase"})["type"] == "phase"
    assert len(visitor.made) == 2
    assert visitor.learnt_s == 0


def test_without_a_recording_nothing_is_kept_and_nobody_else_learns_of_it(
    visitors, camera, settings
):
    first = visitors()
    first.watch(camera.url)
    first.leave()
    assert not settings.records_dir.exists()
    second = visitors()
    second.watch(camera.url, frames=1)
    second.record()
    assert second.learnt_s == 1


def test_a_recording_remembers_the_camera_for_the_next_one_of_it(visitors, camera, settings):
    first = visitors()
    first.watch(camera.url, frames=3)
    first.record()
    first.leave()
    passer_by, second = visitors(), visitors()
    for visitor in (passer_by, second):
        visitor.watch(camera.url, frames=1)
    second.record()
    assert passer_by.learnt_s == 1
    assert second.learnt_s >= 3
    second.session.process({"type": "options", "options": {"faces": False}})
    assert second.learnt_s >= 3


def test_a_watch_and_a_recording_share_what_they_know_of_a_camera(visitors, camera, settings):
    baseline = CameraBaseline()
    for _ in range(100):
        baseline.add(QualityReading(0.2, 120.0, 0.1, 0.02, False, 0.8), 1.0)
    CameraMemory(camera.url, camera.url, settings.records_dir).keep(baseline)
    visitor = visitors()
    visitor.watch(camera.url, frames=1)
    visitor.record()
    assert visitor.learnt_s == 100


def test_where_strangers_are_served_no_camera_is_remembered(visitors, camera, settings, tmp_path):
    known = visitors()
    known.watch(camera.url, frames=3)
    known.record()
    known.leave()
    (file,) = (settings.records_dir / CAMERAS).iterdir()
    before = file.read_bytes()
    open_to_all = Settings(records_dir=settings.records_dir, workers=1, public=True)
    for _ in range(2):
        stranger = visitors(open_to_all)
        stranger.watch(camera.url, frames=1)
        assert stranger.record()["on"]
        assert stranger.learnt_s == 1
        stranger.leave()
    assert file.read_bytes() == before


def test_a_damaged_memory_is_told_and_recording_goes_on(visitors, camera, settings):
    path = CameraMemory(camera.url, camera.url, settings.records_dir).path
    path.parent.mkdir(parents=True)
    path.write_text("{", "utf-8")
    visitor = visitors()
    visitor.watch(camera.url)
    assert visitor.record()["on"]
    for number in range(PATIENCE):
        reply = visitor.session.process({"type": "next", "id": number})
        if reply["type"] == "report":
            break
    assert path.name in reply["recording_problem"]
    visitor.leave()
    assert CameraMemory(camera.url, camera.url, settings.records_dir).recall()[1] == ""
