"""Films for a mood, best first, each with its reason."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from core.errors import CatalogError
from core.mood.associations import (
    Goal,
    Mood,
    MoodColour,
    aim,
    emotion_genres,
    mood_colours,
    normalised,
)
from core.mood.catalog import Catalog, Film, default_catalog
from core.mood.filters import FilmFilter
from core.mood.original import original_scores
from core.mood.reasons import Ranked, Reason, explain
from core.mood.scoring import MoodTable, Places, best

Method = Literal["palette", "original"]

GENRE_WEIGHT: Final = 0.15
"""Share of the genre fit in a score, where none is given."""
TOP: Final = 51
"""Films in an answer, as in the first project."""


@dataclass(frozen=True, slots=True)
class Pick:
    """A film with its place and the reason for it.

    Parameters
    ----------
    rank : int
        From 1.
    tmdb_id : int
    title : str
        English.
    score : float
        What the films are sorted by, 0..1, 1 best.
    reason : Reason
        Why it is here; ``reason.sentence("en")`` says it in words.
    film : Film
        All that the catalog knows of it.
    """

    rank: int
    tmdb_id: int
    title: str
    score: float
    reason: Reason
    film: Film


def rank_films(
    mood: Mood,
    top: int = TOP,
    *,
    method: Method = "palette",
    goal: Goal = "match",
    catalog: Catalog | Iterable[Mapping[str, Any]] | None = None,
    colours: Sequence[MoodColour] | None = None,
    years: tuple[int | None, int | None] | None = None,
    min_rating: float | None = None,
    min_votes: int | None = None,
    languages: Collection[str] = (),
    genres: Collection[str] = (),
    without_genres: Collection[str] = (),
    only_current_posters: bool = False,
    seen: Collection[int] = (),
    genre_weight: float = GENRE_WEIGHT,
    rating_weight: float = 0.0,
) -> list[Pick]:
    """Rank films for a mood.

    Parameters
    ----------
    mood : mapping of str to float
        Emotion to weight; one, or a primary and two secondary ones, or more.
    top : int
        Films to give back at most, 1 and up.
    method : "palette" or "original"
        Transport of the poster's colours to the mood's, or the first project's formula.
    goal : "match" or "lift"
        Films that carry the mood, or films that lead out of it.
    catalog : Catalog or iterable of rows, optional
        Default: the one that ships with the program.
    colours : sequence of MoodColour, optional
        Taken instead of the mood's own, where a visitor changed them.
    years, min_rating, min_votes, languages, genres, without_genres, only_current_posters, seen
        See ``FilmFilter``.
    genre_weight, rating_weight : float
        Shares of genre fit and of rating in the score of "palette", together
        below 1; what remains is the colours'.

    Returns
    -------
    list of Pick
        Best first; equals are put in the order of the mood's proportions, then votes.

    Raises
    ------
    SessionError
        Where the mood cannot be used.
    CatalogError
        Where the catalog or an option cannot be used.
    """
    wanted = normalised(mood)
    if method not in ("palette", "original") or goal not in ("match", "lift"):
        raise CatalogError(
            f"method {method!r} and goal {goal!r}: use palette or original, and match or lift"
        )
    weights_fit = genre_weight >= 0 and rating_weight >= 0 and genre_weight + rating_weight < 1
    # Asked this way round, since NaN is neither above nor below.
    if top < 1 or not weights_fit:
        raise CatalogError(
            f"top {top}, genre_weight {genre_weight}, rating_weight {rating_weight}: top is 1 or "
            "more, the weights are 0 or more and together below 1"
        )
    if colours is not None and not colours:
        raise CatalogError("no colour is left of the mood; switch at least one on")
    for colour in colours or ():
        if not 0 < colour.weight < math.inf:
            raise CatalogError(
                f"weight {colour.weight} of colour {colour.hex}: give more than 0, or leave it out"
            )
    if catalog is None:
        catalog = default_catalog()
    elif not isinstance(catalog, Catalog):
        catalog = Catalog(catalog)
    wish = FilmFilter(
        years, min_rating, min_votes, languages, genres, without_genres, only_current_posters, seen
    )
    keep = wish.mask(catalog)
    if len(catalog) == 0:
        return []

    if colours is None:
        targets = aim(wanted, goal)
        colours = mood_colours(wanted, goal)
        table = MoodTable.of(catalog, tuple(targets), tuple(wanted), goal)
        share = np.array(list(targets.values()), dtype=np.float32)
    else:
        table = MoodTable.of(catalog, (), tuple(wanted), goal, colours)
        share = np.ones(1, dtype=np.float32)
    strength = share / share.max()
    parts = (1 - genre_weight - rating_weight, genre_weight, rating_weight)
    fit_of = table.matrix[:, 1 + table.sets : -1] @ np.array(list(wanted.values()), np.float32)
    original = None
    scores: NDArray[np.floating[Any]]
    if method == "palette":
        scores = table.matrix @ table.coefficients(strength, tuple(wanted.values()), parts)
    else:
        scores, *original = original_scores(catalog.rgb, catalog.dominance, colours)
        keep = fit_of > 0 if keep is None else keep & (fit_of > 0)

    weights = [colour.weight for colour in colours]

    def equals(places: Places) -> tuple[NDArray[Any], ...]:
        """Fewest to change towards the mood's proportions first, then most votes, then the id."""
        change = table.assignment(places).imbalance(catalog.dominance[places], weights)
        return catalog.ids[places], -catalog.votes[places], change.round(6)

    places = best(scores, top, keep, equals)
    films = [catalog.film(place) for place in places.tolist()]
    ranked = Ranked(
        scores=scores[places],
        genre_fit=fit_of[places],
        weights=catalog.weights[places],
        rgb=catalog.rgb[places],
        dominance=catalog.dominance[places],
        assignment=table.assignment(places),
        strength=strength,
        colour_part=parts[0],
        genre_part=parts[1],
    )
    fitting = frozenset(name for emotion in wanted for name in emotion_genres(goal)[emotion])
    figures = None if original is None else (original[0][places], original[1][places])
    reasons = explain(ranked, films, colours, fitting, figures)
    return [
        Pick(rank, film.tmdb_id, film.title(), score, reason, film)
        for rank, (film, score, reason) in enumerate(
            zip(films, scores[places].tolist(), reasons, strict=True), start=1
        )
    ]
