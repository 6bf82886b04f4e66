"""What can be said of readings that hardly repeat: the change held against a random walk.

Where a phase holds only a few independent moments no variance of a mean can be
estimated, and the usual test has nothing to stand on. A face that goes from one mood
to another and stays there looks like that. One thing can still be asked: had the
readings wandered on between the phases just as they wandered within them, would
they have come this far? A random walk wanders further than any steady process with
the same movement within a phase, so what it does not reach is a change.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from core.mood.statistics import SCALE_FLOOR, Array

PAUSE: Final = 0.25
"""Pause between the phases that the walk is given, in lengths of a phase."""

# Distance of the two means of a random walk over the spread within its phases, and how
# often it is exceeded: 600,000 walks of `python -m benchmarks.phase_error --part walk`.
_REACHED: Final = (
    (0, 1),
    (1.74, 0.5),
    (3.17, 0.2),
    (4, 0.1),
    (4.73, 0.05),
    (5.6, 0.02),
    (6.23, 0.01),
    (6.85, 0.005),
    (7.61, 0.002),
    (8.12, 0.001),
    (8.67, 0.0005),
    (9.42, 0.0002),
    (9.95, 0.0001),
    (10.8, 3e-5),
    (11.7, 1e-5),
)


def wandered(shares: tuple[Array, Array], trust: tuple[Array, Array]) -> Array:
    """How rarely a random walk gets from one phase to the other as far as the readings did.

    Parameters
    ----------
    shares : pair of (N, K) and (M, K) float64 array
        Readings; any value where the trust is 0. Outliers stay in: where readings move
        slowly, what looks like one may be the movement itself.
    trust : pair of (N,) and (M,) float64 array
        Weight of each reading; above 0 for at least one in a phase.

    Returns
    -------
    (K,) float64 array
        Share of random walks, 0..1, whose two means lie as far apart, in standard
        deviations within the phases; one emotion at a time.
    """
    means, variances = [], []
    for values, weight in zip(shares, trust, strict=True):
        used = weight > 0
        mean = np.average(values[used], axis=0, weights=weight[used])
        means.append(mean)
        variances.append(np.average((values[used] - mean) ** 2, axis=0, weights=weight[used]))
    spread = np.sqrt(np.maximum(np.mean(variances, axis=0), SCALE_FLOOR**2))
    ratio = np.abs(means[1] - means[0]) / spread
    distances, exceeded = np.array(_REACHED).T
    return np.asarray(np.exp(np.interp(ratio, distances, np.log(exceeded))))
