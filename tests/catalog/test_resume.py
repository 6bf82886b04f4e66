"""The builder is killed (SIGKILL) at ten random moments and must lose nothing."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from fake_tmdb import TOKEN, FakeTmdb

KILLS = 10


def start(fake: FakeTmdb, folder: Path) -> subprocess.Popen[bytes]:
    folder.mkdir(exist_ok=True)
    environment = {
        **os.environ,
        "TMDB_READ_ACCESS_TOKEN": TOKEN,
        "TMDB_API_URL": f"{fake.url}/3",
        "TMDB_IMAGE_URL": f"{fake.url}/t/p",
    }
    command = [sys.executable, "-m", "catalog", "build", "--out", str(folder / "films.json")]
    options = ["--processes", "1", "--rate", "10000", "--quiet"]
    return subprocess.Popen(
        [*command, *options],
        cwd=Path(__file__).parents[2],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


@pytest.mark.timeout(900)
def test_a_build_killed_at_ten_random_moments_ends_as_an_undisturbed_one(
    fake: FakeTmdb, tmp_path: Path
) -> None:
    fake.pages = 12
    assert start(fake, tmp_path / "calm").wait() == 0
    whole = fake.requests

    chance = random.Random(5)
    fetched_before = 0
    for _ in range(KILLS):
        fake.start_counting()
        process = start(fake, tmp_path / "killed")
        # From the first request on; a tenth of the run, so that no page is safe by luck.
        moment = chance.randint(1, whole // 8)
        fake.on_request = lambda n, p=process, m=moment: p.kill() if n == m else None
        process.wait()
        fake.on_request = lambda n: None
        kept = len(list((tmp_path / "killed/build").glob("page-*.json")))
        assert kept >= fetched_before, "a finished page was lost"
        fetched_before = kept
    assert start(fake, tmp_path / "killed").wait() == 0
    for name in ("films.json", "films.npz"):
        calm, killed = tmp_path / "calm" / name, tmp_path / "killed" / name
        assert calm.read_bytes() == killed.read_bytes()
    assert not list((tmp_path / "killed").glob(".*")), "a partial file was left behind"
