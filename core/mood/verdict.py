"""The verdict of a session: what changed, and whether the picture could be why."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from core.errors import SessionError
from core.mood.comparison import compare_phases
from core.mood.recording import PhaseRecording
from core.mood.result import SessionResult
from core.mood.statistics import Array
from core.mood.wording import Note
from core.types import EMOTIONS

SHORTEST_S: Final = 5.0
LONGEST_S: Final = 120.0

_NOTED_SHARE: Final = 0.05

# Differences beyond these are material: a tenth of the range of brightness and of
# blur, a quarter of size or rate, and a turn that hides part of a face.
_BRIGHTNESS: Final = 25.0
_BLUR: Final = 0.1
_RATIO: Final = 1.25
_TURN: Final = 10.0


@dataclass(frozen=True, slots=True)
class SessionSettings:
    """What may be set of a session.

    Parameters
    ----------
    baseline_s, stimulus_s : float
        Length of each phase, media time, 5..120 s.
    seed : int
        Of the resampling, 0 or more.
    resamples : int
        Bootstrap replicates and permutations, 0..10,000.
    """

    baseline_s: float = 15.0
    stimulus_s: float = 15.0
    seed: int = 0
    resamples: int = 999

    def __post_init__(self) -> None:
        for name in ("baseline_s", "stimulus_s"):
            seconds = getattr(self, name)
            if not SHORTEST_S <= seconds <= LONGEST_S:
                raise SessionError(
                    f"{name}={seconds} is no length of a phase; "
                    f"give {SHORTEST_S:.0f} to {LONGEST_S:.0f} seconds"
                )
        if self.seed < 0:
            raise SessionError(f"seed={self.seed} is below 0; give 0 or more")
        if not 0 <= self.resamples <= 10_000:
            raise SessionError(f"resamples={self.resamples} is outside 0 to 10000; set it within")


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of the picture in both phases.

    Parameters
    ----------
    name : str
        "brightness" (0..255), "blur" (0..1), "face_size" (px), "pose" (degrees)
        or "fps".
    first, second : float
        Median of each phase; NaN where it was not measured.
    matches : bool
        False where the phases differ enough to look like a change of emotion.
    """

    name: str
    first: float
    second: float
    matches: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """A comparison and its fairness.

    Parameters
    ----------
    result : SessionResult
        What changed.
    conditions : tuple of Condition
        The picture in both phases.
    notes : tuple of Note
        All that a reader must know, fairness first.
    """

    result: SessionResult
    conditions: tuple[Condition, ...]
    notes: tuple[Note, ...] = field(default=())

    @property
    def is_fair(self) -> bool:
        """Whether the picture was the same in both phases, as far as it was measured."""
        return all(condition.matches for condition in self.conditions)

    @property
    def sentence(self) -> str:
        """The verdict in plain English."""
        return self.sentence_in("en")

    def sentence_in(self, language: str) -> str:
        """Say the verdict and its notes plainly in "en" or "ko"."""
        parts = [self.result.sentence_in(language), *(n.text(language) for n in self.notes)]
        return " ".join(parts)

    def to_dict(self) -> dict[str, Any]:
        """Give the verdict as JSON values; a figure that is not known is None."""
        record = self.result.to_dict()
        record["sentence"] = self.sentence
        record["is_fair"] = self.is_fair
        record["conditions"] = {
            c.name: {
                "first": c.first if math.isfinite(c.first) else None,
                "second": c.second if math.isfinite(c.second) else None,
                "matches": c.matches,
            }
            for c in self.conditions
        }
        record["notes"] = [
            {"code": note.code, **note.figures, "text": note.text("en")} for note in self.notes
        ]
        return record


def judge(first: PhaseRecording, second: PhaseRecording, settings: SessionSettings) -> Verdict:
    """Compare two recorded phases and say whether the comparison is fair.

    Parameters
    ----------
    first, second : PhaseRecording
        Baseline and stimulus.
    settings : SessionSettings
        Seed and number of resamples; the lengths are those of the recordings.

    Raises
    ------
    SessionError
        Where the readings of a recording cannot be compared.
    """
    rates = (first.fps, second.fps)
    fps = min(rates)
    if fps > 0:
        a, b = first.at_rate(fps), second.at_rate(fps)
    else:
        # A phase of no or one frame has no rate; it has no verdict either.
        fps = max(*rates, 1.0)
        a, b = _empty(), _empty()
    result = compare_phases(
        a.emotions,
        b.emotions,
        fps,
        trust_first=np.nan_to_num(a.trust),
        trust_second=np.nan_to_num(b.trust),
        seed=settings.seed,
        resamples=settings.resamples,
    )
    conditions = compare_conditions(first, second)
    notes = [
        Note(f"{c.name}_differs", {"first": c.first, "second": c.second})
        for c in conditions
        if not c.matches
    ]
    frames = max(1, len(first.time_s) + len(second.time_s))
    # Counted in frames: a step of the grid that no frame fell on is not one without a face.
    unread = sum(np.count_nonzero(np.isnan(x.emotions).any(axis=1)) for x in (first, second))
    if unread / frames > _NOTED_SHARE:
        notes.append(Note("missing_face", {"percent": 100 * unread / frames}))
    if (first.several_faces + second.several_faces) / frames > _NOTED_SHARE:
        notes.append(Note("several_faces"))
    if changes := first.subject_changes + second.subject_changes:
        notes.append(Note("subject_changed", {"times": float(changes)}))
    if losses := first.losses + second.losses:
        notes.append(Note("camera_lost", {"times": float(losses)}))
    notes += [note for note in result.notes if note.code != "missing_face"]
    return Verdict(result, conditions, tuple(notes))


def compare_conditions(first: PhaseRecording, second: PhaseRecording) -> tuple[Condition, ...]:
    """Compare brightness, blur, face size, pose and frame rate of two phases."""

    def medians(name: str) -> tuple[float, float]:
        return _median(first.measures.get(name)), _median(second.measures.get(name))

    def differs(name: str, pair: tuple[float, float], limit: float) -> Condition:
        return Condition(name, *pair, matches=not abs(pair[1] - pair[0]) > limit)

    def scales(name: str, pair: tuple[float, float]) -> Condition:
        known = all(math.isfinite(value) and value > 0 for value in pair)
        return Condition(name, *pair, matches=not (known and max(pair) / min(pair) > _RATIO))

    return (
        differs("brightness", medians("brightness"), _BRIGHTNESS),
        differs("blur", medians("blur_score"), _BLUR),
        scales("face_size", medians("face_width_px")),
        differs("pose", medians("turn_degrees"), _TURN),
        scales("fps", (first.fps, second.fps)),
    )


def _median(values: Array | None) -> float:
    if values is None or not np.isfinite(values).any():
        return math.nan
    return float(np.nanmedian(values))


def _empty() -> PhaseRecording:
    return PhaseRecording(np.empty(0), np.empty((0, len(EMOTIONS))))
