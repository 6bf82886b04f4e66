from __future__ import annotations

import stat
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.errors import SourceError
from core.settings import Settings
from ui.video_job import Job, Request
from ui.video_jobs import MOST_WAITING, MOST_WAITING_OF_ADDRESS, Jobs, QueueFullError

WAIT_S = 20.0


class Analysis:
    """Stands in for ``analyze_video``: writes a file, then waits to be let go or cancelled."""

    def __init__(self) -> None:
        self.began: list[str] = []
        self.go = threading.Event()
        self.entered = threading.Condition()
        self.fail: Exception | None = None

    def __call__(self, source: Any, out_dir: Path, *, cancel: threading.Event, **_: Any) -> str:
        (out_dir / "metrics.csv").write_text("index\n0\n", "utf-8")
        with self.entered:
            self.began.append(str(source))
            self.entered.notify_all()
        while not (self.go.is_set() or cancel.is_set()):
            cancel.wait(0.01)
        if self.fail is not None:
            raise self.fail
        return f"summary of {source}"

    def wait_for(self, count: int) -> None:
        with self.entered:
            assert self.entered.wait_for(lambda: len(self.began) >= count, WAIT_S)


@pytest.fixture
def analysis() -> Analysis:
    return Analysis()


@pytest.fixture
def jobs(analysis: Analysis) -> Iterator[Jobs]:
    made = Jobs(Settings(), analysis, at_once=1)
    yield made
    analysis.go.set()
    made.close()


def ask(name: str) -> Request:
    return Request(source=name, name=name)


def over(job: Job) -> Job:
    assert job.finished.wait(WAIT_S)
    return job


def test_a_job_runs_and_keeps_its_files_and_its_summary(jobs, analysis):
    analysis.go.set()
    job = over(jobs.start("ann", ask("a.mp4")))
    assert job.state == "done"
    assert job.summary == "summary of a.mp4"
    assert (job.directory / "metrics.csv").is_file()
    assert jobs.of("ann") is job


def test_directories_are_private_and_their_names_tell_nothing(jobs, analysis):
    analysis.go.set()
    first = over(jobs.start("ann", ask("a.mp4")))
    second = over(jobs.start("bob", ask("a.mp4")))
    assert first.directory != second.directory
    for job in (first, second):
        assert stat.S_IMODE(job.directory.stat().st_mode) == 0o700
        assert len(job.directory.name) >= 32
        assert "a.mp4" not in job.directory.name
    assert stat.S_IMODE(jobs.root.stat().st_mode) == 0o700


def test_one_visitor_never_gets_the_job_of_another(jobs, analysis):
    analysis.go.set()
    mine = over(jobs.start("ann", ask("a.mp4")))
    yours = over(jobs.start("bob", ask("b.mp4")))
    assert jobs.of("ann") is mine
    assert jobs.of("bob") is yours
    assert jobs.of("eve") is None


def test_jobs_wait_their_turn_in_the_order_they_came(jobs, analysis):
    running = jobs.start("ann", ask("a.mp4"))
    analysis.wait_for(1)
    second, third = jobs.start("bob", ask("b.mp4")), jobs.start("cat", ask("c.mp4"))
    assert [job.state for job in (running, second, third)] == ["running", "waiting", "waiting"]
    assert [jobs.ahead(job) for job in (running, second, third)] == [0, 1, 2]
    analysis.go.set()
    for job in (running, second, third):
        over(job)
    assert analysis.began == ["a.mp4", "b.mp4", "c.mp4"]


def test_a_cancelled_job_keeps_what_it_has_written(jobs, analysis):
    job = jobs.start("ann", ask("a.mp4"))
    analysis.wait_for(1)
    jobs.cancel("ann")
    assert over(job).state == "cancelled"
    assert job.summary == "summary of a.mp4"
    assert (job.directory / "metrics.csv").is_file()


def test_a_job_cancelled_while_it_waits_never_runs_and_lets_others_pass(jobs, analysis):
    first = jobs.start("ann", ask("a.mp4"))
    analysis.wait_for(1)
    second, third = jobs.start("bob", ask("b.mp4")), jobs.start("cat", ask("c.mp4"))
    jobs.cancel("bob")
    assert over(second).state == "cancelled"
    assert jobs.ahead(third) == 1
    analysis.go.set()
    over(first)
    assert over(third).state == "done"
    assert analysis.began == ["a.mp4", "c.mp4"]


def test_cancelling_one_visitor_leaves_the_other_running(jobs, analysis):
    job = jobs.start("ann", ask("a.mp4"))
    analysis.wait_for(1)
    jobs.cancel("bob")
    assert not job.cancel.is_set()


def test_files_are_deleted_when_the_visitor_leaves(jobs, analysis):
    analysis.go.set()
    job = over(jobs.start("ann", ask("a.mp4")))
    jobs.drop("ann")
    assert not job.directory.exists()
    assert jobs.of("ann") is None


def test_a_visitor_who_leaves_stops_the_running_job_and_nothing_is_left(jobs, analysis, eventually):
    job = jobs.start("ann", ask("a.mp4"))
    analysis.wait_for(1)
    jobs.drop("ann")
    eventually(lambda: job.finished.is_set() and not job.directory.exists())


def test_a_new_job_replaces_the_old_one_with_its_files(jobs, analysis):
    analysis.go.set()
    old = over(jobs.start("ann", ask("a.mp4")))
    new = over(jobs.start("ann", ask("b.mp4")))
    assert not old.directory.exists()
    assert new.directory.exists()
    assert jobs.of("ann") is new


def test_files_are_deleted_some_time_after_the_end(analysis, eventually):
    jobs = Jobs(Settings(), analysis, at_once=1, keep_s=0.05)
    analysis.go.set()
    job = over(jobs.start("ann", ask("a.mp4")))
    eventually(lambda: not job.directory.exists())
    assert jobs.of("ann") is None
    jobs.close()


def test_closing_leaves_no_file(jobs, analysis):
    analysis.go.set()
    over(jobs.start("ann", ask("a.mp4")))
    jobs.close()
    assert not jobs.root.exists()


def test_an_endless_source_is_stopped_after_its_time():
    def analyze(source: Any, out_dir: Path, *, on_progress: Any, cancel: Any, **_: Any) -> str:
        while not cancel.is_set():
            on_progress("more")
        return "what there is"

    jobs = Jobs(Settings(), analyze, at_once=1, longest_s=0.05)
    job = over(jobs.start("ann", ask("rtsp://camera")))
    assert job.overran
    assert job.state == "cancelled"
    assert job.summary == "what there is"
    jobs.close()


@pytest.mark.parametrize("error", [SourceError("a.mp4: is empty"), MemoryError("no room")])
def test_whatever_goes_wrong_is_kept_for_the_visitor_and_the_next_job_runs(jobs, analysis, error):
    analysis.go.set()
    analysis.fail = error
    job = over(jobs.start("ann", ask("a.mp4")))
    assert (job.state, job.error) == ("failed", error)
    analysis.fail = None
    assert over(jobs.start("bob", ask("b.mp4"))).state == "done"


def test_the_queue_has_an_end(jobs, analysis):
    jobs.start("first", ask("a.mp4"))
    analysis.wait_for(1)
    for number in range(MOST_WAITING):
        jobs.start(f"visitor {number}", ask("b.mp4"))
    with pytest.raises(QueueFullError):
        jobs.start("one too many", ask("c.mp4"))
    assert jobs.of("one too many") is None


def test_one_address_cannot_take_the_whole_line(jobs: Jobs, analysis: Analysis) -> None:
    jobs.start("first", replace(ask("a.mp4"), address="9.9.9.9"))
    analysis.wait_for(1)
    for number in range(MOST_WAITING_OF_ADDRESS):
        jobs.start(f"mine {number}", replace(ask("b.mp4"), address="9.9.9.9"))
    with pytest.raises(QueueFullError):
        jobs.start("mine as well", replace(ask("c.mp4"), address="9.9.9.9"))
    jobs.start("somebody else", replace(ask("d.mp4"), address="8.8.8.8"))
    # Those who cannot be told apart share no limit.
    for number in range(MOST_WAITING_OF_ADDRESS + 1):
        jobs.start(f"unknown {number}", ask("e.mp4"))


def test_of_two_requests_at_once_one_job_is_left_and_the_other_is_stopped(
    jobs, analysis, monkeypatch
):
    plain_drop = jobs.drop
    overtaken = []

    def drop_and_be_overtaken(visitor: str) -> None:
        monkeypatch.setattr(jobs, "drop", plain_drop)
        plain_drop(visitor)
        overtaken.append(jobs.start(visitor, ask("first.mp4")))

    monkeypatch.setattr(jobs, "drop", drop_and_be_overtaken)
    kept = jobs.start("ann", ask("second.mp4"))
    assert jobs.of("ann") is kept
    assert over(overtaken[0]).abandoned
    analysis.go.set()
    assert over(kept).state == "done"
