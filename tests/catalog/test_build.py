from __future__ import annotations

import json
import random
from pathlib import Path

import dask
import pytest
from distributed import LocalCluster
from fake_tmdb import TOKEN, FakeTmdb, poster

from catalog.build import Built, Query, build
from catalog.palette import palette_of
from catalog.tmdb import Access, Tmdb
from core.errors import CatalogError
from core.mood.catalog import Catalog


def tmdb(fake: FakeTmdb, waits: list[float] | None = None, **access: str) -> Tmdb:
    noted = [] if waits is None else waits
    keys = access or {"token": TOKEN}
    entry = Access(
        **keys, api_url=f"{fake.url}/3", image_url=f"{fake.url}/t/p", requests_per_s=10_000
    )
    return Tmdb(entry, wait=noted.append)


def run(fake: FakeTmdb, folder: Path, pages: int = 3, **options: object) -> Built:
    folder.mkdir(exist_ok=True)
    return build(
        tmdb(fake),
        Query(pages=pages),
        folder / "films.json",
        folder / "build",
        progress=False,
        **options,
    )


def films(folder: Path) -> list[dict]:
    return json.loads((folder / "films.json").read_text())["films"]


def aside(folder: Path) -> list[dict]:
    return [json.loads(line) for line in (folder / "unmatched.jsonl").read_text().splitlines()]


def test_a_film_on_two_pages_is_one_film(fake: FakeTmdb, tmp_path: Path) -> None:
    built = run(fake, tmp_path)
    ids = [film["tmdb_id"] for film in films(tmp_path)]
    assert len(ids) == len(set(ids)) == built.films == 10


def test_the_same_film_under_two_ids_is_one_film(fake: FakeTmdb, tmp_path: Path) -> None:
    plain = fake.details
    fake.details = lambda film: plain(film) | {"external_ids": {"imdb_id": f"tt{film // 2}"}}
    fake.doubled = False
    assert run(fake, tmp_path, pages=1).films == 2


def test_a_film_keeps_its_facts_and_links_but_no_overview(fake: FakeTmdb, tmp_path: Path) -> None:
    run(fake, tmp_path)
    film = next(film for film in films(tmp_path) if film["tmdb_id"] == 101)
    assert film["title"] == "Film 101"
    assert film["title_ko"] == "영화 101"
    assert film["imdb_id"] == "tt0000101"
    assert film["year"] == 1990 + 101 % 30
    assert film["trailer"] == "t101"
    assert film["stills"] == ["/101-still.jpg"]
    assert film["reviews"] == 2
    assert film["watch"] == {"flatrate": ["Watcha"], "link": "https://example.org/w"}
    assert film["palette_from_poster_path"] is True
    assert "overview" not in film
    assert film["palette"] == palette_of(poster(101))


def test_the_query_asks_for_what_was_set(fake: FakeTmdb, tmp_path: Path) -> None:
    query = Query(region="JP", min_rating=7.5, min_votes=50, pages=1)
    build(tmdb(fake), query, tmp_path / "films.json", tmp_path / "build", progress=False)
    (asked,) = fake.queries
    assert asked["watch_region"] == ["JP"]
    assert asked["vote_average.gte"] == ["7.5"]
    assert asked["vote_count.gte"] == ["50"]
    assert asked["sort_by"] == ["popularity.desc"]


def test_it_stops_at_the_last_page_there_is(fake: FakeTmdb, tmp_path: Path) -> None:
    assert run(fake, tmp_path, pages=250).pages == 3


def test_a_token_goes_into_the_header_and_a_key_into_the_query(fake: FakeTmdb) -> None:
    tmdb(fake).discover(1, {})
    assert fake.headers[-1]["Authorization"] == f"Bearer {TOKEN}"
    tmdb(fake, key="a-key").discover(1, {})
    assert "Authorization" not in fake.headers[-1]
    assert fake.queries[-1]["api_key"] == ["a-key"]


def test_no_credential_reaches_the_image_server(fake: FakeTmdb) -> None:
    tmdb(fake).poster("/101.png")
    assert "Authorization" not in fake.headers[-1]


@pytest.mark.parametrize("fault", [429, 500, 503, "drop"])
def test_passing_faults_change_nothing(fault: int | str, fake: FakeTmdb, tmp_path: Path) -> None:
    run(fake, tmp_path / "calm")
    for path in ("/3/discover/movie", "/3/movie/102", "/t/p/w342/201.png"):
        fake.faults[path] = [fault, fault]
    run(fake, tmp_path / "rough")
    assert not any(fake.faults.values())
    assert (tmp_path / "calm/films.json").read_bytes() == (
        tmp_path / "rough/films.json"
    ).read_bytes()


def test_it_waits_as_long_as_the_server_asks(fake: FakeTmdb) -> None:
    waits: list[float] = []
    fake.retry_after = "7"
    fake.faults["/3/movie/101"] = [429]
    tmdb(fake, waits).details(101)
    assert waits == [7.0]


def test_it_waits_longer_each_time_where_the_server_says_nothing(fake: FakeTmdb) -> None:
    waits: list[float] = []
    fake.faults["/3/movie/101"] = [500] * 5
    tmdb(fake, waits).details(101)
    assert len(waits) == 5
    assert all(late >= early for early, late in zip(waits, waits[2:], strict=False))


def test_a_retry_after_date_is_understood(fake: FakeTmdb) -> None:
    waits: list[float] = []
    fake.retry_after = "Wed, 21 Oct 2015 07:28:00 GMT"
    fake.faults["/3/movie/101"] = [429]
    tmdb(fake, waits).details(101)
    assert waits == [0.0]


def test_a_server_that_stays_away_is_an_error_that_shows_no_key(fake: FakeTmdb) -> None:
    fake.faults["/3/movie/101"] = [503] * 50
    with pytest.raises(CatalogError, match="run the same command again") as caught:
        tmdb(fake, key="a-key").details(101)
    assert "a-key" not in str(caught.value)


def test_a_refused_key_is_said_at_once(fake: FakeTmdb) -> None:
    waits: list[float] = []
    fake.faults["/3/discover/movie"] = [401]
    with pytest.raises(CatalogError, match="TMDB_READ_ACCESS_TOKEN"):
        tmdb(fake, waits).discover(1, {})
    assert waits == []


def test_films_that_cannot_be_used_are_set_aside_with_the_reason(
    fake: FakeTmdb, tmp_path: Path
) -> None:
    fake.missing, fake.without_poster, fake.broken_posters = {101}, {102}, {201}
    fake.faults["/3/movie/202"] = ["garbage"]
    built = run(fake, tmp_path)
    assert built.films == 6
    reasons = {entry["id"]: entry["reason"] for entry in aside(tmp_path)}
    assert set(reasons) == {101, 102, 201, 202}
    assert "404" in reasons[101]
    assert "poster" in reasons[102]
    assert "decoded" in reasons[201]
    assert "JSON" in reasons[202]


def test_a_list_of_faults_does_not_outlive_them(fake: FakeTmdb, tmp_path: Path) -> None:
    (tmp_path / "unmatched.jsonl").write_text("{}\n")
    run(fake, tmp_path)
    assert not (tmp_path / "unmatched.jsonl").exists()


def test_corrections_apply_to_the_next_run_without_fetching_pages_again(
    fake: FakeTmdb, tmp_path: Path
) -> None:
    run(fake, tmp_path)
    before = fake.seen["/3/discover/movie"]
    corrections = {"101": {"title": "Right", "year": 1950}, "102": {"id": 777, "title": "Meant"}}
    (tmp_path / "corrections.json").write_text(json.dumps(corrections))
    run(fake, tmp_path)
    by_id = {film["tmdb_id"]: film for film in films(tmp_path)}
    assert fake.seen["/3/discover/movie"] == before
    assert (by_id[101]["title"], by_id[101]["year"]) == ("Right", 1950)
    assert 102 not in by_id
    assert by_id[777]["title"] == "Meant"
    assert by_id[777]["poster_path"] == "/777.png"


def test_checkpoints_of_another_query_are_refused(fake: FakeTmdb, tmp_path: Path) -> None:
    run(fake, tmp_path)
    with pytest.raises(CatalogError, match="another query"):
        build(tmdb(fake), Query(region="JP"), tmp_path / "films.json", tmp_path / "build")


def test_more_pages_go_on_from_the_pages_there_are(fake: FakeTmdb, tmp_path: Path) -> None:
    run(fake, tmp_path, pages=2)
    run(fake, tmp_path, pages=3)
    assert fake.seen["/3/discover/movie"] == 3


def test_a_damaged_checkpoint_is_fetched_again(fake: FakeTmdb, tmp_path: Path) -> None:
    run(fake, tmp_path)
    whole = (tmp_path / "films.json").read_bytes()
    (tmp_path / "build/page-0002.json").write_text('{"films": [')
    run(fake, tmp_path)
    assert (tmp_path / "films.json").read_bytes() == whole


def test_palettes_over_processes_are_those_of_one_process(fake: FakeTmdb, tmp_path: Path) -> None:
    run(fake, tmp_path / "one")
    run(fake, tmp_path / "two", processes=2)
    assert films(tmp_path / "one") == films(tmp_path / "two")


def test_palettes_over_a_dask_cluster_are_those_of_one_process(
    fake: FakeTmdb, tmp_path: Path
) -> None:
    run(fake, tmp_path / "one", processes=1)
    with LocalCluster(n_workers=1, threads_per_worker=2, dashboard_address=None) as cluster:
        run(fake, tmp_path / "dask", dask_address=cluster.scheduler_address)
    assert films(tmp_path / "one") == films(tmp_path / "dask")


def test_a_dask_address_where_nobody_answers_is_one_line(fake: FakeTmdb, tmp_path: Path) -> None:
    with (
        dask.config.set({"distributed.comm.timeouts.connect": "200ms"}),
        pytest.raises(CatalogError, match="no Dask scheduler answers"),
    ):
        run(fake, tmp_path, dask_address="tcp://127.0.0.1:9")


def test_a_built_catalog_can_be_ranked_at_once(fake: FakeTmdb, tmp_path: Path) -> None:
    run(fake, tmp_path)
    catalog = Catalog.load(tmp_path / "films.json")
    assert len(catalog) == 10
    assert (tmp_path / "films.npz").exists()
    assert not catalog.rejected


def test_palette_of_a_flat_poster_is_its_areas() -> None:
    palette = palette_of(poster(3))
    assert not isinstance(palette, str)
    assert sum(share for *_, share in palette) == pytest.approx(1, abs=1e-3)
    assert [share for *_, share in palette] == sorted((s for *_, s in palette), reverse=True)


def test_any_bytes_give_a_palette_or_a_reason() -> None:
    noise = random.Random(0).randbytes(500)
    for image in (b"", noise, poster(1)[:80]):
        assert isinstance(palette_of(image), str)


@pytest.mark.parametrize(
    "rubbish",
    [
        "",
        "[]",
        "{}",
        '{"films": [], "unmatched": []}',
        '{"films": 1, "unmatched": [], "total_pages": 3}',
    ],
)
def test_a_checkpoint_that_holds_no_page_is_fetched_again(
    rubbish: str, fake: FakeTmdb, tmp_path: Path
) -> None:
    run(fake, tmp_path)
    whole = (tmp_path / "films.json").read_bytes()
    (tmp_path / "build/page-0002.json").write_text(rubbish)
    run(fake, tmp_path)
    assert (tmp_path / "films.json").read_bytes() == whole


def test_an_address_that_is_none_is_told_without_the_key(tmp_path: Path) -> None:
    client = Tmdb(Access(key="a-key", api_url="themoviedb"), wait=lambda seconds: None)
    with pytest.raises(CatalogError, match="check TMDB_API_URL") as told:
        client.details(1)
    assert "a-key" not in str(told.value)
