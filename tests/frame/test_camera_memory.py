"""What is usual for a camera outlives the watch that learnt it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from mjpeg_camera import MjpegCamera

from core.errors import RecordError
from core.frame import liveness_baseline
from core.frame.camera_memory import CameraMemory, better_known
from core.frame.liveness import LivenessMonitor
from core.frame.liveness_baseline import CameraBaseline
from core.frame.streams import CameraStream
from core.frame.watch import CameraWatch
from core.frame.watch_status import Readings
from core.records.recorder import RunRecorder
from core.records.store import RunKind
from core.settings import Settings
from core.types import FrameReport, QualityReading

QUALITY_ONLY = Readings(faces=False, emotion=False, fps=30.0)
URL = "rtsp://ann:hush@dock/1?channel=2"


def reading(brightness: float = 120.0, blur: float = 0.2) -> QualityReading:
    return QualityReading(blur, brightness, 0.1, 0.02, False, 0.8)


def learnt(brightness: float = 120.0) -> CameraBaseline:
    baseline = CameraBaseline()
    for _ in range(100):
        baseline.add(reading(brightness), 1.0)
    return baseline


def memory(folder: Path, source: str = URL, name: str = "rtsp://dock/1") -> CameraMemory:
    return CameraMemory(source, name, folder)


def test_what_was_kept_is_recalled_and_only_figures_are_kept(tmp_path: Path) -> None:
    memory(tmp_path).keep(learnt())
    baseline, problem = memory(tmp_path).recall()
    assert problem == ""
    assert baseline.as_dict() == learnt().as_dict()
    (path,) = (tmp_path / "cameras").iterdir()
    text = path.read_text("utf-8")
    assert len(text) < 2000
    assert "hush" not in text + path.name
    assert "channel" not in text + path.name


def test_a_camera_is_told_from_another_by_all_but_the_password(tmp_path: Path) -> None:
    one = memory(tmp_path).path
    assert memory(tmp_path, "rtsp://ann:other@dock/1?channel=2").path == one
    assert memory(tmp_path, "rtsp://dock/1?channel=3").path != one
    assert memory(tmp_path, "../../etc/passwd", "../../etc/passwd").path.parent == one.parent


def test_nothing_learnt_leaves_no_file(tmp_path: Path) -> None:
    memory(tmp_path).keep(CameraBaseline())
    assert list(tmp_path.iterdir()) == []
    baseline, problem = memory(tmp_path).recall()
    assert (baseline.seconds, problem) == (0.0, "")


def spoilt(**changes: object) -> str:
    usual = learnt().as_dict()
    usual["day"] |= changes
    return json.dumps({"version": 1, "usual": usual})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"version": 2, "usual": {}}',
        '{"version": 1, "usual": []}',
        '{"version": 1, "usual": {"day": {}, "night": {}}}',
        spoilt(seconds=-1),
        spoilt(seconds="many"),
        spoilt(middle={"blur_score": 0.2}),
        spoilt(spread=None),
        spoilt(middle=dict.fromkeys(CameraBaseline.FIELDS, float("nan"))),
        spoilt(middle=dict.fromkeys(CameraBaseline.FIELDS, float("inf"))),
        "[" * 100_000,
    ],
)
def test_a_damaged_file_is_told_of_and_ignored(tmp_path: Path, text: str) -> None:
    path = memory(tmp_path).path
    path.parent.mkdir()
    path.write_text(text, "utf-8")
    baseline, problem = memory(tmp_path).recall()
    assert baseline.seconds == 0
    assert str(path) in problem
    assert "\n" not in problem
    memory(tmp_path).keep(learnt())
    assert memory(tmp_path).recall()[1] == ""


def test_a_place_that_cannot_be_written_is_an_error_of_records(tmp_path: Path) -> None:
    (tmp_path / "cameras").write_text("in the way")
    with pytest.raises(RecordError, match="cameras"):
        memory(tmp_path).keep(learnt())


def record(
    folder: Path,
    *,
    source: str,
    brightness: float,
    seconds: int = 90,
    kind: RunKind = "watch",
) -> None:
    chance = np.random.default_rng(1)
    settings = Settings(records_dir=folder)
    with RunRecorder(settings, source=source, kind=kind) as run:
        for second in range(seconds):
            measured = reading(brightness + float(chance.normal(0, 1)))
            run.add(FrameReport(second, float(second), "ok", quality=measured))


def test_without_a_file_it_is_learnt_from_the_newest_run_of_this_camera(tmp_path: Path) -> None:
    record(tmp_path, source="rtsp://dock/1", brightness=90.0)
    record(tmp_path, source="rtsp://gate/1", brightness=200.0)
    baseline, problem = memory(tmp_path).recall()
    usual = baseline.usual(90.0)
    assert usual is not None
    assert usual.middle["brightness"] == pytest.approx(90.0, abs=1.0)
    assert problem == ""
    memory(tmp_path).path.parent.mkdir()
    memory(tmp_path).path.write_text("{")
    baseline, problem = memory(tmp_path).recall()
    assert baseline.usual(90.0) is not None
    assert "from its records" in problem


def test_a_recording_of_the_live_tab_tells_of_a_camera_with_an_address_alone(
    tmp_path: Path,
) -> None:
    record(tmp_path, source="rtsp://dock/1", brightness=90.0, kind="live")
    record(tmp_path, source="camera", brightness=90.0, kind="live")
    assert memory(tmp_path).recall()[0].usual(90.0) is not None
    assert memory(tmp_path, "clip.mp4", "camera").recall()[0].seconds == 0


def test_a_run_of_a_few_seconds_does_not_stand_before_a_long_one(tmp_path: Path) -> None:
    record(tmp_path, source="rtsp://dock/1", brightness=90.0)
    record(tmp_path, source="rtsp://dock/1", brightness=200.0, seconds=9)
    usual = memory(tmp_path).recall()[0].usual(90.0)
    assert usual is not None
    assert usual.middle["brightness"] == pytest.approx(90.0, abs=1.0)


def test_of_two_that_know_a_camera_each_light_is_taken_from_who_saw_more_of_it() -> None:
    day, night = learnt(120.0), learnt(20.0)
    night.add(reading(120.0, blur=0.9), 1.0)
    both = better_known(day, night)
    assert both.as_dict()["day"] == day.as_dict()["day"]
    assert both.as_dict()["night"] == night.as_dict()["night"]
    assert better_known(CameraBaseline(), CameraBaseline()).seconds == 0


def watched(url: str, folder: Path, **how: object) -> CameraWatch:
    """One watch until three frames were read."""
    stream = CameraStream(url, retry_s=0.05)
    settings = Settings(records_dir=folder)
    with CameraWatch(url, settings, QUALITY_ONLY, name="dock", stream=stream, **how) as watch:
        while watch.status.frames < 3:
            watch._over.wait(0.01)
    return watch


@pytest.mark.parametrize("place", [None, "out"])
def test_a_second_watch_starts_with_the_thresholds_of_the_first(
    scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str | None
) -> None:
    # So long a watch must not be waited for here.
    monkeypatch.setattr(liveness_baseline, "KNOWN_AFTER_S", 1.0)
    how = {"run_dir": tmp_path / place} if place else {}
    with MjpegCamera(lambda number: scene(number, 320, 240)) as camera:
        first = watched(camera.url, tmp_path, **how)
        second = CameraWatch(
            camera.url, Settings(records_dir=tmp_path), QUALITY_ONLY, name="dock", **how
        )
    assert first.recorder.problems == []
    assert second.status.frames == 0
    assert second.baseline.as_dict() == first.baseline.as_dict()
    light = next(iter(first.baseline.as_dict()["day"]["middle"].values()), None)
    assert light is not None
    assert second.baseline.usual(120.0) is not None
    if place:
        assert not (tmp_path / "cameras").exists()


def test_a_watch_with_a_damaged_file_says_so_and_goes_on(scene, tmp_path: Path) -> None:
    with MjpegCamera(lambda number: scene(number, 320, 240)) as camera:
        path = CameraMemory(camera.url, "dock", tmp_path).path
        path.parent.mkdir()
        path.write_text("not a baseline")
        watch = watched(camera.url, tmp_path)
    (problem,) = watch.recorder.problems
    assert str(path) in problem
    assert watch.status.frames >= 3
    assert memory(tmp_path, camera.url, "dock").recall()[1] == ""


def test_thresholds_of_a_dark_camera_are_its_own_from_the_first_frame(scene) -> None:
    """A night view that black would be said of is usual for a camera known to be dark."""
    night = (scene(0, 320, 240)[..., 1] // 24).astype(np.uint8)
    dark = float(night.mean())
    kinds = []
    for baseline in (None, learnt(dark)):
        monitor = LivenessMonitor(baseline)
        for number in range(40):
            # Sensor noise, so that nothing is frozen.
            noise = np.random.default_rng(number).integers(0, 2, night.shape, np.uint8)
            monitor.update(reading(dark), night + noise, number / 10)
        kinds.append({incident.kind for incident in monitor.open})
    assert "black" in kinds[0]
    assert "black" not in kinds[1]
