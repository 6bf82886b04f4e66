"""False alarms and power of ``compare_phases`` on simulated sessions, beside naive Welch.

    python -m benchmarks.phase_error                    a quick look, every cell
    python -m benchmarks.phase_error --sessions 1000    the figures of docs/methods.md

The readings are AR(1) noise about fixed levels. ``--noise`` says how the noise
enters: added to each share ("raw"), added, clipped at 0 and made to sum to one
("clipped"), or added to the scores under a softmax ("softmax"). A shift of one
deviation is one of this noise before the shares are made to sum to one.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import signal, stats

from core.mood.comparison import compare_phases
from core.mood.statistics import holm
from core.mood.walk import PAUSE
from core.types import EMOTIONS

Array = NDArray[np.float64]

LEVELS = np.array([0.05, 0.04, 0.05, 0.22, 0.08, 0.06, 0.50])
DEVIATIONS = np.array([0.02, 0.015, 0.02, 0.08, 0.03, 0.025, 0.1])
SCORE_DEVIATION = 0.5

NULL_CELLS = (
    *((phi, fps, s) for phi in (0.0, 0.5, 0.8) for fps, s in ((5, 10), (5, 30), (15, 15))),
    *((phi, 30, seconds) for phi in (0.8, 0.9, 0.95, 0.97) for seconds in (10, 15, 20, 30)),
    (0.9, 10, 30), (0.9, 15, 20), (0.95, 15, 30),
)  # fmt: skip
POWER_CELL = (0.8, 15, 15)


@dataclass(frozen=True)
class Figures:
    """Shares of the sessions of a cell, in percent."""

    found: float
    naive: float
    insufficient: float
    primary: float


def noise(generator: np.random.Generator, frames: int, phi: float) -> Array:
    shocks = generator.standard_normal((frames, 7))
    shocks[1:] *= np.sqrt(1 - phi**2)
    return np.asarray(signal.lfilter([1.0], [1.0, -phi], shocks, axis=0))


def readings(z: Array, kind: str) -> Array:
    if kind == "softmax":
        scores = LEVELS * np.exp(SCORE_DEVIATION * z)
        return scores / scores.sum(axis=1, keepdims=True)
    shares = LEVELS + DEVIATIONS * z
    if kind == "clipped":
        shares = np.clip(shares, 0, None)
        return shares / shares.sum(axis=1, keepdims=True)
    return shares


def outliers(generator: np.random.Generator, values: Array) -> Array:
    """Give one frame in ten to an emotion chosen at random."""
    wild = generator.random(len(values)) < 0.1
    return np.where(wild[:, None], np.eye(7)[generator.integers(0, 7, len(values))], values)


def missing(generator: np.random.Generator, values: Array) -> Array:
    """Lose four frames in ten, one by one."""
    return np.where(generator.random(len(values))[:, None] < 0.4, np.nan, values)


def missing_seconds(generator: np.random.Generator, values: Array) -> Array:
    """Lose four seconds in ten, whole (15 frames each)."""
    gone = np.repeat(generator.permutation(-(-len(values) // 15)) % 5 < 2, 15)[: len(values)]
    return np.where(gone[:, None], np.nan, values)


def untouched(_: np.random.Generator, values: Array) -> Array:
    return values


def measure(
    cell: tuple[float, int, int],
    sessions: int,
    kind: str,
    *,
    shift: float = 0.0,
    spoil: Callable[[np.random.Generator, Array], Array] = untouched,
    both: bool = False,
    seed: int = 1,
) -> Figures:
    """Compare simulated sessions; the second phase of each is shifted and spoilt."""
    phi, fps, seconds = cell
    frames = fps * seconds
    found = naive = insufficient = primary = 0
    for number in range(sessions):
        # The same people in every condition, so that conditions differ by it alone.
        people = np.random.default_rng([seed, number, frames, round(100 * phi)])
        damage = np.random.default_rng([seed, number])
        emotion = number % 7
        first = readings(noise(people, frames, phi), kind)
        moved = noise(people, frames, phi)
        moved[:, emotion] += shift
        second = spoil(damage, readings(moved, kind))
        if both:
            first = spoil(damage, first)
        result = compare_phases(first, second, fps, resamples=0)
        insufficient += result.basis == "insufficient"
        if result.basis == "change":
            found += 1
            primary += result.primary_emotion == EMOTIONS[emotion]
        plain = stats.ttest_ind(first, second, equal_var=False, nan_policy="omit").pvalue
        naive += bool(holm(np.asarray(plain)).min() < 0.05)
    percent = 100 / sessions
    return Figures(
        found * percent, naive * percent, insufficient * percent, 100 * primary / max(found, 1)
    )


def false_alarms(sessions: int, kind: str) -> None:
    print(f"\nNo change, {kind} noise, {sessions} sessions a cell; percent of sessions\n")
    print("|  phi | fps | s a phase | moments | false alarms | insufficient | naive Welch |")
    print("| ---: | --: | --------: | ------: | -----------: | -----------: | ----------: |")
    for cell in NULL_CELLS:
        phi, fps, seconds = cell
        moments = fps * seconds * (1 - phi) / (1 + phi)
        f = measure(cell, sessions, kind)
        print(
            f"| {phi:.2f} | {fps:3d} | {seconds:9d} | {moments:7.1f} | {f.found:12.1f} "
            f"| {f.insufficient:12.1f} | {f.naive:11.1f} |",
            flush=True,
        )


def power(sessions: int, kind: str, damaged: bool) -> None:
    phi, fps, seconds = POWER_CELL
    print(f"\nphi {phi}, {fps} fps, {seconds} s, {kind} noise, {sessions} sessions; percent\n")
    print("| condition | false alarms | found at 1 | found at 1.25 | primary right |")
    print("| --- | --: | --: | --: | --: |")
    conditions = (
        ("nothing", untouched, False),
        ("10 % wild frames in one phase", outliers, False),
        ("10 % wild frames in both", outliers, True),
        ("40 % of frames missing in one phase", missing, False),
        ("40 % of frames missing in both", missing, True),
        ("40 % of seconds missing in one phase", missing_seconds, False),
    )
    for name, spoil, both in conditions if damaged else conditions[:1]:
        none, one, more = (
            measure(POWER_CELL, sessions, kind, shift=shift, spoil=spoil, both=both)
            for shift in (0.0, 1.0, 1.25)
        )
        print(
            f"| {name} | {none.found:.1f} | {one.found:.1f} | {more.found:.1f} "
            f"| {one.primary:.1f} |",
            flush=True,
        )


def walk(walks: int = 600_000, frames: int = 100, at_once: int = 20_000) -> None:
    """Print how far a random walk gets between two phases, as ``core.mood.walk`` holds it."""
    generator, ratios = np.random.default_rng(7), []
    pause = round(PAUSE * frames)
    for _ in range(walks // at_once):
        steps = generator.standard_normal((at_once, 2 * frames + pause), dtype=np.float32)
        path = steps.cumsum(axis=1)
        a, b = path[:, :frames], path[:, frames + pause :]
        spread = np.sqrt((a.var(axis=1) + b.var(axis=1)) / 2)
        ratios.append(np.abs(b.mean(axis=1) - a.mean(axis=1)) / spread)
    print(f"\nRandom walks, a pause of {PAUSE} phases, {walks} walks")
    for p in (0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 5e-3, 2e-3, 1e-3, 5e-4, 2e-4, 1e-4, 3e-5, 1e-5):
        print(f"{p:8g} {np.quantile(np.concatenate(ratios), 1 - p):6.2f}")


def cost() -> None:
    people = np.random.default_rng(0)
    phases = [readings(noise(people, 1800, 0.9), "softmax") for _ in range(2)]
    spent = []
    for _ in range(5):
        start = time.process_time()
        compare_phases(phases[0], phases[1], 30)
        spent.append(time.process_time() - start)
    print(f"\nTwo phases of 60 s at 30 fps, 999 resamples: {1000 * np.median(spent):.0f} ms of CPU")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--sessions", type=int, default=40, help="simulated sessions a cell")
    parser.add_argument("--noise", choices=("raw", "clipped", "softmax"), default="raw")
    parser.add_argument("--part", choices=("all", "alarms", "power", "cost", "walk"), default="all")
    parser.add_argument("--undamaged", action="store_true", help="power without damage alone")
    arguments = parser.parse_args()
    if arguments.part in ("all", "alarms"):
        false_alarms(arguments.sessions, arguments.noise)
    if arguments.part in ("all", "power"):
        power(arguments.sessions, arguments.noise, not arguments.undamaged)
    if arguments.part in ("all", "cost"):
        cost()
    if arguments.part == "walk":
        walk()


if __name__ == "__main__":
    main()
