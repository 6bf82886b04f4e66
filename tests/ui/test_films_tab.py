import json
import re
from pathlib import Path

import pytest

import ui
from core.mood.catalog import Catalog
from core.types import EMOTIONS
from ui import films
from ui.films_view import FEWEST_OF_LANGUAGE, facets_of
from ui.texts import strings

STATIC = Path(ui.__file__).parent / "static"
PALETTE = [[250, 240, 10, 0.6], [240, 80, 180, 0.3], [20, 20, 30, 0.1]]


def row(number, **more):
    return {
        "tmdb_id": number,
        "title": f"Film {number}",
        "title_ko": f"영화 {number}",
        "original_title": f"Film {number}",
        "original_language": "en",
        "year": 1950 + number,
        "genres": ["Comedy"] if number % 2 else ["Horror", "Drama"],
        "vote_average": 6.5,
        "vote_count": 100 * number,
        "poster_path": f"/poster{number}.jpg",
        "palette": [[*(min(255, channel + number) for channel in rgb), w] for *rgb, w in PALETTE],
        "palette_from_poster_path": number % 3 == 0,
        **more,
    }


@pytest.fixture
def stocked(monkeypatch):
    """Put rows into the catalog that the tab answers from."""

    def put(*rows):
        catalog = Catalog(rows)
        monkeypatch.setattr(films, "default_catalog", lambda: catalog)
        return catalog

    return put


def ask(**question):
    return films.rank_mood({"mood": {"happiness": 50, "surprise": 30, "neutral": 20}, **question})


def test_an_answer_holds_51_picks_the_moods_colours_and_what_to_filter_by(stocked):
    stocked(*(row(number) for number in range(1, 61)))
    answer = json.loads(json.dumps(ask(), allow_nan=False))
    assert len(answer["films"]) == 51
    assert answer["passed"] == 60
    assert sum(colour["weight"] for colour in answer["colours"]) == pytest.approx(1, abs=1e-3)
    assert {colour["emotion"] for colour in answer["colours"]} == {
        "happiness",
        "surprise",
        "neutral",
    }
    matches = [film["match"] for film in answer["films"]]
    assert matches == sorted(matches, reverse=True)
    assert all(0 <= match <= 1 for match in matches)
    assert answer["facets"]["genres"] == ["Comedy", "Drama", "Horror"]


def test_each_pick_carries_its_reason(stocked):
    stocked(*(row(number) for number in range(1, 5)))
    for film in ask()["films"]:
        reason = film["reason"]
        assert reason["pairs"][0]["poster"] in [rgb for rgb, _ in film["palette"]]
        assert all(pair["deltaE"] >= 0 for pair in reason["pairs"])
        assert 0 <= reason["genre"] <= 1
        assert reason["change"]["kind"] in ("first", "nearer", "genre", "several")
    assert ask()["films"][0]["reason"]["change"]["kind"] == "first"


def test_the_original_formula_is_never_shown_as_a_percentage(stocked):
    stocked(*(row(number) for number in range(1, 5)))
    answer = ask(method="original")["films"]
    assert answer
    assert all(film["match"] is None and film["meanDistance"] > 0 for film in answer)


def test_the_ranking_follows_a_visitors_colours(stocked):
    blue = [[20, 40, 250, 1.0]]
    stocked(row(1), row(2, palette=blue))
    colours = [{"rgb": "#1428fa", "weight": 1.0, "emotion": ""}]
    assert ask()["films"][0]["id"] == 1
    assert ask(colours=colours)["films"][0]["id"] == 2
    # What the page offers to go back to is the mood's own set.
    assert ask(colours=colours)["colours"] == ask()["colours"]


def test_filters_count_what_passes(stocked):
    stocked(*(row(number) for number in range(1, 11)))
    answer = ask(filters={"genres": ["Comedy"], "seen": [1, 3]})
    assert answer["passed"] == 3
    assert sorted(film["id"] for film in answer["films"]) == [5, 7, 9]
    assert ask(filters={"years": [3000, None]})["films"] == []


def test_what_is_wrong_with_a_question_is_said_in_one_line(stocked):
    stocked(row(1))
    for bad in ({"mood": {}}, {"mood": {"envy": 1}}, {"colours": []}, {"filters": {"rating": "x"}}):
        answer = ask(**bad)
        assert list(answer) == ["error"]
        assert answer["error"]
        assert "\n" not in answer["error"]


def test_what_becomes_an_address_looks_like_one_or_is_left_out(stocked):
    stocked(
        row(
            1,
            poster_path="/a.jpg?x=//elsewhere",
            imdb_id="javascript:1",
            trailer="x&list=1",
            stills=["//elsewhere/a.jpg", "/still.jpg"],
            watch={"flatrate": ["Watcha"], "rent": ["Watcha"], "link": "https://elsewhere/"},
        )
    )
    (film,) = ask()["films"]
    assert film["poster"] is film["imdb"] is film["trailer"] is film["offersLink"] is None
    assert film["stills"] == ["/still.jpg"]
    assert film["offers"] == ["Watcha"]


def test_what_is_not_known_of_a_film_is_null(stocked):
    stocked({"tmdb_id": 7, "title": "Bare", "palette": PALETTE})
    (film,) = json.loads(json.dumps(ask(), allow_nan=False))["films"]
    assert film["title"] == "Bare"
    assert film["rating"] is film["year"] is film["poster"] is film["titleKo"] is None
    assert film["genres"] == []


def test_rare_languages_are_not_offered():
    rows = [row(number, original_language="fr" if number == 1 else "en") for number in range(1, 9)]
    rows += [row(number + 10, original_language="ko") for number in range(FEWEST_OF_LANGUAGE)]
    assert facets_of(Catalog(rows))["languages"] == [["en", 7], ["ko", FEWEST_OF_LANGUAGE]]


def test_the_shipped_catalog_answers_every_emotion_with_51_films():
    for emotion in EMOTIONS:
        assert len(films.rank_mood({"mood": {emotion: 1}})["films"]) == 51


def test_the_page_asks_for_no_string_that_is_not_there():
    source = "".join(path.read_text("utf-8") for path in STATIC.glob("films*.js"))
    asked = set(re.findall(r"""\bt\(\s*["']([a-z_0-9]+)["']""", source))
    assert len(asked) > 40
    assert {f"films.{key}" for key in asked} <= set(strings())


def test_every_genre_of_the_shipped_catalog_has_its_word():
    for genre in films.default_catalog().genre_names:
        assert f"films.genre_{genre}" in strings()
