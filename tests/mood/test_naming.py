"""Which emotion names a change."""

import numpy as np
import pytest

from core.mood.comparison import compare_phases
from core.mood.naming import LEAST_SPREAD, order_changes
from core.types import EMOTIONS

FPS, FRAMES = 15.0, 225
REST = np.array([0.02, 0.02, 0.02, 0.05, 0.06, 0.05, 0.78])


def face(seed, points=None, deviation=0.02):
    """One phase about a face at rest, its emotions moved by percentage points."""
    levels = REST.copy()
    for emotion, moved in (points or {}).items():
        levels[EMOTIONS.index(emotion)] += moved / 100
    return levels + deviation * np.random.default_rng(seed).standard_normal((FRAMES, 7))


def compare(points, **options):
    return compare_phases(face(1, **options), face(2, points, **options), FPS, resamples=0)


def order(points, deviations=None, significant=None):
    spread = np.full(len(points), 0.05) if deviations is None else np.array(deviations)
    sure = np.ones(len(points), bool) if significant is None else np.array(significant)
    return order_changes(np.array(points) / 100, spread**2, sure).tolist()


def test_a_face_that_goes_from_neutral_to_happy_is_called_happy():
    result = compare({"neutral": -66, "happiness": 45, "surprise": 21})
    assert result.primary_emotion == "happiness"
    assert result.secondary_emotions[0] == "neutral"
    assert "Happiness rose by 45 points" in result.sentence


def test_a_loss_that_nobody_received_is_named_itself():
    assert order([-20, 6, 6, 6])[0] == 0
    assert compare({"neutral": -20}).primary_emotion == "neutral"


def test_a_rise_that_is_not_significant_is_never_named_before_a_significant_fall():
    assert order([-20, 19, 1], significant=[True, False, False]) == [0, 1, 2]


def test_a_single_point_of_an_emotion_that_never_moves_names_nothing():
    assert order([-1, 40, -39], deviations=[0.001, 0.1, 0.1])[0] == 1


def test_the_size_of_a_change_is_counted_in_deviations_beyond_the_least():
    assert order([10, 12], deviations=[LEAST_SPREAD, 2 * LEAST_SPREAD]) == [0, 1]


@pytest.mark.parametrize("points", [0.45, 0.9])
def test_a_change_too_small_to_matter_is_none_however_steady_the_readings(points):
    steady = {"deviation": 1e-4 if points < 0.5 else 0.02}
    small = {"happiness": points, "neutral": -points}
    assert compare(small, **steady).basis == "level"
    large = {name: 3 * moved for name, moved in small.items()}
    assert compare(large, **steady).basis == "change"


def test_the_mood_for_films_is_where_the_face_went_not_what_it_left():
    mood = compare({"neutral": -70, "happiness": 70}).mood
    assert max(mood, key=mood.get) == "happiness"
    assert mood.get("neutral", 0) < 0.1
    assert sum(mood.values()) == pytest.approx(1)


def test_the_mood_for_films_is_the_level_where_nothing_changed():
    mood = compare({}).mood
    assert mood == pytest.approx({"neutral": 1.0})


def test_the_risen_emotion_leads_the_mood_though_another_is_still_higher():
    mood = compare({"neutral": -30, "happiness": 30}).mood
    assert list(mood) == ["happiness", "neutral"]
