"""Keyframes that bring as much noise each time tell a live scene from a repeated frame."""

from __future__ import annotations

import pytest

from core.frame.redraws import RedrawWatch


def watched(redraws: list[tuple[float, float]], stirs: tuple[float, ...] = ()) -> RedrawWatch:
    watch = RedrawWatch()
    events = [(time_s, change, True) for time_s, change in redraws]
    events += [(time_s, 0.5, False) for time_s in stirs]
    for time_s, change, is_redraw in sorted(events):
        watch.note(time_s, change, is_redraw=is_redraw)
    return watch


def test_three_alike_come_evenly_until_the_next_is_late() -> None:
    watch = watched([(2, 2.2), (4, 2.1), (6, 2.25)])
    assert watch.come_evenly(8.9)
    assert not watch.come_evenly(9.1)


@pytest.mark.parametrize("changes", [(3.2, 1.3, 1.2), (2.0, 1.0, 0.4), (1.3, 0.48, 0.5)])
def test_what_a_repeated_frame_is_redrawn_by_is_not_even(changes: tuple[float, ...]) -> None:
    watch = watched(list(zip((2.0, 4.0, 6.0), changes, strict=True)))
    assert not watch.come_evenly(6.5)
    assert not watch.one_is_missing()


def test_two_say_nothing() -> None:
    assert not watched([(2, 2.0), (4, 2.0)]).come_evenly(4.5)


def test_one_that_is_smaller_or_does_not_come_is_missing() -> None:
    even = [(2.0, 2.0), (4.0, 2.0), (6.0, 2.0)]
    assert watched(even).one_is_missing()
    assert watched([*even, (8.0, 0.9)]).one_is_missing()
    assert not watched([*even, (8.0, 0.9)]).come_evenly(8.5)


def test_where_something_stirred_meanwhile_none_is_missing() -> None:
    assert not watched([(2, 2.0), (4, 2.0), (6, 2.0)], stirs=(5.0,)).one_is_missing()
    assert not watched([(2, 2.0), (4, 2.0), (6, 2.0)], stirs=(7.0,)).one_is_missing()
