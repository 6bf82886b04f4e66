"""Every table on one dated page: ``python -m benchmarks [--only NAME...] [--data DIR]``.

The page names the machine, the commit and the command of each table. Tables run one
after the other, so that none takes the cores from another; one that fails says so
in its place and the rest still run. ``--data`` is the folder of ``public.npz``, for
the table of the emotion network.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import psutil

RESULTS: Final = Path(__file__).parent / "results"
LONGEST_S: Final = 420

TABLES: Final = {
    "startup": ("Start and memory", ["startup"]),
    "live": ("Live viewers", ["live", "--viewers", "1", "4", "--seconds", "10"]),
    "load": ("A crowd", ["load", "--viewers", "16", "--seconds", "30"]),
    "throughput": ("Video", ["throughput", "--seconds", "10", "--rounds", "3"]),
    "faces": ("Face detectors", ["faces", "--rounds", "20"]),
    "emotion": ("Emotion network", ["emotion"]),
    "quality": ("Validity of the picture's figures", ["quality_validity"]),
    "incidents": ("Incidents", ["incidents", "--per-fault", "3", "--per-calm", "1"]),
    "failure": ("Failure prediction", ["failure", "--clips", "4"]),
    "session": ("Session: false alarms and power", ["phase_error", "--sessions", "20"]),
    "films": ("Films", ["films", "--million"]),
    "records": ("Records", ["records"]),
    "quality_tab": ("A day on the Quality tab", ["quality_tab"]),
}


def machine() -> str:
    """One line on what this runs on."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line for line in cpuinfo.read_text("utf-8").splitlines() if "model name" in line]
        model = names[0].partition(":")[2].strip() if names else model
    memory_gb = psutil.virtual_memory().total / 2**30
    return (
        f"{model}, {os.cpu_count()} cores, {memory_gb:.0f} GB; {platform.system()}, "
        f"Python {platform.python_version()}"
    )


def commit() -> str:
    """The commit, with a mark where files differ from it."""
    called = subprocess.run(
        ["git", "describe", "--always", "--dirty"],
        capture_output=True,
        text=True,
        check=False,
        cwd=RESULTS.parent,
    )
    return called.stdout.strip() or "no-commit"


def run_table(arguments: list[str]) -> tuple[str, float]:
    """What one benchmark printed, or what went wrong, and how long it took, s."""
    begun_s = time.perf_counter()
    try:
        called = subprocess.run(
            [sys.executable, "-m", f"benchmarks.{arguments[0]}", *arguments[1:]],
            capture_output=True,
            text=True,
            timeout=LONGEST_S,
            check=False,
        )
        text = called.stdout.strip()
        if called.returncode:
            last = (called.stderr.strip().splitlines() or ["no message"])[-1]
            text = f"{text}\n\nNot finished: {last}".strip()
    except subprocess.TimeoutExpired as late:
        text = f"Not finished within {late.timeout:.0f} s."
    return text, time.perf_counter() - begun_s


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=sorted(TABLES), help="these tables only")
    parser.add_argument("--data", type=Path, help="folder of public.npz")
    parser.add_argument("--to", type=Path, help="the page; results/<date>-<commit>.md by default")
    chosen = parser.parse_args()

    now = datetime.now(UTC)
    page = chosen.to or RESULTS / f"{now:%Y-%m-%d}-{commit()}.md"
    parts = [
        f"# Benchmarks of {now:%Y-%m-%d}",
        f"{machine()}. Commit {commit()}. Absolute times hang on the machine and on what else it "
        "does; ratios to a peer or a limit, taken in one run, are what to trust.",
    ]
    for name in chosen.only or TABLES:
        title, arguments = TABLES[name]
        if name == "emotion":
            if chosen.data is None:
                parts.append(f"## {title}\nNot run: `--data` was not given.")
                continue
            arguments = [*arguments, "--data", str(chosen.data)]
        print(f"{title} ...", flush=True)
        text, took_s = run_table(arguments)
        shown = " ".join(word for word in arguments if word != str(chosen.data))
        parts.append(f"## {title}\n`python -m benchmarks.{shown}` ({took_s:.0f} s)\n\n{text}")
        # Written as it grows: a run that is cut leaves the tables it finished.
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text("\n\n".join(parts) + "\n", "utf-8")
    print(f"written to {page}")


if __name__ == "__main__":
    main()
