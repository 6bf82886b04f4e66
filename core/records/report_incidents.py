"""The table of incidents in a report, with their pictures where the run keeps any."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any, Final

from core.errors import RecordError
from core.records.evidence import evidence_of, kept_evidence
from core.records.report_cells import as_number, mapping_in, words_of
from core.records.report_words import both, both_of
from core.records.svg_chart import clock

MOST_INCIDENTS: Final = 200
"""Rows of the table; incidents.json holds all."""

MOST_PICTURES: Final = 40
"""Pictures in a report, some 20 kB each; the others lie beside it."""


def incident_table(incidents: Sequence[Mapping[str, Any]], run_dir: Path | None) -> str:
    """The table of incidents, with their pictures where the directory of the run is given."""
    if not incidents:
        return f"<p>{both('none')}</p>"
    rows: list[str] = []
    pictures = [] if run_dir is None else _pictures(incidents[:MOST_INCIDENTS], run_dir)
    for each in incidents[:MOST_INCIDENTS]:
        onset_s, end_s = float(each.get("onset_s") or 0), float(each.get("end_s") or 0)
        advice = mapping_in(each, "advice")
        severity = as_number(each.get("severity"))
        rows.append(
            f"<tr><td>{clock(onset_s)}</td><td>{clock(end_s)}</td>"
            f"<td>{end_s - onset_s:.1f}</td><td>{both_of(*words_of(each))}</td>"
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
            shown = f'<img src="data:image/jpeg;base64,{data}" alt="{escape(words_of(each)[0])}">'
        cells.append(f"<td>{shown}</td>")
    return cells
