"""The page of benchmarks reads its figures out of what the benchmarks print."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.__main__ import TABLES, Table, as_markdown, read_tables, run_table, write_page
from benchmarks.cluster import share_same
from benchmarks.faulty_clips import FAULTS
from benchmarks.goals import GOALS, Goal, Outcome, as_table, outcomes, plot
from benchmarks.incidents import Score, report

ROOT = Path(__file__).resolve().parents[1]


def test_every_goal_belongs_to_a_table() -> None:
    assert {goal.table for goal in GOALS} <= set(TABLES)


def test_of_several_figures_the_worst_counts() -> None:
    text = "rate 3\nrate 5"
    assert Goal("live", "a rate", r"rate (\d)", 4).of(text) == 3
    assert Goal("live", "a time", r"rate (\d)", 4, at_most=True).of(text) == 5


@pytest.mark.parametrize(("value", "at_most"), [(8.0, False), (2.0, True)])
def test_a_figure_twice_as_good_as_its_goal_has_a_margin_of_two(
    value: float, at_most: bool
) -> None:
    assert Goal("live", "a figure", "", 4, at_most).margin(value) == 2


def test_a_table_that_failed_is_not_measured_and_never_met() -> None:
    found = outcomes({"startup": "Ended with status 1: no browser"})
    assert {each.words for each in found} == {"not measured"}
    assert "met" not in as_table(found)


def test_a_missed_goal_is_called_missed() -> None:
    found = outcomes({"startup": "First page 2.10 x the trivial app, memory 300 MB (limit 450)."})
    assert [each.words for each in found] == ["**missed**", "met"]


def test_the_plot_names_every_measured_goal(tmp_path: Path) -> None:
    goals = [Goal("live", name, "", 1) for name in ("fast", "fair", "away")]
    found = [Outcome(goal, value) for goal, value in zip(goals, (3.0, 0.2, None), strict=True)]
    plot(found, tmp_path / "plot.svg")
    drawn = (tmp_path / "plot.svg").read_text("utf-8")
    assert "fast" in drawn
    assert "fair" in drawn
    assert "away" not in drawn


def test_columns_of_spaces_keep_their_layout() -> None:
    assert as_markdown("a   b").startswith("```text")
    assert as_markdown("| a | b |") == "| a | b |"


def test_words_after_a_table_are_no_row_of_it() -> None:
    assert as_markdown("a table\n| a |\n| --- |\n| 1 |\nand so on") == (
        "a table\n\n| a |\n| --- |\n| 1 |\n\nand so on"
    )


def test_all_groups_of_a_pattern_are_figures() -> None:
    assert Goal("live", "rates", r"(\d) (\d)", 1).of("5 3\n7 4") == 3


def test_of_a_mean_no_single_figure_decides() -> None:
    assert Goal("live", "alarms", r"(\d+) %", 7, at_most=True, is_mean=True).of("10 %\n2 %") == 6


def test_a_figure_says_what_it_was_taken_of() -> None:
    goal = Goal("failure", "ROC-AUC", r"\| forest \| ([\d.]+)", 0.9, of_what=r"^(\d+ clips)")
    assert goal.name_in("4 clips of 240 s\n| forest | 0.998 |") == "ROC-AUC (4 clips)"
    assert goal.name_in("| forest | 0.998 |") == "ROC-AUC"
    table = as_table([Outcome(goal, 0.998, goal.name_in("4 clips"))])
    assert "| ROC-AUC (4 clips) | 0.998 |" in table


def test_figures_of_few_clips_and_of_training_are_told_apart() -> None:
    text = (
        "4 rendered clips of 240 s, 780 s judged, 81 of them failing within 30 s\n"
        "| forest | 0.998 | 0.987 | 0.995 | 0.922 | 22 s, 100 % warned |\n"
        "as trained, simulated series on unseen photographs: ROC-AUC 0.942"
    )
    named = {each.name: each.value for each in outcomes({"failure": text})}
    assert named == {
        "ROC-AUC, 30 s ahead (4 rendered clips)": 0.998,
        "ROC-AUC, 30 s ahead, as trained (simulated series on unseen photographs)": 0.942,
    }


def test_incidents_are_held_to_their_goals_by_kind(capsys: pytest.CaptureFixture[str]) -> None:
    scores = {fault: Score() for fault in FAULTS}
    scores["freeze"], scores["moved"] = Score(2, 1, [0.1]), Score(1, 1, [0.2])
    report(scores, ["a freeze"], ["calm: freeze at 1.0 s"], 1800.0, [0.5])
    named = {each.name: each.value for each in outcomes({"incidents": capsys.readouterr().out})}
    assert named == {
        "freezes, blacks and covers found within 1 s, share (2 clips)": 0.5,
        "defocus and moves found within 1 s, share (1 clips)": 1.0,
        "precision of incidents (3 clips)": 1.0,
        "false alarms an hour (30.0 min)": 2.0,
    }


def test_the_worst_cell_stands_beside_the_mean_of_all() -> None:
    text = (
        "No change, raw noise, 60 sessions a cell; percent of sessions\n"
        "| 0.00 |   5 |        10 |    50.0 |          0.0 |          0.0 |         0.0 |\n"
        "| 0.80 |  30 |        10 |    33.3 |         15.0 |          0.0 |       100.0 |\n"
    )
    found = {each.name: each.value for each in outcomes({"session": text})}
    assert found["false alarms, mean of all cells, %"] == 7.5
    assert found["false alarms, worst cell, % (60 sessions)"] == 15


def test_a_row_that_two_workers_give_otherwise_is_counted() -> None:
    rows = [{"index": "0"}, {"index": "1"}]
    assert share_same(rows, rows) == 1
    assert share_same(rows, [rows[0], {"index": "7"}]) == 0.5
    assert share_same(rows, rows[:1]) == 0.5
    assert share_same([], []) == 0


def test_a_benchmark_that_fails_says_so_in_its_place() -> None:
    text, _ = run_table(["throughput", "--no-such-option"], within_s=60)
    assert text.startswith("Ended with status 2")


def test_a_benchmark_that_takes_too_long_is_ended() -> None:
    text, took_s = run_table(["phase_error", "--sessions", "100000"], within_s=0.5)
    assert text.startswith("Not finished")
    assert took_s >= 0.5


def test_a_table_run_again_leaves_the_others_under_their_own_date(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    old = Table(
        "First page 1.20 x the trivial app, memory 300 MB (limit 450).", 5, "2026-01-02", "a"
    )
    write_page(page, {"startup": old})
    write_page(page, {"films": Table("| a |", 1, "2026-03-04", "b"), "startup": old})
    text = page.read_text("utf-8")
    assert text.startswith("# Benchmarks of 2026-03-04")
    assert text.index("(5 s, 2026-01-02, a)") < text.index("(1 s, 2026-03-04, b)")


def test_the_kept_tables_make_the_page_that_is_there() -> None:
    page = ROOT / "docs" / "benchmarks.md"
    shown = page.read_text("utf-8")
    for name, table in read_tables(page.with_suffix(".json")).items():
        assert TABLES[name][0] in shown
        assert as_markdown(table.text) in shown
