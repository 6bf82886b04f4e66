from __future__ import annotations

import json

import pytest

from core.__main__ import main


def test_the_command_lists_films_with_their_reasons(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["films", "--primary", "sadness", "--secondary", "fear", "--top", "3"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 6
    assert "commonly associated with" in lines[1]


def test_the_command_gives_mood_colours_and_films_as_json(
    capsys: pytest.CaptureFixture[str],
) -> None:
    command = ["films", "--primary", "happiness", "--top", "4", "--goal", "lift", "--json"]
    assert main([*command, "--from-year", "1990", "--min-votes", "500", "--language", "ko"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert [film["rank"] for film in answer["films"]] == [1, 2, 3, 4]
    assert all(film["year"] >= 1990 for film in answer["films"])
    assert sum(colour["weight"] for colour in answer["colours"]) == pytest.approx(1, abs=1e-3)


def test_filters_that_leave_nothing_are_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["films", "--primary", "fear", "--from-year", "3000"]) == 0
    assert "loosen" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--primary", "fear", "--secondary", "fear"], "fear"),
        (["--primary", "fear", "--catalog", "nowhere.json"], "nowhere.json"),
        (["--primary", "fear", "--top", "0"], "top 0"),
        (
            ["--primary", "fear", "--min-rating", "nan"],
            "nan: give a rating from 0 to 10",
        ),
        (["--primary", "fear", "--min-rating", "11"], "min_rating 11.0"),
        (["--primary", "fear", "--without-genres", "horror"], "'horror' is not in the catalog"),
    ],
)
def test_bad_input_is_one_line_that_names_it(
    arguments: list[str], named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["films", *arguments]) == 1
    complaint = capsys.readouterr().err
    assert named in complaint
    assert complaint.count("\n") == 1


def test_an_unknown_emotion_is_a_matter_of_usage() -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["films", "--primary", "joy"])
    assert stopped.value.code == 2
