"""Every table on one dated page: ``python -m benchmarks [--only NAME...] [--data DIR]``.

The page, docs/benchmarks.md, names the machine, the commit and the command of each
table, and begins with each figure beside the peer or limit it is held to, as a table
and as a plot. Tables run one after the other, so that none takes the cores from
another; one that fails says so in its place and the rest still run. ``--data`` is the
folder of ``public.npz``, for the table of the emotion network.
"""

from __future__ import annotations

import argparse
import os
import platform
import signal
import subprocess
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Final

import psutil

from benchmarks.goals import as_table, outcomes, plot

ROOT: Final = Path(__file__).resolve().parents[1]
PAGE: Final = ROOT / "docs" / "benchmarks.md"
LONGEST_S: Final = 420
ALL_S: Final = 1740
"""What all tables may take together, s; those that are left then are not run."""

TABLES: Final = {
    "startup": ("Start and memory", ["startup"]),
    "live": ("Live viewers", ["live", "--viewers", "1", "4", "--seconds", "10"]),
    "load": ("A crowd", ["load", "--viewers", "16", "--seconds", "30"]),
    "page": ("The page in a browser", ["page", "--rounds", "3", "--seconds", "8"]),
    "throughput": ("Video", ["throughput", "--seconds", "10", "--rounds", "3"]),
    "faces": ("Face detectors", ["faces", "--rounds", "20"]),
    "emotion": ("Emotion network", ["emotion"]),
    "quality": ("Validity of the picture's figures", ["quality_validity"]),
    "incidents": ("Incidents", ["incidents", "--per-fault", "3", "--per-calm", "1"]),
    "failure": ("Failure prediction", ["failure", "--clips", "4"]),
    "session": ("Session: false alarms and power", ["phase_error", "--sessions", "60"]),
    "cluster": ("Two workers on a cluster", ["cluster", "--clips", "8", "--seconds", "6"]),
    "films": ("Films", ["films", "--million", "--loop-films", "20"]),
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
        cwd=ROOT,
    )
    return called.stdout.strip() or "no-commit"


def run_table(arguments: list[str], within_s: float) -> tuple[str, float]:
    """What one benchmark printed, or what went wrong, and how long it took, s."""
    if within_s <= 0:
        return "Not run: the time of all tables was over.", 0.0
    begun_s = time.perf_counter()
    limit_s = min(LONGEST_S, within_s)
    # A group of its own: servers and browsers that it started end with it.
    process = subprocess.Popen(
        [sys.executable, "-m", f"benchmarks.{arguments[0]}", *arguments[1:]],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        start_new_session=True,
    )
    try:
        said, complaints = process.communicate(timeout=limit_s)
        text = said.strip()
        if process.returncode:
            last = (complaints.strip().splitlines() or ["a limit was missed"])[-1]
            text = f"{text}\n\nEnded with status {process.returncode}: {last}".strip()
    except subprocess.TimeoutExpired:
        text = f"Not finished within {limit_s:.0f} s."
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    return text, time.perf_counter() - begun_s


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=sorted(TABLES), help="these tables only")
    parser.add_argument("--data", type=Path, help="folder of public.npz")
    parser.add_argument("--to", type=Path, default=PAGE, help="the page; its plot lies beside it")
    chosen = parser.parse_args()

    begun_s = time.perf_counter()
    texts: dict[str, str] = {}
    parts: list[str] = []
    for name in chosen.only or TABLES:
        title, arguments = TABLES[name]
        if name == "emotion":
            if chosen.data is None:
                parts.append(f"## {title}\nNot run: `--data` was not given.")
                continue
            arguments = [*arguments, "--data", str(chosen.data.resolve())]
        print(f"{title} ...", flush=True)
        text, took_s = run_table(arguments, ALL_S - (time.perf_counter() - begun_s))
        texts[name] = text
        shown = " ".join([*TABLES[name][1], *(["--data", "DIR"] if name == "emotion" else [])])
        parts.append(
            f"## {title}\n`python -m benchmarks.{shown}` ({took_s:.0f} s)\n\n{as_markdown(text)}"
        )
        # Written as it grows: a run that is cut leaves the tables it finished.
        write_page(chosen.to, texts, parts)
    print(f"written to {chosen.to}")


def as_markdown(text: str) -> str:
    """Tables of a benchmark as tables, lines laid out by spaces as they were laid out."""
    parts = []
    for is_table, lines in groupby(text.splitlines(), lambda line: line.startswith("|")):
        part = "\n".join(lines).strip("\n")
        if not part.strip():
            continue
        is_laid_out = "\n" in part or "  " in part
        parts.append(f"```text\n{part}\n```" if is_laid_out and not is_table else part)
    return "\n\n".join(parts)


def write_page(page: Path, texts: dict[str, str], parts: list[str]) -> None:
    """Write the page and its plot."""
    found = outcomes(texts)
    now = datetime.now(UTC)
    picture = page.with_suffix(".svg")
    page.parent.mkdir(parents=True, exist_ok=True)
    head = [
        f"# Benchmarks of {now:%Y-%m-%d}",
        f"{machine()}. Commit {commit()}. Made by `make bench`. Absolute times hang on the machine "
        "and on what else it does; ratios to a peer or a limit, taken in one run, are what to "
        "trust.",
    ]
    if any(each.value is not None for each in found):
        plot(found, picture)
        head += [
            as_table(found),
            f"![How many times over each goal is met]({picture.name})",
        ]
    page.write_text("\n\n".join([*head, *parts]) + "\n", "utf-8")


if __name__ == "__main__":
    main()
