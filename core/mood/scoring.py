"""A score for every film of a catalog from one matrix product, and the best of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from core.mood.associations import COLOUR_SETS, Goal, MoodColour, emotion_genres
from core.mood.catalog import Catalog
from core.mood.distances import nearest_colours
from core.mood.transport import Assignment, reach, set_reaches

Floats = NDArray[np.float32]
Places = NDArray[np.intp]

# A table of the shipped catalog takes 0.2 MB; there are 35 moods of three emotions.
_TABLES_KEPT: Final = 64
# Sums of some twenty terms differ by less than so many units in the last place.
_ROUNDING: Final = 8.0


@dataclass(frozen=True, slots=True, eq=False)
class MoodTable:
    """What does not change while the same emotions are asked for, whatever their weights.

    Parameters
    ----------
    distances : sequence of S (N, K) float32 arrays
        CIEDE2000 of each poster colour to the nearest colour of each set.
    indices : sequence of S (N, K) uint8 arrays
        Which colour that is.
    reaches : sequence of S arrays
        See ``transport.reach``.
    matrix : (N, 1 + S + E + 1) float32 array
        Columns of ``Assignment.summed``, the genre share for each of E emotions,
        the film's standing by rating.
    """

    distances: Sequence[Floats]
    indices: Sequence[NDArray[np.uint8]]
    reaches: Sequence[Floats]
    matrix: Floats

    @classmethod
    def of(
        cls,
        catalog: Catalog,
        targets: Sequence[str],
        emotions: Sequence[str],
        goal: Goal,
        colours: Sequence[MoodColour] | None = None,
    ) -> MoodTable:
        """Build the table, or take it from the catalog's cache.

        Parameters
        ----------
        catalog : Catalog
        targets : sequence of S names of ``COLOUR_SETS``
            Whose colours are looked for.
        emotions : sequence of E emotions
            Whose genres are looked for.
        goal : "match" or "lift"
            Which table of genres.
        colours : sequence of MoodColour, optional
            A single set, taken in place of ``targets``.
        """
        key = (goal, tuple(targets), tuple(emotions), None if colours is None else tuple(colours))
        known: dict[Any, MoodTable] = catalog.tables
        if key not in known:
            if len(known) >= _TABLES_KEPT:
                known.pop(next(iter(known)), None)
            known[key] = cls._build(catalog, targets, emotions, goal, colours)
        return known[key]

    @classmethod
    def _build(
        cls,
        catalog: Catalog,
        targets: Sequence[str],
        emotions: Sequence[str],
        goal: Goal,
        colours: Sequence[MoodColour] | None,
    ) -> MoodTable:
        if colours is None:
            numbers = [COLOUR_SETS.index(name) for name in targets]
            distances = [catalog.distances.distance[number] for number in numbers]
            indices = [catalog.distances.nearest[number] for number in numbers]
            reaches = [set_reaches()[name] for name in targets]
        else:
            distance, index = nearest_colours(catalog.rgb, colours)
            distances, indices, reaches = [distance], [index], [reach(colours)]
        assignment = Assignment.nearest(np.stack(distances), np.stack(indices), reaches)
        genres = emotion_genres(goal)
        columns = [
            assignment.summed(catalog.weights, len(reaches)),
            *(catalog.genre_share(genres[name])[:, None] for name in emotions),
            catalog.standing[:, None],
        ]
        return cls(distances, indices, reaches, np.ascontiguousarray(np.hstack(columns)))

    @property
    def sets(self) -> int:
        """Number of colour sets, S."""
        return len(self.reaches)

    def assignment(self, places: Places) -> Assignment:
        """Where the colours of some posters go."""
        return Assignment.nearest(
            np.stack([distance[places] for distance in self.distances]),
            np.stack([index[places] for index in self.indices]),
            self.reaches,
        )

    def coefficients(
        self, strength: Floats, emotion_weights: Sequence[float], parts: tuple[float, float, float]
    ) -> Floats:
        """Vector that turns ``matrix`` into scores.

        Parameters
        ----------
        strength : (S,) array
            Weight of each set over that of the strongest.
        emotion_weights : sequence of E floats
            Sum to 1.
        parts : three floats
            Shares of colour, genre and rating in the score.
        """
        colour, genre, rating = parts
        return np.concatenate(
            [
                colour * np.array([1.0, *strength]),
                genre * np.array(emotion_weights),
                [rating],
            ]
        ).astype(np.float32)


def best(
    scores: NDArray[np.floating[Any]],
    top: int,
    keep: NDArray[np.bool_] | None = None,
    break_ties: Callable[[Places], Sequence[NDArray[Any]]] | None = None,
) -> Places:
    """Places of the highest scores, highest first.

    Parameters
    ----------
    scores : (N,) array
    top : int
        How many at most.
    keep : (N,) bool array, optional
        Places that may be taken.
    break_ties : callable, optional
        Gets places, gives keys for ``numpy.lexsort`` by which equal scores are
        put in order; the last key counts most. Called only where scores are
        equal but for the rounding of their sums.
    """
    allowed = np.arange(len(scores)) if keep is None else np.flatnonzero(keep)
    values = scores if keep is None else scores[allowed]
    rounding = _ROUNDING * np.finfo(values.dtype).eps
    if top < len(values):
        # Finding the last value and looking for all above it costs less than argpartition,
        # and lets in those that are equal to the last one.
        last = np.partition(values, len(values) - top)[len(values) - top]
        chosen = np.flatnonzero(values >= last - rounding)
    else:
        chosen = np.arange(len(values))
    order = chosen[np.argsort(-values[chosen], kind="stable")]
    falls = -np.diff(values[order]) > rounding
    if break_ties is not None and not falls.all():
        step = np.concatenate([[0], np.cumsum(falls)])
        order = order[np.lexsort((*break_ties(allowed[order]), step))]
    return allowed[order[:top]]
