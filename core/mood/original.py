"""The first project's way to rank films, made exact and kept for comparison.

For a film with poster colours p of dominance w and a mood with colours c, over
all pairs with d = CIEDE2000(c, p):

    distance = mean of d
    dominance = sum of w / (1 + d), over sum of 1 / (1 + d)
    score = dominance / (1 + distance)

It considers films that have at least one genre of the mood's emotions. All mood
colours count alike. A poster of many dark colours is close to everything on
average, which is why another method stands beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.mood.associations import MoodColour
from core.mood.colour import delta_e_2000, srgb_to_lab

# Films at a time: 512 x 6 x 15 pairs of float64 stay within a few MB.
_CHUNK: Final = 512


def original_scores(
    rgb: NDArray[np.float32],
    dominance: NDArray[np.float32],
    colours: Sequence[MoodColour],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Score every poster by the formula above, in float64.

    Parameters
    ----------
    rgb : (N, K, 3) array
        Poster colours, sRGB 0..255.
    dominance : (N, K) array
        0 where a palette has no such colour.
    colours : sequence of MoodColour
        Their weights do not matter.

    Returns
    -------
    score, distance, dominance : (N,) float64 arrays
        0..1, CIEDE2000, and 0..1.
    """
    mood = srgb_to_lab([colour.rgb for colour in colours])
    distance, weighted = np.zeros(len(rgb)), np.zeros(len(rgb))
    for start in range(0, len(rgb), _CHUNK):
        part = slice(start, start + _CHUNK)
        share = dominance[part].astype(np.float64)
        pairs = delta_e_2000(srgb_to_lab(rgb[part])[:, :, None], mood)
        present = share > 0
        near = np.where(present, (1 / (1 + pairs)).sum(axis=2), 0.0)
        count = present.sum(axis=1) * len(mood)
        distance[part] = np.where(present, pairs.sum(axis=2), 0.0).sum(axis=1) / count
        weighted[part] = (share * near).sum(axis=1) / near.sum(axis=1)
    return weighted / (1 + distance), distance, weighted
