"""What the Quality tab's charts and tables get of a run: plain values, thinned for the screen."""

from __future__ import annotations

from typing import Any, Final, get_args

import numpy as np

from core.incidents import Incident, IncidentKind
from core.records.association import spearman
from ui.quality_rows import Floats, RunRows
from ui.texts import LANGUAGES
from ui.thinning import BINS, thin

LINES: Final = (
    "quality",
    "sharpness",
    "brightness",
    "noise",
    "fps",
    "ocr",
    "risk",
    "risk_now",
)
"""The lines of the charts, all against one time."""

MOST_DOTS: Final = 700
"""Points of a scatter plot; its figures rest on all rows."""

MOST_INCIDENTS: Final = 500
KNOTS: Final = 400

_KINDS: Final = frozenset(get_args(IncidentKind))


def run_json(rows: RunRows, threshold: float) -> dict[str, Any]:
    """Figures, lines, scatters and incidents of one run, ready for JSON.

    Parameters
    ----------
    rows : RunRows
    threshold : float
        Quality score below which a picture is called weak, 0..1.
    """
    start_s, end_s = span_s(rows)
    return {
        "start_s": round(start_s, 3),
        "end_s": round(end_s, 3),
        "threshold": threshold,
        "figures": figures(rows, threshold),
        "lines": lines(rows, start_s, end_s),
        "thinned": len(rows) > 2 * BINS,
        "wall": wall_knots(rows),
        "ocr": scatter(rows, "ocr"),
        "trust": scatter(rows, "trust"),
        "incidents": [incident_json(each) for each in rows.incidents[:MOST_INCIDENTS]],
    }


def span_s(rows: RunRows) -> tuple[float, float]:
    """When a run begins and when its last frame ends, s of media time."""
    if not len(rows):
        return 0.0, 0.0
    return float(rows.time_s[0]), float(rows.time_s[-1] + rows.step_s)


def figures(rows: RunRows, threshold: float) -> dict[str, float | int | None]:
    """The run in figures; None where nothing was measured."""
    start_s, end_s = span_s(rows)
    quality = rows.measures["quality"]
    known = quality[np.isfinite(quality)]
    hours = (end_s - start_s) / 3600.0
    count = len(rows.incidents) if rows.knows_incidents else None
    lasts = end_s > start_s and count is not None
    return {
        "frames": len(rows),
        "duration": _rounded(end_s - start_s),
        "quality": _mean(quality),
        "lowest": _rounded(float(known.min())) if known.size else None,
        "weak": _rounded(float((known < threshold).mean())) if known.size else None,
        **{name: _mean(rows.measures[name]) for name in ("sharpness", "brightness", "noise")},
        "fps": _mean(rows.measures["fps"]),
        "ocr": _mean(rows.measures["ocr"]),
        "trust": _mean(rows.measures["trust"]),
        "incidents": count,
        "hourly": _rounded(count / hours) if lasts and count is not None else None,
        "troubled": _rounded(_covered_s(rows) / (end_s - start_s)) if lasts else None,
        "risk": _last(rows.measures["risk"]),
        "risk_now": _last(rows.measures["risk_now"]),
    }


def lines(rows: RunRows, from_s: float, to_s: float) -> dict[str, dict[str, Any]]:
    """The lines within a stretch of media time, each thinned to its extremes.

    Returns
    -------
    dict of str to dict
        ``{"t": [s], "v": [value or None]}`` by name; what was not measured is left out.
    """
    first, last = np.searchsorted(rows.time_s, [from_s, to_s])
    # One row more on either side, so that a line reaches the edge of the picture.
    part = slice(max(0, int(first) - 1), int(last) + 1)
    time_s = rows.time_s[part]
    if not time_s.size:
        return {}
    zero_s = float(time_s[0])
    drawn = {}
    for name in LINES:
        values = rows.measures[name][part]
        times = time_s[np.isfinite(values)] - zero_s
        # Text is read more rarely than frames, so every line has its own usual step.
        step_s = float(np.median(np.diff(times))) if times.size > 1 else 0.0
        series = thin(name, time_s - zero_s, values, float(time_s[-1]) - zero_s, step_s)
        if series is not None:
            shifted = [round(moment + zero_s, 3) for moment in series.time_s]
            drawn[name] = {"t": shifted, "v": series.values}
    return drawn


def wall_knots(rows: RunRows) -> dict[str, list[float]] | None:
    """Pairs of media and wall time between which the clock runs evenly; None without a clock."""
    known = np.flatnonzero(np.isfinite(rows.wall_s))
    if known.size < 2:
        return None
    chosen = known[np.unique(np.linspace(0, known.size - 1, KNOTS).astype(int))]
    wall_s = np.maximum.accumulate(rows.wall_s[chosen])
    return {
        "t": np.round(rows.time_s[chosen], 3).tolist(),
        "wall": np.round(wall_s, 3).tolist(),
    }


def scatter(rows: RunRows, name: str) -> dict[str, Any] | None:
    """Quality against another measure, with Spearman's rho; None where it was not measured.

    Parameters
    ----------
    rows : RunRows
    name : str
        "ocr" or "trust".
    """
    quality, other = rows.measures["quality"], rows.measures[name]
    known = np.flatnonzero(np.isfinite(quality) & np.isfinite(other))
    if not known.size:
        return None
    found = spearman(rows.time_s, quality, other)
    shown = known[np.unique(np.linspace(0, known.size - 1, MOST_DOTS).astype(int))]
    return {
        "t": np.round(rows.time_s[shown], 3).tolist(),
        "x": np.round(quality[shown], 4).tolist(),
        "y": np.round(other[shown], 4).tolist(),
        "rho": _finite(found.rho),
        "low": _finite(found.low),
        "high": _finite(found.high),
        "pairs": found.pairs,
        "independent": round(found.independent),
    }


def incident_json(incident: dict[str, Any]) -> dict[str, Any]:
    """One incident with its words, which older records and those of others lack."""
    kind = str(incident["kind"])
    known = (
        Incident(
            kind,  # type: ignore[arg-type]
            float(incident["onset_s"]),
            float(incident["end_s"]),
            evidence=_evidence(incident),
        )
        if kind in _KINDS
        else None
    )
    severity = incident.get("severity")
    return {
        "kind": kind,
        "onset_s": round(float(incident["onset_s"]), 3),
        "end_s": round(float(incident["end_s"]), 3),
        "severity": float(severity) if isinstance(severity, int | float) else None,
        "words": {language: known.words(language) for language in LANGUAGES} if known else None,
        "advice": {language: known.advice(language) for language in LANGUAGES} if known else None,
    }


def _evidence(incident: dict[str, Any]) -> dict[str, float | str]:
    evidence = incident.get("evidence")
    return dict(evidence) if isinstance(evidence, dict) else {}


def _covered_s(rows: RunRows) -> float:
    """Time in which any incident held, s."""
    covered_s, reached_s = 0.0, -np.inf
    for each in rows.incidents:
        onset_s, end_s = float(each["onset_s"]), float(each["end_s"])
        covered_s += max(0.0, end_s - max(onset_s, reached_s))
        reached_s = max(reached_s, end_s)
    return covered_s


def _mean(values: Floats) -> float | None:
    known = values[np.isfinite(values)]
    return _rounded(float(known.mean())) if known.size else None


def _last(values: Floats) -> float | None:
    known = np.flatnonzero(np.isfinite(values))
    return _rounded(float(values[known[-1]])) if known.size else None


def _rounded(value: float) -> float:
    return round(value, 4)


def _finite(value: float) -> float | None:
    return round(value, 4) if np.isfinite(value) else None
