"""A cut is told from what moves, though much does."""

from __future__ import annotations

import numpy as np

from core.frame.cuts import is_cut
from tests.frame.scenes import view


def test_a_cut_is_known_where_all_was_still() -> None:
    before, after = np.uint8(view()), np.uint8(view()[::-1, ::-1])
    change = float(np.abs(before.astype(float) - after).mean())
    assert is_cut(before, after, change, [1.0, 2.0])
    assert is_cut(before, after, change, [30.0, 40.0])


def test_what_moves_on_is_no_cut() -> None:
    before, after = np.uint8(view(60)), np.uint8(view(66))
    assert not is_cut(before, after, 20.0, [18.0, 25.0])
    assert not is_cut(before, after, 5.0, [0.1])


def test_two_flat_pictures_tell_of_no_cut() -> None:
    gray = np.full((180, 320), 90, np.uint8)
    assert not is_cut(gray, gray + 30, 30.0, [20.0])
