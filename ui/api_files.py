"""Files that programs give: uploaded ones and none else, or an address where that is allowed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gradio.utils import get_upload_folder

from core.errors import FramemoodError
from core.frame.urls import is_url, public_name
from core.settings import Settings


class BadInputError(FramemoodError):
    """A parameter is not what it should be."""


def address_of(url: Any, file: Any) -> str:
    """An address that was given instead of a file; empty where none was."""
    if not url:
        return ""
    if file is not None:
        raise BadInputError("give a file or an address, not both")
    if not isinstance(url, str) or not is_url(url):
        raise BadInputError(f"{str(url)[:40]!r} is no address; give http:// or https://")
    return url


@contextmanager
def picture(file: Any, url: Any, settings: Settings) -> Iterator[tuple[Path, str]]:
    """A picture on the disk and what its owner calls it; one that was fetched goes again."""
    from core.frame.fetch import Limits, fetch  # noqa: PLC0415

    address = address_of(url, file)
    if not address:
        yield uploaded(file)
        return
    name = public_name(address)
    if not settings.allow_urls:
        raise BadInputError(f"{name}: addresses are switched off here; upload the file instead")
    path = fetch(address, name, Limits(settings.max_upload_mb * 1_000_000))
    try:
        yield path, name
    finally:
        path.unlink(missing_ok=True)


def uploaded(file: Any) -> tuple[Path, str]:
    """Path of an uploaded file and what its owner calls it; never another file of this machine."""
    path = file.get("path") if isinstance(file, dict) else getattr(file, "path", None)
    if not isinstance(path, str) or not path:
        raise BadInputError("a file is missing; upload one, as handle_file() does")
    folder = Path(get_upload_folder()).resolve()
    found = Path(path).resolve()
    if not found.is_relative_to(folder) or not found.is_file():
        raise BadInputError("that is no uploaded file; upload one, as handle_file() does")
    return found, found.name
