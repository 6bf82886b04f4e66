"""How the log is written: a line for people or an object for programs, secrets left out of both."""

from __future__ import annotations

import json
import logging
import re
import time
from typing import Final

_SECRETS: Final = (
    # user:password@ of an address
    (re.compile(r"(?<=://)[^/\s@'\"]+@"), "***@"),
    # what is called a secret in a query, a header or a setting
    (
        re.compile(
            r"(?i)\b(password|passwd|pwd|secret|token|api[_-]?key|access[_-]?key|signature|sig)"
            r"(['\"]?\s*[=:]\s*['\"]?)[^\s&'\",;]+"
        ),
        r"\1\2***",
    ),
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{8,}"), r"\1 ***"),
)


def set_up(form: str) -> None:
    """Log to stderr from now on.

    Parameters
    ----------
    form : str
        "text", or "json" for one object a line with ``time`` (UTC), ``level``,
        ``logger``, ``message`` and, where something was raised, ``traceback``.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines() if form == "json" else PlainLines())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    # It would log a line a request, with the whole address.
    logging.getLogger("httpx").setLevel(logging.WARNING)


def without_secrets(text: str) -> str:
    """Take passwords and tokens out of a text.

    >>> without_secrets("cannot open rtsp://ann:hush@camera/1?token=abc")
    'cannot open rtsp://***@camera/1?token=***'
    """
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    return text


class PlainLines(logging.Formatter):
    """``LEVEL logger: message``."""

    def __init__(self) -> None:
        super().__init__("%(levelname)s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """Word a record without its secrets."""
        return without_secrets(super().format(record))


class JsonLines(logging.Formatter):
    """One JSON object a line."""

    converter = time.gmtime

    def format(self, record: logging.LogRecord) -> str:
        """Word a record without its secrets; a line break in it stays inside the object."""
        entry = {
            "time": f"{self.formatTime(record, '%Y-%m-%dT%H:%M:%S')}.{int(record.msecs):03d}Z",
            "level": record.levelname,
            "logger": record.name,
            "message": without_secrets(record.getMessage()),
        }
        if record.exc_info:
            entry["traceback"] = without_secrets(self.formatException(record.exc_info))
        return json.dumps(entry, ensure_ascii=False)
