from __future__ import annotations

import json
from pathlib import Path

import pytest

from catalog.__main__ import main
from catalog.facts import import_facts
from catalog.store import NOTICE
from core.errors import CatalogError

GOOD = {
    "tmdb_id": 1,
    "imdb_id": "tt1",
    "title": "One",
    "overview": "words",
    "genres": ["Drama"],
    "release_date": "1999-03-31",
    "vote_count": 5,
    "palette": [{"rgb": [1, 2, 3], "dominance": 1.0}],
}


def facts(folder: Path, *rows: object) -> Path:
    path = folder / "facts.jsonl"
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    path.write_text("\n".join(lines))
    return path


def test_a_film_keeps_what_the_catalog_carries(tmp_path: Path) -> None:
    target = tmp_path / "films.json"
    assert import_facts(facts(tmp_path, GOOD), target) == (1, 0)
    content = json.loads(target.read_text())
    assert content["notice"] == NOTICE
    (film,) = content["films"]
    assert film["palette"] == [[1, 2, 3, 1.0]]
    assert film["year"] == 1999
    assert "overview" not in film


def test_rows_that_cannot_be_used_are_set_aside_with_line_and_reason(tmp_path: Path) -> None:
    rows = [GOOD, "{torn", {**GOOD, "tmdb_id": 2, "imdb_id": None, "palette": []}, "[]"]
    assert import_facts(facts(tmp_path, *rows), tmp_path / "films.json") == (1, 3)
    aside = [json.loads(line) for line in (tmp_path / "unmatched.jsonl").read_text().splitlines()]
    assert [entry["line"] for entry in aside] == [2, 3, 4]
    assert aside[1]["reason"] == "no palette"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"tmdb_id": 10**20}, "tmdb_id"),
        ({"vote_count": "7"}, "vote_count '7'"),
        ({"vote_average": "x"}, "vote_average 'x'"),
        ({"year": 1999.5}, "year 1999.5"),
        ({"genres": "Drama"}, "genres 'Drama'"),
        ({"imdb_id": {"tt": 1}}, "imdb_id"),
        ({"palette": [[1, 2, 3, 0]]}, "no palette"),
        (7, "no JSON object"),
    ],
)
def test_what_is_imported_is_sound_whatever_a_row_holds(
    wrong: object, said: str, tmp_path: Path
) -> None:
    row = {**GOOD, "tmdb_id": 2, **wrong} if isinstance(wrong, dict) else wrong
    target = tmp_path / "films.json"
    assert import_facts(facts(tmp_path, GOOD, row), target) == (1, 1)
    assert said in json.loads((tmp_path / "unmatched.jsonl").read_text())["reason"]
    assert main(["verify", str(target)]) == 0


def test_a_release_date_that_is_a_number_still_gives_the_year(tmp_path: Path) -> None:
    target = tmp_path / "films.json"
    import_facts(facts(tmp_path, {**GOOD, "release_date": 20001010}), target)
    assert json.loads(target.read_text())["films"][0]["year"] == 2000


def test_a_place_that_cannot_be_written_costs_one_line_that_names_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = facts(tmp_path, GOOD)
    for target in (tmp_path / "nowhere" / "films.json", tmp_path):
        assert main(["import", str(source), "--out", str(target)]) == 1
        complaint = capsys.readouterr().err
        assert f"{target} cannot be written" in complaint
        assert complaint.count("\n") == 1
        assert "Errno" not in complaint
    assert not list(tmp_path.parent.glob(".*.part"))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--rate", "nan"], "--rate nan"),
        (["--rate", "0"], "--rate 0.0"),
        (["--min-rating", "nan"], "--min-rating nan"),
        (["--min-rating", "-1"], "--min-rating -1.0"),
        (["--pages", "0"], "--pages 0"),
        (["--pages", "501"], "--pages 501"),
    ],
)
def test_a_figure_that_a_build_cannot_have_is_refused_before_anything_is_asked(
    arguments: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["build", "--out", str(tmp_path / "films.json"), *arguments]) == 1
    assert said in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_importing_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    source, target = facts(tmp_path, GOOD), tmp_path / "films.json"
    import_facts(source, target)
    before = target.read_bytes(), target.with_suffix(".npz").read_bytes()
    import_facts(source, target)
    assert (target.read_bytes(), target.with_suffix(".npz").read_bytes()) == before


def test_a_file_without_a_usable_film_leaves_the_catalog_as_it_was(tmp_path: Path) -> None:
    target = tmp_path / "films.json"
    import_facts(facts(tmp_path, GOOD), target)
    before = target.read_bytes()
    with pytest.raises(CatalogError, match="no usable film"):
        import_facts(facts(tmp_path, "{torn"), target)
    assert target.read_bytes() == before


def test_unknown_words_in_corrections_are_refused(tmp_path: Path) -> None:
    (tmp_path / "corrections.json").write_text('{"1": {"titel": "x"}}')
    with pytest.raises(CatalogError, match="titel"):
        import_facts(facts(tmp_path, GOOD), tmp_path / "films.json")


def test_the_command_verifies_a_sound_catalog_and_refuses_a_doubled_film(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "films.json"
    assert main(["import", str(facts(tmp_path, GOOD)), "--out", str(target)]) == 0
    assert main(["verify", str(target)]) == 0
    content = json.loads(target.read_text())
    target.write_text(json.dumps({**content, "films": content["films"] * 2}))
    capsys.readouterr()
    assert main(["verify", str(target)]) == 1
    complaint = capsys.readouterr().err
    assert "1 doubled ids" in complaint
    assert complaint.count("\n") == 1


def test_a_build_without_a_key_says_where_to_get_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("TMDB_READ_ACCESS_TOKEN", raising=False)
    monkeypatch.delenv("TMDB_API_KEY", raising=False)
    assert main(["build", "--out", str(tmp_path / "films.json")]) == 1
    assert "TMDB_READ_ACCESS_TOKEN" in capsys.readouterr().err
