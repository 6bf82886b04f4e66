"""How the commands speak: results on standard output, all else on standard error."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Final

DONE: Final = 0
BAD_INPUT: Final = 1


def add_json(parser: ArgumentParser) -> None:
    """Give a command the switch that all of them have."""
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def say(line: str) -> None:
    """Print a line of the result."""
    sys.stdout.write(f"{line}\n")


def say_json(value: object) -> None:
    """Print the result as one JSON document."""
    say(json.dumps(value, indent=2, ensure_ascii=False))


def complain(line: str) -> None:
    """Print a line about what is wrong; a message never becomes two lines."""
    sys.stderr.write(f"{' '.join(str(line).split())}\n")


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows in aligned columns."""
    widths = [max(len(cell) for cell in column) for column in zip(columns, *rows, strict=True)]
    for row in (columns, *rows):
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        say("  ".join(cells).rstrip())
