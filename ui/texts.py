"""Every sentence of the page, in English and Korean.

A tab's strings live in ``locales/<tab>.json`` as ``{"key": {"en": ..., "ko": ...}}``
and are asked for as ``"<tab>.<key>"``.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Final, Literal

import gradio as gr

Language = Literal["en", "ko"]

LANGUAGES: Final[tuple[Language, ...]] = ("en", "ko")
LANGUAGE_COOKIE: Final = "framemood-language"

_LOCALES: Final = Path(__file__).parent / "locales"


@cache
def strings() -> dict[str, dict[str, str]]:
    """All strings, full key to language to text.

    Raises
    ------
    KeyError
        Where a string lacks one of ``LANGUAGES``.
    """
    found: dict[str, dict[str, str]] = {}
    for path in sorted(_LOCALES.glob("*.json")):
        for key, by_language in json.loads(path.read_text(encoding="utf-8")).items():
            found[f"{path.stem}.{key}"] = {name: by_language[name] for name in LANGUAGES}
    return found


def text(key: str, language: str = "en", **values: object) -> str:
    """One string with its ``{placeholders}`` filled in.

    Parameters
    ----------
    key : str
        Full key, such as "live.start".
    language : str
        One of ``LANGUAGES``.
    **values : object
        What stands in for the placeholders.

    Raises
    ------
    KeyError
        Where the key or the language is not known.
    """
    found = strings()[key][language]
    return found.format(**values) if values else found


def tab_strings(*tabs: str) -> dict[str, dict[str, str]]:
    """Strings of some tabs, language to full key to text, for the browser."""
    prefixes = tuple(f"{tab}." for tab in tabs)
    return {
        language: {
            key: by_language[language]
            for key, by_language in strings().items()
            if key.startswith(prefixes)
        }
        for language in LANGUAGES
    }


def translations() -> gr.I18n:
    """Build what ``launch(i18n=...)`` needs, so that labels follow the visitor's language."""
    return gr.I18n(
        **{
            language: {key: by_language[language] for key, by_language in strings().items()}
            for language in LANGUAGES
        }
    )


def language_of(request: gr.Request | None, fallback: str = "en") -> Language:
    """Language a visitor reads, for text that is made on the server.

    The page keeps the visitor's choice in a cookie; a visitor who sends none is
    answered in the first of our languages that the browser asks for.
    """
    if request is not None:
        asked = [request.cookies.get(LANGUAGE_COOKIE, "")]
        asked += request.headers.get("accept-language", "").split(",")
        for tag in asked:
            for language in LANGUAGES:
                if tag.strip().lower().startswith(language):
                    return language
    return "ko" if fallback == "ko" else "en"
