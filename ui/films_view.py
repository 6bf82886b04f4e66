"""Picks as the browser gets them: plain values, which ``static/films_*.js`` turn into cards."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from core.mood.associations import MoodColour
from core.mood.catalog import Catalog, Film
from core.mood.films import Pick
from core.mood.reasons import ColourPair, Reason

FEWEST_OF_LANGUAGE: Final = 3
"""Films that a language must have to be offered as a filter."""

# A catalog may come from anywhere; what becomes an address has to look like one.
_POSTER_PATH: Final = re.compile(r"/[\w.-]+")
_IMDB_ID: Final = re.compile(r"tt\d+")
_TRAILER_KEY: Final = re.compile(r"[\w-]{6,20}")
_TMDB: Final = "https://www.themoviedb.org/"
_STILLS: Final = 3


def answer(
    picks: Sequence[Pick], colours: Sequence[MoodColour], passed: int, facets: Mapping[str, Any]
) -> dict[str, Any]:
    """Put an answer together.

    Parameters
    ----------
    picks : sequence of Pick
        Best first.
    colours : sequence of MoodColour
        The mood's own, before a visitor changed any.
    passed : int
        Films that pass the filters.
    facets : mapping
        See ``facets_of``.
    """
    return {
        "films": [film_json(pick) for pick in picks],
        "colours": [_colour(colour) for colour in colours],
        "passed": passed,
        "facets": facets,
    }


def facets_of(catalog: Catalog) -> dict[str, Any]:
    """What there is to filter by: years, languages with their counts, genres, number of films."""
    known = catalog.year[catalog.year > 0]
    spoken = Counter(row.get("original_language") for row in catalog.rows)
    return {
        "films": len(catalog),
        "years": [int(known.min()), int(known.max())] if len(known) else [1900, 2100],
        "languages": [
            [code, count]
            for code, count in spoken.most_common()
            if code and count >= FEWEST_OF_LANGUAGE
        ],
        "genres": list(catalog.genre_names),
    }


def film_json(pick: Pick) -> dict[str, Any]:
    """One pick: the facts of the film, its match and its reason."""
    reason = pick.reason
    by_palette = reason.mean_distance is None
    return {
        **facts(pick.film),
        "rank": pick.rank,
        # The score of the original formula is no share of anything, so it is not called one.
        "match": round(pick.score, 4) if by_palette else None,
        "meanDistance": None if reason.mean_distance is None else round(reason.mean_distance, 1),
        "reason": _reason(reason),
    }


def facts(film: Film) -> dict[str, Any]:
    """What is shown of a film whatever the mood."""
    row = film.row
    imdb = str(row.get("imdb_id") or "")
    shows = _POSTER_PATH.fullmatch(str(row.get("poster_path") or ""))
    return {
        "id": film.tmdb_id,
        "imdb": imdb if _IMDB_ID.fullmatch(imdb) else None,
        "title": film.title("en"),
        "titleKo": row.get("title_ko"),
        "original": row.get("original_title"),
        "language": row.get("original_language"),
        "year": film.year,
        "rating": row.get("vote_average"),
        "votes": row.get("vote_count"),
        "genres": list(film.genres),
        "poster": film.poster_url() if shows else None,
        "posterMeasured": bool(row.get("palette_from_poster_path")),
        "palette": [[colour.hex, round(colour.dominance, 4)] for colour in film.palette],
        **_places(row),
    }


def _places(row: Mapping[str, Any]) -> dict[str, Any]:
    """What only a catalog made by our own builder knows: trailer, stills, offers, reviews."""
    trailer, watch = str(row.get("trailer") or ""), row.get("watch") or {}
    offers = [name for kind, names in watch.items() if kind != "link" for name in names]
    link = str(watch.get("link") or "")
    return {
        "trailer": trailer if _TRAILER_KEY.fullmatch(trailer) else None,
        "stills": [path for path in row.get("stills") or [] if _POSTER_PATH.fullmatch(str(path))][
            :_STILLS
        ],
        "offers": list(dict.fromkeys(offers)),
        "offersLink": link if link.startswith(_TMDB) else None,
        "reviews": row.get("reviews"),
    }


def _reason(reason: Reason) -> dict[str, Any]:
    change, weighted = reason.change, reason.weighted_dominance
    return {
        "colour": round(reason.closeness, 4),
        "genre": round(reason.genre_fit, 4),
        "fitting": list(reason.fitting_genres),
        "dominance": None if weighted is None else round(weighted, 4),
        "pairs": [_pair(pair) for pair in reason.pairs],
        "change": change
        and {
            "kind": change.kind,
            "pair": change.pair and _pair(change.pair),
            "needed": None if change.distance_needed is None else round(change.distance_needed, 1),
        },
    }


def _pair(pair: ColourPair) -> dict[str, Any]:
    return {
        "poster": pair.poster_hex,
        "mood": pair.mood_colour.hex,
        "emotion": pair.mood_colour.emotion,
        "share": round(pair.dominance, 4),
        "deltaE": round(pair.distance, 1),
        "closeness": round(pair.closeness, 4),
    }


def _colour(colour: MoodColour) -> dict[str, Any]:
    return {"rgb": colour.hex, "weight": round(colour.weight, 5), "emotion": colour.emotion}
