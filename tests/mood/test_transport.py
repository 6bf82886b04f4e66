"""What the reach of a mood colour and the closeness of a poster guarantee."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.mood.associations import MoodColour
from core.mood.transport import REACH_DELTA_E, Assignment, poster_weights, reach, set_reaches

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)
GRAY, FAINT_BLUE = (128, 128, 128), (120, 140, 180)


def of(*rgb: tuple[int, int, int], weight: float = 1.0) -> list[MoodColour]:
    return [MoodColour(each, weight) for each in rgb]


def assigned(colour: list[list[int]], distance: float = 10.0) -> Assignment:
    places = np.array(colour)
    full = np.full(places.shape, distance, np.float32)
    return Assignment(np.zeros_like(places), places, full, np.full_like(full, 40.0))


def test_weights_of_a_poster_sum_to_one_and_those_of_none_are_nothing() -> None:
    weights = poster_weights([[1.0, 4.0, 0.0], [0.0, 0.0, 0.0]])
    assert weights[0] == pytest.approx([1 / 3, 2 / 3, 0])
    assert weights[1].tolist() == [0, 0, 0]


@pytest.mark.parametrize("weight", [0.01, 1.0, 30.0])
def test_the_strongest_colour_of_a_set_has_the_full_reach_whatever_the_weights(
    weight: float,
) -> None:
    assert reach(of(RED, GRAY, weight=weight)).max() == pytest.approx(REACH_DELTA_E)
    assert all(each.max() == pytest.approx(REACH_DELTA_E) for each in set_reaches().values())


def test_a_colour_reaches_farther_the_more_vivid_it_is_up_to_a_full_one() -> None:
    gray, faint, green, blue = reach(of(GRAY, FAINT_BLUE, GREEN, BLUE))
    assert 0 < gray < faint < green
    assert green == pytest.approx(blue, rel=0.01)
    # A gray pulls a tenth of a vivid colour, and reach is the fourth root of pull.
    alone, beside = reach(of(GRAY, GREEN))
    assert alone / beside == pytest.approx(0.1**0.25, rel=0.01)


def test_a_colour_that_other_emotions_claim_reaches_less() -> None:
    plain, claimed = reach(of(RED, GREEN)), reach(of(RED, GREEN), [of(RED), of(RED)])
    assert claimed[0] < plain[0]
    assert claimed[1] == pytest.approx(plain[1])


def test_kin_in_a_set_support_each_other() -> None:
    red, _, green = reach(of(RED, (245, 10, 10), GREEN))
    assert green < red


@settings(max_examples=100, deadline=None)
@given(st.floats(0.01, 1.0), st.floats(0.0, 1.0))
def test_the_distance_for_a_closeness_gives_that_closeness(wanted: float, strength: float) -> None:
    assignment, power = assigned([[0]]), np.array([strength], np.float32)
    needed = assignment.distance_for(np.array([[wanted]], np.float32), power)
    there = replace(assignment, distance=needed)
    assert there.closeness_under(power)[0, 0] == pytest.approx(wanted, abs=1e-5)


def test_closeness_falls_to_one_e_th_at_the_reach_and_sooner_for_a_faint_emotion() -> None:
    assignment = assigned([[0]], distance=40.0)
    full, faint = (assignment.closeness_under(np.array([v], np.float32))[0, 0] for v in (1.0, 0.0))
    assert full == pytest.approx(np.exp(-1))
    assert faint == pytest.approx(np.exp(-4))


@pytest.mark.parametrize("unit", [1.0, 1000.0])
def test_imbalance_is_the_share_that_would_have_to_change(unit: float) -> None:
    assignment = assigned([[0, 1], [0, 0], [2, 2], [0, 1]])
    dominance = unit * np.array([[0.5, 0.25], [0.5, 0.5], [0.1, 0.9], [0.25, 0.5]], np.float32)
    found = assignment.imbalance(dominance, [2.0, 1.0, 0.0])
    assert found == pytest.approx([0, 1 / 3, 1, 1 / 3])
