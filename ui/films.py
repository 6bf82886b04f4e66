"""The Films tab: films whose posters carry the colours of a mood.

The browser keeps what a visitor chose (``static/films_link.js`` puts it into the
address) and asks for the picks; nothing of a visitor is kept here. Other tabs hand
a mood over with ``openFilms`` of that module.
"""

from __future__ import annotations

import logging
from dataclasses import asdict
from functools import lru_cache
from typing import Any, Final

import gradio as gr
from gradio.context import Context as Building

from core.errors import FramemoodError
from core.mood.associations import mood_colours
from core.mood.catalog import Catalog, default_catalog
from core.mood.films import rank_films
from ui.context import Context
from ui.films_query import FilmQuery
from ui.films_view import answer, facets_of
from ui.shell import mount_script
from ui.texts import tab_strings

_LOG: Final = logging.getLogger(__name__)
_STYLES: Final = '<link rel="stylesheet" href="framemood-static/films.css">'
# A shared link is read by the tab itself, which is only made once it is opened.
_OPEN_SHARED: Final = """
() => {
  if (!new URLSearchParams(window.location.search).has("mood")) return;
  window.framemood.openTab("films");
}
"""


def build(_: Context) -> None:
    """Lay the tab out."""
    gr.HTML(
        {"texts": tab_strings("common", "films")},
        html_template='<section class="fmf" aria-busy="true"></section>',
        js_on_load=mount_script("films.js"),
        head=_STYLES,
        server_functions=[rank_mood],
        apply_default_css=False,
        elem_id="fm-films",
    )
    if Building.root_block is not None:
        Building.root_block.load(None, None, None, js=_OPEN_SHARED)


def rank_mood(asked: dict[str, Any]) -> dict[str, Any]:
    """Answer a question of the page.

    Parameters
    ----------
    asked : dict
        See ``FilmQuery.parse``.

    Returns
    -------
    dict
        See ``films_view.answer``; or ``{"error": one line}`` where it cannot be answered.
    """
    try:
        query = FilmQuery.parse(asked)
        catalog = default_catalog()
        picks = rank_films(
            query.mood,
            method=query.method,
            goal=query.goal,
            catalog=catalog,
            colours=query.colours,
            **asdict(query.wish),
        )
        mask = query.wish.mask(catalog)
        passed = len(catalog) if mask is None else int(mask.sum())
        return answer(picks, mood_colours(query.mood, query.goal), passed, _facets(catalog))
    except FramemoodError as error:
        _LOG.info("films: %s", error)
        return {"error": str(error)}


@lru_cache(maxsize=1)
def _facets(catalog: Catalog) -> dict[str, Any]:
    return facets_of(catalog)
