"""Which colours and genres people commonly tie to an emotion, and the mix for a mood.

The figures are in ``emotion_colours.json`` and ``emotion_genres.json`` beside this
module, each with its source. They say what is common in the groups that were
asked, not what a colour does to anybody.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import resources
from typing import Any, Final, Literal

from core.errors import SessionError
from core.mood.colour import delta_e_2000, srgb_to_lab
from core.types import EMOTIONS

Goal = Literal["match", "lift"]
Mood = Mapping[str, float]

CALM: Final = "calm"
"""Not an emotion that is read from a face, but one that lifts out of anger and fear."""
COLOUR_SETS: Final = (*EMOTIONS, CALM)
"""All that have a set of colours of their own."""

DEFAULT_WEIGHTS: Final = (0.5, 0.3, 0.2)
"""Of the primary and the two secondary emotions, where the session gives none."""

# An emotion below a tenth of the strongest is the noise of the reading.
_FAINTEST: Final = 0.1
# A tone of the rating studies is added where the free choice has nothing within
# 12 CIEDE2000 of it and its rating is clear; it enters with a quarter of the rating.
_LACKING_DELTA_E: Final = 12.0
_CLEAR_RATING: Final = 20.0
_RATING_WEIGHT: Final = 0.25

# Away from an unpleasant state: valence turned, and arousal too where it was high
# (Russell 1980, DOI 10.1037/h0077714; Zillmann 1988 on mood management).
_LIFT: Final[Mapping[str, Mapping[str, float]]] = {
    "anger": {CALM: 1.0},
    "disgust": {"happiness": 0.5, CALM: 0.5},
    "fear": {CALM: 0.7, "happiness": 0.3},
    "happiness": {"happiness": 1.0},
    "sadness": {"happiness": 1.0},
    "surprise": {"surprise": 0.5, "happiness": 0.5},
    "neutral": {"happiness": 0.7, "surprise": 0.3},
}


@dataclass(frozen=True, slots=True)
class MoodColour:
    """A colour that people commonly associate with an emotion.

    Parameters
    ----------
    rgb : tuple of int
        sRGB, 0..255.
    weight : float
        Its share of the mood's colours, 0..1.
    emotion : str
        Of ``COLOUR_SETS``; "" for a colour that the visitor chose.
    source : str
        Key of ``sources()``: whose figures it comes from.
    """

    rgb: tuple[int, int, int]
    weight: float
    emotion: str = ""
    source: str = ""

    @property
    def hex(self) -> str:
        """The colour as #rrggbb."""
        return "#{:02x}{:02x}{:02x}".format(*self.rgb)


def mood_from_emotions(
    primary: str, secondary: tuple[str, ...] | list[str] = ()
) -> dict[str, float]:
    """Weights of a primary and up to two secondary emotions: .5, .3, .2, made to sum to 1.

    Raises
    ------
    SessionError
        Where an emotion is unknown, named twice, or there are more than two secondary ones.
    """
    named = (primary, *secondary)
    if len(named) > len(DEFAULT_WEIGHTS) or len(set(named)) < len(named):
        raise SessionError(
            f"emotions {', '.join(named)}: give one primary and up to two different secondary ones"
        )
    return normalised(dict(zip(named, DEFAULT_WEIGHTS, strict=False)))


def normalised(mood: Mood) -> dict[str, float]:
    """Check a mood and scale it to sum to 1.

    Parameters
    ----------
    mood : mapping of str to float
        Emotion of ``EMOTIONS`` to weight, 0 and up. Emotions below a tenth of the
        strongest are left out.

    Returns
    -------
    dict of str to float
        In ``EMOTIONS`` order, sums to 1.

    Raises
    ------
    SessionError
        Where an emotion is unknown, a weight is negative or not a number, or all are 0.
    """
    unknown = [name for name in mood if name not in EMOTIONS]
    if unknown:
        raise SessionError(f"emotion {unknown[0]!r} is not known; use {', '.join(EMOTIONS)}")
    for name, weight in mood.items():
        if not (math.isfinite(weight) and weight >= 0):
            raise SessionError(f"weight {weight} of {name} is not usable; give 0 or more")
    strongest = max(mood.values(), default=0.0)
    if strongest <= 0:
        raise SessionError("the mood is empty; give at least one emotion a weight above 0")
    return _scaled({n: mood[n] for n in EMOTIONS if mood.get(n, 0.0) >= _FAINTEST * strongest})


def aim(mood: Mood, goal: Goal) -> dict[str, float]:
    """Colour sets to look for: those of the mood ("match") or those that lift out of it.

    Returns
    -------
    dict of str to float
        Name of ``COLOUR_SETS`` to weight, sums to 1, in that order.
    """
    wanted = normalised(mood)
    if goal == "match":
        return wanted
    mixed: dict[str, float] = {}
    for emotion, weight in wanted.items():
        for name, share in _LIFT[emotion].items():
            mixed[name] = mixed.get(name, 0.0) + weight * share
    strongest = max(mixed.values())
    return _scaled({n: mixed[n] for n in COLOUR_SETS if mixed.get(n, 0.0) >= _FAINTEST * strongest})


def mood_colours(mood: Mood, goal: Goal = "match") -> tuple[MoodColour, ...]:
    """Colours of a mood: those of its emotions, mixed by the emotions' weights.

    Parameters
    ----------
    mood : mapping of str to float
        Emotion to weight, see ``normalised``.
    goal : "match" or "lift"
        Colours of the mood itself or of what lifts out of it.

    Returns
    -------
    tuple of MoodColour
        Weights sum to 1.
    """
    sets = colour_sets()
    return tuple(
        replace(colour, weight=colour.weight * weight)
        for name, weight in aim(mood, goal).items()
        for colour in sets[name]
    )


@lru_cache(maxsize=1)
def colour_sets() -> dict[str, tuple[MoodColour, ...]]:
    """Weighted colours of each of ``COLOUR_SETS``; the weights of a set sum to 1.

    The base is the free choice of 73 people. Muted, dark and gray tones that it
    lacks come from the rating studies. Neutral was not asked for: calm and
    boredom, the two low-arousal states of the study, stand for it in equal parts.
    """
    figures = _read("emotion_colours.json")
    chosen = {
        name: [MoodColour(_rgb(c), c["share"], name, "free_choice") for c in clusters]
        for name, clusters in figures["free_choice"].items()
    }
    chosen["neutral"] = [
        replace(colour, emotion="neutral", weight=colour.weight / 2)
        for colour in (*chosen[CALM], *chosen["boredom"])
    ]
    result = {}
    for name in COLOUR_SETS:
        base = srgb_to_lab([colour.rgb for colour in chosen[name]])
        added = [
            MoodColour(_rgb(tone), _RATING_WEIGHT * tone[name] / 100, name, source)
            for source in ("berkeley", "jonauskaite")
            for tone in figures[source]
            if tone.get(name, 0.0) > _CLEAR_RATING
            and delta_e_2000(srgb_to_lab(tone["rgb"]), base).min() > _LACKING_DELTA_E
        ]
        result[name] = _unit([*chosen[name], *added])
    return result


def sources() -> dict[str, str]:
    """Where the figures of the colours come from: key of ``MoodColour.source`` to citation."""
    return dict(_read("emotion_colours.json")["sources"])


@lru_cache(maxsize=2)
def emotion_genres(goal: Goal) -> dict[str, tuple[str, ...]]:
    """TMDB genres that go with each emotion ("match") or lead out of it ("lift")."""
    return {name: tuple(genres) for name, genres in _read("emotion_genres.json")[goal].items()}


def _read(name: str) -> Any:
    return json.loads(resources.files("core.mood").joinpath(name).read_text(encoding="utf-8"))


def _rgb(row: Mapping[str, Any]) -> tuple[int, int, int]:
    red, green, blue = row["rgb"]
    return red, green, blue


def _unit(colours: list[MoodColour]) -> tuple[MoodColour, ...]:
    total = sum(colour.weight for colour in colours)
    return tuple(replace(colour, weight=colour.weight / total) for colour in colours)


def _scaled(weights: dict[str, float]) -> dict[str, float]:
    total = sum(weights.values())
    return {name: weight / total for name, weight in weights.items()}
