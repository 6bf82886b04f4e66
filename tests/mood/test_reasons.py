"""A reason's claims are tried: what it says would rank a film higher does, and no less would."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from core.mood.associations import MoodColour
from core.mood.catalog import Film
from core.mood.films import rank_films
from core.mood.reasons import Change, ColourPair, Ranked, Reason, explain
from core.mood.transport import Assignment, poster_weights

COLOURS = [MoodColour((250, 40 * n, 9), 0.25, "anger" if n < 2 else "fear") for n in range(4)]
PLACES = 4


def ranked(seed: int, genre_part: float, rows: int = 30) -> tuple[Ranked, list[Film]]:
    """Films with drawn palettes, best first; each has two genres, none to two of which fit."""
    random = np.random.default_rng(seed)
    colour = random.integers(0, 4, (rows, PLACES))
    assignment = Assignment(
        colour // 2,
        colour,
        random.uniform(0, 60, (rows, PLACES)).astype(np.float32),
        random.uniform(20, 40, (rows, PLACES)).astype(np.float32),
    )
    dominance = random.dirichlet([1.0] * PLACES, rows).astype(np.float32)
    strength, weights = np.array([1.0, 0.4], np.float32), poster_weights(dominance)
    fit = random.integers(0, 3, rows).astype(np.float32) / 2
    colours = (weights * assignment.closeness_under(strength)).sum(axis=1)
    scores = (1 - genre_part) * colours + genre_part * fit
    best = np.argsort(-scores)
    films = [
        Film({"tmdb_id": int(k), "title": "A film", "genres": genres_of(float(fit[k]))})
        for k in best
    ]
    rgb = (np.arange(rows * PLACES * 3).reshape(rows, PLACES, 3) % 256).astype(np.float32)
    at = Assignment(
        *(getattr(assignment, f)[best] for f in ("owner", "colour", "distance", "reach"))
    )
    return (
        Ranked(
            scores[best], fit[best], weights[best], rgb, dominance[best], at, strength,
            1 - genre_part, genre_part,
        ),
        films,
    )  # fmt: skip


def genres_of(fit: float) -> list[str]:
    return ["War" if n < round(2 * fit) else "Comedy" for n in range(2)]


def score(of: Ranked, row: int, distances: np.ndarray, fit: float) -> float:
    at = of.assignment
    one = Assignment(
        at.owner[row : row + 1], at.colour[row : row + 1], distances[None], at.reach[row : row + 1]
    )
    closeness = float((of.weights[row] * one.closeness_under(of.strength)[0]).sum())
    return of.colour_part * closeness + of.genre_part * fit


@pytest.mark.parametrize(("genre_part", "rows"), [(0.02, 5), (0.1, 4), (0.15, 30), (0.7, 30)])
@pytest.mark.parametrize("seed", range(10))
def test_the_step_that_is_named_is_enough_and_the_least_of_its_kind(
    seed: int, genre_part: float, rows: int
) -> None:
    of, films = ranked(seed, genre_part, rows)
    seen = set()
    for row, reason in enumerate(explain(of, films, COLOURS, frozenset({"War"}))):
        change, fit = reason.change, float(of.genre_fit[row])
        assert change is not None
        seen.add(change.kind)
        if row == 0:
            assert change == Change("first")
            continue
        above, distances = float(of.scores[row - 1]), of.assignment.distance[row]

        def at(place: int, distance: float, row: int = row, fit: float = fit) -> float:
            moved = of.assignment.distance[row].copy()
            moved[place] = distance
            return score(of, row, moved, fit)

        if change.kind == "nearer":
            assert change.pair is not None
            assert change.distance_needed is not None
            place = int(np.flatnonzero(distances == np.float32(change.pair.distance))[0])
            assert change.distance_needed < change.pair.distance
            assert at(place, change.distance_needed) >= above
            assert at(place, change.distance_needed + 0.01) < above + 3e-6
            # It is the colour that has most to give.
            assert at(place, 0.0) == pytest.approx(max(at(k, 0.0) for k in range(PLACES)))
        else:
            assert max(at(k, 0.0) for k in range(PLACES)) < above + 3e-6
            assert (score(of, row, distances, 1.0) > above) == (change.kind == "genre")
    assert {"first", "nearer"} <= seen


def test_each_kind_of_step_is_named_somewhere() -> None:
    kinds = set()
    for seed in range(20):
        for genre_part in (0.02, 0.7):
            of, films = ranked(seed, genre_part, rows=4)
            kinds |= {r.change.kind for r in explain(of, films, COLOURS, frozenset())}
    assert kinds == {"first", "nearer", "genre", "several"}


def test_colours_come_in_the_order_of_what_they_count() -> None:
    of, films = ranked(0, 0.15)
    for row, reason in enumerate(explain(of, films, COLOURS, frozenset())):
        counted = of.weights[row] * of.assignment.closeness_under(of.strength)[row]
        distances = of.assignment.distance[row].tolist()
        places = [distances.index(pair.distance) for pair in reason.pairs]
        assert all(counted[a] >= counted[b] for a, b in pairwise(places))
        assert reason.closeness == pytest.approx(float(counted.sum()))


def test_a_short_palette_has_no_more_colours_than_it_has() -> None:
    palettes = ([[200, 20, 20, 1.0]], [[200, 20, 20, 0.5], [20, 200, 20, 0.5]])
    rows = [{"tmdb_id": n, "title": "F", "palette": p} for n, p in enumerate(palettes, 1)]
    found = {pick.tmdb_id: pick.reason.pairs for pick in rank_films({"anger": 1}, catalog=rows)}
    assert {number: len(pairs) for number, pairs in found.items()} == {1: 1, 2: 2}


PAIR = ColourPair((1, 2, 3), 0.9, COLOURS[0], 12.34, 0.5)
PLAIN = Reason(0.5, 0.5, ("War", "Comedy"), ("War",), (PAIR,) * 3)


def test_a_reason_names_two_colours_with_their_share_and_distance() -> None:
    said = PLAIN.sentence()
    assert said.count("90 % of the poster is #010203: 12.3 (CIEDE2000) from #fa0009") == 2
    assert "associated with anger" in said
    assert "Genres that go with the mood: War (1 of 2)" in said


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_reason_says_what_would_rank_it_higher_with_the_figure(language: str) -> None:
    plain = PLAIN.sentence(language)
    nearer = replace(PLAIN, change=Change("nearer", PAIR, 7.89)).sentence(language)
    added = nearer.removeprefix(plain)
    assert added != nearer
    for figure in ("#010203", "90 %", "7.9", "#fa0009", "12.3"):
        assert figure in added
    kinds = [replace(PLAIN, change=Change(kind)).sentence(language) for kind in ("first", "genre")]
    assert len({plain, nearer, *kinds}) == 4


@pytest.mark.parametrize(("language", "words"), [("en", "None of its genres"), ("ko", "장르는 없")])
def test_a_film_without_a_genre_that_fits_says_so(language: str, words: str) -> None:
    assert words not in PLAIN.sentence(language)
    assert words in replace(PLAIN, fitting_genres=()).sentence(language)
