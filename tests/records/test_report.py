"""A report opens offline, says what the records say, and runs nothing that they hold."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from core.commands.output import DONE
from core.errors import RecordError
from core.records.recorder import RunRecorder
from core.records.report import report_html, write_report
from core.records.report_charts import draw_charts
from core.records.report_words import WORDS
from core.records.store import read_incidents, read_summary
from core.records.svg_chart import Line, line_chart, thinned
from core.settings import Settings
from core.types import Box, Face, FrameReport, QualityReading, SystemReading

HOSTILE = '<script src="https://evil.example/x.js"></script>"><img src=x onerror=alert(1)>.mp4'
PROBABILITIES = np.array([0.01, 0.02, 0.03, 0.8, 0.04, 0.05, 0.05], np.float32)
VOID = {"meta", "input", "br", "img", "link"}


class Reader(HTMLParser):
    """Gathers tags and attributes, and whether every tag is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture
def run_dir(tmp_path: Path) -> Path:
    with RunRecorder(Settings(), source=HOSTILE, run_dir=tmp_path / "run") as run:
        run.note(f"could not read {HOSTILE}")
        for index in range(200):
            face = Face(1, Box(1, 2, 3, 4), 0.9, PROBABILITIES, "happiness", 0.5)
            quality = QualityReading(0.1, 120.0, 0.1, 0.0, False, 0.8 if index < 100 else 0.1)
            system = SystemReading(25.0, 10.0, {}, 50.0, 25.0, 300.0)
            run.add(FrameReport(index, index / 25, "ok", (face,), quality, system))
    return tmp_path / "run"


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    assert reader.open == []
    return reader


def test_it_needs_no_script_and_nothing_from_outside(run_dir: Path) -> None:
    page = read((run_dir / "report.html").read_text("utf-8"))
    assert not {"script", "img", "link", "iframe", "object", "embed"} & set(page.tags)
    names = {name for name, _ in page.attributes}
    assert not {name for name in names if name.startswith("on")}
    assert not names & {"src", "href", "srcset", "xlink:href"}
    assert "url(" not in (run_dir / "report.html").read_text("utf-8")


def test_it_says_what_the_records_say(run_dir: Path) -> None:
    page = read((run_dir / "report.html").read_text("utf-8"))
    summary = read_summary(run_dir)
    for told in (
        HOSTILE,
        summary["run_id"],
        f"{summary['mean_quality']:.2f}",
        "The picture is poor",
    ):
        assert told in page.text
    assert page.tags.count("svg") == 3
    assert summary["versions"]["framemood"] in page.text
    assert "quality_threshold" in page.text


def test_both_languages_are_in_it_and_one_is_shown_first(run_dir: Path) -> None:
    for language in ("en", "ko"):
        page = report_html(run_dir, language)
        assert f'<html lang="{language}">' in page
        assert f'id="{language}" checked' in page
        assert all(words in page for words in WORDS["summary"])
    assert all(len(words) == 2 and all(words) for words in WORDS.values())


def test_a_chart_marks_the_incidents(run_dir: Path) -> None:
    charts = draw_charts(run_dir, read_summary(run_dir), read_incidents(run_dir))
    assert set(charts) == {"quality", "emotions", "fps"}
    assert charts["quality"].count('class="band"') == 1
    assert 'class="threshold"' in charts["quality"]


def test_a_run_without_a_row_has_a_report(tmp_path: Path) -> None:
    with RunRecorder(Settings(), source="clip.mp4", run_dir=tmp_path):
        pass
    page = read((tmp_path / "report.html").read_text("utf-8"))
    assert WORDS["nothing"][0] in page.text


def test_damaged_records_are_one_line(run_dir: Path, tmp_path: Path) -> None:
    with pytest.raises(RecordError, match=r"no summary\.json"):
        write_report(tmp_path / "nowhere")
    (run_dir / "incidents.json").write_text("[1, {}, ", "utf-8")
    assert write_report(run_dir).exists()
    (run_dir / "incidents.json").write_text(json.dumps([1, {}, {"kind": "x"}]), "utf-8")
    assert write_report(run_dir).exists()


def test_a_dip_of_one_frame_is_seen_in_a_day() -> None:
    time_s = np.arange(86_400.0)
    values = np.full(86_400, 0.9)
    values[43_210] = 0.05
    times, drawn = thinned(time_s, values)
    assert len(times) <= 1000
    assert drawn.min() == 0.05
    assert times[drawn.argmin()] == 43_210
    assert np.all(np.diff(times) > 0)


def test_a_hole_in_the_record_is_a_hole_in_the_line() -> None:
    time_s = np.concatenate([np.arange(0, 10, 0.1), np.arange(60, 70, 0.1)])
    drawn = line_chart("chart_quality", [Line("score", "score", time_s, np.full(200, 0.5))])
    assert drawn.split('d="')[1].split('"')[0].count("M") == 2
    assert line_chart("chart_quality", [Line("score", "score", time_s, np.full(200, np.nan))]) == ""


def test_the_command_writes_it_again(run_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from core.__main__ import main

    (run_dir / "report.html").unlink()
    assert main(["report", str(run_dir), "--language", "ko"]) == DONE
    assert capsys.readouterr().out.strip() == str(run_dir / "report.html")
    assert '<html lang="ko">' in (run_dir / "report.html").read_text("utf-8")
    assert main(["report", str(run_dir / "missing")]) == 1
    assert "summary.json" in capsys.readouterr().err


def test_the_command_finds_a_run_by_its_id(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from core.__main__ import main

    monkeypatch.setenv("RECORDS_DIR", str(tmp_path))
    with RunRecorder(Settings(records_dir=tmp_path), source="clip.mp4") as run:
        pass
    assert main(["report", run.run_id, "--json"]) == DONE
    assert json.loads(capsys.readouterr().out)["run_id"] == run.run_id
    assert main(["records", "list", "--json"]) == DONE
    assert [each["run_id"] for each in json.loads(capsys.readouterr().out)] == [run.run_id]
    assert main(["records", "deliver", "--json"]) == DONE
    assert json.loads(capsys.readouterr().out) == {"finished": 0, "waiting": 0, "problem": ""}
