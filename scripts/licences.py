"""List the licences of what Framemood runs on: ``python scripts/licences.py > FILE``.

Follows requirements.txt through what is installed beside this script's interpreter,
and reads models/manifest.json; run it in an environment that ``make run`` has set up.
"""

from __future__ import annotations

import json
import sys
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
LONGEST = 60


def asked_for() -> list[Requirement]:
    """What requirements.txt names for this platform."""
    lines = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


def closure() -> dict[str, Distribution]:
    """Every package that is needed, by name, with those that they need in turn."""
    found: dict[str, Distribution] = {}
    seen: set[tuple[str, frozenset[str]]] = set()
    waiting = asked_for()
    while waiting:
        need = waiting.pop()
        key = (canonicalize_name(need.name), frozenset(need.extras))
        if key in seen or (need.marker and not need.marker.evaluate({"extra": ""})):
            continue
        seen.add(key)
        try:
            package = distribution(need.name)
        except PackageNotFoundError:
            sys.stderr.write(f"{need.name} is not installed and left out; run make run first\n")
            continue
        found[key[0]] = package
        for line in package.requires or []:
            further = Requirement(line)
            extras = need.extras or {""}
            if not further.marker or any(further.marker.evaluate({"extra": e}) for e in extras):
                further.marker = None
                waiting.append(further)
    return dict(sorted(found.items()))


def licence_of(package: Distribution) -> str:
    """What the package says of its licence, in the shortest form that it gives."""
    meta = package.metadata
    if expression := meta.get("License-Expression"):
        return expression
    classified = [
        line.rpartition(" :: ")[2]
        for line in meta.get_all("Classifier", [])
        if line.startswith("License :: ") and not line.endswith("OSI Approved")
    ]
    if classified:
        return ", ".join(classified)
    first = (meta.get("License") or "").strip().partition("\n")[0]
    return first if 0 < len(first) <= LONGEST else "see its files"


def main() -> None:
    """Write the page."""
    models = json.loads((ROOT / "models" / "manifest.json").read_text("utf-8"))
    packages = closure()
    lines = [
        "# Licences",
        "Framemood is MIT (LICENSE). Made by `python scripts/licences.py`; "
        "`make audit` writes a full bill of materials and asks for known weaknesses.",
        "",
        "## Models and data",
        "| name | licence | source |",
        "| --- | --- | --- |",
        *(f"| {name} | {each['licence']} | {each['source']} |" for name, each in models.items()),
        "| catalog | TMDB's terms | titles, years, genres and poster colours from TMDB |",
        "",
        f"## Packages ({len(packages)})",
        "As their own metadata say.",
        "",
        "| package | version | licence |",
        "| --- | --- | --- |",
        *(f"| {name} | {each.version} | {licence_of(each)} |" for name, each in packages.items()),
    ]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
