"""The command line: ``framemood COMMAND``, or ``python -m core COMMAND`` in a checkout.

A command is a module of ``core.commands``.
"""

from __future__ import annotations

import argparse
import importlib
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

# Read while numpy is imported, so they must stand before it: frames run beside each
# other, and a pool of BLAS threads would only spin.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

from core.commands.output import BAD_INPUT, complain
from core.errors import FramemoodError
from core.version import __version__

COMMANDS: Final = (
    "analyze",
    "watch",
    "faces",
    "quality",
    "session",
    "films",
    "records",
    "report",
    "doctor",
)
"""Each names a module of ``core.commands`` with ``add_parser(subparsers)`` and ``run``."""

INTERRUPTED: Final = 130


def build_parser() -> argparse.ArgumentParser:
    """Build the parser with all commands."""
    parser = argparse.ArgumentParser(
        # As it was called, so that what it says can be typed again.
        prog="framemood" if Path(sys.argv[0]).stem == "framemood" else "python -m core",
        description="How is the picture, and how is the person in it?",
        epilog="Exit status: 0 done, 1 the input was bad (one line says what and how to mend it), "
        "2 the command was called wrongly.",
    )
    parser.add_argument("--version", action="version", version=f"framemood {__version__}")
    parser.add_argument("-v", "--verbose", action="store_true", help="log what is being done")
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name in COMMANDS:
        importlib.import_module(f"core.commands.{name}").add_parser(subparsers)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and give back its exit status."""
    arguments = build_parser().parse_args(argv)
    logging.basicConfig(
        level=logging.INFO if arguments.verbose else logging.ERROR,
        format="%(levelname)s %(name)s: %(message)s",
    )
    try:
        status: int = arguments.run(arguments)
        sys.stdout.flush()
    except FramemoodError as error:
        complain(str(error))
        return BAD_INPUT
    except KeyboardInterrupt:
        complain("stopped; what was measured so far is kept")
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output has what it wanted; nothing is left to say to it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BAD_INPUT
    return status


if __name__ == "__main__":
    sys.exit(main())
