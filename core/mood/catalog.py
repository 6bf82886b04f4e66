"""The film catalog in memory: its rows as they are in the file, its figures as arrays."""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from importlib import resources
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.errors import CatalogError
from core.mood.distances import EmotionDistances
from core.mood.transport import poster_weights

SCHEMA_VERSION: Final = 1
"""Of films.json; a file of another version is refused."""

_IMAGE_HOST: Final = "https://image.tmdb.org/t/p"
_LOG: Final = logging.getLogger(__name__)
# Votes at which a film's own mean counts as much as the mean of all films.
_PRIOR_VOTES: Final = 500.0
# Dominance may be a share or a count of pixels, but not infinite.
_MANY: Final = 1e12
# What an array of whole numbers holds.
_MOST: Final = 2**63 - 1


class PosterColour(NamedTuple):
    """A colour of a poster: sRGB 0..255, and its share of the poster, 0..1."""

    rgb: tuple[int, int, int]
    dominance: float

    @property
    def hex(self) -> str:
        """The colour as #rrggbb."""
        return "#{:02x}{:02x}{:02x}".format(*self.rgb)


@dataclass(frozen=True, slots=True)
class Film:
    """One film of the catalog.

    Parameters
    ----------
    row : mapping
        The film as it is in films.json; the names below come from it.
    """

    row: Mapping[str, Any] = field(repr=False)

    @property
    def tmdb_id(self) -> int:
        """Number of the film at TMDB."""
        return int(self.row["tmdb_id"])

    @property
    def genres(self) -> tuple[str, ...]:
        """TMDB genre names, English."""
        return tuple(self.row.get("genres") or ())

    @property
    def year(self) -> int | None:
        """Year of the first release."""
        return self.row.get("year")

    @property
    def palette(self) -> tuple[PosterColour, ...]:
        """Colours of the poster, the most dominant first."""
        return tuple(
            PosterColour((round(red), round(green), round(blue)), share)
            for share, red, green, blue in _palette(self.row)
        )

    def title(self, language: str = "en") -> str:
        """Title in English, Korean ("ko") where known, or the original one ("original")."""
        key = {"ko": "title_ko", "original": "original_title"}.get(language, "title")
        return str(self.row.get(key) or self.row["title"])

    def poster_url(self, size: str = "w342") -> str | None:
        """Address of the poster on TMDB's image server; None where no path is known."""
        path = self.row.get("poster_path")
        return f"{_IMAGE_HOST}/{size}{path}" if path else None


class Catalog:
    """Films with the arrays that ranking needs; immutable once made.

    Parameters
    ----------
    films : iterable of mappings
        Rows as in films.json: ``tmdb_id``, ``title`` and ``palette`` are needed, the
        rest is not. A palette is a list of ``[r, g, b, dominance]`` or of
        ``{"rgb": [r, g, b], "dominance": share}``, in any order. Broken rows are
        left out, logged, and kept in ``rejected``.
    store : Path, optional
        Where the distances are kept; None keeps them in memory.

    Attributes
    ----------
    rgb : (N, K, 3) float32 array
        sRGB 0..255, the most dominant colour first; K is the longest palette.
    dominance : (N, K) float32 array
        0 where a palette is shorter than K.
    year, votes : (N,) int arrays
        0 where not known.
    rating : (N,) float32 array
        0..10, NaN where not known.
    """

    def __init__(self, films: Iterable[Mapping[str, Any]], store: Path | None = None) -> None:
        rows: list[Mapping[str, Any]] = []
        palettes: list[list[tuple[float, float, float, float]]] = []
        self.rejected: list[tuple[Mapping[str, Any], str]] = []
        for row in films:
            try:
                check_facts(row)
                palettes.append(_palette(row))
                rows.append(row)
            except (KeyError, TypeError, ValueError) as error:
                self.rejected.append((row, str(error)))
                _LOG.warning("catalog row left out, %s: %.80s", error, row)
        self.rows: Sequence[Mapping[str, Any]] = rows
        self._store = store
        longest = max((len(palette) for palette in palettes), default=0)
        gap = (0.0, 0.0, 0.0, 0.0)
        padded = [palette + [gap] * (longest - len(palette)) for palette in palettes]
        figures = np.array(padded, dtype=np.float64).reshape(len(rows), longest, 4)
        self.rgb = figures[..., 1:].astype(np.float32)
        self.dominance = figures[..., 0].astype(np.float32)
        self.ids = np.array([row["tmdb_id"] for row in rows], dtype=np.int64)
        self.year = np.array([row.get("year") or 0 for row in rows], dtype=np.int32)
        self.votes = np.array([row.get("vote_count") or 0 for row in rows], dtype=np.int64)
        self.rating = np.array(
            [math.nan if (v := row.get("vote_average")) is None else v for row in rows],
            dtype=np.float32,
        )
        # What ranking derives from a set of emotions, kept from one call to the next.
        self.tables: dict[Any, Any] = {}

    @classmethod
    def load(cls, path: Path | None = None) -> Catalog:
        """Read a catalog file.

        Parameters
        ----------
        path : Path, optional
            Default: the films.json that ships with the program. The distances are
            kept beside it, in a file of the same name that ends in .npz.

        Raises
        ------
        CatalogError
            Where the file is missing, damaged, or of another schema version.
        """
        if path is None:
            path = Path(str(resources.files("catalog").joinpath("films.json")))
        mend = "rebuild it with: python -m catalog import FILE"
        try:
            content = json.loads(path.read_bytes())
        except OSError as error:
            raise CatalogError(
                f"{path.name} cannot be opened ({error.strerror}); {mend}"
            ) from error
        except ValueError as error:
            raise CatalogError(f"{path.name} is damaged ({error}); {mend}") from error
        version = content.get("schema") if isinstance(content, dict) else None
        if version != SCHEMA_VERSION or not isinstance(content.get("films"), list):
            raise CatalogError(
                f"{path.name} is of schema {version!r}, this program reads {SCHEMA_VERSION}; {mend}"
            )
        return cls(content["films"], store=path.with_suffix(".npz"))

    def __len__(self) -> int:
        return len(self.rows)

    def film(self, index: int) -> Film:
        """The film at a place of the arrays."""
        return Film(self.rows[index])

    @cached_property
    def weights(self) -> NDArray[np.float32]:
        """(N, K): how much each poster colour counts, see ``poster_weights``."""
        return poster_weights(self.dominance)

    @cached_property
    def distances(self) -> EmotionDistances:
        """Poster colour to emotion distances: read from the store, or computed and put there."""
        return EmotionDistances.of(self.rgb, self._store)

    @cached_property
    def genre_names(self) -> tuple[str, ...]:
        """All genres of the catalog, sorted."""
        return tuple(sorted({genre for row in self.rows for genre in row.get("genres") or ()}))

    @cached_property
    def genres(self) -> NDArray[np.bool_]:
        """(N, len(genre_names)): whether a film is of a genre."""
        place = {name: number for number, name in enumerate(self.genre_names)}
        result = np.zeros((len(self), len(place)), dtype=np.bool_)
        for index, row in enumerate(self.rows):
            for genre in row.get("genres") or ():
                result[index, place[genre]] = True
        return result

    def genre_share(self, wanted: Iterable[str]) -> NDArray[np.float32]:
        """(N,): share of each film's genres that are among the wanted ones, 0..1."""
        columns = np.isin(np.array(self.genre_names, dtype=object), list(wanted))
        count = np.maximum(self.genres.sum(axis=1), 1)
        share: NDArray[np.float32] = (self.genres[:, columns].sum(axis=1) / count).astype(
            np.float32
        )
        return share

    @cached_property
    def standing(self) -> NDArray[np.float32]:
        """(N,): rating drawn towards the mean of all films where votes are few, 0..1."""
        known = np.isfinite(self.rating) & (self.votes > 0)
        mean = float(self.rating[known].mean()) if known.any() else 5.0
        votes = np.where(known, self.votes, 0)
        rating = np.where(known, self.rating, mean)
        drawn = (votes * rating + _PRIOR_VOTES * mean) / (votes + _PRIOR_VOTES)
        result: NDArray[np.float32] = (drawn / 10).astype(np.float32)
        return result


@lru_cache(maxsize=1)
def default_catalog() -> Catalog:
    """The catalog that ships with the program, read once."""
    return Catalog.load()


def check_facts(row: Mapping[str, Any]) -> None:
    """Make sure that what is read of a film beside its palette can be used.

    Raises
    ------
    KeyError, ValueError
        With the reason where it cannot.
    """
    if not isinstance(row["title"], str) or not _is_count(row["tmdb_id"], _MOST):
        raise ValueError("tmdb_id is a whole number and title a text")
    for name, most in (("year", 9999), ("vote_count", _MOST)):
        if row.get(name) is not None and not _is_count(row[name], most):
            raise ValueError(f"{name} {row[name]!r:.40} is no whole number from 0 to {most}")
    rating = row.get("vote_average")
    if rating is not None and not (isinstance(rating, int | float) and 0 <= rating <= 10):
        raise ValueError(f"vote_average {rating!r:.40} is no number from 0 to 10")
    genres = row.get("genres") or []
    if not isinstance(genres, list | tuple) or not all(isinstance(each, str) for each in genres):
        raise ValueError(f"genres {genres!r:.40} are no list of names")


def _is_count(value: Any, most: int) -> bool:
    return isinstance(value, int) and 0 <= value <= most


def _palette(row: Mapping[str, Any]) -> list[tuple[float, float, float, float]]:
    """Dominance and colour of each entry, in an order that does not depend on the rows'."""
    entries = []
    for entry in row["palette"]:
        if isinstance(entry, Mapping):
            (red, green, blue), share = entry["rgb"], entry["dominance"]
        else:
            red, green, blue, share = entry
        if not (0 <= red <= 255 and 0 <= green <= 255 and 0 <= blue <= 255 and 0 <= share < _MANY):
            raise ValueError(f"palette entry {entry} is out of range")
        if share > 0:
            entries.append((share, red, green, blue))
    if not entries:
        raise ValueError("no palette")
    entries.sort(reverse=True)
    return entries
