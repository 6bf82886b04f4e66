"""Builds the catalog from TMDB: page by page, each finished page safe on the disk."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from tqdm import tqdm

from catalog.palette import Measure, palette_workers
from catalog.store import (
    compact,
    corrected,
    film_row,
    merged,
    read_corrections,
    write_catalog,
    write_lines,
    write_whole,
)
from catalog.tmdb import FilmMissingError, Tmdb
from core.errors import CatalogError

_LOG: Final = logging.getLogger(__name__)
_HANGUL: Final = re.compile("[가-힣]")
# TMDB gives no page beyond this one.
_LAST_PAGE: Final = 500
_FETCHERS: Final = 8
_STILLS: Final = 4
_OFFERS: Final = ("flatrate", "free", "ads", "rent", "buy")


@dataclass(frozen=True, slots=True)
class Query:
    """Which films to build from.

    Parameters
    ----------
    region : str
        ISO 3166-1: films that can be watched there, and where.
    min_rating : float
        0..10.
    min_votes : int
    pages : int
        Of 20 films, most popular first; 1..500.
    """

    region: str = "KR"
    min_rating: float = 6.0
    min_votes: int = 200
    pages: int = 250

    def parameters(self) -> dict[str, str]:
        """The same in the words of TMDB's discover."""
        return {
            "region": self.region,
            "watch_region": self.region,
            "with_watch_monetization_types": "|".join(_OFFERS),
            "vote_average.gte": str(self.min_rating),
            "vote_count.gte": str(self.min_votes),
            "include_adult": "false",
        }


@dataclass(frozen=True, slots=True)
class Built:
    """What a build came to: films in the catalog, films set aside, pages."""

    films: int
    unmatched: int
    pages: int


def build(
    tmdb: Tmdb,
    query: Query,
    target: Path,
    work: Path,
    *,
    processes: int = 1,
    dask_address: str = "",
    progress: bool = True,
) -> Built:
    """Build the catalog, or go on where a killed build stopped.

    Parameters
    ----------
    tmdb : Tmdb
    query : Query
    target : Path
        The catalog to write; ``corrections.json`` beside it is applied,
        ``unmatched.jsonl`` beside it gets what cannot be used, with the reason.
    work : Path
        Folder of the checkpoints; it is made. Remove it to build from nothing.
    processes, dask_address
        See ``palette_workers``.
    progress : bool
        Whether to draw a bar on standard error.

    Raises
    ------
    CatalogError
        Where TMDB cannot be reached, or the folder belongs to another query.
    """
    corrections = read_corrections(target.with_name("corrections.json"))
    _claim(work, query)
    with palette_workers(processes, dask_address) as measure, ThreadPoolExecutor(_FETCHERS) as pool:
        crew = _Crew(tmdb, query, measure, pool)
        pages = _pages(crew, work, progress)
        rows = [row for page in pages for row in page["films"]]
        unmatched = [fault for page in pages for fault in page["unmatched"]]
        for wrong, values in sorted(corrections.items()):
            if "id" in values:
                rows = [row for row in rows if row["tmdb_id"] not in (wrong, values["id"])]
                films, faults = crew.read([{"id": values["id"]}])
                # Its other corrections are noted under the id that was wrong.
                rows += [{**film, "tmdb_id": wrong} for film in films]
                unmatched += faults
    films = merged(corrected(row, corrections) for row in rows)
    if not films:
        raise CatalogError("no film came out of the build; see unmatched.jsonl, or widen the query")
    write_lines(target.with_name("unmatched.jsonl"), unmatched)
    write_catalog(target, films)
    return Built(len(films), len(unmatched), len(pages))


def _pages(crew: _Crew, work: Path, progress: bool) -> list[dict[str, Any]]:
    """Every page, from its checkpoint or from TMDB."""
    pages: list[dict[str, Any]] = []
    last = min(crew.query.pages, _LAST_PAGE)
    with tqdm(total=last, unit="page", desc="films", disable=not progress) as bar:
        number = 1
        while number <= last:
            checkpoint = work / f"page-{number:04d}.json"
            page = _kept(checkpoint)
            if page is None:
                page = crew.page(number)
                write_whole(checkpoint, compact(page))
            pages.append(page)
            last = bar.total = min(last, page["total_pages"])
            bar.update()
            number += 1
    return pages


@dataclass(frozen=True, slots=True)
class _Crew:
    """Those who work on a page: the client, its threads, the palette workers."""

    tmdb: Tmdb
    query: Query
    measure: Measure
    pool: ThreadPoolExecutor

    def page(self, number: int) -> dict[str, Any]:
        """One page of films with their palettes."""
        try:
            found = self.tmdb.discover(number, self.query.parameters())
            results, total = list(found["results"]), int(found["total_pages"])
        except (FilmMissingError, KeyError, TypeError, ValueError) as error:
            raise CatalogError(
                f"page {number} of TMDB cannot be used ({error}); run the same command again"
            ) from error
        films, unmatched = self.read(results)
        return {"total_pages": total, "films": films, "unmatched": unmatched}

    def read(self, results: Iterable[Any]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Films and faults of some discovered entries."""
        films: list[dict[str, Any]] = []
        faults: list[dict[str, Any]] = []
        fetched = []
        entries = list(results)
        for entry, answer in zip(entries, self.pool.map(self._fetch, entries), strict=True):
            if isinstance(answer, str):
                faults.append({**_name(entry), "reason": answer})
            else:
                fetched.append((entry, *answer))
        palettes = self.measure([poster for _, _, poster in fetched])
        for (entry, details, _), palette in zip(fetched, palettes, strict=True):
            try:
                if isinstance(palette, str):
                    raise ValueError(palette)
                films.append(film_row(_facts(entry, details, palette, self.query.region)))
            except (ValueError, TypeError, KeyError, AttributeError) as error:
                faults.append({**_name(entry), "reason": str(error)})
        return films, faults

    def _fetch(self, entry: Any) -> tuple[dict[str, Any], bytes] | str:
        """Details and poster of a film, or why it has none."""
        try:
            details = self.tmdb.details(int(entry["id"]))
            if not details.get("poster_path"):
                return "no poster"
            return details, self.tmdb.poster(details["poster_path"])
        except FilmMissingError as error:
            return str(error)
        except (KeyError, TypeError, ValueError):
            return "no TMDB id"


def _facts(
    entry: Mapping[str, Any], details: Mapping[str, Any], palette: list[list[float]], region: str
) -> dict[str, Any]:
    """What the catalog keeps of TMDB's answers."""
    korean = entry.get("title") or ""
    offers = ((details.get("watch/providers") or {}).get("results") or {}).get(region) or {}
    videos = (details.get("videos") or {}).get("results") or []
    trailers = [v for v in videos if v.get("site") == "YouTube" and v.get("type") == "Trailer"]
    trailers.sort(key=lambda video: not video.get("official"))
    watch = {
        kind: [offer["provider_name"] for offer in offers[kind]]
        for kind in _OFFERS
        if kind in offers
    }
    return {
        "tmdb_id": details.get("id"),
        "imdb_id": (details.get("external_ids") or {}).get("imdb_id"),
        "title": details.get("title"),
        "title_ko": korean if _HANGUL.search(korean) else None,
        "original_title": details.get("original_title"),
        "original_language": details.get("original_language"),
        "release_date": details.get("release_date"),
        "genres": [genre["name"] for genre in details.get("genres") or []],
        "vote_average": round(float(details.get("vote_average") or 0), 2),
        "vote_count": int(details.get("vote_count") or 0),
        "poster_path": details["poster_path"],
        "palette": palette,
        "palette_from_poster_path": True,
        "trailer": trailers[0]["key"] if trailers else None,
        "stills": [
            image["file_path"]
            for image in ((details.get("images") or {}).get("backdrops") or [])[:_STILLS]
        ],
        "reviews": int((details.get("reviews") or {}).get("total_results") or 0),
        "watch": {**watch, "link": offers["link"]} if watch and offers.get("link") else watch,
    }


def _name(entry: Any) -> dict[str, Any]:
    """What tells a person which film it was."""
    if not isinstance(entry, Mapping):
        return {"entry": str(entry)[:200]}
    return {name: entry.get(name) for name in ("id", "title", "release_date")}


def _claim(work: Path, query: Query) -> None:
    """Make the folder of checkpoints, or make sure that it is of the same query."""
    asked = {key: value for key, value in asdict(query).items() if key != "pages"}
    note = work / "query.json"
    try:
        work.mkdir(parents=True, exist_ok=True)
        if note.exists():
            if json.loads(note.read_text(encoding="utf-8")) != asked:
                raise CatalogError(
                    f"{work.name} holds pages of another query; remove it or give another --work"
                )
        else:
            write_whole(note, compact(asked))
    except (OSError, ValueError) as error:
        why = (error.strerror if isinstance(error, OSError) else "") or error
        raise CatalogError(f"{work} cannot be used ({why}); give another --work") from error


def _kept(checkpoint: Path) -> dict[str, Any] | None:
    try:
        page: dict[str, Any] = json.loads(checkpoint.read_text(encoding="utf-8"))
        if {type(page["films"]), type(page["unmatched"])} != {list}:
            raise ValueError("it holds no films")
        return {**page, "total_pages": int(page["total_pages"])}
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        _LOG.warning("%s is damaged (%s) and is fetched again", checkpoint.name, error)
        return None
