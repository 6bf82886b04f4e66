"""Write the figures of docs/benchmarks.md into the READMEs: ``python scripts/figures.py``.

A line of a README that ends in ``<!-- bench: NAME -->`` is a row of a table whose last
two cells are the measured figure and its goal; NAME is the row's name on the page of
benchmarks. Nothing else of a README is touched.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
PAGE: Final = ROOT / "docs" / "benchmarks.md"
READMES: Final = (ROOT / "README.md", ROOT / "README.ko.md")
ROW: Final = re.compile(
    r"^\| (?P<label>[^|]+) \|[^|]*\|[^|]*\| <!-- bench: (?P<name>.+) -->$", re.M
)
UNKNOWN: Final = ("–", "–")


def measured(page: str) -> dict[str, tuple[str, str]]:
    """Figure and goal by name, as the page of benchmarks has them; ``**`` marks a missed one."""
    found = {}
    for line in page.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 5 and cells[2][:1] in ("≤", "≥"):
            name, figure, goal, _, met = cells
            found[name] = (f"**{figure}** (missed)" if "missed" in met else figure, goal)
    return found


def filled(readme: str, figures: dict[str, tuple[str, str]]) -> str:
    """The same text with the figures of its marked rows."""

    def row(match: re.Match[str]) -> str:
        figure, goal = figures.get(match["name"], UNKNOWN)
        return f"| {match['label']} | {figure} | {goal} | <!-- bench: {match['name']} -->"

    return ROW.sub(row, readme)


def main() -> None:
    """Rewrite the READMEs; rows that the page lacks are named."""
    figures = measured(PAGE.read_text("utf-8"))
    for path in READMES:
        readme = path.read_text("utf-8")
        path.write_text(filled(readme, figures), "utf-8")
        for match in ROW.finditer(readme):
            if match["name"] not in figures:
                sys.stderr.write(f"{path.name}: no figure for {match['name']}\n")


if __name__ == "__main__":
    main()
