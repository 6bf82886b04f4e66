"""Text of a whole video: in its rows, once a second, the same each time."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import pytest

from core.frame.ocr_service import TextService
from core.frame.pipeline import FramePipeline
from core.frame.video import analyze_video
from core.settings import Settings
from core.types import Frame

FAKE = (sys.executable, str(Path(__file__).with_name("fake_reader.py")))


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> TextService:
    service = TextService(FAKE, retry_s=0.01)
    monkeypatch.setattr("core.frame.ocr.shared_service", lambda languages, folder: service)
    return service


def rows(folder: Path) -> list[tuple[str, str, str, str]]:
    with (folder / "metrics.csv").open(encoding="utf-8") as file:
        return [
            (row["time_s"], row["ocr_text"], row["ocr_confidence"], row["ocr_boxes_px"])
            for row in csv.DictReader(file)
        ]


def test_each_row_holds_the_text_of_its_second_and_every_run_says_the_same(
    service: TextService, make_clip, tmp_path: Path
) -> None:
    clip = make_clip("text.mp4", count=60, fps=25)
    found = []
    for name in ("one", "two"):
        analyze_video(clip, tmp_path / name, faces=False, emotion=False, ocr=True, annotate=False)
        found.append(rows(tmp_path / name))
    assert found[0] == found[1]
    by_second = [{row[1:] for row in found[0][start : start + 25]} for start in (0, 25, 50)]
    assert [len(texts) for texts in by_second] == [1, 1, 1]
    assert all(text.startswith("n") for texts in by_second for text, _, _ in texts)
    assert service.pid is None


def test_without_it_no_process_is_started_and_the_cells_are_empty(
    service: TextService, clip: Path, tmp_path: Path
) -> None:
    analyze_video(clip, tmp_path, faces=False, emotion=False, annotate=False)
    assert {row[1:] for row in rows(tmp_path)} == {("", "", "")}
    assert service.state == "loading"
    assert service.pid is None


def test_a_reader_that_cannot_load_costs_the_text_and_is_told(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = TextService((*FAKE, "--cannot"))
    monkeypatch.setattr("core.frame.ocr.shared_service", lambda languages, folder: broken)
    summary = analyze_video(clip, tmp_path, faces=False, emotion=False, ocr=True, annotate=False)
    assert summary.frames == 25
    assert any("no weights" in problem for problem in summary.problems)


def test_a_live_pipeline_does_not_wait_for_the_reader(service: TextService, astronaut) -> None:
    pipeline = FramePipeline(Settings(), faces=False, emotion=False, ocr=True, live=True)
    try:
        report = pipeline.analyze(Frame(0, 0.0, astronaut))
        # The process has only just been started.
        assert report.texts == ()
        assert pipeline.text is not None
    finally:
        pipeline.close()
    assert service.pid is None
