"""Makes the catalog from a file of film facts, one JSON document a line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from catalog.store import (
    corrected,
    film_row,
    merged,
    read_corrections,
    write_catalog,
    write_lines,
)
from core.errors import CatalogError


def import_facts(source: Path, target: Path) -> tuple[int, int]:
    """Import film facts.

    Parameters
    ----------
    source : Path
        JSON lines; see ``catalog.store.film_row`` for a film.
    target : Path
        The catalog to write. ``corrections.json`` beside it is applied,
        ``unmatched.jsonl`` beside it gets the rows that cannot be used, with the reason.

    Returns
    -------
    tuple of int
        Films in the catalog, rows set aside.

    Raises
    ------
    CatalogError
        Where the source cannot be read or holds no usable film.
    """
    corrections = read_corrections(target.with_name("corrections.json"))
    rows: list[dict[str, Any]] = []
    unmatched: list[dict[str, Any]] = []
    try:
        lines = source.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = (error.strerror if isinstance(error, OSError) else "") or "it is no UTF-8 text"
        raise CatalogError(f"{source} cannot be read ({why}); give a JSON lines file") from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            if not isinstance(row, dict):
                raise ValueError("it is no JSON object")
            rows.append(film_row(corrected(row, corrections)))
        except (ValueError, TypeError, RecursionError) as error:
            unmatched.append({"line": number, "reason": str(error), "row": line[:500]})
    if not rows:
        raise CatalogError(
            f"{source.name} holds no usable film; the first fault: "
            f"{unmatched[0]['reason'] if unmatched else 'it is empty'}"
        )
    films = merged(rows)
    write_catalog(target, films)
    write_lines(target.with_name("unmatched.jsonl"), unmatched)
    return len(films), len(unmatched)
