"""Block resampling: intervals from a block bootstrap, a block permutation test as reference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.mood.statistics import Array

_FEWEST_BLOCKS: Final = 4


def block_length(frames: int, moments: float) -> int:
    """Frames in a block: twice what one independent moment takes.

    A block must outlast the memory of the readings, and a phase must still hold
    at least four.

    Parameters
    ----------
    frames : int
        Frames of the phase.
    moments : float
        Effective number of independent moments in it.
    """
    return int(
        np.clip(np.ceil(2 * frames / max(moments, 1.0)), 1, max(1, frames // _FEWEST_BLOCKS))
    )


@dataclass(frozen=True, slots=True)
class BlockReplicates:
    """Means and variances (R, K) of one phase in each bootstrap replicate."""

    means: Array
    variances: Array


def block_bootstrap(
    values: Array,
    weights: Array,
    length: int,
    replicates: int,
    generator: np.random.Generator,
) -> BlockReplicates:
    """Redraw a phase from circular blocks of its own frames.

    Parameters
    ----------
    values, weights : (N, K) float64 array
        Readings, and their weights; 0 where not used, whatever the value.
    length : int
        Frames in a block.
    replicates : int
        Redrawn phases.
    generator : numpy.random.Generator
        Source of the draws.

    Returns
    -------
    BlockReplicates

    References
    ----------
    Politis and Romano (1992), circular block-resampling, in *Exploring the Limits
    of Bootstrap*, 263-270; Kuensch (1989), doi:10.1214/aos/1176347265.
    """
    frames, columns = values.shape
    # Centred first, or the variance would be the difference of two large numbers.
    known = np.where(weights > 0, values, 0.0)
    center = (weights * known).sum(axis=0) / weights.sum(axis=0)
    centered = np.where(weights > 0, known - center, 0.0)
    terms = np.hstack([weights, weights * centered, weights * centered**2])
    running = np.vstack(
        [np.zeros(3 * columns), np.cumsum(np.vstack([terms, terms[:length]]), axis=0)]
    )
    blocks = running[length : length + frames] - running[:frames]
    drawn = generator.integers(0, frames, size=(replicates, -(-frames // length)))
    sums = np.zeros((replicates, 3 * columns))
    for turn in range(drawn.shape[1]):
        sums += blocks[drawn[:, turn]]
    total, first, second = np.split(sums, 3, axis=1)
    # A replicate of gaps alone has no mean; it is given that of the phase.
    total = np.where(total > 0, total, 1.0)
    mean = first / total
    return BlockReplicates(mean + center, np.maximum(second / total - mean**2, 0.0))


def block_permutation(
    phases: tuple[Array, Array],
    weights: tuple[Array, Array],
    length: int,
    permutations: int,
    generator: np.random.Generator,
) -> Array:
    """Family-wise p (K,) of no change, from shuffling blocks between the phases.

    The largest standardised difference over the emotions is compared with that
    of every shuffle, so the p-values need no further adjustment.

    Parameters
    ----------
    phases, weights : pair of (N, K) float64 array
        Readings and weights of each phase; weight 0 where not used.
    length : int
        Frames in a block.
    permutations : int
        Shuffles; the least p is 1 / (permutations + 1).
    generator : numpy.random.Generator
        Source of the shuffles.

    References
    ----------
    Westfall and Young (1993), *Resampling-Based Multiple Testing*, single step.
    """
    sums, totals, first_blocks = [], [], 0
    for values, weight in zip(phases, weights, strict=True):
        starts = np.arange(0, len(values), length)
        sums.append(np.add.reduceat(np.where(weight > 0, values, 0.0) * weight, starts, axis=0))
        totals.append(np.add.reduceat(weight, starts, axis=0))
        first_blocks = first_blocks or len(starts)
    block_sums, block_totals = np.vstack(sums), np.vstack(totals)
    blocks = len(block_sums)
    center = block_sums.sum(axis=0) / block_totals.sum(axis=0)
    block_sums = block_sums - block_totals * center

    shuffles = np.argsort(generator.random((permutations, blocks)), axis=1) < first_blocks
    labels = np.vstack([np.arange(blocks) < first_blocks, shuffles]).astype(float)
    statistic = np.abs(_differences(labels, block_sums, block_totals))
    spread = np.sqrt((statistic[1:] ** 2).mean(axis=0))
    statistic = statistic / np.maximum(spread, np.finfo(float).tiny)
    largest = statistic[1:].max(axis=1)
    # Equal up to rounding counts as equal: a shuffle may be the labelling itself.
    reached = largest[:, None] >= statistic[0] * (1 - 1e-9)
    return np.asarray((1 + reached.sum(axis=0)) / (permutations + 1))


def _differences(labels: Array, sums: Array, totals: Array) -> NDArray[np.float64]:
    """Second minus first weighted mean (P, K) under each labelling (P, B)."""
    inside, weight_inside = labels @ sums, labels @ totals
    outside, weight_outside = sums.sum(axis=0) - inside, totals.sum(axis=0) - weight_inside
    known = (weight_inside > 0) & (weight_outside > 0)
    first = inside / np.where(known, weight_inside, 1.0)
    second = outside / np.where(known, weight_outside, 1.0)
    return np.where(known, second - first, 0.0)
