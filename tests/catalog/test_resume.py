"""The builder is killed (SIGKILL) at ten random moments and must lose nothing."""

from __future__ import annotations

import multiprocessing
import os
import random
import sys
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
from fake_tmdb import TOKEN, FakeTmdb

from catalog.__main__ import main

KILLS = 10


def build(url: str, folder: Path) -> None:
    """What ``python -m catalog build`` does, in a process of its own."""
    os.environ |= {
        "TMDB_READ_ACCESS_TOKEN": TOKEN,
        "TMDB_API_URL": f"{url}/3",
        "TMDB_IMAGE_URL": f"{url}/t/p",
    }
    options = ["--processes", "1", "--rate", "10000", "--quiet"]
    sys.exit(main(["build", "--out", str(folder / "films.json"), *options]))


@pytest.fixture(scope="module")
def start():
    """Start a builder, by a fork of a process that has loaded what each of them needs."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["catalog.build", "core.mood.distances", "pylette", "PIL.Image"])

    def begin(fake: FakeTmdb, folder: Path) -> BaseProcess:
        folder.mkdir(exist_ok=True)
        process = context.Process(target=build, args=(fake.url, folder))
        process.start()
        return process

    return begin


@pytest.mark.timeout(300)
@pytest.mark.skipif(sys.platform == "win32", reason="needs a fork server")
def test_a_build_killed_at_ten_random_moments_ends_as_an_undisturbed_one(
    start, fake: FakeTmdb, tmp_path: Path
) -> None:
    def ended(process: BaseProcess) -> int | None:
        process.join()
        return process.exitcode

    fake.pages = 12
    assert ended(start(fake, tmp_path / "calm")) == 0
    whole = fake.requests

    chance = random.Random(5)
    fetched_before, killed = 0, 0
    for _ in range(KILLS):
        fake.start_counting()
        process = start(fake, tmp_path / "killed")
        # From the first request on; a tenth of the run, so that no page is safe by luck.
        moment = chance.randint(1, whole // 8)
        fake.on_request = lambda n, p=process, m=moment: p.kill() if n == m else None
        killed += ended(process) != 0
        fake.on_request = lambda n: None
        kept = len(list((tmp_path / "killed/build").glob("page-*.json")))
        assert kept >= fetched_before, "a finished page was lost"
        fetched_before = kept
    assert killed >= KILLS / 2, "too few were in the middle of it"
    assert ended(start(fake, tmp_path / "killed")) == 0
    for name in ("films.json", "films.npz"):
        calm, resumed = tmp_path / "calm" / name, tmp_path / "killed" / name
        assert calm.read_bytes() == resumed.read_bytes()
    assert not list((tmp_path / "killed").glob(".*")), "a partial file was left behind"
