"""Why a film was picked: figures first, and a sentence made of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from core.mood.associations import MoodColour
from core.mood.catalog import Film
from core.mood.transport import Assignment

Language = Literal["en", "ko"]

_NAMED_PAIRS: Final = 2
# The gap to the film above has to be passed, not only closed.
_MARGIN: Final = 1e-6


@dataclass(frozen=True, slots=True)
class ColourPair:
    """A poster colour with the mood colour that it goes to.

    Parameters
    ----------
    poster_rgb : tuple of int
        sRGB, 0..255.
    dominance : float
        Its share of the poster, 0..1.
    mood_colour : MoodColour
        The mood colour nearest to it.
    distance : float
        CIEDE2000 between the two.
    closeness : float
        0..1, what it counts for: 1 where they are the same.
    """

    poster_rgb: tuple[int, int, int]
    dominance: float
    mood_colour: MoodColour
    distance: float
    closeness: float

    @property
    def poster_hex(self) -> str:
        """The poster colour as #rrggbb."""
        return "#{:02x}{:02x}{:02x}".format(*self.poster_rgb)


@dataclass(frozen=True, slots=True)
class Change:
    """What would put a film past the one above it.

    Parameters
    ----------
    kind : str
        "first" (there is none above), "nearer" (one colour nearer its mood colour),
        "genre" (more genres that fit) or "several" (no single one of these is enough).
    pair : ColourPair or None
        For "nearer": which colour.
    distance_needed : float or None
        For "nearer": the CIEDE2000 at which it passes.
    """

    kind: Literal["first", "nearer", "genre", "several"]
    pair: ColourPair | None = None
    distance_needed: float | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a film is where it is.

    Parameters
    ----------
    closeness : float
        How well the poster carries the mood's colours, 0..1; the "match" in percent.
    genre_fit : float
        Share of the film's genres that go with the mood's emotions, 0..1.
    genres, fitting_genres : tuple of str
        The film's genres, and those of them that go with any emotion of the mood.
    pairs : tuple of ColourPair
        Those that count most first.
    change : Change or None
        What would rank it higher; None under the original formula.
    mean_distance, weighted_dominance : float or None
        The two figures of the original formula; None under "palette".
    """

    closeness: float
    genre_fit: float
    genres: tuple[str, ...]
    fitting_genres: tuple[str, ...]
    pairs: tuple[ColourPair, ...]
    change: Change | None = None
    mean_distance: float | None = None
    weighted_dominance: float | None = None

    def sentence(self, language: Language = "en") -> str:
        """Say the reason in English or Korean ("ko")."""
        words = _words()
        parts = []
        if self.mean_distance is not None and self.weighted_dominance is not None:
            parts.append(
                words["sentences"]["original"][language].format(
                    distance=f"{self.mean_distance:.1f}",
                    dominance=f"{100 * self.weighted_dominance:.0f}",
                )
            )
        parts += [_pair_words(pair, language) for pair in self.pairs[:_NAMED_PAIRS]]
        if self.fitting_genres:
            korean = words["genres"] if language == "ko" else {}
            parts.append(
                words["sentences"]["genres"][language].format(
                    fit=len(self.fitting_genres),
                    count=len(self.genres),
                    names=", ".join(korean.get(name, name) for name in self.fitting_genres),
                )
            )
        else:
            parts.append(words["sentences"]["no_genre"][language])
        if self.change is not None:
            parts.append(_change_words(self.change, language))
        return " ".join(parts)


@dataclass(frozen=True, slots=True)
class Ranked:
    """The figures of the picked films, best first, that reasons are made of.

    Parameters
    ----------
    scores, genre_fit : (R,) arrays
    weights : (R, K) array
        See ``transport.poster_weights``.
    rgb : (R, K, 3) array
    dominance : (R, K) array
    assignment : Assignment
        Of these films.
    strength : (S,) array
        Weight of each set over that of the strongest.
    colour_part, genre_part : float
        Shares of colour and genre in the score.
    """

    scores: NDArray[np.floating[Any]]
    genre_fit: NDArray[np.float32]
    weights: NDArray[np.float32]
    rgb: NDArray[np.float32]
    dominance: NDArray[np.float32]
    assignment: Assignment
    strength: NDArray[np.float32]
    colour_part: float
    genre_part: float


def explain(
    ranked: Ranked,
    films: Sequence[Film],
    colours: Sequence[MoodColour],
    fitting: frozenset[str],
    original: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None,
) -> list[Reason]:
    """Give each picked film its reason.

    Parameters
    ----------
    ranked : Ranked
    films : sequence of R films
    colours : sequence of MoodColour
        All colours of the mood, set after set.
    fitting : frozenset of str
        Genres that go with the mood.
    original : two (R,) arrays, optional
        Mean distance and weighted dominance, where the original formula ranked.
    """
    closeness = ranked.assignment.closeness_under(ranked.strength)
    counts = ranked.weights * closeness
    totals = counts.sum(axis=1).tolist()
    changes = None if original is not None else _changes(ranked, closeness)
    order = np.argsort(-counts, axis=1, kind="stable").tolist()
    rgb = ranked.rgb.round().astype(np.int64).tolist()
    dominance = (ranked.dominance / ranked.dominance.sum(axis=1, keepdims=True)).tolist()
    colour, distance = ranked.assignment.colour.tolist(), ranked.assignment.distance.tolist()
    nearness = closeness.tolist()
    reasons = []
    for row, film in enumerate(films):
        pairs = [
            ColourPair(tuple(rgb[row][k]), share, colours[colour[row][k]], distance[row][k], near)
            for k, (share, near) in enumerate(zip(dominance[row], nearness[row], strict=True))
        ]
        change = None
        if changes is not None:
            kind, lever, needed = changes[row]
            change = Change(kind, pairs[lever], needed) if kind == "nearer" else Change(kind)
        reasons.append(
            Reason(
                totals[row],
                float(ranked.genre_fit[row]),
                film.genres,
                tuple(name for name in film.genres if name in fitting),
                tuple(pairs[k] for k in order[row] if dominance[row][k] > 0),
                change,
                None if original is None else float(original[0][row]),
                None if original is None else float(original[1][row]),
            )
        )
    return reasons


def _changes(
    ranked: Ranked, closeness: NDArray[np.float32]
) -> list[tuple[Literal["first", "nearer", "genre", "several"], int, float]]:
    """For each film the smallest step that passes the one above: kind, colour, distance."""
    above = np.concatenate([ranked.scores[:1], ranked.scores[:-1]])
    gap = (above - ranked.scores + _MARGIN).astype(np.float64)
    lever = (ranked.weights * (1 - closeness)).argmax(axis=1)
    rows = np.arange(len(lever))
    wanted = closeness.astype(np.float64)
    wanted[rows, lever] += gap / (ranked.colour_part * ranked.weights[rows, lever])
    reachable = wanted[rows, lever] <= 1
    needed = ranked.assignment.distance_for(
        np.minimum(wanted, 1).astype(np.float32), ranked.strength
    )
    by_genre = ranked.genre_part * (1 - ranked.genre_fit) >= gap
    result: list[tuple[Literal["first", "nearer", "genre", "several"], int, float]] = []
    for row in range(len(lever)):
        kind: Literal["first", "nearer", "genre", "several"] = "several"
        if row == 0:
            kind = "first"
        elif reachable[row]:
            kind = "nearer"
        elif by_genre[row]:
            kind = "genre"
        result.append((kind, int(lever[row]), float(needed[row, lever[row]])))
    return result


@lru_cache(maxsize=1)
def _words() -> Any:
    return json.loads(resources.files("core.mood").joinpath("film_words.json").read_text("utf-8"))


def _pair_words(pair: ColourPair, language: Language) -> str:
    words, emotion = _words(), pair.mood_colour.emotion
    sentence: str = words["sentences"]["colour" if emotion else "chosen"][language]
    return sentence.format(
        share=f"{100 * pair.dominance:.0f}",
        poster=pair.poster_hex,
        mood=pair.mood_colour.hex,
        distance=f"{pair.distance:.1f}",
        emotion=words["emotions"].get(emotion, emotion) if language == "ko" else emotion,
    )


def _change_words(change: Change, language: Language) -> str:
    sentence: str = _words()["sentences"][change.kind][language]
    if change.pair is None or change.distance_needed is None:
        return sentence
    return sentence.format(
        poster=change.pair.poster_hex,
        share=f"{100 * change.pair.dominance:.0f}",
        mood=change.pair.mood_colour.hex,
        distance=f"{change.pair.distance:.1f}",
        needed=f"{change.distance_needed:.1f}",
    )
