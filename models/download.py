"""Fetching weights: resumed where they were cut off, put in place only when they are right."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import IO, Final

import requests

from core.errors import ModelError
from core.settings import Settings
from models.registry import Model, Registry, check, describe

logger = logging.getLogger(__name__)

OnProgress = Callable[[int, int], None]
"""Called with the bytes that are here and the bytes there will be."""

_TIMEOUTS_S: Final = (10.0, 30.0)  # to connect, and between two pieces
_CHUNK_BYTES: Final = 1 << 16


def fetch(
    name: str,
    settings: Settings,
    *,
    registry: Registry | None = None,
    on_progress: OnProgress | None = None,
) -> Path:
    """Fetch the weights of a model, unless they are here and right.

    Bytes go to a ``.part`` file, which a later call continues; it takes the
    place of the model only after its size and SHA-256 were checked. Proxies are
    taken from the environment.

    Parameters
    ----------
    name : str
        A model of the manifest that has an address.
    settings : Settings
        The file goes to ``models_dir``.
    registry : Registry, optional
        Another manifest than the program's own.
    on_progress : callable, optional
        Told how far it is.

    Returns
    -------
    Path
        The checked file.

    Raises
    ------
    ModelError
        Offline, where the server refuses, cuts off or sends other bytes, and
        where the file cannot be written.
    """
    registry = registry or Registry()
    model, path = registry.model(name), registry.path(name, settings)
    try:
        check(model, path)
        return path
    except ModelError:
        if not model.is_fetched:
            raise
    partial = path.with_name(f"{path.name}.part")
    tell = on_progress or (lambda done, total: None)
    try:
        partial.parent.mkdir(parents=True, exist_ok=True)
        resumed = _receive(model, partial, tell)
        if resumed and not _is_right(model, partial):
            logger.warning("%s: the part that was here does not fit; starting over", model.file)
            partial.unlink()
            _receive(model, partial, tell)
        if not _is_right(model, partial):
            partial.unlink()
            raise ModelError(
                f"model {name!r}: the server sent other bytes than the manifest names; "
                f"nothing was kept. Try again later, or see where {model.url} leads"
            )
        partial.replace(path)
    except OSError as error:
        # requests' own errors are OSErrors too: those were told apart in _receive.
        raise ModelError(
            f"model {name!r} cannot be written to {settings.models_dir}: "
            f"{error.strerror or error}; free space there or set MODELS_DIR"
        ) from error
    check(model, path)
    return path


def _is_right(model: Model, path: Path) -> bool:
    return describe(path) == {"size_bytes": model.size_bytes, "sha256": model.sha256}


def _receive(model: Model, partial: Path, tell: OnProgress) -> bool:
    """Bring ``partial`` to full size; tell whether it began with bytes of an earlier call."""
    here = partial.stat().st_size if partial.exists() else 0
    if here == model.size_bytes:
        return True
    if here > model.size_bytes:
        here = 0
    # Compressed on the way, the bytes counted would not be the bytes asked for.
    headers = {"Accept-Encoding": "identity"}
    if here:
        headers["Range"] = f"bytes={here}-"
    try:
        with requests.get(model.url, headers=headers, stream=True, timeout=_TIMEOUTS_S) as answer:
            if answer.status_code not in {requests.codes.ok, requests.codes.partial_content}:
                raise ModelError(
                    f"model {model.name!r}: the server answered {answer.status_code} "
                    f"{answer.reason} to {model.url}; try again later"
                )
            resumed = here > 0 and _continues_at(answer, here)
            if not resumed:
                here = 0
            with partial.open("ab" if resumed else "wb") as file:
                here = _write(answer, file, here, model, tell)
                file.flush()
                os.fsync(file.fileno())
    except (requests.ConnectionError, requests.Timeout, requests.TooManyRedirects) as error:
        raise ModelError(
            f"model {model.name!r} cannot be fetched: {model.url} cannot be reached; check the "
            f"network or proxy, then {model.mend}"
        ) from error
    except requests.RequestException as error:
        raise _cut_off(model, partial) from error
    if here < model.size_bytes:
        raise _cut_off(model, partial)
    return resumed


def _write(
    answer: requests.Response, file: IO[bytes], here: int, model: Model, tell: OnProgress
) -> int:
    for chunk in answer.iter_content(_CHUNK_BYTES):
        here += len(chunk)
        if here > model.size_bytes:
            # The file would be refused anyway: no need to fill the disk first.
            raise ModelError(
                f"model {model.name!r}: the server sent more than its {model.size_bytes:,} bytes; "
                f"see where {model.url} leads"
            )
        file.write(chunk)
        tell(here, model.size_bytes)
    return here


def _continues_at(answer: requests.Response, position: int) -> bool:
    """Whether a server that was asked to go on from ``position`` does so."""
    if answer.status_code != requests.codes.partial_content:
        return False
    found = re.match(r"bytes (\d+)-", answer.headers.get("Content-Range", ""))
    if found is None or int(found[1]) != position:
        raise requests.exceptions.ContentDecodingError("the server sent another part than asked")
    return True


def _cut_off(model: Model, partial: Path) -> ModelError:
    here = partial.stat().st_size if partial.exists() else 0
    return ModelError(
        f"model {model.name!r} was cut off at {here:,} of {model.size_bytes:,} bytes; to go on "
        f"from there {model.mend}"
    )
