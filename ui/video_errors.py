"""Why a video could not be analysed, in the visitor's language.

The core words its errors in English for the log, the command line and the page.
Here they are recognised by their words, so that other languages get a line that
says the same and not a translation of half of it.
"""

from __future__ import annotations

import errno
from typing import Final

from core.errors import FramemoodError, ModelError
from ui.texts import text
from ui.video_job import Request
from ui.video_jobs import QueueFullError

_KNOWN: Final = (
    ("there is no such file", "gone"),
    ("is empty (0 bytes)", "empty"),
    ("holds only sound", "sound"),
    ("holds no pictures", "no_pictures"),
    ("too small to say", "too_small"),
    ("scale it down", "too_large"),
    ("is a kind of file that is not opened", "kind"),
    ("cannot be decoded here", "codec"),
    ("cut off", "unreadable"),
    ("damaged", "unreadable"),
    ("private network", "private"),
    ("give an address at port", "port"),
    ("addresses are switched off", "urls_off"),
    ("the host is not known", "host"),
    ("not an address", "not_url"),
    ("is not opened; give an http", "not_url"),
    ("is not there", "missing"),
    ("did not answer", "silent"),
    ("nobody answers", "silent"),
    ("refuses to give it", "refused"),
    ("no video could be found there", "page"),
    ("shows no single video", "page"),
    ("disk is full", "disk"),
    ("No space left", "disk"),
)
"""Words of the core's messages, and the key of the line that says the same; first match wins."""


def key_of(said: str) -> str:
    """Key, after ``video.error_``, of the line that says the same as a message of the core."""
    return next((key for words, key in _KNOWN if words in said), "other")


def explain(error: Exception, request: Request, language: str) -> str:
    """Say in one line what is wrong with a video and how to mend it.

    Parameters
    ----------
    error : Exception
        What the analysis raised.
    request : Request
        What was asked; its name stands for the path, which says nothing to a visitor.
    language : str
        "en" or "ko".

    Returns
    -------
    str
        In English the core's own words.
    """
    name = request.name
    if isinstance(error, QueueFullError):
        return text("video.error_queue", language)
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return text("video.error_disk", language, name=name)
    if not isinstance(error, FramemoodError):
        return text("video.error_inside", language, name=name)
    if isinstance(error, ModelError):
        return text("video.error_model", language, name=name)
    said = str(error)
    key = key_of(said)
    # Of these two the core speaks in paths of the server, which help no visitor.
    if language == "en" and key not in ("gone", "disk"):
        return said.replace(str(request.source), name)
    return text(f"video.error_{key}", language, name=name)
