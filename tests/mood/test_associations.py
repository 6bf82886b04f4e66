"""What holds of the colours that go with emotions, and of how a mood is mixed from them."""

from __future__ import annotations

import pytest

from core.errors import SessionError
from core.mood.associations import (
    COLOUR_SETS,
    aim,
    colour_sets,
    mood_colours,
    mood_from_emotions,
    normalised,
    sources,
)
from core.types import EMOTIONS


@pytest.mark.parametrize("weight", [-0.1, float("nan"), float("inf"), float("-inf")])
def test_a_weight_that_is_none_is_refused_by_name(weight: float) -> None:
    with pytest.raises(SessionError, match="of fear is not usable"):
        normalised({"anger": 1.0, "fear": weight})


def test_an_emotion_from_a_tenth_of_the_strongest_on_is_of_the_mood() -> None:
    mood = {"surprise": 0.099, "fear": 1.0, "anger": 0.1, "sadness": 0.0}
    assert list(normalised(mood)) == ["anger", "fear"]
    assert normalised(mood)["fear"] == pytest.approx(1 / 1.1)


@pytest.mark.parametrize("emotion", EMOTIONS)
@pytest.mark.parametrize("other", ["happiness", "fear"])
def test_what_lifts_out_of_two_emotions_is_half_of_each_and_never_unpleasant(
    emotion: str, other: str
) -> None:
    alone, beside = aim({emotion: 1.0}, "lift"), aim({other: 1.0}, "lift")
    together = aim({emotion: 1.0, other: 1.0}, "lift")
    assert not {"anger", "disgust", "fear", "sadness"} & {*together}
    for name in alone.keys() | beside.keys():
        half = (alone.get(name, 0.0) + beside.get(name, 0.0)) / 2
        assert together[name] == pytest.approx(half)


def test_what_lifts_counts_from_a_tenth_of_the_strongest_on() -> None:
    assert "calm" in aim({"happiness": 0.85, "fear": 0.15}, "lift")
    assert "calm" not in aim({"happiness": 0.88, "fear": 0.12}, "lift")


def test_equal_shares_lift_equally() -> None:
    for emotion in ("disgust", "surprise"):
        assert set(aim({emotion: 1.0}, "lift").values()) == {0.5}


def test_the_free_choice_of_people_weighs_more_than_what_the_ratings_add() -> None:
    for name in COLOUR_SETS:
        chosen = sum(c.weight for c in colour_sets()[name] if c.source == "free_choice")
        assert chosen > 0.5
    assert any(c.source != "free_choice" for each in colour_sets().values() for c in each)


def test_every_source_of_a_colour_has_its_citation() -> None:
    named = {colour.source for colours in colour_sets().values() for colour in colours}
    assert named <= sources().keys()
    assert all(sources()[name] for name in named)


@pytest.mark.parametrize("goal", ["match", "lift"])
def test_the_colours_of_a_mood_are_mixed_by_its_weights(goal: str) -> None:
    mood = mood_from_emotions("sadness", ["fear", "neutral"])
    colours, wanted = mood_colours(mood, goal), aim(mood, goal)
    assert sum(colour.weight for colour in colours) == pytest.approx(1)
    for name, weight in wanted.items():
        assert sum(c.weight for c in colours if c.emotion == name) == pytest.approx(weight)
