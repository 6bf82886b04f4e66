"""``python -m models list|verify|fetch NAME|seal NAME``: look after the weights."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict

from core.errors import FramemoodError, ModelError
from core.settings import Settings
from models.download import fetch
from models.registry import Registry


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 done, 1 a model is not right (one line says what to do), 2 usage."""
    parser = argparse.ArgumentParser(prog="python -m models", description="Look after the weights.")
    commands = parser.add_subparsers(dest="command", required=True)
    listing = commands.add_parser("list", help="every model with its licence and state")
    listing.add_argument("--json", action="store_true", help="as one JSON document")
    verifying = commands.add_parser("verify", help="check size and SHA-256")
    verifying.add_argument("names", nargs="*", metavar="NAME", help="all that are here by default")
    for name, text in (("fetch", "fetch from its source"), ("seal", "write a new digest")):
        commands.add_parser(name, help=text).add_argument("names", nargs="+", metavar="NAME")
    chosen = parser.parse_args(arguments)
    try:
        registry, settings = Registry(), Settings.from_environment()
        if chosen.command == "list":
            return _list(registry, settings, as_json=chosen.json)
        if chosen.command == "verify":
            return _verify(registry, settings, chosen.names)
        for name in chosen.names:
            if chosen.command == "fetch":
                path = fetch(name, settings, registry=registry, on_progress=_show_progress)
                print(f"{name}: {path}")
            else:
                print(f"{name}: {registry.seal(name).sha256}")
    except FramemoodError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _state(registry: Registry, settings: Settings, name: str) -> str:
    """Say in words whether a model is "ok"."""
    try:
        registry.resolve(name, settings)
    except ModelError as error:
        if registry.model(name).is_fetched and not registry.path(name, settings).exists():
            return "not fetched"
        return str(error)
    return "ok"


def _list(registry: Registry, settings: Settings, *, as_json: bool) -> int:
    rows = [
        asdict(registry.model(name))
        | {
            "state": _state(registry, settings, name),
            "path": str(registry.path(name, settings)),
        }
        for name in registry.names
    ]
    if as_json:
        print(json.dumps(rows, indent=2, ensure_ascii=False))
        return 0
    for row in rows:
        print(f"{row['name']}  {row['size_bytes'] / 1e6:.2f} MB  {row['licence']}  {row['state']}")
        print(f"    {row['source']}")
        print(f"    {row['path']}")
        for key, value in row["measured"].items():
            print(f"    {key}: {value}")
    return 0


def _verify(registry: Registry, settings: Settings, names: Sequence[str]) -> int:
    wrong = 0
    for name in names or registry.names:
        state = _state(registry, settings, name)
        registry.model(name)
        # Models that nobody asked to have are no fault; one asked for by name is.
        is_fault = state != "ok" and (bool(names) or state != "not fetched")
        wrong += is_fault
        mend = f"; {registry.model(name).mend}" if state == "not fetched" else ""
        print(f"{name}: {state}{mend}", file=sys.stderr if is_fault else sys.stdout)
    return 1 if wrong else 0


def _show_progress(done: int, total: int) -> None:
    if sys.stderr.isatty():
        end = "\n" if done == total else ""
        print(f"\r{done / 1e6:.1f} of {total / 1e6:.1f} MB", end=end, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
