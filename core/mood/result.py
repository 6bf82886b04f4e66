"""What two phases say: the values that ``compare_phases`` gives back."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Any, Final, Literal

from core.mood import wording
from core.mood.wording import Note

Basis = Literal["change", "level", "insufficient"]
"""On what the named emotions stand: a proven change, the level of the second
phase for want of one, or nothing for want of data."""

Interval = tuple[float, float]

_LEAST_PART: Final = 0.1


@dataclass(frozen=True, slots=True)
class EmotionChange:
    """One emotion in both phases.

    Figures that need more data than there is are NaN; ``p`` is then 1.

    Parameters
    ----------
    emotion : str
        One of ``EMOTIONS``.
    means : (float, float)
        Weighted mean of each phase, 0..1.
    mean_intervals : pair of (float, float)
        95 % interval of each phase's mean, 0..1.
    change : float
        Second minus first mean, percentage points.
    change_interval : (float, float)
        95 % interval of ``change``, percentage points.
    change_deviations : float
        ``change`` in baseline deviations (IQR / 1.349 of the first phase, at
        least half a percentage point).
    p : float
        Probability of so large a difference without a change, adjusted by Holm
        for the seven emotions, 0..1; 1 where the change is under half a percentage
        point or half a deviation of single readings.
    p_single : float
        The same before the adjustment.
    p_permutation : float
        Family-wise p of the block permutation test, for reference.
    effect_size : float
        Hedges' g.
    effect_interval : (float, float)
        95 % interval of ``effect_size``, block bootstrap.
    test : str
        "student" or "welch", as Levene's test chose; "walk" where there were too few
        independent moments for either (docs/methods.md).
    degrees : float
        Degrees of freedom of the test.
    moments : (float, float)
        Effective number of independent moments in each phase.
    significant : bool
        ``p`` below the level of significance.
    """

    emotion: str
    means: tuple[float, float]
    change: float = math.nan
    change_interval: Interval = (math.nan, math.nan)
    change_deviations: float = math.nan
    p: float = 1.0
    p_single: float = 1.0
    p_permutation: float = 1.0
    effect_size: float = math.nan
    effect_interval: Interval = (math.nan, math.nan)
    test: str = ""
    degrees: float = math.nan
    moments: tuple[float, float] = (math.nan, math.nan)
    significant: bool = False
    mean_intervals: tuple[Interval, Interval] = ((math.nan, math.nan), (math.nan, math.nan))

    @property
    def interval(self) -> Interval:
        """95 % interval of the change, percentage points."""
        return self.change_interval


@dataclass(frozen=True, slots=True)
class SessionResult:
    """The comparison of two phases.

    Parameters
    ----------
    basis : str
        "change", "level" or "insufficient".
    primary_emotion : str or None
        The emotion that changed most (``core.mood.naming``), or that is highest
        where nothing changed; None where there is too little data.
    secondary_emotions : tuple of str
        The two that come next; empty where there is too little data.
    emotions : dict of str to EmotionChange
        All seven, in ``EMOTIONS`` order.
    needed_seconds : float
        Further seconds a phase needs for a verdict; 0 unless "insufficient".
    usable_seconds : (float, float)
        Time with a face that can be relied on, by phase.
    moments : (float, float)
        Effective number of independent moments by phase, median emotion.
    correlation : float
        Correlation of neighbouring frames, shared by the emotions; NaN if unknown.
    slowness : float
        How many times slower than AR(1) the readings move, in power; NaN if unknown.
    scale : str
        "shares" or "log-ratios": the scale the tests were made on.
    notes : tuple of Note
        What a reader must know of how this came about.
    fps : float
        Frames a second of both phases.
    seed : int
        Seed of all resampling.
    """

    basis: Basis
    primary_emotion: str | None
    secondary_emotions: tuple[str, ...]
    emotions: dict[str, EmotionChange]
    needed_seconds: float = 0.0
    usable_seconds: tuple[float, float] = (0.0, 0.0)
    moments: tuple[float, float] = (0.0, 0.0)
    correlation: float = math.nan
    slowness: float = math.nan
    scale: str = "shares"
    notes: tuple[Note, ...] = ()
    fps: float = math.nan
    seed: int = 0

    @property
    def sentence(self) -> str:
        """The result in plain English."""
        return self.sentence_in("en")

    def sentence_in(self, language: str) -> str:
        """Say the result plainly in "en" or "ko"."""
        if self.basis == "insufficient":
            return wording.insufficient(self.needed_seconds, self.usable_seconds, language)
        assert self.primary_emotion is not None  # only "insufficient" names none
        primary = self.emotions[self.primary_emotion]
        if self.basis == "level":
            return wording.level(primary.emotion, primary.means[1], language)
        others = [(name, self.emotions[name].change) for name in self.secondary_emotions]
        return wording.change(
            primary.emotion,
            primary.change,
            means=primary.means,
            p=primary.p,
            others=others,
            language=language,
        )

    @property
    def mood(self) -> dict[str, float]:
        """Weights of up to three emotions, for choosing films; empty where none is named.

        The levels of the second phase, and as much again for the primary emotion where it
        rose: what a face has lost is no part of its mood. A weight under a tenth of the
        largest is left out; the rest sum to 1.
        """
        if self.primary_emotion is None:
            return {}
        # A level may be below 0 where readings were not made to sum to one.
        weights = {name: max(0.0, one.means[1]) for name, one in self.emotions.items()}
        total = sum(weights.values()) or 1.0
        if self.basis == "change" and self.emotions[self.primary_emotion].change > 0:
            weights[self.primary_emotion] += total
        strongest = sorted(weights, key=lambda name: -weights[name])[:3]
        kept = [n for n in strongest if weights[n] >= _LEAST_PART * weights[strongest[0]]]
        whole = sum(weights[name] for name in kept) or 1.0
        return {name: weights[name] / whole for name in kept}

    def to_dict(self) -> dict[str, Any]:
        """Give the result as JSON values; a figure that is not known is None."""
        record = {f.name: getattr(self, f.name) for f in fields(self)}
        record["emotions"] = {name: _plain(change) for name, change in self.emotions.items()}
        record["notes"] = [
            {"code": note.code, **note.figures, "text": note.text("en")} for note in self.notes
        ]
        record["sentence"] = self.sentence
        return {name: _json(value) for name, value in record.items()}


def _plain(change: EmotionChange) -> dict[str, Any]:
    return {f.name: _json(getattr(change, f.name)) for f in fields(change)}


def _json(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, tuple):
        return [_json(part) for part in value]
    return value
