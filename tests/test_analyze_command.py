"""What `analyze` says of runs that went badly, of many clips, and on the way."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from core.__main__ import main
from core.cluster import ClipResult
from core.commands import analyze
from core.errors import SettingsError, SourceError
from core.incidents import Incident
from core.records.recorder import RunRecorder
from core.records.run import RunSummary
from core.settings import Settings


@pytest.fixture
def summary() -> RunSummary:
    run = RunRecorder(Settings(), source="clip.mp4", recorded=False)
    return replace(run.summary(), frames=50, duration_s=2.0)


def many(kind: str, count: int) -> tuple[Incident, ...]:
    return tuple(Incident(kind, float(n), n + 0.5) for n in range(count))


def analyzed(monkeypatch: pytest.MonkeyPatch, summary: RunSummary) -> None:
    monkeypatch.setattr(analyze, "analyze_video", lambda *words, **options: summary)


def test_bad_stretches_are_told_and_what_is_left_out_is_said(
    summary: RunSummary,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = many("covered", analyze._MOST_INCIDENTS + 3)
    bad = replace(
        summary,
        mean_quality=0.5,
        min_quality=0.25,
        below_threshold=0.125,
        weak_stretches=many("weak", 9),
        freezes=many("freeze", 1),
        incidents=found,
    )
    analyzed(monkeypatch, bad)
    assert main(["analyze", "clip.mp4", "--out", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "50 % on average, 25 % at worst, 12 % of the frames poor" in said
    assert "weak      0.0-0.5 s, 1.0-1.5 s" in said
    assert "7.0-7.5 s ...\n" in said
    assert "frozen    0.0-0.5 s\n" in said
    assert said.count("  incident  ") == analyze._MOST_INCIDENTS
    assert found[0].advice() in said
    assert "and 3 more in incidents.json" in said


def test_a_good_run_names_no_stretch_and_no_incident(
    summary: RunSummary,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    analyzed(monkeypatch, replace(summary, emotions={}, mean_quality=None))
    assert main(["analyze", "clip.mp4", "--out", str(tmp_path)]) == 0
    heading, files = capsys.readouterr().out.splitlines()
    assert heading.startswith("clip.mp4: 50 frames, 2.0 s")
    assert files.split() == ["files", str(tmp_path)]


def test_the_three_strongest_emotions_are_named_in_order(
    summary: RunSummary,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    emotions = {"anger": 0.1, "fear": 0.05, "happiness": 0.6, "neutral": 0.25}
    analyzed(monkeypatch, replace(summary, emotions=emotions, faces=2))
    main(["analyze", "clip.mp4", "--out", str(tmp_path)])
    assert "happiness 60 %, neutral 25 %, anger 10 % (mean over 2 faces)" in capsys.readouterr().out


def test_problems_are_told_beside_the_result_and_mlflow_is_promised(
    summary: RunSummary,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    analyzed(monkeypatch, replace(summary, problems=("clip.mp4: a damaged frame was skipped",)))
    assert main(["analyze", "clip.mp4", "--out", str(tmp_path), "--mlflow"]) == 0
    said = capsys.readouterr()
    assert said.err == "clip.mp4: a damaged frame was skipped\n"
    assert "records deliver" in said.out


def test_a_cluster_tells_how_many_are_done_and_of_each_that_failed(
    summary: RunSummary,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    @contextmanager
    def connected(address: str):
        yield SimpleNamespace(dashboard_link=f"http://{address}/status")

    def analyze_many(client, sources, places, *, on_done, **options):
        on_done(ClipResult(sources[0], places[0], summary))
        on_done(ClipResult(sources[1], places[1], None, "b.mp4: is empty"))

    monkeypatch.setattr(analyze, "connect", connected)
    monkeypatch.setattr(analyze, "analyze_many", analyze_many)
    words = ["analyze", "a.mp4", "b.mp4", "--out", str(tmp_path), "--cluster", "tcp://here:1"]
    assert main(words) == 1
    said = capsys.readouterr()
    assert said.out.startswith("[1 of 2]\n")
    assert "http://tcp://here:1/status" in said.err
    assert said.err.endswith("b.mp4: is empty\n")


def test_a_cluster_that_does_not_answer_is_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def connect(address: str):
        raise SettingsError(f"{address}: no Dask scheduler answers")

    monkeypatch.setattr(analyze, "connect", connect)
    words = ["analyze", "a.mp4", "--out", str(tmp_path), "--cluster", "tcp://nowhere:1"]
    assert main(words) == 1
    assert capsys.readouterr().err == "tcp://nowhere:1: no Dask scheduler answers\n"


def test_at_a_terminal_one_line_tells_the_progress_and_ends_with_the_video(
    summary: RunSummary,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def report(source, directory, *, on_progress, **options):
        for done, left_s, total in ((25, 3.0, 100), (30, None, None), (200, 0, 100)):
            on_progress(SimpleNamespace(frames_done=done, frames_total=total, fps=25, eta_s=left_s))
        return summary

    monkeypatch.setattr(analyze, "analyze_video", report)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    address = "https://someone:secret@example.org/clip.mp4"
    main(["analyze", address, "--out", str(tmp_path)])
    said = capsys.readouterr().err
    first, unknown, last = said.split("\r\x1b[K")[1:]
    assert first.endswith(": 25 % 25 frames, 25 frames/s, 3 s left")
    assert unknown.endswith(": 30 frames, 25 frames/s")
    assert last.endswith(": 100 % 200 frames, 25 frames/s, 0 s left\n")
    assert said.count("\n") == 1
    assert "secret" not in said


@pytest.mark.parametrize("every", ["0", "-1", "1.5", "x"])
def test_every_nth_frame_is_a_whole_number_from_one(every: str, tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["analyze", "clip.mp4", "--out", str(tmp_path), "--every", every])
    assert ended.value.code == 2


def test_every_nth_frame_reaches_the_analysis(
    summary: RunSummary, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked = {}

    def note(source, directory, **options):
        asked.update(options)
        return summary

    monkeypatch.setattr(analyze, "analyze_video", note)
    main(["analyze", "clip.mp4", "--out", str(tmp_path), "--every", "3"])
    assert asked["every"] == 3


def test_a_source_that_fails_among_json_leaves_the_others_whole(
    summary: RunSummary,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def refuse(source, *words, **options):
        raise SourceError(f"{source}: is empty")

    monkeypatch.setattr(analyze, "analyze_video", refuse)
    assert main(["analyze", "a.mp4", "--out", str(tmp_path), "--json"]) == 1
    said = capsys.readouterr()
    assert (said.out, said.err) == ("[]\n", "a.mp4: is empty\n")
