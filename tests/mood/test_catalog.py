from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from core.errors import CatalogError
from core.mood.associations import COLOUR_SETS, colour_sets
from core.mood.catalog import Catalog, Film
from core.mood.colour import delta_e_2000, srgb_to_lab

ROW = {"tmdb_id": 7, "title": "Seven", "palette": [[10, 20, 30, 0.4], [200, 0, 0, 0.6]]}


def write(folder: Path, films: list[dict], schema: int = 1) -> Path:
    path = folder / "films.json"
    path.write_text(json.dumps({"schema": schema, "films": films}))
    return path


@pytest.mark.parametrize("text", ["", "[]", '{"schema": 1', '{"schema": 2, "films": []}', "{}"])
def test_a_damaged_or_foreign_file_is_refused_with_the_mend(text: str, tmp_path: Path) -> None:
    path = tmp_path / "films.json"
    path.write_text(text)
    with pytest.raises(CatalogError, match="python -m catalog import"):
        Catalog.load(path)


def test_a_missing_file_is_refused_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match=r"nothing\.json"):
        Catalog.load(tmp_path / "nothing.json")


@pytest.mark.parametrize(
    "fault",
    [
        {"palette": []},
        {"palette": None},
        {"palette": [[1, 2, 300, 1.0]]},
        {"palette": [[1, 2, 3, float("nan")]]},
        {"palette": [[1, 2, 3, -1]]},
        {"palette": [[1, 2, "x", 1]]},
        {"palette": [[1, 2]]},
        {"title": None},
        {"tmdb_id": "7"},
        {"tmdb_id": 2**63},
        {"tmdb_id": -1},
        {"year": "1999"},
        {"year": -1},
        {"vote_count": 2.5},
        {"vote_count": 2**63},
        {"vote_average": "7"},
        {"vote_average": float("nan")},
        {"vote_average": 10.1},
        {"genres": "Drama"},
        {"genres": [["Drama"]]},
    ],
)
def test_a_broken_row_is_set_aside_and_the_rest_is_kept(fault: dict) -> None:
    catalog = Catalog([ROW, {**ROW, "tmdb_id": 8, **fault}, {**ROW, "tmdb_id": 9}])
    assert catalog.ids.tolist() == [7, 9]
    assert len(catalog.rejected) == 1


@pytest.mark.parametrize("channel", [0, 1, 2])
@pytest.mark.parametrize(("value", "is_kept"), [(-1, False), (0, True), (255, True), (256, False)])
def test_colours_are_from_0_to_255_in_every_channel(
    channel: int, value: int, is_kept: bool
) -> None:
    entry = [10, 20, 30, 1.0]
    entry[channel] = value
    assert (len(Catalog([{**ROW, "palette": [entry]}])) == 1) == is_kept


def test_a_film_has_the_share_of_its_genres_that_was_asked_for() -> None:
    genres = (["Comedy"], ["Comedy", "Drama"], [], None)
    films = [{**ROW, "tmdb_id": 7 + n, "genres": each} for n, each in enumerate(genres)]
    catalog = Catalog(films)
    assert catalog.genre_share(["Comedy"]).tolist() == [1.0, 0.5, 0.0, 0.0]
    assert catalog.genre_share(["Comedy", "Drama", "None"]).tolist() == [1.0, 1.0, 0.0, 0.0]
    assert catalog.genre_share([]).tolist() == [0.0] * 4


def test_a_rating_of_few_votes_is_drawn_towards_the_mean() -> None:
    films = [
        {**ROW, "tmdb_id": 7, "vote_average": 9.0, "vote_count": 1_000_000},
        {**ROW, "tmdb_id": 8, "vote_average": 9.0, "vote_count": 1},
        {**ROW, "tmdb_id": 9, "vote_average": 3.0, "vote_count": 1_000_000},
        {**ROW, "tmdb_id": 10},
    ]
    standing = Catalog(films).standing
    mean = (9 + 9 + 3) / 3 / 10
    assert standing[0] == pytest.approx(0.9, abs=0.001)
    assert standing[1] == pytest.approx(mean, abs=0.01)
    assert standing[2] == pytest.approx(0.3, abs=0.001)
    assert standing[3] == pytest.approx(mean)


def test_a_film_that_nobody_rated_is_no_bad_one() -> None:
    rated = {**ROW, "vote_average": 8.0, "vote_count": 1000}
    nobody = {**ROW, "tmdb_id": 8, "vote_average": 0.0, "vote_count": 0}
    assert Catalog([rated, nobody]).standing == pytest.approx([0.8, 0.8])
    assert Catalog([nobody]).standing == pytest.approx([0.5])


def test_a_colour_without_a_share_is_passed_over() -> None:
    (film,) = Catalog([{**ROW, "palette": [[1, 2, 3, 1], [4, 5, 6, 0]]}]).rows
    assert [colour.rgb for colour in Film(film).palette] == [(1, 2, 3)]


def test_a_short_palette_counts_for_nothing_where_it_ends() -> None:
    catalog = Catalog([ROW, {**ROW, "tmdb_id": 8, "palette": [[9, 9, 9, 1]]}])
    assert catalog.dominance[1].tolist() == [1, 0]
    assert catalog.weights[1].tolist() == [1, 0]
    assert catalog.weights.sum(axis=1) == pytest.approx([1, 1])


def test_distances_are_those_to_the_nearest_colour_of_each_set() -> None:
    catalog = Catalog([ROW])
    for number, name in enumerate(COLOUR_SETS):
        lab = srgb_to_lab([colour.rgb for colour in colour_sets()[name]])
        expected = delta_e_2000(srgb_to_lab(catalog.rgb)[:, :, None], lab).min(axis=2)
        assert catalog.distances.distance[number] == pytest.approx(expected, abs=0.01)


def test_stored_distances_are_read_again_and_made_anew_when_films_change(tmp_path: Path) -> None:
    path = write(tmp_path, [ROW])
    first = Catalog.load(path).distances.distance
    store = tmp_path / "films.npz"
    written = store.read_bytes()
    assert np.array_equal(Catalog.load(path).distances.distance, first)
    assert store.read_bytes() == written
    write(tmp_path, [{**ROW, "palette": [[1, 2, 3, 1.0]]}])
    assert not np.array_equal(Catalog.load(path).distances.distance, first)
    assert store.read_bytes() != written


@pytest.mark.parametrize("rubbish", [b"", b"PK\x03\x04 torn", b"\x80\x04pickle"])
def test_a_torn_store_is_made_anew(rubbish: bytes, tmp_path: Path) -> None:
    path = write(tmp_path, [ROW])
    whole = Catalog.load(path).distances.distance
    (tmp_path / "films.npz").write_bytes(rubbish)
    assert np.array_equal(Catalog.load(path).distances.distance, whole)


def test_titles_fall_back_to_english() -> None:
    film = Film({**ROW, "title_ko": "세븐"})
    assert (film.title("ko"), film.title("en"), film.title("original")) == (
        "세븐",
        "Seven",
        "Seven",
    )


def test_a_palette_comes_most_dominant_first() -> None:
    assert [colour.hex for colour in Film(ROW).palette] == ["#c80000", "#0a141e"]


def test_a_film_without_a_poster_path_has_no_address() -> None:
    assert Film(ROW).poster_url() is None
    assert Film({**ROW, "poster_path": "/a.jpg"}).poster_url().endswith("/w342/a.jpg")


def test_every_set_of_colours_sums_to_one_and_names_its_source() -> None:
    for colours in colour_sets().values():
        assert sum(colour.weight for colour in colours) == pytest.approx(1)
        assert all(colour.source for colour in colours)
