"""Every table on one dated page: ``python -m benchmarks [--only NAME...] [--data DIR]``.

The page, docs/benchmarks.md, names the machine, the commit and the command of each
table, and begins with each figure beside the peer or limit it is held to, as a table
and as a plot. Tables run one after the other, so that none takes the cores from
another; one that fails says so in its place and the rest still run. ``--data`` is the
folder of ``public.npz``, for the table of the emotion network. With ``--only`` the
other tables stay as they were, each under its own date and commit.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
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
    "incidents": ("Incidents", ["incidents", "--per-fault", "6", "--per-calm", "2"]),
    "failure": ("Failure prediction", ["failure", "--clips", "4"]),
    "session": ("Session: false alarms and power", ["phase_error", "--sessions", "60"]),
    "cluster": ("Two workers on a cluster", ["cluster", "--clips", "8", "--seconds", "12"]),
    "films": ("Films", ["films", "--million", "--loop-films", "20"]),
    "records": ("Records", ["records"]),
    "quality_tab": ("A day on the Quality tab", ["quality_tab"]),
}


@dataclass(frozen=True, slots=True)
class Table:
    """What one benchmark printed, how long it took, when, and of which commit."""

    text: str
    took_s: int
    date: str
    commit: str


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
    kept = chosen.to.with_suffix(".json")
    taken: dict[str, Table] = read_tables(kept) if chosen.only else {}
    for name in chosen.only or TABLES:
        title, arguments = TABLES[name]
        if name == "emotion":
            if chosen.data is None:
                print(f"{title}: not run, --data was not given")
                continue
            arguments = [*arguments, "--data", str(chosen.data.resolve())]
        print(f"{title} ...", flush=True)
        text, took_s = run_table(arguments, ALL_S - (time.perf_counter() - begun_s))
        taken[name] = Table(text, round(took_s), f"{datetime.now(UTC):%Y-%m-%d}", commit())
        # Written as it grows: a run that is cut leaves the tables it finished.
        kept.parent.mkdir(parents=True, exist_ok=True)
        values = {each: asdict(table) for each, table in taken.items()}
        kept.write_text(json.dumps(values, indent=1) + "\n", "utf-8")
        write_page(chosen.to, taken)
    print(f"written to {chosen.to}")


def read_tables(path: Path) -> dict[str, Table]:
    """The tables of the page as it is; none where there is none yet."""
    if not path.exists():
        return {}
    found = json.loads(path.read_text("utf-8"))
    return {name: Table(**values) for name, values in found.items() if name in TABLES}


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


def write_page(page: Path, taken: Mapping[str, Table]) -> None:
    """Write the page and its plot."""
    found = outcomes({name: table.text for name, table in taken.items()})
    picture = page.with_suffix(".svg")
    head = [
        f"# Benchmarks of {max(table.date for table in taken.values())}",
        f"{machine()}. Made by `make bench`; each table names its commit. Absolute times hang on "
        "the machine and on what else it does; ratios to a peer or a limit, taken in one run, are "
        "what to trust.",
    ]
    if any(each.value is not None for each in found):
        plot(found, picture)
        head += [
            as_table(found),
            f"![How many times over each goal is met]({picture.name})",
        ]
    parts = [section(name, taken[name]) for name in TABLES if name in taken]
    page.write_text("\n\n".join([*head, *parts]) + "\n", "utf-8")


def section(name: str, table: Table) -> str:
    """One table under its title, with its command."""
    title, arguments = TABLES[name]
    shown = " ".join([*arguments, *(["--data", "DIR"] if name == "emotion" else [])])
    told = f"`python -m benchmarks.{shown}` ({table.took_s} s, {table.date}, {table.commit})"
    return f"## {title}\n{told}\n\n{as_markdown(table.text)}"


if __name__ == "__main__":
    main()
