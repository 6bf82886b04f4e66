"""A line chart over media time as inline SVG: no script, no outside resource."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.records.report_words import both

BINS: Final = 500
"""Points a line is thinned to; about one a pixel and a half of the page."""

WIDTH: Final = 760
HEIGHT: Final = 190
_LEFT: Final = 44
_BOTTOM: Final = 24
_TOP: Final = 8
Scale = Callable[[float], float]

_TICK_STEPS_S: Final = (0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400)


@dataclass(frozen=True, slots=True)
class Line:
    """One line: the key of its words, the style class that colours it, and its points.

    Parameters
    ----------
    key, look : str
        See ``report_words.WORDS``; a class of the report's style sheet.
    time_s, values : (N,) float64 array
        Media time, s, rising; NaN where nothing was measured.
    """

    key: str
    look: str
    time_s: NDArray[np.float64]
    values: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Band:
    """A stretch to mark, s of media time, with plain words for its tooltip."""

    start_s: float
    end_s: float
    words: str


def line_chart(
    title: str,
    lines: Sequence[Line],
    *,
    bands: Sequence[Band] = (),
    top: float = 1.0,
    threshold: float | None = None,
) -> str:
    """Draw lines over one time axis.

    Parameters
    ----------
    title : str
        Key of the words above it.
    lines : sequence of Line
        Those without a point are left out.
    bands : sequence of Band
        Marked behind the lines.
    top : float
        Upper end of the axis; it begins at 0.
    threshold : float, optional
        Drawn as a broken line.

    Returns
    -------
    str
        A ``figure`` element; "" where no line has a point.
    """
    drawn = [line for line in lines if np.isfinite(line.values).any()]
    if not drawn:
        return ""
    first_s = min(float(line.time_s[0]) for line in drawn)
    last_s = max(float(line.time_s[-1]) for line in drawn)
    span_s = max(last_s - first_s, 1e-3)
    plot_width, plot_height = WIDTH - _LEFT - 8, HEIGHT - _BOTTOM - _TOP

    def x(time_s: float) -> float:
        return _LEFT + (time_s - first_s) / span_s * plot_width

    def y(value: float) -> float:
        return _TOP + (1 - min(max(value / top, 0.0), 1.0)) * plot_height

    parts = [_axes(first_s, last_s, top, x, y)]
    for band in bands:
        left, right = x(max(band.start_s, first_s)), x(min(band.end_s, last_s))
        if right >= left:
            parts.append(
                f'<rect class="band" x="{left:.1f}" y="{_TOP}" '
                f'width="{max(2.0, right - left):.1f}" height="{plot_height}">'
                f"<title>{band.words}</title></rect>"
            )
    if threshold is not None:
        at = y(threshold)
        parts.append(
            f'<line class="threshold" x1="{_LEFT}" x2="{WIDTH - 8}" y1="{at:.1f}" y2="{at:.1f}"/>'
        )
    for line in drawn:
        parts.append(f'<path class="line {line.look}" d="{_path(line, x, y)}"/>')
    legend = "".join(f'<li><i class="{line.look}"></i>{both(line.key)}</li>' for line in drawn) + (
        "" if threshold is None else f'<li><i class="threshold"></i>{both("threshold")}</li>'
    )
    return (
        f'<figure><figcaption>{both(title)}</figcaption><svg viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'role="img">{"".join(parts)}</svg><ul class="legend">{legend}</ul></figure>'
    )


def clock(seconds: float) -> str:
    """Write media time as a player does, with tenths under a minute.

    >>> clock(5.25), clock(65), clock(3725)
    ('0:05.2', '1:05', '1:02:05')
    """
    if seconds < 60:
        return f"0:{int(seconds * 10) / 10:04.1f}"
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def thinned(
    time_s: NDArray[np.float64], values: NDArray[np.float64], bins: int = BINS
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Least and greatest value of each of ``bins`` stretches, so that no dip is lost.

    Parameters
    ----------
    time_s, values : (N,) float64 array
        NaN values are left out.
    bins : int
        Stretches of equal length.

    Returns
    -------
    time_s, values : (M,) float64 array
        At most two points a stretch, in order; M is N where there are few.
    """
    held = np.isfinite(values)
    time_s, values = time_s[held], values[held]
    if len(values) <= 2 * bins:
        return time_s, values
    edges = np.linspace(0, len(values), bins + 1).astype(int)
    chosen: list[int] = []
    for begin, end in itertools.pairwise(edges.tolist()):
        part = values[begin:end]
        chosen += sorted({begin + int(part.argmin()), begin + int(part.argmax())})
    return time_s[chosen], values[chosen]


def _path(line: Line, x: Scale, y: Scale) -> str:
    times, values = thinned(line.time_s, line.values)
    steps = np.diff(times)
    # A hole in the record is a hole in the line.
    hole_s = max(5.0, 20 * float(np.median(steps))) if len(steps) else np.inf
    moves = ["M", *("M" if step > hole_s else "L" for step in steps)]
    return "".join(
        f"{move}{x(time):.1f} {y(value):.1f}"
        for move, time, value in zip(moves, times.tolist(), values.tolist(), strict=True)
    )


def _axes(first_s: float, last_s: float, top: float, x: Scale, y: Scale) -> str:
    parts = []
    for share in (0.0, 0.5, 1.0):
        at = y(share * top)
        parts.append(
            f'<line class="grid" x1="{_LEFT}" x2="{WIDTH - 8}" y1="{at:.1f}" y2="{at:.1f}"/>'
            f'<text x="{_LEFT - 6}" y="{at + 4:.1f}" text-anchor="end">{share * top:g}</text>'
        )
    span_s = last_s - first_s
    step_s = next((step for step in _TICK_STEPS_S if span_s / step <= 8), span_s / 8)
    tick_s = np.ceil(first_s / step_s) * step_s
    while tick_s <= last_s + 1e-6:
        parts.append(
            f'<text x="{x(tick_s):.1f}" y="{HEIGHT - 6}" '
            f'text-anchor="middle">{clock(tick_s)}</text>'
        )
        tick_s += step_s
    return "".join(parts)
