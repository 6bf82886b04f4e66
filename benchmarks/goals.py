"""What each table must show: a figure of its text beside the peer or the limit it is held to."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Final


@dataclass(frozen=True, slots=True)
class Goal:
    """A figure in what a benchmark prints, and what it is held to.

    Parameters
    ----------
    table : str
        Key of the benchmark.
    name : str
        What the figure says, with its unit.
    pattern : str
        Regular expression whose groups are the figures; of several the worst counts.
    goal : float
        Peer or limit, in the figure's unit.
    at_most : bool
        Whether less is better.
    is_mean : bool
        Whether of several figures the mean counts instead.
    of_what : str
        Regular expression whose group says what the figure was taken of; it is
        put behind the name, so that no figure of a few clips stands for many.
    """

    table: str
    name: str
    pattern: str
    goal: float
    at_most: bool = False
    is_mean: bool = False
    of_what: str = ""

    def name_in(self, text: str) -> str:
        """Name with what the figure was taken of, where the text says it."""
        said = re.search(self.of_what, text, re.MULTILINE) if self.of_what else None
        return f"{self.name} ({said[1]})" if said else self.name

    def of(self, text: str) -> float | None:
        """Worst figure in the text, None where there is none."""
        matches = re.finditer(self.pattern, text, re.MULTILINE)
        found = [float(figure) for match in matches for figure in match.groups()]
        if not found:
            return None
        if self.is_mean:
            return round(fmean(found), 4)
        return max(found) if self.at_most else min(found)

    def margin(self, value: float) -> float:
        """How many times over the goal is met; 1 is just met."""
        if self.at_most:
            return self.goal / value if value else math.inf
        return value / self.goal


MANY: Final = 100
CELL: Final = r"[^|\n]*\|"

GOALS: Final = (
    Goal("startup", "first page, times a trivial Gradio app", r"First page ([\d.]+) x", 1.5, True),
    Goal("startup", "memory after the start, MB", r"memory (\d+) MB", 450, True),
    Goal("live", "one viewer, frames/s", r"^\| 1 \| ([\d.]+) \|", 25),
    Goal("live", "one viewer, latency p50, ms", rf"^\| 1 \|{CELL * 2} (\d+) ms", 80, True),
    Goal("live", "four viewers, slowest, frames/s", r"^\| 4 \| ([\d.]+) \|", 10),
    Goal("load", "16 viewers, slowest over median", rf"^\| 16 \|{CELL * 3} ([\d.]+) \|", 0.5),
    Goal("load", "16 viewers, latency p95, ms", rf"^\| 16 \|{CELL * 5} (\d+) ms", 400, True),
    Goal("page", "first content painted, s", r"first content painted \| ([\d.]+)", 2, True),
    Goal("page", "main thread busy while live, %", rf"wide \|{CELL} ([\d.]+)%", 30, True),
    Goal("throughput", "quality, of decoding alone", r"^quality over decode alone +([\d.]+)", 0.65),
    Goal(
        "throughput",
        "quality, times FFmpeg's detectors",
        r"^quality over FFmpeg's detectors +([\d.]+)",
        2,
    ),
    Goal(
        "throughput",
        "faces and emotion, times real time",
        r"^faces \+ emotion over real time +([\d.]+)",
        4,
    ),
    Goal(
        "throughput", "annotated video, times real time", r"^annotated over real time +([\d.]+)", 2
    ),
    Goal(
        "throughput", "faces and emotion, times fer's", r"^faces \+ emotion over fer +([\d.]+)", 1
    ),
    Goal("emotion", "FER+ top-1 (8 classes)", r"^\| framemood \| ([\d.]+)", 0.82),
    Goal("emotion", "macro F1 (7 emotions)", rf"^\| framemood \|{CELL} ([\d.]+)", 0.74),
    Goal(
        "quality",
        "blur and noise, lowest Spearman's rho",
        r"^\S+ +([\d.]+) +([\d.]+) +([\d.]+) +([\d.]+) +[\d.]+ \|",
        0.95,
    ),
    Goal(
        "incidents",
        "freezes, blacks and covers found within 1 s, share",
        r"^found of freeze, black, covered: ([\d.]+)",
        0.95,
        of_what=r"^found of freeze.* (\d+ clips)",
    ),
    Goal(
        "incidents",
        "defocus and moves found within 1 s, share",
        r"^found of defocused, moved: ([\d.]+)",
        0.85,
        of_what=r"^found of defocused.* (\d+ clips)",
    ),
    Goal(
        "incidents",
        "precision of incidents",
        r"precision in the faulty clips ([\d.]+)",
        0.95,
        of_what=r"precision in .* (\d+ clips)",
    ),
    Goal(
        "incidents",
        "false alarms an hour",
        r"false alarms, ([\d.]+) an hour",
        1,
        True,
        of_what=r"^undisturbed: ([\d.]+ min)",
    ),
    Goal(
        "failure",
        "ROC-AUC, 30 s ahead",
        r"^\| forest \| ([\d.]+)",
        0.9,
        of_what=r"^(\d+ rendered clips)",
    ),
    Goal(
        "failure",
        "ROC-AUC, 30 s ahead, as trained",
        r"^as trained, .* ([\d.]+)$",
        0.9,
        of_what=r"^as trained, (.*): ROC-AUC",
    ),
    Goal(
        "session",
        "false alarms, mean of all cells, %",
        rf"^\| +\d\.\d\d \|{CELL * 3} +([\d.]+) ",
        7,
        True,
        is_mean=True,
    ),
    Goal(
        "session",
        "false alarms, worst cell, %",
        rf"^\| +\d\.\d\d \|{CELL * 3} +([\d.]+) ",
        # What one of 28 cells of 60 sessions reaches by chance, one run in twenty,
        # where each has the 7 % that it may have.
        18.4,
        True,
        of_what=r"(\d+ sessions) a cell",
    ),
    Goal("session", "60 s against 60 s, ms of CPU", r"999 resamples: (\d+) ms", 300, True),
    Goal("cluster", "two workers, times one", r"^Speed-up ([\d.]+)", 1.7),
    Goal("cluster", "rows that two workers give as one does", r"rows the same: ([\d.]+)", 1),
    Goal("films", "51 picks with reasons, ms", r"^palette, 51 with reasons +([\d.]+) ms", 5, True),
    Goal(
        "films",
        "51 picks, times the original loop",
        r"^palette, 51 with reasons .* ms +(\d+) x",
        5000,
    ),
    Goal("films", "a million films, sort, ms", r"^a million films, sort +([\d.]+) ms", 50, True),
    Goal("records", "CPU a recorded frame, of 0.1 ms", r"^ +\d+ +\w+ .* ([\d.]+)$", 1, True),
    Goal(
        "quality_tab", "a day opens on the server, of 2 s", r"^\| server.*\| ([\d.]+) \|$", 1, True
    ),
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A goal with its measured figure; None where the text had none."""

    goal: Goal
    value: float | None
    label: str = ""

    @property
    def name(self) -> str:
        """What the figure says, and of what."""
        return self.label or self.goal.name

    @property
    def words(self) -> str:
        """Whether it was met, in words."""
        if self.value is None:
            return "not measured"
        return "met" if self.goal.margin(self.value) >= 1 else "**missed**"


def outcomes(texts: dict[str, str]) -> list[Outcome]:
    """Every goal of the tables that were run."""
    return [
        Outcome(goal, goal.of(texts[goal.table]), goal.name_in(texts[goal.table]))
        for goal in GOALS
        if goal.table in texts
    ]


def times(margin: float) -> str:
    """A margin in words; a hundred times is as good as a million."""
    return f"{margin:.2f}" if margin < MANY else f"> {MANY}"


def as_table(found: list[Outcome]) -> str:
    """Markdown of the goals; the margin says how many times over each is met."""
    lines = ["| | measured | goal | margin | |", "| --- | --: | --: | --: | --- |"]
    for each in found:
        goal, value = each.goal, each.value
        figure = "–" if value is None else f"{value:g}"
        margin = "–" if value is None else times(goal.margin(value))
        sign = "≤" if goal.at_most else "≥"
        lines.append(f"| {each.name} | {figure} | {sign} {goal.goal:g} | {margin} | {each.words} |")
    return "\n".join(lines)


def plot(found: list[Outcome], path: Path) -> None:
    """Draw the margins as bars from 1, the goal: to its right is met, to its left missed."""
    import matplotlib as mpl

    mpl.use("svg")
    from matplotlib import pyplot

    mpl.rcParams["svg.hashsalt"] = "framemood"
    measured = [(each, each.value) for each in found if each.value is not None]
    figure, axes = pyplot.subplots(figsize=(8.6, 0.9 + 0.3 * len(measured)))
    for row, (each, value) in enumerate(measured):
        margin = each.goal.margin(value)
        # A thousand times is as good as a million: the axis is kept readable.
        shown = min(max(margin, 0.1), 20.0)
        met = margin >= 1
        axes.barh(row, shown - 1, left=1, height=0.62, color="#007a56" if met else "#b93428")
        axes.annotate(
            f"{times(margin)}x" + ("" if met else " missed"),
            # What is missed is said on the free side of the line.
            (max(shown, 1.0), row),
            xytext=(5, 0),
            textcoords="offset points",
            va="center",
            fontsize=8,
        )
    axes.set_xscale("log")
    axes.set_xlim(0.07, 45)
    axes.set_xticks([0.1, 0.5, 1, 2, 5, 20], ["0.1", "0.5", "goal", "2x", "5x", "20x"])
    axes.minorticks_off()
    axes.set_yticks(range(len(measured)), [each.name for each, _ in measured], fontsize=9)
    axes.invert_yaxis()
    axes.axvline(1, color="#14171c", linewidth=1)
    axes.set_title("How many times over each goal is met", loc="left", fontsize=11)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
    figure.patch.set_facecolor("white")
    figure.savefig(path, bbox_inches="tight", metadata={"Date": None})
    pyplot.close(figure)
