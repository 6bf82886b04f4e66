"""Freed memory stays for the next frame where the C library can be told so."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

SCRIPT = """
import resource
import sys

import numpy as np

from core.frame.memory import keep_freed_memory

if sys.argv[1] == "keep":
    assert keep_freed_memory()


def faults(rounds):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(rounds):
        planes = [np.ones(700_000, np.uint8) for _ in range(4)]
        del planes
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


faults(5)
print(faults(50))
"""


def faults(how: str) -> int:
    command = [sys.executable, "-c", SCRIPT, how]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    return int(done.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="needs the GNU C library")
def test_planes_made_for_every_frame_touch_no_fresh_pages() -> None:
    # Each round fills 2.8 MB, which is 680 pages of 4 KiB.
    assert faults("leave") > 50 * 100
    assert faults("keep") < 50 * 10
