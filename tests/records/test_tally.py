"""A run is summed up in constant memory, and its stretches are where they were."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.records.tally import COUNTED_AT_ONCE, LateTally, Stretches, Tally
from core.types import EMOTIONS, Box, Face, FrameReport, QualityReading

STEP_S = 0.04


def report(
    index: int, score: float = 0.8, *, frozen: bool = False, faces: tuple[Face, ...] = ()
) -> FrameReport:
    quality = QualityReading(0.1, 120.0, 0.1, 0.0, frozen, score)
    return FrameReport(index, index * STEP_S, "ok" if faces else "no_face", faces, quality)


def face(track_id: int, emotion: str, trust: float) -> Face:
    probabilities = np.zeros(7, np.float32)
    probabilities[EMOTIONS.index(emotion)] = 1.0
    return Face(track_id, Box(0, 0, 9, 9), 0.9, probabilities, emotion, trust)


def tally(reports: list[FrameReport], threshold: float = 0.5) -> Tally:
    made = Tally(threshold)
    for each in reports:
        made.add(each, STEP_S)
    return made


def test_figures_are_means_over_the_frames_that_were_measured() -> None:
    lost = FrameReport(3, 3 * STEP_S, "unreadable")
    made = tally([report(0, 0.9), report(1, 0.3), report(2, 0.6), lost])
    assert made.frames == 4
    assert made.frames_by_status == {"no_face": 3, "unreadable": 1}
    assert made.quality == pytest.approx((0.6, 0.3, 1 / 3))
    assert made.duration_s == pytest.approx(4 * STEP_S)


def test_nothing_measured_is_nothing_said() -> None:
    made = Tally(0.5)
    assert (made.frames, made.duration_s, made.quality, made.emotions) == (0, 0.0, None, {})
    assert made.finish() == ((), (), ())


def test_an_emotion_weighs_as_much_as_it_is_trusted() -> None:
    made = tally(
        [
            report(0, faces=(face(1, "happiness", 0.9), face(2, "fear", 0.1))),
            report(1, faces=(face(1, "happiness", 0.8), face(2, "fear", 0.0))),
        ]
    )
    assert made.emotions["happiness"] == pytest.approx(1.7 / 1.8, abs=1e-4)
    assert made.emotions["fear"] == pytest.approx(0.1 / 1.8, abs=1e-4)
    assert sum(made.emotions.values()) == pytest.approx(1.0, abs=1e-3)
    assert made.tracks == {1, 2}


def test_a_weak_stretch_is_found_where_it_is() -> None:
    scores = [0.8] * 25 + [0.2] * 25 + [0.8] * 25
    weak, freezes, unreadable = tally(
        [report(index, score) for index, score in enumerate(scores)]
    ).finish()
    (stretch,) = weak
    assert (stretch.onset_s, stretch.end_s) == pytest.approx((1.0, 2.0))
    assert not freezes
    assert not unreadable


def test_a_moment_is_no_weak_stretch_and_a_good_moment_parts_none() -> None:
    scores = [0.8] * 20 + [0.2] * 5 + [0.8] * 25 + [0.2] * 20 + [0.8] * 5 + [0.2] * 20
    weak, _, _ = tally([report(i, score) for i, score in enumerate(scores)]).finish()
    assert [(s.onset_s, s.end_s) for s in weak] == [pytest.approx((2.0, 3.8))]


def test_a_freeze_that_lasts_to_the_end_ends_there() -> None:
    _, freezes, _ = tally([report(i, frozen=i >= 10) for i in range(20)]).finish()
    assert [(f.onset_s, f.end_s) for f in freezes] == [pytest.approx((0.4, 0.8))]


@given(st.lists(st.booleans(), max_size=60))
def test_stretches_cover_exactly_the_frames_that_hold(holds: list[bool]) -> None:
    stretches = Stretches("freeze")
    for index, each in enumerate(holds):
        stretches.add(each, float(index), float(index + 1))
    found = stretches.finish()
    covered = [any(s.onset_s <= i < s.end_s for s in found) for i in range(len(holds))]
    assert covered == holds
    assert all(one.end_s < other.onset_s for one, other in itertools.pairwise(found))


def test_figures_asked_for_are_up_to_date_however_many_wait() -> None:
    late = LateTally(0.5)
    for count in range(1, 2 * COUNTED_AT_ONCE):
        late.add(report(count - 1, 0.6), STEP_S)
        if count % 10 == 0:
            assert late.now.frames == count
    assert late.now.quality == pytest.approx((0.6, 0.6, 0.0))
