"""``films --primary EMOTION``: films for a mood, from the command line."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace, _SubParsersAction
from dataclasses import asdict
from pathlib import Path
from typing import Any

from core.commands.output import DONE, add_json, say, say_json
from core.mood.associations import mood_colours, mood_from_emotions
from core.mood.catalog import Catalog, default_catalog
from core.mood.films import GENRE_WEIGHT, TOP, Pick, rank_films
from core.types import EMOTIONS


def add_parser(commands: _SubParsersAction[ArgumentParser]) -> None:
    """Register the command."""
    parser = commands.add_parser("films", help="films whose posters carry the colours of a mood")
    parser.add_argument("--primary", required=True, choices=EMOTIONS, metavar="EMOTION")
    parser.add_argument(
        "--secondary",
        nargs="+",
        default=[],
        choices=EMOTIONS,
        metavar="EMOTION",
        help=f"up to two of {', '.join(EMOTIONS)}",
    )
    parser.add_argument("--top", type=int, default=TOP, help="films to list")
    parser.add_argument("--method", choices=("palette", "original"), default="palette")
    parser.add_argument(
        "--goal",
        choices=("match", "lift"),
        default="match",
        help="films that carry the mood, or that lead out of it",
    )
    parser.add_argument("--language", choices=("en", "ko"), default="en", help="of titles, reasons")
    parser.add_argument("--from-year", type=int)
    parser.add_argument("--to-year", type=int)
    parser.add_argument("--min-rating", type=float, help="0 to 10")
    parser.add_argument("--min-votes", type=int)
    parser.add_argument(
        "--original-language", nargs="+", default=[], metavar="CODE", help="such as ko or en"
    )
    parser.add_argument("--genres", nargs="+", default=[], help="with any of these")
    parser.add_argument("--without-genres", nargs="+", default=[], help="with none of these")
    parser.add_argument(
        "--current-posters", action="store_true", help="only palettes of the poster shown today"
    )
    parser.add_argument("--hide", nargs="+", type=int, default=[], metavar="ID", help="seen films")
    parser.add_argument("--genre-weight", type=float, default=GENRE_WEIGHT, help="0 to 1")
    parser.add_argument("--rating-weight", type=float, default=0.0, help="0 to 1")
    parser.add_argument("--catalog", type=Path, help="another catalog file")
    add_json(parser)
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Rank and print."""
    mood = mood_from_emotions(arguments.primary, arguments.secondary)
    years = (arguments.from_year, arguments.to_year)
    picks = rank_films(
        mood,
        arguments.top,
        method=arguments.method,
        goal=arguments.goal,
        catalog=Catalog.load(arguments.catalog) if arguments.catalog else default_catalog(),
        years=None if years == (None, None) else years,
        min_rating=arguments.min_rating,
        min_votes=arguments.min_votes,
        languages=arguments.original_language,
        genres=arguments.genres,
        without_genres=arguments.without_genres,
        only_current_posters=arguments.current_posters,
        seen=arguments.hide,
        genre_weight=arguments.genre_weight,
        rating_weight=arguments.rating_weight,
    )
    if arguments.json:
        say_json(_document(mood, arguments, picks))
        return DONE
    for pick in picks:
        title = pick.film.title(arguments.language)
        year = f" ({pick.film.year})" if pick.film.year else ""
        match = "일치" if arguments.language == "ko" else "match"
        say(f"{pick.rank:3}. {title}{year}: {match} {100 * pick.reason.closeness:.0f} %")
        say(f"     {pick.reason.sentence(arguments.language)}")
    if not picks:
        say("No film passes these filters; loosen one of them.")
    return DONE


def _document(mood: dict[str, float], arguments: Namespace, picks: list[Pick]) -> dict[str, Any]:
    return {
        "mood": mood,
        "goal": arguments.goal,
        "method": arguments.method,
        "colours": [
            {
                "hex": colour.hex,
                "weight": round(colour.weight, 4),
                "emotion": colour.emotion,
                "source": colour.source,
            }
            for colour in mood_colours(mood, arguments.goal)
        ],
        "films": [
            {
                "rank": pick.rank,
                "tmdb_id": pick.tmdb_id,
                "title": pick.film.title(arguments.language),
                "year": pick.film.year,
                "score": round(pick.score, 6),
                "reason": asdict(pick.reason),
                "sentence": pick.reason.sentence(arguments.language),
            }
            for pick in picks
        ],
    }
