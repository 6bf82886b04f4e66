"""Which films may be picked at all."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import CatalogError
from core.mood.catalog import Catalog


@dataclass(frozen=True, slots=True)
class FilmFilter:
    """What a visitor wants to see; None and empty ask for nothing.

    Parameters
    ----------
    years : (int or None, int or None), optional
        First and last year, both included; a film without a year is left out.
    min_rating : float, optional
        Mean vote at TMDB, 0..10, at least.
    min_votes : int, optional
        Number of votes at least.
    languages : collection of str
        ISO 639-1 codes of the original language.
    genres : collection of str
        TMDB genre names: a film has at least one of them.
    without_genres : collection of str
        A film has none of them.
    only_current_posters : bool
        Only films whose palette was measured on the poster that is shown today.
    seen : collection of int
        TMDB ids to hide.

    Raises
    ------
    CatalogError
        Where the rating is none, and by ``mask`` where a genre is not in the catalog.
    """

    years: tuple[int | None, int | None] | None = None
    min_rating: float | None = None
    min_votes: int | None = None
    languages: Collection[str] = ()
    genres: Collection[str] = ()
    without_genres: Collection[str] = ()
    only_current_posters: bool = False
    seen: Collection[int] = ()

    def __post_init__(self) -> None:
        # Asked this way round, since NaN is neither above nor below.
        if self.min_rating is not None and not 0 <= self.min_rating <= 10:
            raise CatalogError(f"min_rating {self.min_rating}: give a rating from 0 to 10")

    def mask(self, catalog: Catalog) -> NDArray[np.bool_] | None:
        """Tell which films pass: (N,) bool array, or None where all do."""
        if self == FilmFilter():
            return None
        # A misspelt genre would hide every film, or, among those left out, none.
        strange = sorted({*self.genres, *self.without_genres} - {*catalog.genre_names})
        if strange and len(catalog):
            raise CatalogError(
                f"genre {strange[0]!r:.40} is not in the catalog; "
                f"use {', '.join(catalog.genre_names) or 'none'}"
            )
        keep = np.ones(len(catalog), dtype=np.bool_)
        if self.years is not None:
            first, last = self.years
            keep &= catalog.year > 0
            keep &= catalog.year >= (first or 0)
            keep &= catalog.year <= (last or np.iinfo(np.int32).max)
        if self.min_rating is not None:
            # A film without a rating compares false, so it is left out.
            keep &= catalog.rating >= self.min_rating
        if self.min_votes is not None:
            keep &= catalog.votes >= self.min_votes
        if self.languages:
            wanted = {code.lower() for code in self.languages}
            keep &= _rows(catalog, lambda row: row.get("original_language") in wanted)
        if self.genres:
            keep &= catalog.genre_share(self.genres) > 0
        if self.without_genres:
            keep &= catalog.genre_share(self.without_genres) == 0
        if self.only_current_posters:
            keep &= _rows(catalog, lambda row: bool(row.get("palette_from_poster_path")))
        if self.seen:
            keep &= ~np.isin(catalog.ids, list(self.seen))
        return keep


def _rows(catalog: Catalog, test: Callable[[Mapping[str, Any]], bool]) -> NDArray[np.bool_]:
    return np.fromiter(map(test, catalog.rows), dtype=np.bool_, count=len(catalog))
