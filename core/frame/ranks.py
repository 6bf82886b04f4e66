"""Quantiles of a few figures, for each frame: NumPy's take as long as all else of a freeze."""

from __future__ import annotations

from collections.abc import Iterable


def lower_quantile(values: Iterable[float], share: float) -> float:
    """The value that such a share of the others lies below, one of them itself.

    Parameters
    ----------
    values : iterable of float
        At least one.
    share : float
        0..1.

    Raises
    ------
    IndexError
        Where there is none.
    """
    ranked = sorted(values)
    return ranked[int(share * (len(ranked) - 1))]
