"""Long series made short enough for a screen, without losing a spike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

BINS: Final = 600
"""Bins a series is thinned to: two points each, about one a pixel of a wide screen."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Series:
    """One line of a chart.

    Parameters
    ----------
    key : str
        Names its text and its colour role.
    time_s : tuple of float
        Media time of each point, s, rising.
    values : tuple of float or None
        None breaks the line where nothing was measured.
    """

    key: str
    time_s: tuple[float, ...]
    values: tuple[float | None, ...]


def thin(
    key: str, time_s: Floats, values: Floats, duration_s: float, step_s: float
) -> Series | None:
    """Keep the lowest and the highest point of every bin, so that no spike is lost.

    Parameters
    ----------
    key : str
        Key of the series.
    time_s, values : (N,) float64 arrays
        Points in rising time; NaN values are left out.
    duration_s, step_s : float
        Length of the video and the usual time between two rows, s.

    Returns
    -------
    Series or None
        The line is broken where rows are missing; None where nothing was measured.
    """
    kept = np.isfinite(values) & np.isfinite(time_s)
    times, points = time_s[kept], values[kept]
    if not points.size:
        return None
    width_s = duration_s / BINS if duration_s > 0 else 0.0
    if points.size > 2 * BINS:
        chosen = _extremes(times, points, width_s)
        times, points = times[chosen], points[chosen]
        gap_s = max(3.0 * step_s, 2.5 * width_s)  # two points of neighbouring bins: < 2 widths
    else:
        gap_s = 3.0 * step_s
    breaks = np.flatnonzero(np.diff(times) > gap_s) + 1
    drawn: list[float | None] = [round(float(value), 4) for value in points]
    at = [round(float(moment), 3) for moment in times]
    for position in breaks[::-1]:
        drawn.insert(int(position), None)
        at.insert(int(position), at[int(position) - 1])
    return Series(key, tuple(at), tuple(drawn))


def usual_step_s(time_s: Floats) -> float:
    """Usual time between two rows, s."""
    return float(np.median(np.diff(time_s))) if time_s.size > 1 else 0.0


def _extremes(times: Floats, points: Floats, width_s: float) -> NDArray[np.intp]:
    """Positions of the lowest and highest point of every bin, in rising time."""
    bins = np.minimum((times / width_s).astype(np.intp), BINS - 1)
    # Sorted by bin, then by value: the ends of each bin's run are its extremes.
    order = np.lexsort((points, bins))
    edges = np.flatnonzero(np.diff(bins[order])) + 1
    first = np.concatenate(([0], edges))
    last = np.concatenate((edges, [order.size])) - 1
    return np.unique(np.concatenate((order[first], order[last])))
