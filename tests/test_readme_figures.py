"""The READMEs quote figures from the page of benchmarks alone."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from benchmarks.goals import GOALS, Goal, Outcome, as_table

ROOT = Path(__file__).resolve().parents[1]
SPEC = importlib.util.spec_from_file_location("figures", ROOT / "scripts" / "figures.py")
figures = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(figures)


def test_a_marked_row_takes_the_figure_and_the_goal_of_the_page() -> None:
    page = as_table([Outcome(Goal("live", "rate", "", 25), 29.5)])
    row = "| How fast | 1 | ≥ 2 | <!-- bench: rate -->"
    assert figures.filled(row, figures.measured(page)) == (
        "| How fast | 29.5 | ≥ 25 | <!-- bench: rate -->"
    )


def test_a_missed_goal_is_called_missed() -> None:
    page = as_table([Outcome(Goal("live", "rate", "", 25), 3.0)])
    assert figures.measured(page)["rate"][0] == "**3** (missed)"


@pytest.mark.parametrize("path", figures.READMES, ids=lambda path: path.name)
def test_every_marked_row_names_a_goal(path: Path) -> None:
    names = [match["name"] for match in figures.ROW.finditer(path.read_text("utf-8"))]
    assert names
    assert set(names) <= {goal.name for goal in GOALS}


@pytest.mark.parametrize("path", figures.READMES, ids=lambda path: path.name)
def test_a_quoted_figure_is_that_of_the_page(path: Path) -> None:
    if not figures.PAGE.exists():
        pytest.skip("docs/benchmarks.md is not there: make bench writes it")
    readme = path.read_text("utf-8")
    assert figures.filled(readme, figures.measured(figures.PAGE.read_text("utf-8"))) == readme
