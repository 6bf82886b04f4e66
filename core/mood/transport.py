"""How well a poster carries the colours of a mood: optimal transport with a free target.

The colour of a poster is a distribution, and so is the colour of a mood. The
earth mover's distance between them would punish a poster for more of a colour
that fits, and for a colour that moves closer to the mood but away from the mood
colour it had been assigned to. So only the poster's side is held fixed: every
poster colour goes, with all its weight, to the mood colour nearest to it. That
is the optimum of the transport problem without the second constraint (the
relaxation of Kusner et al. 2015), found without a solver, and it gives:

- moving a poster colour nearer the mood colour that it is nearest to raises the closeness;
- more dominance of a colour that fits better than the poster's mean raises it;
- a poster reaches 1 when it has nothing but the mood's colours, and only then.

The cost of a way is 1 - exp(-d / reach), d in CIEDE2000: it saturates, as beyond
some distance a colour is only "another colour" (Ruzon and Tomasi 2001). How much
a mood colour counts is in its reach. docs/methods.md proves what is said here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.mood.associations import CALM, COLOUR_SETS, MoodColour, colour_sets
from core.mood.colour import chroma, delta_e_2000, srgb_to_lab
from core.types import EMOTIONS

Floats = NDArray[np.float32]

REACH_DELTA_E: Final = 40.0
"""CIEDE2000 at which the closeness to the strongest colour of a set has fallen to 1/e."""

FAINT_POWER: Final = 4
"""An emotion of vanishing weight reaches a quarter as far as the strongest of the mood."""

# Two colours of a set within this CIEDE2000 support each other.
_KIN_DELTA_E: Final = 15.0
# A colour of this chroma or more pulls fully, a gray with a tenth: near-black and
# gray areas, which most posters have, should not decide.
_FULL_CHROMA: Final = 54.0
_GRAY_PULL: Final = 0.1


def poster_weights(dominance: ArrayLike) -> Floats:
    """Weight of each colour of a poster: the square root of its dominance, summing to 1.

    The root lets a margin that fills most of a poster speak no louder than a few
    of its other colours together.

    Parameters
    ----------
    dominance : (N, K) array
        Share of the poster, 0 and up; 0 for a place without a colour.

    Returns
    -------
    (N, K) float32 array
        Rows sum to 1, or to 0 where a poster has no colour.
    """
    root = np.sqrt(np.asarray(dominance, dtype=np.float64))
    total = root.sum(axis=-1, keepdims=True)
    share = np.divide(root, total, out=np.zeros_like(root), where=total > 0)
    weights: Floats = share.astype(np.float32)
    return weights


def reach(colours: Sequence[MoodColour], rivals: Sequence[Sequence[MoodColour]] = ()) -> Floats:
    """How far each colour of a set reaches, in CIEDE2000.

    Proportional to the fourth root of its pull: the weight of the colour and its kin in
    the set, raised by its chroma, and by how much of that weight among all sets
    is this set's own (red says anger more than it says fear, which has it too).

    Parameters
    ----------
    colours : sequence of MoodColour
        One set.
    rivals : sequence of sequences of MoodColour
        The sets that may claim the same colours.

    Returns
    -------
    (len(colours),) float32 array
        0 to ``REACH_DELTA_E``, which the strongest colour has.
    """
    lab = srgb_to_lab([colour.rgb for colour in colours])
    own = _support(lab, colours)
    claimed = own + sum(_support(lab, rival) for rival in rivals)
    vivid = np.minimum(1.0, _GRAY_PULL + (1 - _GRAY_PULL) * chroma(lab) / _FULL_CHROMA)
    pull = own * vivid * own / claimed
    result: Floats = (REACH_DELTA_E * (pull / pull.max()) ** 0.25).astype(np.float32)
    return result


@lru_cache(maxsize=1)
def set_reaches() -> dict[str, Floats]:
    """``reach`` of each of ``COLOUR_SETS`` among the emotions."""
    sets = colour_sets()
    # Neutral is made of calm, so the two do not compete.
    kin = {CALM: "neutral"}
    return {
        name: reach(sets[name], [sets[o] for o in EMOTIONS if o not in (name, kin.get(name))])
        for name in COLOUR_SETS
    }


@dataclass(frozen=True, slots=True)
class Assignment:
    """Where every colour of some posters goes.

    Parameters
    ----------
    owner : (N, K) int array
        Number of the set that the nearest mood colour belongs to.
    colour : (N, K) int array
        Its number among the colours of all sets, set after set.
    distance : (N, K) float32 array
        CIEDE2000 to it.
    reach : (N, K) float32 array
        How far it reaches, CIEDE2000.
    """

    owner: NDArray[np.intp]
    colour: NDArray[np.intp]
    distance: Floats
    reach: Floats

    @classmethod
    def nearest(
        cls, distances: Floats, indices: NDArray[np.uint8], reaches: Sequence[Floats]
    ) -> Assignment:
        """Send every poster colour to the nearest colour of any set.

        Parameters
        ----------
        distances : (S, N, K) float32 array
            CIEDE2000 from each poster colour to the nearest colour of each set.
        indices : (S, N, K) uint8 array
            Which colour of the set that is.
        reaches : sequence of S arrays
            See ``reach``.
        """
        owner = distances.argmin(axis=0)
        distance = np.take_along_axis(distances, owner[None], axis=0)[0]
        index = np.take_along_axis(indices, owner[None], axis=0)[0]
        starts = np.cumsum([0, *(len(reach_of_set) for reach_of_set in reaches[:-1])])
        colour = starts[owner] + index
        return cls(owner, colour, distance, np.concatenate(reaches)[colour])

    def closeness(self) -> Floats:
        """exp(-distance / reach) of every poster colour, (N, K), 0..1."""
        result: Floats = np.exp(-self.distance / self.reach)
        return result

    def summed(self, weights: Floats, sets: int) -> Floats:
        """Sum the closeness up so that a mood costs one matrix product.

        Parameters
        ----------
        weights : (N, K) float32 array
            See ``poster_weights``.
        sets : int
            How many sets there are, S.

        Returns
        -------
        (N, 1 + S) float32 array
            Times (1, v_1, .., v_S) it is the closeness 0..1 of every poster to a
            mood whose set s has v_s = its weight over that of the strongest set.
        """
        closeness = self.closeness()
        faint = weights * closeness**FAINT_POWER
        more = weights * closeness - faint
        result = np.empty((len(weights), 1 + sets), dtype=np.float32)
        result[:, 0] = faint.sum(axis=1)
        for number in range(sets):
            result[:, 1 + number] = np.where(self.owner == number, more, 0).sum(axis=1)
        return result

    def closeness_under(self, strength: Floats) -> Floats:
        """Closeness of every poster colour where set s has strength v_s, (N, K), 0..1."""
        full, power = self.closeness(), strength[self.owner]
        result: Floats = power * full + (1 - power) * full**FAINT_POWER
        return result

    def distance_for(self, closeness: Floats, strength: Floats) -> Floats:
        """Distance at which each poster colour would have a closeness, CIEDE2000.

        The inverse of ``closeness_under``, by bisection; its argument is (N, K), 0..1.
        """
        power = strength[self.owner]
        low, high = np.zeros_like(closeness), np.ones_like(closeness)
        for _ in range(24):
            middle = (low + high) / 2
            below = power * middle + (1 - power) * middle**FAINT_POWER < closeness
            low, high = np.where(below, middle, low), np.where(below, high, middle)
        result: Floats = -np.log(high) * self.reach
        return result

    def imbalance(self, dominance: Floats, wanted: ArrayLike) -> NDArray[np.float64]:
        """Share of each poster that would have to change to mirror the mood's weights, 0..1.

        It decides between posters that are equally close: of those made of the
        mood's colours alone, the one with the mood's own proportions is first.

        Parameters
        ----------
        dominance : (N, K) array
        wanted : (C,) array
            Weight of each mood colour.
        """
        target = np.asarray(wanted, dtype=np.float64)
        shares = np.zeros((len(self.colour), len(target)))
        np.add.at(shares, (np.arange(len(shares))[:, None], self.colour), dominance)
        shares /= shares.sum(axis=1, keepdims=True)
        result: NDArray[np.float64] = np.abs(shares - target / target.sum()).sum(axis=1) / 2
        return result


def _support(lab: NDArray[np.float64], colours: Sequence[MoodColour]) -> NDArray[np.float64]:
    """Weight that a set gives to the neighbourhood of each colour of ``lab``."""
    other = srgb_to_lab([colour.rgb for colour in colours])
    kinship = np.exp(-((delta_e_2000(lab[:, None], other) / _KIN_DELTA_E) ** 2))
    support: NDArray[np.float64] = kinship @ np.array([colour.weight for colour in colours])
    return support
