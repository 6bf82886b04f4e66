"""One recorder keeps a run whole: its rows, its incidents, its summary, its place in the list."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from core.errors import RecordError
from core.records import recorder as recorder_module
from core.records.columns import EMOTION_COLUMNS, METRIC_COLUMNS
from core.records.recorder import RunRecorder
from core.records.store import (
    RunInfo,
    list_runs,
    read_emotions,
    read_incidents,
    read_metrics,
    read_summary,
)
from core.settings import Settings
from core.types import Box, Face, FrameReport, QualityReading

PROBABILITIES = np.array([0.01, 0.02, 0.03, 0.8, 0.04, 0.05, 0.05], np.float32)
FILES = {
    "metrics.csv",
    "emotions.csv",
    "columns.json",
    "incidents.json",
    "summary.json",
    "report.html",
    "run.json",
}


def report(index: int, score: float = 0.8) -> FrameReport:
    face = Face(1, Box(1, 2, 3, 4), 0.9, PROBABILITIES, "happiness", 0.5)
    quality = QualityReading(0.1, 120.0, 0.1, 0.0, False, score)
    return FrameReport(index, index / 25, "ok", (face,), quality)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(records_dir=tmp_path / "logs")


def record(settings: Settings, count: int = 50) -> RunRecorder:
    with RunRecorder(settings, source="clip.mp4") as run:
        for index in range(count):
            run.add(report(index, 0.8 if index < 25 else 0.2))
    return run


def test_a_run_has_a_folder_a_summary_and_a_place_in_the_list(settings: Settings) -> None:
    run = record(settings)
    (info,) = list_runs(settings.records_dir)
    assert info == RunInfo(
        run_id=run.run_id,
        kind="video",
        source="clip.mp4",
        started_at=run.summary().started_at,
        frames=50,
        duration_s=2.0,
        mean_quality=0.5,
        path=settings.records_dir / "runs" / run.run_id,
    )
    assert {path.name for path in info.path.iterdir()} == FILES
    assert read_summary(info.path)["frames"] == 50
    assert {incident["kind"] for incident in read_incidents(info.path)} == {"weak"}
    assert len(read_metrics(info.path)) == len(read_emotions(info.path)) == 50


def test_the_tables_of_all_runs_hold_each_run(settings: Settings) -> None:
    runs = [record(settings, count).run_id for count in (30, 20)]
    with (settings.records_dir / "metrics.csv").open(newline="", encoding="utf-8") as file:
        ids = [row["run_id"] for row in csv.DictReader(file)]
    assert ids == [runs[0]] * 30 + [runs[1]] * 20
    assert [info.run_id for info in list_runs(settings.records_dir)] == sorted(runs, reverse=True)


def test_nothing_is_kept_that_was_not_asked_for(settings: Settings, tmp_path: Path) -> None:
    with RunRecorder(settings, source="camera", kind="live", recorded=False) as run:
        run.add(report(0))
    assert run.summary().frames == 1
    assert not settings.records_dir.exists()
    with RunRecorder(settings, source="clip.mp4", run_dir=tmp_path / "out") as run:
        run.add(report(0))
    assert (tmp_path / "out" / "report.html").exists()
    assert not settings.records_dir.exists()


def test_a_run_may_lie_in_a_directory_and_among_the_records(
    settings: Settings, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    with RunRecorder(settings, source="clip.mp4", run_dir=out, recorded=True) as run:
        run.add(report(0))
    home = settings.records_dir / "runs" / run.run_id
    assert run.directory == out
    for name in ("metrics.csv", "emotions.csv", "summary.json"):
        assert (out / name).read_bytes() == (home / name).read_bytes()


def test_a_run_that_goes_on_is_in_the_list(settings: Settings) -> None:
    with RunRecorder(settings, source="camera", kind="live") as run:
        run._after_batch(())
        (info,) = list_runs(settings.records_dir)
        assert (info.run_id, info.kind, info.state) == (run.run_id, "live", "running")
        # Where it is killed now, this is what a report is made of.
        assert read_summary(info.path)["run_id"] == run.run_id
    assert list_runs(settings.records_dir)[0].state == "done"


def test_a_failure_is_told_and_the_rows_are_kept(settings: Settings) -> None:
    def fail() -> None:
        with RunRecorder(settings, source="clip.mp4") as run:
            run.add(report(0))
            raise RecordError("the cable was cut")

    with pytest.raises(RecordError):
        fail()
    (info,) = list_runs(settings.records_dir)
    assert info.frames == len(read_metrics(info.path)) == 1
    assert any("the cable was cut" in each for each in read_summary(info.path)["problems"])


def test_a_disk_that_takes_nothing_stops_no_analysis(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "logs").write_text("in the way", "utf-8")
    with RunRecorder(settings, source="camera", kind="live") as run:
        for index in range(40):
            run.add(report(index))
    assert run.summary().frames == 40
    assert any("cannot be written" in problem for problem in run.problems)
    assert all("\n" not in problem for problem in run.problems)


def test_a_report_that_cannot_be_written_loses_nothing_else(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(run_dir: Path, language: str) -> Path:
        raise RecordError("report.html: cannot be written")

    monkeypatch.setattr("core.records.report.write_report", fail)
    run = record(settings)
    assert read_summary(settings.records_dir / "runs" / run.run_id)["frames"] == 50


def test_a_place_that_was_asked_for_and_cannot_be_made_is_an_error(
    settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way", "utf-8")
    with pytest.raises(RecordError, match="cannot be made"):
        RunRecorder(settings, source="clip.mp4", run_dir=tmp_path / "file" / "out")


def test_the_columns_are_explained_with_their_units(settings: Settings) -> None:
    run = record(settings)
    assert run.directory is not None
    explained = json.loads((run.directory / "columns.json").read_text("utf-8"))
    assert tuple(column["name"] for column in explained["metrics.csv"]) == METRIC_COLUMNS
    assert tuple(column["name"] for column in explained["emotions.csv"]) == EMOTION_COLUMNS
    units = {column["name"]: column["unit"] for column in explained["metrics.csv"]}
    assert (units["latency_ms"], units["time_s"], units["rss_mb"]) == ("ms", "s", "MiB")
    assert all(column["meaning"] for table in explained.values() for column in table)


def test_half_a_line_is_left_out_when_rows_are_read(settings: Settings) -> None:
    run = record(settings)
    assert run.directory is not None
    with (run.directory / "metrics.csv").open("a", encoding="utf-8") as file:
        file.write(f'{run.run_id},50,2.0,ok,0.1,1"2')
    rows = read_metrics(run.directory, ("index", "quality_score", "status", "fps"))
    assert list(rows.columns) == ["index", "quality_score", "status", "fps"]
    assert rows["index"].tolist() == list(range(50))
    assert rows["status"].tolist() == ["ok"] * 50
    assert rows["fps"].isna().all()


def test_what_is_no_run_is_left_out_of_the_list(settings: Settings) -> None:
    record(settings)
    runs = settings.records_dir / "runs"
    (runs / "notes").mkdir()
    (runs / "broken").mkdir()
    (runs / "broken" / "run.json").write_text('{"run_id": "broken"', "utf-8")
    (runs / "file").write_text("", "utf-8")
    assert len(list_runs(settings.records_dir)) == 1
    assert list_runs(settings.records_dir / "nowhere") == []


def test_a_table_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="cannot be read") as caught:
        read_metrics(tmp_path)
    assert "\n" not in str(caught.value)
    with pytest.raises(RecordError, match=r"no summary\.json"):
        read_summary(tmp_path)


def test_a_run_is_told_to_the_list_now_and_then_only(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(RunRecorder, "_tell_standing", lambda self, state: told.append(state))
    monkeypatch.setattr(recorder_module.time, "monotonic", lambda: 1.0)
    record(settings, 200)
    assert told == ["running", "done"]


def test_a_run_without_a_directory_has_no_place_for_a_file(settings: Settings) -> None:
    with RunRecorder(settings, source="camera", recorded=False) as run:
        run.add(FrameReport(0, 0.0, "no_face"))
        with pytest.raises(RecordError, match="keeps no files; give it a directory"):
            run.path("annotated.mp4")


def test_closing_twice_writes_and_counts_once(settings: Settings) -> None:
    with RunRecorder(settings, source="camera", kind="live") as run:
        run.add(FrameReport(0, 0.0, "no_face"), 0.5)
        run.close()
        first = run.summary()
        run.close()
    assert run.summary() == first
    assert len(read_metrics(run.directory)) == 1
