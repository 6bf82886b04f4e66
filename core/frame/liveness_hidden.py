"""What of a view another one hides: cells whose fine detail is gone, and whose tones are others."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.frame.liveness_view import CELL_PX, FEWEST_CELLS, View, cell_means
from core.frame.structure import structure_likeness

UNCOVERED_SHARE: Final = 0.3
"""Share of the cells that had detail under which hardly anything is hidden."""

_TEXTURED, _FAINT = 2.2, 1.0
"""Root mean square steps of detail from which a cell has something that can be hidden, and from
which on in a scene where hardly any has, as at night, if that is more than its noise."""

_LOST: Final = 0.4

_FLAT, FLATTEST = 2.0, 2.6
"""Steps of detail under which a cell that had little, and one that had much, shows nothing: a
scene with softer detail than the last one is a cut, no cover."""

_OTHER_TONES, _BLANK = 0.35, 0.12
"""A cover shows other tones than what it hides, by this share of the view's contrast, or none."""

_NOTHING: Final = 1.5
"""Steps of contrast that rounding leaves of a picture of nothing."""

SAME_STEPS: Final = 14.0
"""Luma steps by which what a cover leaves in view may change meanwhile."""

_MIX_SHARE, _SAME_SHARE = 0.85, 0.08
"""How much of the cells that still show detail has to be the old scene, the cover or a mix of
both, and how much of it the old scene: a cut to a dark one lies in between everywhere."""

_FEW_LEFT: Final = 0.22
"""Cells left in view, of those that had detail, that are too few to say so."""

_DARKENED, _STILL_THERE = 0.6, 0.6
"""A blur that leaves less than this of the light is something before the lens, if hardly any of
the structure is found again."""


class Hidden(NamedTuple):
    """Share of what there was to see that is hidden, where, and whether the rest is the same."""

    share: float
    cells: NDArray[np.bool_]
    rest_is_same: bool


def hidden_by(view: View, clear: View) -> Hidden:
    """What a later view hides of a clear one.

    Parameters
    ----------
    view, clear : View

    Returns
    -------
    Hidden
    """
    textured = clear.detail > _TEXTURED
    if textured.sum() < FEWEST_CELLS:
        textured = clear.detail > max(_FAINT, clear.noise)
    count = int(textured.sum())
    if count < FEWEST_CELLS or view.detail.shape != clear.detail.shape:
        return Hidden(0.0, textured, False)
    flat = view.detail < np.clip(_LOST * clear.detail, _FLAT, FLATTEST)
    flat &= view.detail < 0.5 * clear.detail
    lost = textured & flat
    share = float(lost.sum()) / count
    if share < UNCOVERED_SHARE:
        return Hidden(share, lost, False)
    # A dimmer light flattens all cells alike and keeps the pattern; a blur keeps the tones too.
    if keeps_tones(view, clear, share):
        return Hidden(0.0, lost, False)
    moved = np.abs(cell_means(view.thumb) - cell_means(clear.thumb))
    own = max(2.5, _OTHER_TONES * float(cell_means(clear.thumb).std()))
    # A blur leaves the tones of a cell; what is flat all over shows nothing of the scene.
    if float(np.median(moved[lost])) < own and view.spread > _BLANK * clear.spread:
        return Hidden(0.0, lost, False)
    shows = view.detail > _TEXTURED
    if shows.sum() < _FEW_LEFT * count:
        return Hidden(share, lost, True)
    # Along a soft edge the scene and the cover mix, so pixel by pixel: either, or in between.
    pixels = np.ones((CELL_PX, CELL_PX), np.bool_)
    left = np.kron(shows, pixels)
    lid_low, lid_high = np.quantile(view.thumb[np.kron(lost, pixels)], (0.1, 0.9))
    was, now = clear.thumb[left], view.thumb[left]
    slack = min(SAME_STEPS, _OTHER_TONES * clear.spread)
    is_mix = (now > np.minimum(was, lid_low) - slack) & (now < np.maximum(was, lid_high) + slack)
    is_same = np.abs(now - was) < slack
    return Hidden(share, lost, bool(is_mix.mean() > _MIX_SHARE and is_same.mean() > _SAME_SHARE))


def keeps_tones(view: View, clear: View, share: float) -> bool:
    """Whether a view lost the detail of such a share of a clear one, but shows the same tones."""
    shown = max(_NOTHING, 0.1 * clear.spread)
    if share < 0.9 or clear.likeness(view) < 0.6 or view.spread < shown:
        return False
    if view.mean > _DARKENED * clear.mean:
        return True
    # A light that goes out leaves the pattern, a hand before the lens hardly the brightest spots.
    return structure_likeness(clear.plane, view.plane).whole > _STILL_THERE
