from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import combinations, pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from core.errors import CatalogError, SessionError
from core.mood.associations import MoodColour, mood_colours, mood_from_emotions
from core.mood.catalog import Catalog, default_catalog
from core.mood.colour import delta_e_2000, srgb_to_lab
from core.mood.films import Pick, rank_films
from core.types import EMOTIONS

Row = dict[str, Any]

GENRES = ["Drama", "Horror", "Comedy", "Action"]
CHANNEL = st.integers(0, 255)
RGB = st.tuples(CHANNEL, CHANNEL, CHANNEL)
PALETTE = st.lists(st.tuples(RGB, st.floats(0.01, 1)), min_size=1, max_size=6)
CATALOG = st.lists(
    st.tuples(PALETTE, st.lists(st.sampled_from(GENRES), unique=True)), min_size=1, max_size=12
)
MOOD = st.dictionaries(st.sampled_from(EMOTIONS), st.floats(0.1, 1), min_size=1, max_size=3)
GOAL = st.sampled_from(["match", "lift"])

FEW = settings(max_examples=60, deadline=None)


def film(number: int, palette: list[tuple[Any, float]], genres: list[str] | None = None) -> Row:
    entries = [{"rgb": list(rgb), "dominance": share} for rgb, share in palette]
    return {
        "tmdb_id": number,
        "title": f"Film {number}",
        "palette": entries,
        "genres": genres or [],
    }


def rows_of(drawn: list[tuple[list[tuple[Any, float]], list[str]]]) -> list[Row]:
    return [film(number, *parts) for number, parts in enumerate(drawn, start=1)]


def place(rows: list[Row], identity: int, mood: Mapping[str, float], **options: Any) -> Pick:
    picks = rank_films(mood, len(rows), catalog=rows, **options)
    return next(pick for pick in picks if pick.tmdb_id == identity)


@FEW
@given(CATALOG, MOOD, GOAL, st.lists(st.sampled_from(GENRES), unique=True))
def test_a_poster_of_exactly_the_moods_colours_is_first_within_its_genre(
    drawn: list, mood: dict[str, float], goal: str, genres: list[str]
) -> None:
    colours = mood_colours(mood, goal)
    exact = [(colour.rgb, colour.weight) for colour in colours]
    rows = [{**row, "genres": genres} for row in rows_of(drawn)]
    # Its strongest rivals: the mood's colours in other proportions, and one of them alone.
    rows += [film(500 + n, [(colour.rgb, 1.0)], genres) for n, colour in enumerate(colours)]
    rows += [film(600, [(colour.rgb, 1.0) for colour in colours], genres)]
    rows += [film(999, exact, genres)]
    first = rank_films(mood, 3, goal=goal, catalog=rows)[0]
    assert first.tmdb_id == 999
    assert first.reason.closeness == pytest.approx(1, abs=1e-5)


@FEW
@given(CATALOG, MOOD, st.data())
def test_a_poster_colour_moved_onto_a_mood_colour_never_worsens_the_rank(
    drawn: list, mood: dict[str, float], data: st.DataObject
) -> None:
    rows = rows_of(drawn)
    before = place(rows, 1, mood)
    palette = drawn[0][0]
    which = data.draw(st.integers(0, len(palette) - 1))
    target = data.draw(st.sampled_from(mood_colours(mood))).rgb
    palette[which] = (target, palette[which][1])
    rows[0] = film(1, palette, drawn[0][1])
    assert place(rows, 1, mood).rank <= before.rank


@FEW
@given(CATALOG, MOOD, st.floats(0.05, 1), st.data())
def test_a_poster_colour_moved_nearer_its_mood_colour_never_worsens_the_rank(
    drawn: list, mood: dict[str, float], step: float, data: st.DataObject
) -> None:
    rows = rows_of(drawn)
    before = place(rows, 1, mood)
    palette = drawn[0][0]
    which = data.draw(st.integers(0, len(palette) - 1))
    old = np.array(palette[which][0], dtype=float)
    lab = srgb_to_lab([colour.rgb for colour in mood_colours(mood)])
    distances = delta_e_2000(srgb_to_lab(old), lab)
    target = np.array(mood_colours(mood)[int(distances.argmin())].rgb, dtype=float)
    new = np.round(old + step * (target - old))
    moved = delta_e_2000(srgb_to_lab(new), lab)
    # The guarantee is for colours that stay with their mood colour while they come nearer.
    assume(moved.argmin() == distances.argmin() and moved.min() < distances.min())
    palette[which] = (tuple(new.astype(int).tolist()), palette[which][1])
    rows[0] = film(1, palette, drawn[0][1])
    assert place(rows, 1, mood).rank <= before.rank


@FEW
@given(CATALOG, MOOD, st.floats(1.05, 20))
def test_more_dominance_of_the_best_matching_colour_never_worsens_the_rank(
    drawn: list, mood: dict[str, float], factor: float
) -> None:
    rows = rows_of(drawn)
    before = place(rows, 1, mood)
    best = max(before.reason.pairs, key=lambda pair: pair.closeness)
    palette = [
        (rgb, share * factor if tuple(rgb) == best.poster_rgb else share)
        for rgb, share in drawn[0][0]
    ]
    total = sum(share for _, share in palette)
    rows[0] = film(1, [(rgb, share / total) for rgb, share in palette], drawn[0][1])
    assert place(rows, 1, mood).rank <= before.rank


@FEW
@given(CATALOG, MOOD, st.integers(0, 14), st.floats(1.05, 20))
def test_more_dominance_of_any_exact_mood_colour_never_worsens_the_rank(
    drawn: list, mood: dict[str, float], number: int, factor: float
) -> None:
    colours = mood_colours(mood)
    exact = colours[number % len(colours)].rgb
    others = [(rgb, share) for rgb, share in drawn[0][0] if rgb != exact]
    rows = rows_of(drawn)
    rows[0] = film(1, [*others, (exact, 0.2)], drawn[0][1])
    before = place(rows, 1, mood).rank
    rows[0] = film(1, [*others, (exact, 0.2 * factor)], drawn[0][1])
    assert place(rows, 1, mood).rank <= before


@FEW
@given(CATALOG, MOOD, st.randoms(use_true_random=False))
def test_the_order_of_palette_rows_does_not_matter(drawn: list, mood: dict, chance: Any) -> None:
    rows = rows_of(drawn)
    shuffled = [
        {**row, "palette": chance.sample(row["palette"], len(row["palette"]))} for row in rows
    ]
    expected = [(pick.tmdb_id, pick.score) for pick in rank_films(mood, catalog=rows)]
    assert [(pick.tmdb_id, pick.score) for pick in rank_films(mood, catalog=shuffled)] == expected


@FEW
@given(CATALOG, MOOD)
def test_scores_fall_and_stay_within_bounds(drawn: list, mood: dict[str, float]) -> None:
    picks = rank_films(mood, catalog=rows_of(drawn))
    scores = [pick.score for pick in picks]
    assert [pick.rank for pick in picks] == list(range(1, len(picks) + 1))
    assert all(early >= late - 1e-6 for early, late in pairwise(scores))
    assert all(-1e-6 <= score <= 1 + 1e-6 for score in scores)
    assert all(-1e-6 <= pick.reason.closeness <= 1 + 1e-6 for pick in picks)


@FEW
@given(CATALOG, MOOD)
def test_a_reason_gives_the_distances_of_its_pairs(drawn: list, mood: dict[str, float]) -> None:
    pick = rank_films(mood, catalog=rows_of(drawn))[0]
    lab = srgb_to_lab([colour.rgb for colour in mood_colours(mood)])
    for pair in pick.reason.pairs:
        distances = delta_e_2000(srgb_to_lab(pair.poster_rgb), lab)
        assert pair.distance == pytest.approx(float(distances.min()), abs=0.1)
    assert sum(pair.dominance for pair in pick.reason.pairs) == pytest.approx(1, abs=1e-5)


@FEW
@given(CATALOG, MOOD)
def test_what_a_reason_says_would_rank_a_film_higher_does(drawn: list, mood: dict) -> None:
    rows = rows_of(drawn)
    for pick in rank_films(mood, catalog=rows):
        change = pick.reason.change
        assert change is not None
        assert (change.kind == "first") == (pick.rank == 1)
        if change.kind == "nearer":
            assert change.pair is not None
            assert change.distance_needed is not None
            assert change.distance_needed <= change.pair.distance + 1e-3


def test_original_is_the_documented_formula() -> None:
    rng = np.random.default_rng(7)
    rows = [
        film(
            n,
            [(rng.integers(0, 256, 3).tolist(), float(s)) for s in rng.dirichlet([1] * 4)],
            ["War"],
        )
        for n in range(1, 40)
    ]
    mood = {"anger": 0.5, "fear": 0.3, "sadness": 0.2}
    colours = [srgb_to_lab(colour.rgb) for colour in mood_colours(mood)]
    for pick in rank_films(mood, method="original", catalog=rows):
        total, near, weighted, pairs = 0.0, 0.0, 0.0, 0
        for entry in rows[pick.tmdb_id - 1]["palette"]:
            for colour in colours:
                distance = float(delta_e_2000(colour, srgb_to_lab(entry["rgb"])))
                total, pairs = total + distance, pairs + 1
                near += 1 / (1 + distance)
                weighted += np.float32(entry["dominance"]) / (1 + distance)
        assert pick.reason.mean_distance == pytest.approx(total / pairs, abs=1e-6)
        assert pick.reason.weighted_dominance == pytest.approx(weighted / near, abs=1e-6)
        assert pick.score == pytest.approx(weighted / near / (1 + total / pairs), abs=1e-6)


def test_original_considers_only_films_whose_genre_fits() -> None:
    rows = [film(1, [((9, 9, 9), 1.0)], ["Comedy"]), film(2, [((9, 9, 9), 1.0)], ["War"])]
    assert [p.tmdb_id for p in rank_films({"anger": 1}, method="original", catalog=rows)] == [2]


def test_a_vivid_accent_beats_a_black_margin_that_the_mood_also_has() -> None:
    margin = film(1, [((2, 2, 14), 0.9), ((120, 120, 120), 0.1)])
    accent = film(2, [((2, 2, 14), 0.5), ((241, 51, 19), 0.3), ((120, 120, 120), 0.2)])
    assert rank_films({"fear": 1}, catalog=[margin, accent])[0].tmdb_id == 2


def test_genre_counts_and_less_than_colour() -> None:
    yellow, blue = [((255, 251, 0), 1.0)], [((0, 47, 243), 1.0)]
    rows = [film(1, yellow, ["War"]), film(2, yellow, ["Comedy"]), film(3, blue, ["Comedy"])]
    picks = rank_films({"happiness": 1}, catalog=rows)
    assert [pick.tmdb_id for pick in picks] == [2, 1, 3]
    assert picks[0].reason.fitting_genres == ("Comedy",)


def test_lift_leads_out_of_sadness_and_match_into_it() -> None:
    rows = [film(1, [((255, 251, 0), 1.0)], ["Comedy"]), film(2, [((0, 47, 243), 1.0)], ["Drama"])]
    assert rank_films({"sadness": 1}, catalog=rows)[0].tmdb_id == 2
    assert rank_films({"sadness": 1}, goal="lift", catalog=rows)[0].tmdb_id == 1


def test_the_visitors_own_colours_take_the_moods_place() -> None:
    rows = [film(1, [((255, 251, 0), 1.0)]), film(2, [((10, 200, 90), 1.0)])]
    mine = [MoodColour((10, 200, 90), 1.0)]
    pick = rank_films({"happiness": 1}, catalog=rows, colours=mine)[0]
    assert pick.tmdb_id == 2
    assert "you chose" in pick.reason.sentence("en")


def test_rating_counts_only_where_it_is_asked_to() -> None:
    rows = [
        {**film(1, [((255, 251, 0), 1.0)]), "vote_average": 2.0, "vote_count": 9000},
        {**film(2, [((255, 245, 20), 1.0)]), "vote_average": 9.0, "vote_count": 9000},
    ]
    assert rank_films({"happiness": 1}, catalog=rows)[0].tmdb_id == 1
    assert rank_films({"happiness": 1}, catalog=rows, rating_weight=0.5)[0].tmdb_id == 2


@pytest.mark.parametrize(
    ("wish", "left"),
    [
        ({"years": (2000, 2010)}, {2}),
        ({"years": (None, 1995)}, {1}),
        ({"min_rating": 7.0}, {2}),
        ({"min_votes": 300}, {1}),
        ({"languages": ["KO"]}, {1}),
        ({"genres": ["War"]}, {2}),
        ({"without_genres": ["War", "Horror"]}, {1}),
        ({"only_current_posters": True}, {2}),
        ({"seen": [1, 2]}, {3}),
        ({}, {1, 2, 3}),
    ],
)
def test_filters_leave_out_what_they_say(wish: dict[str, Any], left: set[int]) -> None:
    facts: list[dict[str, Any]] = [
        {"year": 1990, "vote_average": 6.0, "vote_count": 500, "original_language": "ko"},
        {"year": 2005, "vote_average": 8.0, "vote_count": 100, "palette_from_poster_path": True},
        {},
    ]
    genres = [["Drama"], ["War", "Drama"], ["Horror"]]
    rows = [film(n + 1, [((n, n, n), 1.0)], genres[n]) | facts[n] for n in range(3)]
    picks = rank_films({"fear": 1}, catalog=rows, **wish)
    assert {pick.tmdb_id for pick in picks} == left


@pytest.mark.parametrize(
    "mood", [{}, {"joy": 1.0}, {"fear": -1.0}, {"fear": float("nan")}, {"fear": 0}]
)
def test_a_mood_that_cannot_be_used_is_refused(mood: dict[str, float]) -> None:
    with pytest.raises(SessionError):
        rank_films(mood, catalog=[])


@pytest.mark.parametrize(
    "option",
    [
        {"top": 0},
        {"method": "best"},
        {"goal": "up"},
        {"genre_weight": 1.0},
        {"colours": []},
        {"genre_weight": float("nan")},
        {"rating_weight": float("nan")},
        {"genres": ["Horor"]},
        {"colours": [MoodColour((1, 2, 3), 0.0)]},
        {"colours": [MoodColour((1, 2, 3), 0.5), MoodColour((9, 9, 9), float("nan"))]},
        {"colours": [MoodColour((1, 2, 3), float("inf"))]},
        {"without_genres": ["Horor"]},
    ],
)
def test_an_option_that_cannot_be_used_is_refused(option: dict[str, Any]) -> None:
    with pytest.raises(CatalogError):
        rank_films({"fear": 1}, catalog=[film(1, [((1, 2, 3), 1.0)])], **option)


def test_no_film_gives_no_pick() -> None:
    assert rank_films({"fear": 1}, catalog=[]) == []


def test_reasons_speak_english_and_korean() -> None:
    rows = [film(n, [((20 * n, 9, 90), 0.7), ((250, 9, n), 0.3)], ["Drama"]) for n in range(1, 9)]
    for method in ("palette", "original"):
        for pick in rank_films({"sadness": 1, "anger": 0.5}, catalog=rows, method=method):
            english, korean = pick.reason.sentence("en"), pick.reason.sentence("ko")
            assert english.isascii()
            assert "commonly associated with" in english
            assert "드라마" in korean
            assert "{" not in english + korean


def test_every_mood_of_the_shipped_catalog_has_its_own_films() -> None:
    tops = {
        emotion: {pick.tmdb_id for pick in rank_films({emotion: 1})}
        for emotion in ("anger", "happiness", "sadness", "fear", "disgust")
    }
    for one, other in combinations(tops, 2):
        assert len(tops[one] & tops[other]) <= 10, (one, other)


def test_near_black_posters_do_not_crowd_the_shipped_catalogs_answers() -> None:
    def is_near_black(rgb: tuple[int, int, int]) -> bool:
        return max(rgb) < 50

    picks = [pick for emotion in EMOTIONS for pick in rank_films({emotion: 1})]
    share = np.mean([is_near_black(pick.film.palette[0].rgb) for pick in picks])
    assert share <= 0.47


def test_weights_of_a_mood_matter() -> None:
    one = [p.tmdb_id for p in rank_films({"sadness": 0.8, "happiness": 0.2})]
    other = [p.tmdb_id for p in rank_films({"sadness": 0.2, "happiness": 0.8})]
    assert one != other


def test_default_weights_are_a_half_three_tenths_and_a_fifth() -> None:
    mood = mood_from_emotions("happiness", ["surprise", "neutral"])
    assert mood == pytest.approx({"happiness": 0.5, "surprise": 0.3, "neutral": 0.2})


def test_the_shipped_catalog_is_whole() -> None:
    catalog = default_catalog()
    assert len(catalog) == 6694
    assert not catalog.rejected
    assert len(set(catalog.ids.tolist())) == 6694
    assert not any("overview" in json.dumps(row) for row in catalog.rows[:50])


def test_what_is_kept_between_questions_has_an_end() -> None:
    catalog = Catalog([film(1, [((200, 30, 30), 1.0)])])
    for number in range(100):
        rank_films({"fear": 1}, catalog=catalog, colours=[MoodColour((number, 9, 9), 1.0)])
    assert len(catalog.tables) == 64
    assert rank_films({"fear": 1}, catalog=catalog)[0].tmdb_id == 1
