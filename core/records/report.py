"""A run as one HTML file: opens offline, needs no script, says everything in two languages."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from core.errors import RecordError
from core.records.csv_log import cannot_write
from core.records.evidence import evidence_of, kept_evidence
from core.records.report_style import STYLE
from core.records.report_words import LANGUAGES, WORDS, both, both_of
from core.records.store import REPORT, read_emotions, read_incidents, read_metrics, read_summary
from core.records.svg_chart import Band, Line, clock, line_chart
from core.types import EMOTIONS

if TYPE_CHECKING:
    import pandas as pd

MOST_INCIDENTS: Final = 200
"""Rows of the table of incidents; incidents.json holds all."""

MOST_PROBLEMS: Final = 50
MOST_PICTURES: Final = 40
"""Pictures of incidents in a report, some 20 kB each; the others lie beside it."""

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


def write_report(run_dir: Path, language: str = "en") -> Path:
    """Write report.html beside the records of a run.

    Parameters
    ----------
    run_dir : Path
        Holds summary.json, metrics.csv, emotions.csv and incidents.json.
    language : str
        "en" or "ko": the one shown first, English where it is another; the reader may switch.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    RecordError
        Where the records cannot be read or the report cannot be written.
    """
    page = report_html(run_dir, language)
    path = run_dir / REPORT
    try:
        path.write_text(page, "utf-8")
    except OSError as error:
        raise cannot_write(path, error) from error
    return path


def report_html(run_dir: Path, language: str = "en", *, pictures: bool = True) -> str:
    """Make the report of a run as one HTML document; see ``write_report``.

    ``pictures`` says whether those of incidents are in it, where the run keeps any.
    """
    summary, incidents = read_summary(run_dir), read_incidents(run_dir)
    charts = draw_charts(run_dir, summary, incidents)
    language = language if language in LANGUAGES else "en"
    chosen = {each: " checked" if each == language else "" for each in LANGUAGES}
    name = escape(str(summary.get("source", "")))
    body = "".join(
        (
            f'<input type="radio" name="language" id="en"{chosen["en"]}>'
            f'<input type="radio" name="language" id="ko"{chosen["ko"]}>'
            '<nav><label for="en">English</label><label for="ko">한국어</label></nav>'
            f"<main><h1>{name}</h1><p class=soft>{both('title')} · "
            f"<code>{escape(str(summary.get('run_id', '')))}</code></p>",
            _figures(summary),
            _problems(summary),
            _section("charts", "".join(charts.values()) or f"<p>{both('nothing')}</p>"),
            _section("incidents", _incidents(incidents, run_dir if pictures else None)),
            _section("emotions", _emotions(summary)) if summary.get("emotions") else "",
            _section("settings", _table(_mapping(summary, "settings"))),
            _section("versions", _table(_mapping(summary, "versions")) + _models(summary)),
            f"<footer>{both('made_by')}</footer></main>",
        )
    )
    # No policy may load anything: what stands in the file is all there is.
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">"
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{name} · Framemood</title><style>{STYLE}</style></head>"
        f"<body>{body}</body></html>\n"
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
        Band(float(each["onset_s"]), float(each["end_s"]), escape(_words_of(each)[0]))
        for each in incidents[:MOST_INCIDENTS]
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
            threshold=_number(_mapping(summary, "settings").get("quality_threshold")),
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


def _figures(summary: Mapping[str, Any]) -> str:
    statuses = _mapping(summary, "frames_by_status")
    facts = [
        ("kind", both(summary["kind"]) if summary.get("kind") in WORDS else "", ""),
        ("started", escape(str(summary.get("started_at", ""))[:19].replace("T", " ")), ""),
        ("duration", clock(float(summary.get("duration_s") or 0)), ""),
        ("frames", f"{int(summary.get('frames') or 0):,}", ""),
        ("speed", f"{float(summary.get('fps') or 0):.0f}<small>/s</small>", "speed_tip"),
        ("quality", _score(summary.get("mean_quality")), "quality_tip"),
        ("lowest", _score(summary.get("min_quality")), "lowest_tip"),
        ("poor", _percent(summary.get("below_threshold")), "poor_tip"),
        ("faces", f"{int(summary.get('faces') or 0):,}", "faces_tip"),
    ]
    cards = "".join(
        f'<div title="{escape(" / ".join(WORDS[tip]) if tip else "", quote=True)}">'
        f"<dt>{both(key)}</dt><dd>{value}</dd></div>"
        for key, value, tip in facts
    )
    states = ", ".join(
        f"{int(count):,} {both(status) if status in WORDS else escape(str(status))}"
        for status, count in statuses.items()
    )
    stopped = f"<p>{both('stopped')}</p>" if summary.get("cancelled") else ""
    return _section(
        "summary",
        f"<dl class=figures>{cards}</dl><p class=soft>{both('status')}: {states}</p>{stopped}",
    )


def _problems(summary: Mapping[str, Any]) -> str:
    told = [str(each) for each in summary.get("problems") or ()][:MOST_PROBLEMS]
    if not told:
        return ""
    return _section(
        "problems", "<ul>" + "".join(f"<li>{escape(each)}</li>" for each in told) + "</ul>"
    )


def _incidents(incidents: Sequence[Mapping[str, Any]], run_dir: Path | None) -> str:
    """The table of incidents, with their pictures where the directory of the run is given."""
    if not incidents:
        return f"<p>{both('none')}</p>"
    rows: list[str] = []
    pictures = [] if run_dir is None else _pictures(incidents[:MOST_INCIDENTS], run_dir)
    for each in incidents[:MOST_INCIDENTS]:
        onset_s, end_s = float(each.get("onset_s") or 0), float(each.get("end_s") or 0)
        advice = _mapping(each, "advice")
        severity = _number(each.get("severity"))
        rows.append(
            f"<tr><td>{clock(onset_s)}</td><td>{clock(end_s)}</td>"
            f"<td>{end_s - onset_s:.1f}</td><td>{both_of(*_words_of(each))}</td>"
            f"<td>{'' if severity is None else f'{severity:.2f}'}</td>"
            f"<td>{both_of(str(advice.get('en', '')), str(advice.get('ko', '')))}</td>"
            f"{pictures[len(rows)] if pictures else ''}</tr>"
        )
    columns = ["from", "to", "lasted", "what", "severity", "to_do"]
    head = "".join(f"<th>{both(key)}</th>" for key in columns + ["picture"] * bool(pictures))
    left = len(incidents) - MOST_INCIDENTS
    more = f"<p>{both('more', count=left)}</p>" if left > 0 else ""
    return (
        f"<div class=wide><table><thead><tr>{head}</tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table></div>{more}"
    )


def _pictures(incidents: Sequence[Mapping[str, Any]], run_dir: Path) -> list[str]:
    """A cell an incident with its picture in it; empty where the run keeps none."""
    kept, left = kept_evidence(run_dir), MOST_PICTURES
    cells: list[str] = []
    for each in incidents if kept else ():
        name, shown = evidence_of(each, kept), ""
        if name is not None and left > 0:
            left -= 1
            try:
                data = base64.b64encode((run_dir / name).read_bytes()).decode("ascii")
            except OSError as error:
                raise RecordError(f"{run_dir / name}: cannot be read ({error})") from error
            shown = f'<img src="data:image/jpeg;base64,{data}" alt="{escape(_words_of(each)[0])}">'
        cells.append(f"<td>{shown}</td>")
    return cells


def _emotions(summary: Mapping[str, Any]) -> str:
    shares = sorted(_mapping(summary, "emotions").items(), key=lambda item: -float(item[1]))
    bars = "".join(
        f"<tr><td>{both(name) if name in WORDS else escape(name)}</td>"
        f'<td class=bar><i class="{escape(name)}" style="width:{100 * float(share):.1f}%"></i></td>'
        f"<td>{_percent(share)}</td></tr>"
        for name, share in shares
    )
    return f"<table>{bars}</table><p class=soft>{both('emotion_note')}</p>"


def _models(summary: Mapping[str, Any]) -> str:
    models = {
        f"{role} {name}": value
        for role, facts in _mapping(summary, "models").items()
        for name, value in (facts if isinstance(facts, dict) else {"": facts}).items()
    }
    return _table(models)


def _table(values: Mapping[str, Any]) -> str:
    rows = "".join(
        f"<tr><th>{escape(str(name))}</th><td><code>{escape(_plain(value))}</code></td></tr>"
        for name, value in values.items()
    )
    return f"<div class=wide><table class=facts>{rows}</table></div>"


def _section(key: str, content: str) -> str:
    return f"<section><h2>{both(key)}</h2>{content}</section>"


def _words_of(incident: Mapping[str, Any]) -> tuple[str, str]:
    words, kind = _mapping(incident, "words"), str(incident.get("kind", ""))
    return str(words.get("en", kind)), str(words.get("ko", kind))


def _mapping(values: Mapping[str, Any], name: str) -> dict[str, Any]:
    found = values.get(name)
    return found if isinstance(found, dict) else {}


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _score(value: object) -> str:
    number = _number(value)
    return both("not_measured") if number is None else f"{number:.2f}"


def _percent(value: object) -> str:
    number = _number(value)
    return both("not_measured") if number is None else f"{100 * number:.0f}<small> %</small>"


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _round_up(value: float) -> float:
    step = 10.0 ** np.floor(np.log10(max(value, 1.0)))
    return float(np.ceil(max(value, 1.0) / step) * step)
