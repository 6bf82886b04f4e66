"""A face keeps its number while it can be the same one, and no number is given twice."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from core.frame.tracks import FaceTracker
from core.types import Box, Detection

FPS = 30.0


def face(x: float, y: float, side: float = 100.0, score: float = 0.9) -> Detection:
    """A detection by its centre."""
    return Detection(Box(x - side / 2, y - side / 2, side, side), score)


detections = st.builds(
    face, st.floats(0, 1000), st.floats(0, 700), st.floats(12, 300), st.floats(0.5, 1)
)
frames = st.lists(st.lists(detections, max_size=6), max_size=12)


@settings(deadline=None)
@given(frames, st.floats(0.01, 0.6))
def test_numbers_are_unique_in_a_frame_and_new_ones_only_grow(
    source: list[list[Detection]], step_s: float
) -> None:
    tracker, known = FaceTracker(), 0
    for index, found in enumerate(source):
        rows = tracker.update(found, index * step_s)
        ids = [track_id for track_id, _ in rows]
        assert [detection for _, detection in rows] == found
        assert len(set(ids)) == len(ids)
        fresh = sorted(track_id for track_id in ids if track_id > known)
        assert fresh == list(range(known + 1, known + 1 + len(fresh)))
        known += len(fresh)


@settings(deadline=None)
@given(frames, st.randoms())
def test_the_order_of_the_detections_changes_no_number(
    source: list[list[Detection]], random: st.random_module
) -> None:
    one, other = FaceTracker(), FaceTracker()
    for index, found in enumerate(source):
        shuffled = list(found)
        random.shuffle(shuffled)  # type: ignore[attr-defined]
        expected = sorted((i, d.box, d.score) for i, d in one.update(found, index / FPS))
        given_back = sorted((i, d.box, d.score) for i, d in other.update(shuffled, index / FPS))
        assert given_back == expected


@settings(deadline=None)
@given(
    st.floats(0, 2 * math.pi),
    st.floats(0, 1.5),
    st.floats(20, 300),
    st.sampled_from([5.0, 10.0, 30.0, 60.0]),
    st.integers(0, 2**32 - 1),
)
def test_a_face_that_moves_slowly_keeps_its_number(
    direction: float, sides_per_s: float, side: float, fps: float, seed: int
) -> None:
    tracker, rng = FaceTracker(), np.random.default_rng(seed)
    for index in range(40):
        # Detectors tremble by some hundredths of the face.
        x, y, trembling = rng.normal(0, 0.03 * side, 3)
        way = sides_per_s * side * index / fps
        moved = face(x + way * math.cos(direction), y + way * math.sin(direction), side + trembling)
        assert tracker.update([moved], index / fps)[0][0] == 1


@settings(deadline=None)
@given(frames, frames)
def test_two_visitors_do_not_see_each_other(
    mine: list[list[Detection]], theirs: list[list[Detection]]
) -> None:
    alone, shared, other = FaceTracker(), FaceTracker(), FaceTracker()
    for index, found in enumerate(mine):
        if index < len(theirs):
            other.update(theirs[index], index / FPS)
        assert shared.update(found, index / FPS) == alone.update(found, index / FPS)


@settings(deadline=None)
@given(st.floats(0.1, 0.95))
def test_a_face_out_of_sight_for_a_moment_comes_back_as_itself(gap_s: float) -> None:
    tracker = FaceTracker(max_missed_s=1.0)
    tracker.update([face(300, 200)], 0.0)
    assert tracker.update([], gap_s / 2) == []
    assert tracker.update([face(310, 205)], gap_s)[0][0] == 1


def test_a_face_away_for_longer_is_a_new_one() -> None:
    tracker = FaceTracker(max_missed_s=1.0)
    tracker.update([face(300, 200)], 0.0)
    assert tracker.update([face(300, 200)], 1.2)[0][0] == 2


def test_dropped_frames_do_not_break_a_walk() -> None:
    tracker = FaceTracker()
    for index in (0, 1, 2, 3, 4, 5, 17, 18, 19, 35, 36):  # gaps of 0.4 and 0.53 s
        assert tracker.update([face(100 + 5 * index, 200)], index / FPS)[0][0] == 1


def test_faces_that_cross_and_hide_each_other_keep_their_numbers() -> None:
    tracker = FaceTracker()
    ids = []
    for index in range(61):
        # The nearer face, a quarter larger, hides the one behind while they overlap.
        right, left = face(100 + 8 * index, 200, 125), face(580 - 8 * index, 210, 100)
        seen = [right, left] if abs(right.box.center[0] - left.box.center[0]) > 70 else [right]
        rows = {
            id(detection): track_id for track_id, detection in tracker.update(seen, index / FPS)
        }
        ids.append((rows[id(right)], rows.get(id(left))))
    assert {first for first, _ in ids} == {1}
    assert {second for _, second in ids} == {2, None}


def test_a_cut_to_other_faces_gives_other_numbers() -> None:
    tracker = FaceTracker()
    for index in range(10):
        tracker.update([face(200, 200, 80), face(500, 200, 80)], index / FPS)
    after = tracker.update([face(350, 400, 80), face(800, 300, 260)], 10 / FPS)
    assert {track_id for track_id, _ in after} == {3, 4}


def test_a_face_of_another_size_at_the_same_place_is_another_face() -> None:
    tracker = FaceTracker()
    tracker.update([face(300, 300, 200)], 0.0)
    assert tracker.update([face(300, 300, 60)], 1 / FPS)[0][0] == 2


def test_a_reset_forgets_the_faces_but_gives_no_number_again() -> None:
    tracker = FaceTracker()
    tracker.update([face(300, 300)], 5.0)
    tracker.reset()
    assert tracker.update([face(300, 300)], 0.0)[0][0] == 2


def test_a_jump_back_in_the_source_starts_new_faces() -> None:
    tracker = FaceTracker()
    tracker.update([face(300, 300)], 5.0)
    assert tracker.update([face(300, 300)], 2.0)[0][0] == 2
