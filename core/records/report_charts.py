"""The charts of a run: quality, risk, emotions and frame rate over its time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from core.records.report_cells import as_number, mapping_in, words_of
from core.records.store import read_emotions, read_metrics
from core.records.svg_chart import Band, Line, line_chart
from core.types import EMOTIONS

if TYPE_CHECKING:
    import pandas as pd

MOST_BANDS: Final = 200
"""Incidents that are marked in a chart."""

_METRICS: Final = (
    "time_s",
    "quality_score",
    "blur_score",
    "noise_level",
    "brightness",
    "fps",
    "risk_now",
    "risk_within_30_s",
)


def draw_charts(
    run_dir: Path, summary: Mapping[str, Any], incidents: Sequence[Mapping[str, Any]]
) -> dict[str, str]:
    """Draw the charts of a run, by name: quality, risk, emotions, fps; empty ones are left out."""
    rows = read_metrics(run_dir, _METRICS)
    if rows.empty:
        return {}
    time_s = rows["time_s"].to_numpy()
    bands = [
        Band(float(each["onset_s"]), float(each["end_s"]), escape(words_of(each)[0]))
        for each in incidents[:MOST_BANDS]
        if {"onset_s", "end_s"} <= each.keys()
    ]

    def line(key: str, look: str, values: Any) -> Line:
        return Line(key, look, time_s, np.asarray(values, float))

    fps = rows["fps"].to_numpy()
    fastest = float(np.nanmax(fps)) if np.isfinite(fps).any() else 1.0
    found = {
        "quality": line_chart(
            "chart_quality",
            [
                line("sharpness", "sharp", 1 - rows["blur_score"]),
                line("brightness", "bright", rows["brightness"] / 255),
                line("noise", "noise", rows["noise_level"]),
                line("score", "score", rows["quality_score"]),
            ],
            bands=bands,
            threshold=as_number(mapping_in(summary, "settings").get("quality_threshold")),
        ),
        "risk": line_chart(
            "chart_risk",
            [
                line("risk_now", "noise", rows["risk_now"]),
                line("risk_30", "risk", rows["risk_within_30_s"]),
            ],
            bands=bands,
        ),
        "emotions": line_chart("chart_emotions", _emotion_lines(read_emotions(run_dir))),
        "fps": line_chart("chart_fps", [line("fps", "score", fps)], top=_round_up(fastest)),
    }
    return {name: drawn for name, drawn in found.items() if drawn}


def _emotion_lines(faces: pd.DataFrame) -> list[Line]:
    faces = faces[faces["trust"] > 0]
    if faces.empty:
        return []
    weighted = faces[list(EMOTIONS)].mul(faces["trust"], axis=0)
    second = faces["time_s"].floordiv(1.0)
    sums = weighted.groupby(second).sum().div(faces["trust"].groupby(second).sum(), axis=0)
    times = sums.index.to_numpy(float) + 0.5
    return [Line(name, name, times, sums[name].to_numpy(float)) for name in EMOTIONS]


def _round_up(value: float) -> float:
    step = 10.0 ** np.floor(np.log10(max(value, 1.0)))
    return float(np.ceil(max(value, 1.0) / step) * step)
