"""``report RUN``: one HTML file of a recorded run that opens offline."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace, _SubParsersAction
from pathlib import Path

from core.commands.output import DONE, add_json, say, say_json
from core.records.report import write_report
from core.records.store import RUNS, read_incidents, read_summary
from core.settings import Settings


def add_parser(commands: _SubParsersAction[ArgumentParser]) -> None:
    """Register the command."""
    parser = commands.add_parser("report", help="write a report of a run that opens offline")
    parser.add_argument(
        "run_dir", metavar="RUN", help="directory of a run, or the id of one in RECORDS_DIR"
    )
    parser.add_argument(
        "--language", choices=("en", "ko"), default="en", help="the one shown first"
    )
    add_json(parser)
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Write report.html into the directory of the run."""
    directory = Path(arguments.run_dir)
    recorded = Settings.from_environment().records_dir / RUNS / arguments.run_dir
    if not directory.is_dir() and recorded.is_dir():
        directory = recorded
    path = write_report(directory, arguments.language)
    if arguments.json:
        summary = read_summary(directory)
        say_json({"report": str(path), **summary, "incidents": read_incidents(directory)})
    else:
        say(str(path))
    return DONE
