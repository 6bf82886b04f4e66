"""Frames that come in bursts are shown as they happened; nothing here looks at a clock."""

from __future__ import annotations

import pytest

from core.frame.pace import JUMP_S, LATE_S, Pace


def test_a_segment_that_comes_at_once_is_spread_over_its_length() -> None:
    pace = Pace(10, ends=False)
    waits = [pace.wait_s(frame / 10, now_s=100.0) for frame in range(8)]
    assert waits == pytest.approx([frame / 10 for frame in range(8)])


def test_a_stream_that_was_held_up_goes_on_at_its_own_speed() -> None:
    pace = Pace(10, ends=False)
    pace.wait_s(0.0, now_s=0.0)
    held_up_s = 3 + LATE_S
    assert pace.wait_s(0.1, now_s=held_up_s) == 0
    assert pace.wait_s(0.2, now_s=held_up_s) == pytest.approx(0.1)


def test_a_hole_in_a_stream_is_not_waited_for() -> None:
    pace = Pace(10, ends=False)
    pace.wait_s(0.0, now_s=0.0)
    assert pace.wait_s(60.0, now_s=0.1) == 0
    assert pace.wait_s(60.1, now_s=0.1) == pytest.approx(0.1)


def test_a_slow_stream_has_no_holes() -> None:
    pace = Pace(0.5, ends=False)
    pace.wait_s(0.0, now_s=0.0)
    assert pace.wait_s(2 * JUMP_S, now_s=0.0) == pytest.approx(2 * JUMP_S)


def test_a_file_keeps_its_length_whatever_holds_it_up() -> None:
    pace = Pace(10, ends=True)
    pace.wait_s(0.0, now_s=0.0)
    assert pace.wait_s(0.1, now_s=9.0) == 0
    assert pace.wait_s(9.5, now_s=9.0) == pytest.approx(0.5)
