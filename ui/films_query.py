"""What a visitor asks of the Films tab, checked: it comes from a browser, so it may be anything."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from core.errors import CatalogError
from core.mood.associations import COLOUR_SETS, Goal, MoodColour
from core.mood.filters import FilmFilter
from core.types import EMOTIONS

MOST_COLOURS: Final = 60
MOST_NAMES: Final = 40
MOST_SEEN: Final = 20_000

_HEX: Final = re.compile(r"#[0-9a-fA-F]{6}")
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}")


@dataclass(frozen=True, slots=True)
class FilmQuery:
    """A checked question.

    Parameters
    ----------
    mood : mapping of str to float
        Emotion to weight, 0 and up.
    goal, method : str
        See ``core.mood.films.rank_films``.
    colours : tuple of MoodColour, optional
        Those of the visitor, where they changed any.
    wish : FilmFilter
        Which films may be picked.
    """

    mood: Mapping[str, float]
    goal: Goal = "match"
    method: Literal["palette", "original"] = "palette"
    colours: tuple[MoodColour, ...] | None = None
    wish: FilmFilter = field(default_factory=FilmFilter)

    @classmethod
    def parse(cls, asked: Any) -> FilmQuery:
        """Check a question as ``static/films.js`` sends it.

        Raises
        ------
        CatalogError
            Where a part of it cannot be read; the message names the part.
        """
        if not isinstance(asked, dict):
            raise CatalogError("the question is not an object; reload the page and ask again")
        mood = asked.get("mood")
        if not isinstance(mood, dict) or len(mood) > len(EMOTIONS):
            raise CatalogError("mood: give a weight for at least one emotion")
        method, goal = asked.get("method", "palette"), asked.get("goal", "match")
        if method not in ("palette", "original"):
            raise CatalogError("method: use palette or original")
        if goal not in ("match", "lift"):
            raise CatalogError("goal: use match or lift")
        return cls(
            mood={
                name: _number(weight, f"weight of {name!s:.20}") for name, weight in mood.items()
            },
            goal=goal,
            method=method,
            colours=_colours(asked.get("colours")),
            wish=_wish(asked.get("filters") or {}),
        )


def _colours(given: Any) -> tuple[MoodColour, ...] | None:
    if given is None:
        return None
    if not isinstance(given, list) or not 1 <= len(given) <= MOST_COLOURS:
        raise CatalogError(f"colours: leave 1 to {MOST_COLOURS} of them on")
    colours = []
    for colour in given:
        rgb = colour.get("rgb") if isinstance(colour, dict) else None
        if not isinstance(rgb, str) or not _HEX.fullmatch(rgb):
            raise CatalogError(f"colour {rgb!s:.20} is not readable; write it as #rrggbb")
        weight = _number(colour.get("weight"), f"weight of colour {rgb}")
        if not 0 < weight <= 1:
            raise CatalogError(f"weight of colour {rgb}: give more than 0 and at most 1")
        emotion = colour.get("emotion", "")
        if emotion and emotion not in COLOUR_SETS:
            raise CatalogError(f"colour {rgb} belongs to no emotion that is known")
        channels = (int(rgb[1:3], 16), int(rgb[3:5], 16), int(rgb[5:7], 16))
        colours.append(MoodColour(channels, weight, emotion))
    return tuple(colours)


def _wish(given: Any) -> FilmFilter:
    if not isinstance(given, dict):
        raise CatalogError("filters: not readable; reset them and ask again")
    first, last = _pair(given.get("years"))
    years = None if first is None and last is None else (first, last)
    rating, votes = given.get("rating"), given.get("votes")
    language = given.get("language")
    if language is not None and not (isinstance(language, str) and _LANGUAGE.fullmatch(language)):
        raise CatalogError("language: use a code of two or three letters, such as ko")
    seen = given.get("seen") or []
    if not isinstance(seen, list) or len(seen) > MOST_SEEN:
        raise CatalogError(f"seen: at most {MOST_SEEN:,} films can be hidden")
    return FilmFilter(
        years=years,
        min_rating=None if rating is None else _number(rating, "rating"),
        min_votes=None if votes is None else int(_number(votes, "votes")),
        languages=(language,) if language else (),
        genres=_names(given.get("genres"), "genres"),
        without_genres=_names(given.get("without"), "without"),
        only_current_posters=given.get("today") is True,
        seen=tuple(int(_number(number, "seen")) for number in seen),
    )


def _number(value: Any, name: str) -> float:
    usable = isinstance(value, int | float) and not isinstance(value, bool)
    # Whole numbers of JSON have no end; past 2^53 none is meant. NaN and infinity fail it too.
    if not usable or not 0 <= value <= 2**53:
        raise CatalogError(f"{name}: give a number, 0 or more")
    return float(value)


def _pair(years: Any) -> tuple[int | None, int | None]:
    if years is None:
        return None, None
    if not isinstance(years, list) or len(years) != 2:
        raise CatalogError("years: give the first and the last, either may be left open")
    first, last = (None if year is None else int(_number(year, "years")) for year in years)
    return first, last


def _names(given: Any, name: str) -> tuple[str, ...]:
    names = given or []
    if not isinstance(names, list) or len(names) > MOST_NAMES:
        raise CatalogError(f"{name}: give a list of at most {MOST_NAMES}")
    return tuple(str(one)[:MOST_NAMES] for one in names)
