"""Which addresses may be opened, and the video behind a page's address."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from core.errors import SourceError
from core.frame.addresses import look_up, resolve_public
from core.frame.fetch import check_address, port_of
from core.frame.page_video import ask_page
from core.settings import Settings

STREAM_SCHEMES: Final = frozenset({"rtsp", "rtsps"})
WEB_SCHEMES: Final = frozenset({"http", "https"})

DIRECT_SUFFIXES: Final = frozenset(
    {".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".ts", ".m3u8", ".mpg", ".mjpg", ".mjpeg"}
)
"""What a web address ends with when it is a video itself and not a page that shows one."""

PLAYLIST_SUFFIXES: Final = frozenset({".m3u8", ".m3u", ".mpd", ".pls", ".xspf", ".sdp"})


@dataclass(frozen=True, slots=True)
class ResolvedUrl:
    """The address of a video.

    Parameters
    ----------
    address : str
        Of the video itself.
    name : str
        How to call it in messages: without password, query and fragment.
    headers : dict of str to str
        What the server wants to see in the request.
    is_live : bool
        Whether it has no end.
    """

    address: str
    name: str
    headers: dict[str, str] = field(default_factory=dict)
    is_live: bool = False


def is_url(source: str) -> bool:
    """Whether a source is an address and not a path (a Windows path has none)."""
    scheme, separator, _ = source.partition("://")
    return bool(separator) and len(scheme) > 1 and scheme.replace("+", "").isalnum()


def public_name(url: str) -> str:
    """Strip an address of what does not belong into messages and records: password and query."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.port:
        host = f"{host}:{parts.port}"
    return urlunsplit((parts.scheme, host, parts.path, "", ""))


def resolve_url(url: str, settings: Settings, *, trusted: bool = False) -> ResolvedUrl:
    """Find the video behind an address.

    Parameters
    ----------
    url : str
        http, https, rtsp or rtsps.
    settings : Settings
        ``allow_urls`` says whether a visitor may give one.
    trusted : bool
        True where the person at this machine gave it: then addresses of the
        local network, such as a camera's, are opened too.

    Returns
    -------
    ResolvedUrl
        For a visitor it is to be had through ``core.frame.fetch`` only, which
        holds it to the open internet.

    Raises
    ------
    SourceError
        Where it is not allowed, not reachable or shows no video.
    """
    try:
        parts = urlsplit(url)
        name = public_name(url)
    except ValueError as error:
        raise SourceError(f"{url[:80]}: not an address ({error}); check it for typos") from error
    if parts.scheme.lower() not in STREAM_SCHEMES | WEB_SCHEMES:
        raise SourceError(
            f"{name}: {parts.scheme}:// is not opened; give an http, https or rtsp address"
        )
    if not trusted and not settings.allow_urls:
        raise SourceError(f"{name}: addresses are switched off here; upload the file instead")
    stream = parts.scheme.lower() in STREAM_SCHEMES
    if not trusted:
        if stream:
            # A camera can pass the decoder on to any other machine, and it would go.
            raise SourceError(
                f"{name}: camera streams are opened from the command line only; "
                "record a clip and upload it"
            )
        return _for_visitor(url, name)
    if not parts.hostname:
        raise SourceError(f"{name}: has no host; give the whole address")
    look_up(parts.hostname, parts.port or 0, name)
    if stream:
        return ResolvedUrl(url, name, is_live=True)
    if _is_direct(parts.path):
        return ResolvedUrl(url, name)
    return _from_page(url, name, trusted=True)


def _for_visitor(url: str, name: str) -> ResolvedUrl:
    parts = check_address(url, name)
    assert parts.hostname is not None
    # Judged again at the connection; said here so that the answer comes at once.
    resolve_public(parts.hostname, port_of(parts), name)
    if PurePosixPath(parts.path).suffix.lower() in PLAYLIST_SUFFIXES:
        raise SourceError(
            f"{name}: is a playlist, which names further addresses; give the address of one video"
        )
    return (
        ResolvedUrl(url, name) if _is_direct(parts.path) else _from_page(url, name, trusted=False)
    )


def _is_direct(path: str) -> bool:
    return PurePosixPath(path).suffix.lower() in DIRECT_SUFFIXES


def _from_page(url: str, name: str, *, trusted: bool) -> ResolvedUrl:
    found = ask_page(url, name, trusted=trusted)
    return ResolvedUrl(found["address"], name, found["headers"], found["is_live"])
