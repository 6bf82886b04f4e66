"""Values of a run's records as a report writes them; what is missing or wrong stops none."""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from typing import Any

from core.records.report_words import both


def mapping_in(values: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Read a mapping of a summary; an empty one where there is none."""
    found = values.get(name)
    return found if isinstance(found, dict) else {}


def as_number(value: object) -> float | None:
    """Read a number; None where it is none."""
    return float(value) if isinstance(value, int | float) else None


def score_cell(value: object) -> str:
    """Write a score, 0..1."""
    number = as_number(value)
    return both("not_measured") if number is None else f"{number:.2f}"


def percent_cell(value: object) -> str:
    """Write a share, 0..1, in percent."""
    number = as_number(value)
    return both("not_measured") if number is None else f"{100 * number:.0f}<small> %</small>"


def words_of(incident: Mapping[str, Any]) -> tuple[str, str]:
    """Say in both languages what an incident is; an older record holds its kind alone."""
    words, kind = mapping_in(incident, "words"), str(incident.get("kind", ""))
    return str(words.get("en", kind)), str(words.get("ko", kind))


def facts_table(values: Mapping[str, Any]) -> str:
    """Write names and values as a table."""
    rows = "".join(
        f"<tr><th>{escape(str(name))}</th><td><code>{escape(_plain(value))}</code></td></tr>"
        for name, value in values.items()
    )
    return f"<div class=wide><table class=facts>{rows}</table></div>"


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
