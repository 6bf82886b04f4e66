"""The catalog file: one form for all rows, written whole or not at all."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from core.errors import CatalogError
from core.mood.catalog import SCHEMA_VERSION, Catalog, check_facts

FILE: Final = Path(__file__).with_name("films.json")
"""The catalog that ships with the program."""

NOTICE: Final = "This product uses the TMDB API but is not endorsed or certified by TMDB."
LICENCE: Final = (
    "Film facts from TMDB under its API terms of use (non-commercial, with attribution); "
    "palettes measured from the posters by this project, CC0. No posters, no overviews."
)

# What a row may carry, in the order it is written; the rest is dropped.
_FIELDS: Final = (
    "tmdb_id",
    "imdb_id",
    "title",
    "title_ko",
    "original_title",
    "original_language",
    "release_date",
    "year",
    "genres",
    "vote_average",
    "vote_count",
    "poster_path",
    "palette",
    "palette_from_poster_path",
    "trailer",
    "stills",
    "reviews",
    "watch",
)


def film_row(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Bring a film to the form of the catalog.

    Parameters
    ----------
    facts : mapping
        At least ``tmdb_id``, ``title`` and ``palette``, a list of
        ``{"rgb": [r, g, b], "dominance": share}`` or of ``[r, g, b, share]``.

    Raises
    ------
    ValueError
        With the reason why the film cannot be used.
    """
    identity = facts.get("tmdb_id")
    if not isinstance(identity, int) or isinstance(identity, bool) or identity < 1:
        raise ValueError("no TMDB id")
    if not isinstance(facts.get("title"), str) or not facts["title"].strip():
        raise ValueError("no title")
    row = {name: facts[name] for name in _FIELDS if facts.get(name) not in (None, [], {})}
    check_facts(row)
    if not isinstance(row.get("imdb_id", ""), str):
        raise ValueError(f"imdb_id {row['imdb_id']!r:.40} is no text")
    row["palette"] = _palette(facts.get("palette"))
    released = str(facts.get("release_date") or "")[:4]
    if "year" not in row and released.isdecimal():
        row["year"] = int(released)
    return {name: row[name] for name in _FIELDS if name in row}


def merged(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Make one row of all that are the same film, by TMDB id or IMDb id.

    The first one counts; the others fill in what it lacks. Sorted by votes.
    """
    films: list[dict[str, Any]] = []
    places: dict[object, int] = {}
    for row in rows:
        keys = [row["tmdb_id"], *([row["imdb_id"]] if row.get("imdb_id") else [])]
        place = next((places[key] for key in keys if key in places), None)
        if place is None:
            place = len(films)
            films.append(dict(row))
        else:
            films[place] = {**row, **films[place]}
        places.update((key, place) for key in keys)
    ordered: list[dict[str, Any]] = [
        {name: film[name] for name in _FIELDS if name in film} for film in films
    ]
    return sorted(ordered, key=lambda film: (-film.get("vote_count", 0), film["tmdb_id"]))


def read_corrections(path: Path) -> dict[int, dict[str, Any]]:
    """Read corrections made by hand: TMDB id to what is right for that film.

    Parameters
    ----------
    path : Path
        A JSON object such as ``{"157336": {"title": "Interstellar", "year": 2014}}``;
        besides ``title``, ``title_ko`` and ``year`` there may be ``id``: the film
        that was meant. No file means no corrections.

    Raises
    ------
    CatalogError
        Where it cannot be read.
    """
    if not path.exists():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        corrections = {int(key): dict(value) for key, value in content.items()}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise CatalogError(
            f'{path.name} cannot be read ({error}); write it like {{"123": {{"year": 1999}}}}'
        ) from error
    for key, values in corrections.items():
        unknown = set(values) - {"title", "title_ko", "year", "id"}
        if unknown:
            raise CatalogError(
                f"{path.name}: {sorted(unknown)[0]!r} of {key} is not known; "
                "use title, title_ko, year or id"
            )
    return corrections


def corrected(
    row: Mapping[str, Any], corrections: Mapping[int, Mapping[str, Any]]
) -> dict[str, Any]:
    """Apply the correction for a film, if there is one; ``id`` becomes its ``tmdb_id``."""
    values = dict(corrections.get(row.get("tmdb_id", 0), {}))
    identity = values.pop("id", row.get("tmdb_id"))
    return {**row, **values, "tmdb_id": identity}


def write_catalog(path: Path, films: Sequence[Mapping[str, Any]]) -> None:
    """Write a catalog and the distances beside it."""
    head = {"schema": SCHEMA_VERSION, "notice": NOTICE, "licence": LICENCE}
    lines = [
        *(f'"{key}":{json.dumps(value)},' for key, value in head.items()),
        '"films":[',
        ",\n".join(compact(film) for film in films),
        "]}",
    ]
    write_whole(path, "{" + "\n".join(lines) + "\n")
    # Computed now and kept, so that nobody waits for it later.
    _ = Catalog.load(path).distances


def write_lines(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write one JSON document a line; where there is nothing to write, leave no file."""
    text = "".join(f"{compact(row)}\n" for row in rows)
    if text:
        write_whole(path, text)
    else:
        path.unlink(missing_ok=True)


def compact(value: object) -> str:
    """JSON without spaces."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def write_whole(path: Path, text: str) -> None:
    """Put a file in place only when all of it is on the disk.

    A process that is killed at any moment leaves the old file or the new one.

    Raises
    ------
    CatalogError
        Where it cannot be written.
    """
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise CatalogError(
            f"{path} cannot be written ({error.strerror}); make room or give another place"
        ) from error


def _palette(entries: Any) -> list[list[float]]:
    if not isinstance(entries, list) or not entries:
        raise ValueError("no palette")
    result = []
    for entry in entries:
        try:
            values = [*entry["rgb"], entry["dominance"]] if isinstance(entry, Mapping) else entry
            red, green, blue, share = values
            good = all(0 <= value <= 255 for value in (red, green, blue)) and 0 <= share <= 1
        except (KeyError, TypeError, ValueError):
            good = False
        if not good:
            raise ValueError(f"palette entry {entry} is out of range")
        result.append([red, green, blue, share])
    if not any(share for *_, share in result):
        raise ValueError("no palette: no colour has a share")
    return result
