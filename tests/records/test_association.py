import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import signal, stats

from core.records.association import FEWEST_INDEPENDENT, spearman

LONG = 3000


def wave(rng, correlation, length):
    """A series each of whose moments repeats the one before."""
    noise = rng.standard_normal(length + 1000)
    scale = np.sqrt(1 - correlation**2)
    return signal.lfilter([scale], [1, -correlation], noise)[1000:]


def pair(rng, correlation, shared, length):
    first = wave(rng, correlation, length)
    other = np.sqrt(1 - shared**2) * wave(rng, correlation, length)
    return first, shared * first + other


@given(st.integers(3, 200), st.integers(0, 2**32 - 1))
def test_rho_is_that_of_scipy(length, seed):
    rng = np.random.default_rng(seed)
    first, second = rng.integers(0, 9, (2, length)).astype(float)
    found = spearman(np.arange(length, dtype=float), first, second)
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        assert np.isnan(found.rho)
    else:
        assert found.rho == pytest.approx(stats.spearmanr(first, second).statistic, abs=1e-9)


@given(st.integers(0, 2**32 - 1))
def test_rho_does_not_change_where_a_scale_is_bent(seed):
    rng = np.random.default_rng(seed)
    first, second = pair(rng, 0.5, 0.5, 100)
    time_s = np.arange(100.0)
    bent = spearman(time_s, np.exp(first), 3 * second + 7)
    assert bent == spearman(time_s, first, second)


def test_noise_is_worth_as_many_moments_as_it_has():
    rng = np.random.default_rng(1)
    found = spearman(np.arange(LONG) / 25, *rng.standard_normal((2, LONG)))
    assert found.pairs == LONG
    assert found.independent > 0.85 * LONG


@pytest.mark.parametrize("correlation", [0.7, 0.9, 0.97])
def test_what_repeats_itself_is_worth_fewer_moments(correlation):
    rng = np.random.default_rng(2)
    counts = [
        spearman(np.arange(LONG) / 25, *pair(rng, correlation, 0.0, LONG)).independent
        for _ in range(20)
    ]
    # Bartlett's formula for two AR(1) series.
    expected = LONG * (1 - correlation**2) / (1 + correlation**2)
    assert np.median(counts) == pytest.approx(expected, rel=0.3)


@pytest.mark.parametrize(("correlation", "shared"), [(0.0, 0.5), (0.9, 0.0), (0.95, 0.6)])
def test_the_interval_holds_the_truth_about_as_often_as_it_says(correlation, shared):
    rng = np.random.default_rng(3)
    # Spearman's rho of a normal pair with this correlation.
    truth = 6 / np.pi * np.arcsin(shared / 2)
    found = [spearman(np.arange(1000.0), *pair(rng, correlation, shared, 1000)) for _ in range(200)]
    held = np.mean([each.low <= truth <= each.high for each in found])
    assert 0.89 <= held <= 0.995


def test_moments_without_both_readings_do_not_count():
    rng = np.random.default_rng(4)
    first, second = pair(rng, 0.8, 0.7, 400)
    time_s = np.arange(400.0)
    holes = first.copy()
    holes[::3] = np.nan
    kept = np.isfinite(holes)
    assert spearman(time_s, holes, second) == spearman(time_s[kept], first[kept], second[kept])
    assert spearman(time_s, holes, second).pairs == kept.sum()


@pytest.mark.parametrize("length", [0, 1, 2])
def test_fewer_than_three_pairs_say_nothing(length):
    values = np.arange(length, dtype=float)
    found = spearman(values, values, values)
    assert np.isnan([found.rho, found.low, found.high]).all()
    assert found.pairs == length


def test_a_reading_that_never_changes_has_no_rho():
    found = spearman(np.arange(50.0), np.full(50, 0.7), np.arange(50.0))
    assert np.isnan([found.rho, found.low, found.high]).all()


def test_too_few_independent_moments_give_a_rho_without_an_interval():
    found = spearman(np.arange(3.0), np.array([1.0, 2.0, 3.0]), np.array([1.0, 3.0, 2.0]))
    assert found.independent < FEWEST_INDEPENDENT
    assert found.rho == pytest.approx(0.5)
    assert np.isnan([found.low, found.high]).all()


@pytest.mark.parametrize("sign", [1, -1])
def test_a_perfect_order_of_a_few_moments_is_no_proof_of_one(sign):
    noise = np.random.default_rng(6).standard_normal(1200)
    few, many = (spearman(np.arange(n), noise[:n], sign * noise[:n]) for n in (12, 1200))
    for found in (few, many):
        assert found.rho == sign
        assert found.low < found.high
        assert max(abs(found.low), abs(found.high)) == 1
    assert few.high - few.low > 0.01 > many.high - many.low


def test_lengths_that_differ_are_refused():
    with pytest.raises(ValueError, match="lengths differ"):
        spearman(np.arange(3.0), np.arange(3.0), np.arange(4.0))


def test_a_day_at_25_frames_a_second_is_averaged_and_keeps_its_rho():
    rng = np.random.default_rng(5)
    first, second = pair(rng, 0.999, 0.8, 250_000)
    found = spearman(np.arange(250_000) / 25, first, second)
    assert found.pairs <= 100_000
    assert found.rho == pytest.approx(stats.spearmanr(first, second).statistic, abs=0.01)
