"""A run as one HTML file: opens offline, needs no script, says everything in two languages."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any, Final

from core.records.csv_log import cannot_write
from core.records.report_cells import facts_table, mapping_in, percent_cell, score_cell
from core.records.report_charts import draw_charts
from core.records.report_incidents import incident_table
from core.records.report_style import STYLE
from core.records.report_words import LANGUAGES, WORDS, both
from core.records.store import REPORT, read_incidents, read_summary
from core.records.svg_chart import clock

MOST_PROBLEMS: Final = 50


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
            _section("incidents", incident_table(incidents, run_dir if pictures else None)),
            _section("emotions", _emotions(summary)) if summary.get("emotions") else "",
            _section("settings", facts_table(mapping_in(summary, "settings"))),
            _section("versions", facts_table(mapping_in(summary, "versions")) + _models(summary)),
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


def _figures(summary: Mapping[str, Any]) -> str:
    statuses = mapping_in(summary, "frames_by_status")
    facts = [
        ("kind", both(summary["kind"]) if summary.get("kind") in WORDS else "", ""),
        ("started", escape(str(summary.get("started_at", ""))[:19].replace("T", " ")), ""),
        ("duration", clock(float(summary.get("duration_s") or 0)), ""),
        ("frames", f"{int(summary.get('frames') or 0):,}", ""),
        ("speed", f"{float(summary.get('fps') or 0):.0f}<small>/s</small>", "speed_tip"),
        ("quality", score_cell(summary.get("mean_quality")), "quality_tip"),
        ("lowest", score_cell(summary.get("min_quality")), "lowest_tip"),
        ("poor", percent_cell(summary.get("below_threshold")), "poor_tip"),
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


def _emotions(summary: Mapping[str, Any]) -> str:
    shares = sorted(mapping_in(summary, "emotions").items(), key=lambda item: -float(item[1]))
    bars = "".join(
        f"<tr><td>{both(name) if name in WORDS else escape(name)}</td>"
        f'<td class=bar><i class="{escape(name)}" style="width:{100 * float(share):.1f}%"></i></td>'
        f"<td>{percent_cell(share)}</td></tr>"
        for name, share in shares
    )
    return f"<table>{bars}</table><p class=soft>{both('emotion_note')}</p>"


def _models(summary: Mapping[str, Any]) -> str:
    models = {
        f"{role} {name}": value
        for role, facts in mapping_in(summary, "models").items()
        for name, value in (facts if isinstance(facts, dict) else {"": facts}).items()
    }
    return facts_table(models)


def _section(key: str, content: str) -> str:
    return f"<section><h2>{both(key)}</h2>{content}</section>"
