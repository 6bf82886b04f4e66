"""A camera watched: rows, gaps and incidents, over a real connection that breaks."""

from __future__ import annotations

import csv
import json
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from mjpeg_camera import MjpegCamera
from numpy.typing import NDArray

from core.frame.streams import CameraStream
from core.frame.watch import CameraWatch
from core.frame.watch_status import Readings
from core.incidents import IncidentEvent
from core.records.evidence import evidence_of, kept_evidence
from core.settings import Settings

PATIENCE_S = 60.0
QUALITY_ONLY = Readings(faces=False, emotion=False, fps=30.0)


def until(holds: Callable[[], object]) -> None:
    """Wait for what another thread does."""
    end_s = time.monotonic() + PATIENCE_S
    pause = threading.Event()
    while not holds():
        assert time.monotonic() < end_s, "it never came about"
        pause.wait(0.01)


@pytest.fixture
def street(scene) -> Callable[[int], NDArray[np.uint8]]:
    return lambda number: scene(number, 320, 240)


def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "metrics.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_gap_is_rows_and_an_incident_and_watching_goes_on_after_it(
    street: Callable[[int], NDArray[np.uint8]], tmp_path: Path
) -> None:
    told: list[tuple[str, IncidentEvent]] = []
    camera = MjpegCamera(street)
    stream = CameraStream(camera.url, retry_s=0.05)
    watch = CameraWatch(
        camera.url,
        Settings(),
        QUALITY_ONLY,
        run_dir=tmp_path,
        name="dock",
        on_incident=lambda name, event: told.append((name, event)),
        stream=stream,
    )
    with watch:
        until(lambda: watch.status.frames >= 3)
        camera.kill()
        until(lambda: any(each.kind == "lost" for each in watch.status.incidents))
        assert watch.status.stream.phase in ("lost", "retrying", "connecting")
        until(lambda: watch.recorder.tally.frames_by_status["dropped"] >= 2)
        with MjpegCamera(street, port=camera.port):
            seen = watch.status.frames
            until(lambda: watch.status.frames >= seen + 3)
            assert watch.status.stream.phase == "watching"
    found = rows(tmp_path)
    states = [row["status"] for row in found]
    assert "dropped" in states
    assert states[0] == states[-1] == "ok"
    assert [int(row["index"]) for row in found] == sorted({int(row["index"]) for row in found})
    times = [float(row["time_s"]) for row in found]
    assert times == sorted(times)
    gap = [row for row in found if row["status"] == "dropped"]
    assert {row["quality_score"] for row in gap} == {""}
    lost = [
        incident
        for incident in json.loads((tmp_path / "incidents.json").read_text("utf-8"))
        if incident["kind"] == "lost"
    ]
    assert len(lost) == 1
    before = next(i for i, state in enumerate(states) if state == "dropped")
    assert lost[0]["onset_s"] == pytest.approx(times[before - 1], abs=0.01)
    assert lost[0]["end_s"] == pytest.approx(float(gap[-1]["time_s"]), abs=0.01)
    changes = [event.change for name, event in told if event.incident.kind == "lost"]
    assert changes == ["opened", "closed"]
    assert {name for name, _ in told} == {"dock"}


def test_a_camera_that_was_never_there_is_a_gap_from_the_beginning(tmp_path: Path) -> None:
    camera = MjpegCamera(lambda number: np.zeros((64, 64, 3), np.uint8))
    camera.kill()
    with CameraWatch(camera.url, Settings(), QUALITY_ONLY, run_dir=tmp_path) as watch:
        until(lambda: watch.recorder.tally.frames_by_status["dropped"] >= 1)
        assert watch.status.stream.connections == 0
        assert watch.status.stream.problem
        assert watch.status.as_dict()["incidents"] == ["lost"]
    assert rows(tmp_path)[0]["status"] == "dropped"


def test_a_picture_that_stays_black_is_an_incident_while_it_lasts(tmp_path: Path) -> None:
    told: list[IncidentEvent] = []
    with (
        MjpegCamera(lambda number: np.zeros((240, 320, 3), np.uint8)) as camera,
        CameraWatch(
            camera.url,
            Settings(),
            QUALITY_ONLY,
            run_dir=tmp_path,
            on_incident=lambda name, event: told.append(event),
        ) as watch,
    ):
        until(lambda: any(each.kind == "black" for each in watch.status.incidents))
        until(lambda: any(event.incident.kind == "black" for event in told))
    # The end of the watch closes it.
    assert [event.change for event in told if event.incident.kind == "black"] == [
        "opened",
        "closed",
    ]


def test_several_cameras_are_watched_beside_each_other(
    street: Callable[[int], NDArray[np.uint8]], tmp_path: Path
) -> None:
    with (
        MjpegCamera(street) as one,
        MjpegCamera(lambda number: np.zeros((120, 160, 3), np.uint8)) as other,
        CameraWatch(one.url, Settings(), QUALITY_ONLY, run_dir=tmp_path / "1") as bright,
        CameraWatch(other.url, Settings(), QUALITY_ONLY, run_dir=tmp_path / "2") as dark,
    ):
        until(lambda: bright.status.frames >= 5 and dark.status.frames >= 5)
    light = [float(row["brightness"]) for row in rows(tmp_path / "1") if row["brightness"]]
    night = [float(row["brightness"]) for row in rows(tmp_path / "2") if row["brightness"]]
    assert min(light) > 30 > max(night)


def test_a_watch_without_a_directory_is_kept_among_the_records(
    street: Callable[[int], NDArray[np.uint8]], tmp_path: Path
) -> None:
    settings = Settings(records_dir=tmp_path)
    with MjpegCamera(street) as camera, CameraWatch(camera.url, settings, QUALITY_ONLY) as watch:
        until(lambda: watch.status.frames >= 2)
    assert watch.recorder.directory is not None
    assert watch.recorder.directory.is_relative_to(tmp_path)
    assert len(rows(watch.recorder.directory)) >= 2
    assert "127.0.0.1" in watch.recorder.summary().source


def test_no_more_frames_are_analysed_than_asked_for(
    street: Callable[[int], NDArray[np.uint8]], tmp_path: Path
) -> None:
    slow = Readings(faces=False, emotion=False, fps=2.0)
    with (
        MjpegCamera(street, fps=40) as camera,
        CameraWatch(camera.url, Settings(), slow, run_dir=tmp_path) as watch,
    ):
        until(lambda: watch.status.frames >= 4)
    times = [float(row["time_s"]) for row in rows(tmp_path)]
    # Frame times are those of arrival, which may be a little before they are taken.
    assert (times[3] - times[0]) / 3 > 0.35
    assert watch.status.passed_over > 0


@pytest.mark.parametrize("asked", [False, True])
def test_a_picture_of_an_incident_is_kept_only_where_it_was_asked_for(
    tmp_path: Path, asked: bool
) -> None:
    with (
        MjpegCamera(lambda number: np.zeros((240, 320, 3), np.uint8)) as camera,
        CameraWatch(
            camera.url, Settings(), QUALITY_ONLY, run_dir=tmp_path, evidence=asked
        ) as watch,
    ):
        until(lambda: any(each.kind == "black" for each in watch.status.incidents))
    assert watch.recorder.problems == []
    kept = kept_evidence(tmp_path)
    assert bool(kept) is asked
    if asked:
        rows_of = json.loads((tmp_path / "incidents.json").read_text("utf-8"))
        (black,) = (each for each in rows_of if each["kind"] == "black")
        assert evidence_of(black, kept) is not None
