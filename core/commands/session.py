"""``session FIRST [SECOND]``: compare two phases, or judge a recorded session again."""

from __future__ import annotations

import math
from argparse import ArgumentParser, Namespace, _SubParsersAction
from pathlib import Path

from core.commands.output import DONE, add_json, say, say_json, table
from core.errors import SessionError
from core.mood.session_file import read_session, read_table
from core.mood.verdict import SessionSettings, Verdict, judge


def add_parser(commands: _SubParsersAction[ArgumentParser]) -> None:
    """Register the command."""
    parser = commands.add_parser(
        "session", help="compare two phases, or judge a recorded session again"
    )
    parser.add_argument(
        "first",
        type=Path,
        metavar="FIRST",
        help="emotions.csv of the first phase, or a session.json or session.csv with both",
    )
    parser.add_argument(
        "second", type=Path, nargs="?", metavar="SECOND", help="emotions.csv of the second phase"
    )
    parser.add_argument("--seed", type=int, help="seed of the resampling, 0 or more")
    parser.add_argument(
        "--resamples", type=int, help="bootstrap replicates and permutations, 0 to 10000"
    )
    parser.add_argument("--language", choices=("en", "ko"), default="en", help="of the sentence")
    add_json(parser)
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Compare the phases and print the verdict."""
    changes = {
        name: getattr(arguments, name)
        for name in ("seed", "resamples")
        if getattr(arguments, name) is not None
    }
    verdict = _judge(arguments.first, arguments.second, changes)
    if arguments.json:
        say_json(verdict.to_dict())
        return DONE
    say(verdict.sentence_in(arguments.language))
    rows = [
        (
            name,
            _figure(100 * change.means[0], ".1f", " %"),
            _figure(100 * change.means[1], ".1f", " %"),
            _figure(change.change, "+.1f"),
            _interval(change.change_interval),
            _probability(change.p) if verdict.result.basis != "insufficient" else "-",
            _figure(change.effect_size, "+.2f"),
        )
        for name, change in verdict.result.emotions.items()
    ]
    table(("emotion", "first", "second", "points", "95 %", "p (Holm)", "Hedges' g"), rows)
    return DONE


def _figure(value: float, form: str, unit: str = "") -> str:
    """Write a figure; a dash where too little is known to give one."""
    return "-" if math.isnan(value) else f"{value:{form}}{unit}"


def _probability(p: float) -> str:
    return "<0.001" if p < 0.001 else f"{p:.3f}"


def _interval(interval: tuple[float, float]) -> str:
    """Both ends of an interval; a dash where too little is known to give one."""
    low, high = interval
    return "-" if math.isnan(low) else f"{low:+.1f} to {high:+.1f}"


def _judge(first: Path, second: Path | None, changes: dict[str, int]) -> Verdict:
    if second is None and first.suffix.lower() == ".json":
        return read_session(first, changes).verdict
    settings = SessionSettings(**changes)
    recorded = read_table(first)
    if second is None:
        if "" in recorded:
            raise SessionError(
                f"{first.name} is one phase; give the emotions.csv of the second phase, too"
            )
        return judge(recorded["baseline"], recorded["stimulus"], settings)
    pair = (recorded, read_table(second))
    for path, table_read in zip((first, second), pair, strict=True):
        if "" not in table_read:
            raise SessionError(f"{path.name} holds both phases; give it alone")
    return judge(pair[0][""], pair[1][""], settings)
