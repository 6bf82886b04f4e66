"""What may be said of readings that move slowly."""

import json

import numpy as np
import pytest

from core.mood.comparison import compare_phases
from core.mood.walk import PAUSE, wandered

LEVELS = np.array([0.05, 0.04, 0.05, 0.22, 0.08, 0.06, 0.50])
FRAMES, FPS = 150, 15


def wandering(seed, step=0.001, frames=FRAMES):
    """Two stretches of one random walk of seven shares, with a pause between them."""
    generator = np.random.default_rng(seed)
    pause = round(PAUSE * frames)
    path = LEVELS + step * generator.standard_normal((2 * frames + pause, 7)).cumsum(axis=0)
    return path[:frames], path[frames + pause :]


def moved(seed, points):
    """The same, and in the second phase happiness takes its points from neutral."""
    first, second = wandering(seed)
    shift = np.zeros(7)
    shift[3], shift[6] = points / 100, -points / 100
    return first, second + shift


def trust(*phases):
    return tuple(np.ones(len(phase)) for phase in phases)


def test_a_face_that_takes_another_mood_and_keeps_it_has_changed():
    result = compare_phases(*moved(1, 30), FPS)
    assert (result.basis, result.primary_emotion) == ("change", "happiness")
    assert "slow_readings" in [note.code for note in result.notes]


def test_no_interval_is_claimed_where_too_few_moments_are_independent():
    result = compare_phases(*moved(1, 30), FPS)
    happiness = result.emotions["happiness"]
    assert happiness.test == "walk"
    assert np.isnan(happiness.change_interval).all()
    assert np.isnan(happiness.mean_intervals).all()
    json.dumps(result.to_dict(), allow_nan=False)


def test_slow_wandering_alone_is_too_little_to_go_by():
    found = [compare_phases(*wandering(seed), FPS, resamples=0).basis for seed in range(60)]
    assert found.count("change") <= 6
    assert found.count("insufficient") >= 50


def test_walks_reach_a_distance_as_often_as_its_p_says():
    pairs = [wandering(seed, step=0.01, frames=100) for seed in range(800)]
    p = np.array([wandered(pair, trust(*pair)) for pair in pairs]).ravel()
    for level in (0.05, 0.2, 0.5):
        assert (p < level).mean() == pytest.approx(level, rel=0.2)


def test_the_further_the_change_the_smaller_is_p():
    p = [wandered(pair, trust(*pair))[3] for pair in (moved(2, d) for d in (0, 5, 10, 20, 40))]
    assert p == sorted(p, reverse=True)
    assert p[-1] < 0.001


def test_more_than_the_longest_phase_is_never_asked_for():
    result = compare_phases(*wandering(3), FPS)
    assert result.basis == "insufficient"
    assert 0 < result.needed_seconds <= 120
