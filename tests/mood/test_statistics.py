"""Guarantees of the statistics of two phases."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal, stats

from core.errors import SessionError
from core.mood.autocorrelation import two_phase_moments
from core.mood.comparison import compare_phases
from core.mood.evidence import check_phase
from core.mood.evidence import test_differences as evidence
from core.mood.resampling import block_bootstrap, block_length, block_permutation
from core.mood.scale import LOG_RATIOS, SHARES, choose_scale
from core.mood.statistics import RobustScale, hedges_g, holm, keep_within_fences, levene
from core.types import EMOTIONS

LEVELS = np.array([0.05, 0.04, 0.05, 0.22, 0.08, 0.06, 0.50])
DEVIATIONS = 0.2 * LEVELS


def ar1(generator, frames, phi):
    shocks = generator.standard_normal((frames, 7))
    shocks[1:] *= math.sqrt(1 - phi**2)
    return signal.lfilter([1], [1, -phi], shocks, axis=0)


def phase(seed, frames=225, phi=0.8, shift=0.0, emotion=3):
    noise = ar1(np.random.default_rng(seed), frames, phi)
    noise[:, emotion] += shift
    return LEVELS + DEVIATIONS * noise


def same(a, b):
    """Equal to the last bit; NaN equals NaN."""
    return repr(a.to_dict()) == repr(b.to_dict())


# --- outliers and scales ------------------------------------------------------


def test_wild_frames_are_left_out_and_a_lasting_smile_is_kept():
    values = phase(0)
    values[100:130, 3] += 0.6
    wild = np.arange(7, 225, 11)
    wild = wild[(wild < 92) | (wild > 138)]
    values[wild] = np.eye(7)[0]
    keep = keep_within_fences(values, 15.0)
    assert not keep[wild].any()
    assert keep[102:128, 3].mean() > 0.9


def test_a_frame_that_is_wild_in_two_emotions_counts_for_none():
    values = phase(31)
    values[60] += np.array([0.0, 0.0, 0.0, 0.0, 0.5, 0.0, -0.5])
    values[160, 4] += 0.5
    keep = keep_within_fences(values, 15.0)
    assert not keep[60].any()
    assert keep[160, :4].all()
    assert not keep[160, 4]


@pytest.mark.parametrize(("frames", "fps"), [(7, 15.0), (40, 5.0), (90, 20.0), (90, 31.0)])
def test_outliers_are_those_of_the_definition(frames, fps):
    values = phase(3, frames=frames, phi=0.3)
    values[frames // 3, 3] += 0.3
    size = max(7, round(fps) + (round(fps) % 2 == 0))
    half = size // 2
    padded = np.pad(values, ((half, half), (0, 0)), mode="symmetric")
    difference = np.empty_like(values)
    for k in range(frames):
        around = np.delete(padded[k : k + size], half, axis=0)
        difference[k] = values[k] - np.sort(around, axis=0)[half]
    low, high = np.quantile(difference, [0.25, 0.75], axis=0)
    reach = 2.2 * np.maximum(high - low, 0.005)
    outside = (difference < low - reach) | (difference > high + reach)
    outside[outside.sum(axis=1) >= 2] = True
    assert outside.any()
    assert (keep_within_fences(values, fps) == ~outside).all()


def test_of_too_few_frames_none_is_an_outlier():
    values = phase(4, frames=8)
    values[:2] = np.nan
    values[4] = np.eye(7)[0]
    keep = keep_within_fences(values, 15.0)
    assert keep[2:].all()
    assert not keep[:2].any()


def test_the_robust_scale_of_a_bell_curve_is_its_deviation():
    drawn = np.random.default_rng(5).normal(0.4, 0.1, (20_000, 7))
    scale = RobustScale.fit(drawn, np.ones_like(drawn, dtype=bool))
    assert scale.center == pytest.approx(np.full(7, 0.4), abs=0.003)
    assert scale.scale == pytest.approx(np.full(7, 0.1), rel=0.03)


def test_an_outlier_is_judged_by_its_own_phase_alone():
    values = phase(1)
    alone = keep_within_fences(values, 15.0)
    assert (alone == keep_within_fences(values + 5.0, 15.0)).all()


def test_robust_scale_is_fitted_on_the_baseline_and_has_a_floor():
    values = phase(2)
    values[:, 0] = 0.05
    scale = RobustScale.fit(values, np.ones_like(values, dtype=bool))
    assert scale.scale[0] == pytest.approx(0.005)
    assert np.median(scale.apply(values), axis=0) == pytest.approx(np.zeros(7), abs=1e-12)


def test_multiplied_noise_is_tested_as_log_ratios_and_added_noise_as_shares():
    noise = [ar1(np.random.default_rng(seed), 225, 0.8) for seed in (0, 1)]
    scores = [np.exp(np.log(LEVELS) + 0.5 * z) for z in noise]
    softmax = tuple(x / x.sum(axis=1, keepdims=True) for x in scores)
    assert choose_scale(softmax) is LOG_RATIOS
    assert choose_scale((phase(0), phase(1))) is SHARES


# --- tests and adjustments ----------------------------------------------------


@given(st.lists(st.floats(0, 1), min_size=1, max_size=9))
def test_holm_never_lowers_a_p_and_keeps_their_order(p):
    raw = np.array(p)
    adjusted = holm(raw)
    assert (adjusted >= raw).all()
    assert (adjusted <= 1).all()
    assert (np.diff(adjusted[np.argsort(raw, kind="stable")]) >= 0).all()


def test_levene_agrees_with_scipy_where_every_frame_is_independent():
    generator = np.random.default_rng(3)
    first, second = generator.normal(0, 1, (400, 1)), generator.normal(0, 1.2, (300, 1))
    expected = stats.levene(first[:, 0], second[:, 0], center="median").pvalue
    ours = levene(first, second, (np.array([400.0]), np.array([300.0])))[0]
    assert ours == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("sizes", [(5, 7), (12, 9), (3, 30)])
def test_levene_agrees_with_scipy_for_few_frames_too(sizes):
    generator = np.random.default_rng(8)
    first, second = generator.normal(0, 1, (sizes[0], 3)), generator.normal(0, 2, (sizes[1], 3))
    expected = stats.levene(first, second, center="median", axis=0).pvalue
    moments = tuple(np.full(3, float(size)) for size in sizes)
    assert levene(first, second, moments) == pytest.approx(expected, rel=1e-9)


def test_levene_takes_no_phase_for_less_than_two_moments():
    generator = np.random.default_rng(9)
    pair = generator.normal(0, 1, (9, 2)), generator.normal(0, 1, (9, 2))
    least, none = (levene(*pair, (np.full(2, n), np.full(2, 2.0))) for n in (2.0, 0.1))
    assert none == pytest.approx(least)
    assert none != pytest.approx(levene(*pair, (np.full(2, 3.0), np.full(2, 2.0))))
    assert ((none > 0) & (none <= 1)).all()


def test_hedges_g_shrinks_cohens_d_and_the_more_the_fewer_the_moments():
    few, many = (hedges_g(np.array([1.0]), np.array([4.0]), n)[0] for n in (8.0, 800.0))
    assert few < many < 0.5
    assert many == pytest.approx(0.5, rel=0.01)


@pytest.mark.parametrize("degrees", [1.0, 4.0, 12.0, 60.0])
def test_the_correction_of_hedges_is_near_the_exact_one(degrees):
    from scipy.special import gammaln

    exact = math.exp(gammaln(degrees / 2) - gammaln((degrees - 1) / 2)) / math.sqrt(degrees / 2)
    ours = float(hedges_g(np.array([1.0]), np.array([1.0]), degrees)[0])
    assert ours == pytest.approx(exact, abs=0.01 if degrees > 1 else 1e-9)
    assert hedges_g(np.array([1.0]), np.array([1.0]), 0.2)[0] == 0


# --- effective sample size ----------------------------------------------------


@pytest.mark.parametrize("phi", [0.0, 0.5, 0.9])
def test_effective_moments_match_the_variance_of_the_mean(phi):
    frames, sessions = 300, 60
    generator = np.random.default_rng(4)
    sizes = []
    for _ in range(sessions):
        pair = (ar1(generator, frames, phi), ar1(generator, frames, phi))
        (a, _), _ = two_phase_moments(pair, (np.ones((frames, 7)),) * 2, 1e-6)
        sizes.append(np.median(a.moments))
    lags = np.arange(1, frames)
    exact = frames / (1 + 2 * ((1 - lags / frames) * phi**lags).sum())
    assert np.median(sizes) == pytest.approx(exact, rel=0.12)


def test_missing_frames_do_not_hide_the_correlation():
    generator = np.random.default_rng(5)
    shared = []
    for _ in range(20):
        pair = (ar1(generator, 300, 0.9), ar1(generator, 300, 0.9))
        seen = tuple(np.repeat(generator.random((300, 1)) > 0.4, 7, axis=1) * 1.0 for _ in pair)
        blanked = tuple(np.where(w > 0, x, np.nan) for x, w in zip(pair, seen, strict=True))
        shared.append(two_phase_moments(blanked, seen, 1e-6)[1].shared)
    assert np.mean(shared) == pytest.approx(0.9, abs=0.01)


def test_slow_waves_beneath_fast_noise_reduce_the_moments():
    generator = np.random.default_rng(6)

    def mixed():
        return ar1(generator, 450, 0.3) + ar1(generator, 450, 0.97)

    (a, _), correlation = two_phase_moments((mixed(), mixed()), (np.ones((450, 7)),) * 2, 1e-6)
    assert correlation.slowness > 1.2
    phi = correlation.shared
    assert np.median(a.moments) < 0.85 * 450 * (1 - phi) / (1 + phi)


# --- resampling ---------------------------------------------------------------


def test_bootstrap_spread_is_that_of_the_mean_of_independent_frames():
    values = np.random.default_rng(7).normal(0, 1, (400, 2))
    drawn = block_bootstrap(values, np.ones((400, 2)), 1, 2000, np.random.default_rng(0))
    assert drawn.means.std(axis=0) == pytest.approx(values.std(axis=0) / 20, rel=0.1)


def test_bootstrap_never_looks_at_readings_without_weight():
    values = phase(8)
    weights = np.ones_like(values)
    weights[50:90] = 0
    blank, junk = values.copy(), values.copy()
    blank[50:90], junk[50:90] = np.nan, 1e6
    pair = [
        block_bootstrap(x, weights, 9, 50, np.random.default_rng(1)).means for x in (blank, junk)
    ]
    assert np.array_equal(*pair)


def test_permutation_finds_a_plain_change_and_only_there():
    weights = np.ones((225, 7))
    pair = phase(9), phase(9, shift=2.0)
    p = block_permutation(pair, (weights, weights), 18, 999, np.random.default_rng(0))
    assert p[3] < 0.01
    assert np.delete(p, 3).min() == 1.0


def test_a_block_outlasts_memory_and_a_phase_holds_four():
    assert block_length(225, 25) == 18
    assert block_length(100, 2) == 25


# --- the comparison -----------------------------------------------------------


def test_a_clear_change_is_found_and_named_first():
    result = compare_phases(phase(11), phase(12, shift=2.5), 15.0)
    happiness = result.emotions["happiness"]
    assert result.basis == "change"
    assert result.primary_emotion == "happiness"
    assert len(set(result.secondary_emotions) - {"happiness"}) == 2
    assert happiness.significant
    assert happiness.p < 0.05
    assert happiness.change_interval[0] < happiness.change < happiness.change_interval[1]
    assert happiness.effect_interval[0] < happiness.effect_size < happiness.effect_interval[1]
    assert happiness.change_interval[0] > 0
    assert "Happiness rose" in result.sentence


def test_without_a_change_the_level_of_the_second_phase_is_named():
    first = phase(13)
    result = compare_phases(first, first, 15.0)
    assert result.basis == "level"
    assert result.primary_emotion == "neutral"
    assert result.secondary_emotions == ("happiness", "sadness")
    assert not any(change.significant for change in result.emotions.values())


@pytest.mark.parametrize(("phi", "fps", "seconds"), [(0.0, 10, 10), (0.8, 15, 15), (0.95, 30, 20)])
def test_false_alarms_stay_rare_whatever_the_correlation(phi, fps, seconds):
    sessions, frames = 100, fps * seconds
    alarms = sum(
        compare_phases(
            phase((s, 0), frames, phi), phase((s, 1), frames, phi), fps, resamples=0
        ).basis
        == "change"
        for s in range(sessions)
    )
    # More than this by chance in 1 of 1,000 runs at a true rate of 5 %; a plain
    # t-test on frames has 40 and more from phi = 0.5.
    assert alarms <= stats.binom.ppf(0.999, sessions, 0.05)


def test_a_shift_of_one_and_a_quarter_deviations_is_mostly_found():
    sessions = 40
    results = [
        compare_phases(phase((s, 2)), phase((s, 3), shift=1.25, emotion=s % 7), 15.0, resamples=0)
        for s in range(sessions)
    ]
    found = [(s, r) for s, r in enumerate(results) if r.basis == "change"]
    assert len(found) >= stats.binom.ppf(0.001, sessions, 0.8)
    assert np.mean([r.primary_emotion == EMOTIONS[s % 7] for s, r in found]) >= 0.9


def test_moments_too_few_give_no_emotion_and_ask_for_more_seconds():
    result = compare_phases(phase(14, 300, 0.99), phase(15, 300, 0.99), 30.0)
    assert result.basis == "insufficient"
    assert result.primary_emotion is None
    assert result.secondary_emotions == ()
    assert result.needed_seconds >= 10
    assert result.mood == {}


@pytest.mark.parametrize("frames", [0, 1, 44])
def test_less_than_three_seconds_of_face_names_nothing(frames):
    short = np.full((225, 7), np.nan)
    short[:frames] = phase(16)[:frames]
    for pair in ((short, phase(17)), (phase(17), short), (short[:0], short[:0])):
        result = compare_phases(*pair, 15.0)
        assert result.basis == "insufficient"
        assert result.primary_emotion is None
        assert result.needed_seconds >= 1


@settings(deadline=None, max_examples=15)
@given(st.permutations(range(7)), st.integers(0, 50))
def test_the_order_of_the_emotions_does_not_matter(order, seed):
    first, second = phase((seed, 4)), phase((seed, 5), shift=1.5)
    plain = compare_phases(first, second, 15.0, resamples=0)
    mixed = compare_phases(first[:, order], second[:, order], 15.0, resamples=0)
    for place, origin in enumerate(order):
        a, b = mixed.emotions[EMOTIONS[place]], plain.emotions[EMOTIONS[origin]]
        assert a.p == pytest.approx(b.p, rel=1e-6)
        assert a.change == pytest.approx(b.change, abs=1e-9)
    assert mixed.basis == plain.basis


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 1000))
def test_exchanging_the_phases_turns_the_change_around(seed):
    first, second = phase((seed, 6)), phase((seed, 7), shift=0.8)
    there = compare_phases(first, second, 15.0, resamples=0)
    back = compare_phases(second, first, 15.0, resamples=0)
    for name in EMOTIONS:
        assert there.emotions[name].change == pytest.approx(-back.emotions[name].change)
        assert there.emotions[name].p == pytest.approx(back.emotions[name].p)


def test_the_same_input_and_seed_give_the_same_bits():
    first, second = phase(18), phase(19, shift=1.0)
    once, again = (compare_phases(first, second, 15.0, seed=5) for _ in range(2))
    assert same(once, again)
    other = compare_phases(first, second, 15.0, seed=6)
    assert not same(once, other)


def test_the_input_is_left_as_it_was():
    first, second = phase(20), phase(21)
    copies = first.copy(), second.copy()
    compare_phases(first, second, 15.0, trust_first=np.linspace(0, 1, 225), resamples=9)
    assert np.array_equal(first, copies[0])
    assert np.array_equal(second, copies[1])


def test_what_is_not_trusted_does_not_count():
    first, second = phase(22), phase(23)
    second[100:160] = np.eye(7)[0]
    trust = np.ones(225)
    trust[100:160] = 0.1
    doubted = compare_phases(first, second, 15.0, trust_second=trust, resamples=0)
    second[100:160] = np.nan
    missing = compare_phases(first, second, 15.0, resamples=0)
    assert repr(doubted.emotions) == repr(missing.emotions)
    assert "low_trust" in {note.code for note in doubted.notes}


def test_a_row_with_one_nan_is_a_frame_without_a_face():
    first, second = phase(24), phase(25)
    partly, wholly = second.copy(), second.copy()
    partly[10:40, 2], wholly[10:40] = np.nan, np.nan
    assert same(compare_phases(first, partly, 15.0), compare_phases(first, wholly, 15.0))


def test_an_emotion_that_never_moves_is_never_the_change():
    first, second = phase(26), phase(27, shift=2.5)
    first[:, 1] = second[:, 1] = 0.0
    result = compare_phases(first, second, 15.0)
    assert result.emotions["disgust"].p == 1.0
    assert result.primary_emotion == "happiness"


def test_readings_that_stand_still_are_compared_without_failing():
    first, second = np.tile(LEVELS, (225, 1)), np.tile(LEVELS[::-1], (225, 1))
    assert compare_phases(first, first, 15.0).basis == "level"
    assert compare_phases(first, second, 15.0).basis == "change"


def test_a_rare_emotion_that_doubles_within_a_thousandth_has_not_changed():
    generator = np.random.default_rng(28)

    def rare(level):
        values = phase(generator.integers(1 << 30))
        values[:, 1] = level * np.exp(0.3 * ar1(generator, 225, 0.8)[:, 1])
        return values

    result = compare_phases(rare(0.0005), rare(0.001), 15.0)
    assert not result.emotions["disgust"].significant


@pytest.mark.parametrize(
    ("arguments", "keywords", "named"),
    [
        ((np.ones((50, 6)), np.ones((50, 7)), 15.0), {}, "first"),
        ((np.ones((50, 7)), np.ones(50), 15.0), {}, "second"),
        ((np.ones((50, 7)), np.ones((50, 7)), 0.0), {}, "fps"),
        ((np.ones((50, 7)), np.ones((50, 7)), math.nan), {}, "fps"),
        ((np.ones((50, 7)), np.ones((50, 7)), 15.0), {"trust_first": np.ones(49)}, "trust"),
        ((np.ones((50, 7)), np.ones((50, 7)), 15.0), {"trust_second": np.full(50, 2.0)}, "trust"),
        (([["a"] * 7], np.ones((50, 7)), 15.0), {}, "first"),
    ],
)
def test_input_of_the_wrong_kind_is_refused_by_name(arguments, keywords, named):
    with pytest.raises(SessionError, match=named):
        compare_phases(*arguments, **keywords)


@pytest.mark.parametrize("language", ["en", "ko"])
def test_every_basis_has_a_sentence_in_both_languages(language):
    results = [
        compare_phases(phase(29), phase(30, shift=2.5), 15.0, resamples=0),
        compare_phases(phase(29), phase(29), 15.0, resamples=0),
        compare_phases(phase(29)[:10], phase(30), 15.0, resamples=0),
    ]
    assert {r.basis for r in results} == {"change", "level", "insufficient"}
    assert len({r.sentence_in(language) for r in results}) == 3


def test_what_is_asked_for_would_be_just_enough():
    result = compare_phases(phase(2, frames=225, phi=0.995), phase(3, frames=225, phi=0.995), 15.0)
    assert result.basis == "insufficient"
    missing = [
        seconds * (8.0 / moments - 1)
        for seconds, moments in zip(result.usable_seconds, result.moments, strict=True)
    ]
    assert result.needed_seconds == min(120, math.ceil(max(missing)))


@pytest.mark.parametrize("scale", [SHARES, LOG_RATIOS])
def test_the_chance_that_is_told_is_that_on_the_scale_that_was_chosen(scale):
    def noise(seed):
        return ar1(np.random.default_rng(seed), 450, 0.5)

    if scale is SHARES:
        first, second = LEVELS + 0.02 * noise(1), LEVELS + 0.02 * noise(2)
        second[:, 3] += 0.012
    else:
        first, second = (np.exp(np.log(LEVELS) + 0.8 * noise(seed)) for seed in (1, 2))
        second[:, 3] *= 1.5
        first, second = (x / x.sum(axis=1, keepdims=True) for x in (first, second))
    result = compare_phases(first, second, 15.0)
    assert result.scale == scale.name
    checked = [check_phase(x, None, "phase") for x in (first, second)]
    shares, trust = tuple(x.shares for x in checked), tuple(x.trust for x in checked)
    chances = {each.name: evidence(shares, trust, 15.0, each).p for each in (SHARES, LOG_RATIOS)}
    expected = holm(chances[scale.name])
    if scale is LOG_RATIOS:
        expected = np.maximum(expected, chances["shares"])
    told = np.array([result.emotions[name].p for name in EMOTIONS])
    counted = told < 1  # the others have moved too little to have changed at all
    assert counted[3]
    assert told[counted] == pytest.approx(expected[counted], rel=1e-9)
    assert not np.allclose(chances["shares"][counted], chances["log-ratios"][counted], rtol=0.05)


def test_a_recording_played_backwards_has_the_same_correlation():
    first, second = phase(7, frames=90), phase(8, frames=90)
    weights = tuple(np.ones_like(x) for x in (first, second))
    forwards, correlation = two_phase_moments((first, second), weights, 5e-4)
    backwards, reverse = two_phase_moments((first[::-1], second[::-1]), weights, 5e-4)
    assert reverse.shared == pytest.approx(correlation.shared, rel=1e-9)
    assert reverse.own == pytest.approx(correlation.own, rel=1e-9)
    for one, other in zip(forwards, backwards, strict=True):
        assert one.moments == pytest.approx(other.moments, rel=1e-9)


def test_an_emotion_that_stands_still_counts_with_the_least_deviation_believed():
    first, second = phase(7, frames=90), phase(8, frames=90)
    first[:, 2] = second[:, 2] = 0.05
    weights = tuple(np.ones_like(x) for x in (first, second))
    for resolution in (5e-4, 1e-2):
        moments, _ = two_phase_moments((first, second), weights, resolution)
        assert [each.variance[2] for each in moments] == pytest.approx([resolution**2] * 2)


def test_an_emotion_that_hardly_moves_says_nothing_of_the_correlation():
    first, second = phase(7, frames=90, phi=0.5), phase(8, frames=90, phi=0.5)
    weights = tuple(np.ones_like(x) for x in (first, second))
    _, plain = two_phase_moments((first, second), weights, 1e-3)
    # A slow drift of a tenth of the least deviation that is believed.
    first[:, 2] = second[:, 2] = 0.05 + 1e-4 * np.linspace(-1, 1, 90)
    moments, drifted = two_phase_moments((first, second), weights, 1e-3)
    assert [each.variance[2] for each in moments] == pytest.approx([1e-6] * 2)
    assert drifted.shared == pytest.approx(plain.shared, abs=0.05)


def test_an_emotion_that_clearly_differs_keeps_its_own_correlation():
    generator = np.random.default_rng(10)

    def mixed():
        values = ar1(generator, 450, 0.5)
        values[:, 5] = ar1(generator, 450, 0.97)[:, 5]
        return values

    _, correlation = two_phase_moments((mixed(), mixed()), (np.ones((450, 7)),) * 2, 1e-6)
    assert correlation.own[5] > 0.9
    assert np.delete(correlation.own, 5).max() < 0.7
    alike = ar1(generator, 450, 0.8), ar1(generator, 450, 0.8)
    _, correlation = two_phase_moments(alike, (np.ones((450, 7)),) * 2, 1e-6)
    assert correlation.own == pytest.approx(np.full(7, correlation.shared), abs=0.03)


def test_a_reading_alone_in_a_gap_counts_for_more_than_one_among_neighbours():
    values = np.random.default_rng(11).normal(0, 1, (301, 7))
    values[:100] = ar1(np.random.default_rng(12), 100, 0.8)
    weights = np.ones_like(values)
    weights[100:300] = 0
    both = (values, values[::-1]), (weights, weights[::-1])
    (found, turned), correlation = two_phase_moments(*both, 1e-6)
    phi = correlation.own
    standing = np.tile((1 - phi) / (1 + phi), (101, 1))
    # Far from the next on one side: what it says is half its own.
    standing[-2:] = 1 / (1 + phi)
    seen = values[weights[:, 0] > 0]
    assert found.mean == pytest.approx((standing * seen).sum(axis=0) / standing.sum(axis=0))
    assert turned.mean == pytest.approx(found.mean)


def test_without_gaps_every_reading_counts_alike():
    pair = phase(7, frames=90), phase(8, frames=60)
    found, _ = two_phase_moments(pair, tuple(np.ones_like(x) for x in pair), 5e-4)
    for values, each in zip(pair, found, strict=True):
        assert each.mean == pytest.approx(values.mean(axis=0), rel=1e-9)


@pytest.mark.parametrize("moving", [0, 1, 7])
def test_the_slow_waves_have_the_more_degrees_of_freedom_the_more_emotions_tell(moving):
    pair = phase(7, frames=90), phase(8, frames=90)
    for values in pair:
        values[:, moving:] = LEVELS[moving:]
    weights = tuple(np.ones_like(x) for x in pair)
    told = two_phase_moments(pair, weights, 5e-4)[1].degrees
    # Four waves in each of two phases; a quarter of the say is the emotion's own.
    assert told == pytest.approx(8 / ((1 - 1 / 16) / max(1, moving) + 1 / 16))


def test_where_every_emotion_stands_still_no_frame_repeats_another():
    still = np.tile(LEVELS, (90, 1))
    weights = (np.ones_like(still),) * 2
    (a, b), correlation = two_phase_moments((still, still), weights, 1e-3)
    assert (correlation.shared, correlation.slowness) == (0, 1)
    assert a.moments == pytest.approx(np.full(7, 90.0))
    assert b.variance == pytest.approx(np.full(7, 1e-6))


def test_too_short_a_phase_still_tells_the_means_of_what_was_seen():
    first, second = np.clip(phase(5, frames=30), 0, None), np.full((30, 7), np.nan)
    first /= first.sum(axis=1, keepdims=True)
    result = compare_phases(first, second, 15.0)
    assert result.basis == "insufficient"
    means = np.array([result.emotions[name].means for name in EMOTIONS])
    assert means[:, 0] == pytest.approx(first.mean(axis=0))
    assert np.isnan(means[:, 1]).all()
