"""Which addresses may be opened, and the video behind a page's address."""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

from core.errors import SourceError
from core.settings import Settings

STREAM_SCHEMES: Final = frozenset({"rtsp", "rtsps"})
WEB_SCHEMES: Final = frozenset({"http", "https"})

DIRECT_SUFFIXES: Final = frozenset(
    {".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".ts", ".m3u8", ".mpg", ".mjpg", ".mjpeg"}
)
"""What a web address ends with when it is a video itself and not a page that shows one."""


@dataclass(frozen=True, slots=True)
class ResolvedUrl:
    """An address the decoder can open.

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
    _check_host(url, trusted=trusted)
    if parts.scheme.lower() in STREAM_SCHEMES:
        return ResolvedUrl(url, name, is_live=True)
    if PurePosixPath(parts.path).suffix.lower() in DIRECT_SUFFIXES:
        return ResolvedUrl(url, name)
    found = _ask_page(url, name)
    _check_host(found.address, trusted=trusted)
    return found


def _check_host(url: str, *, trusted: bool) -> None:
    parts = urlsplit(url)
    if not parts.hostname:
        raise SourceError(f"{public_name(url)}: has no host; give the whole address")
    try:
        found = socket.getaddrinfo(parts.hostname, parts.port or 0, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise SourceError(
            f"{public_name(url)}: the host is not known ({error}); "
            "check the address and the network"
        ) from error
    addresses = [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
    if not trusted and not all(address.is_global for address in addresses):
        raise SourceError(
            f"{public_name(url)}: is an address of a private network and is not opened for "
            "visitors; download the video and upload it"
        )


def _ask_page(url: str, name: str) -> ResolvedUrl:
    try:
        import yt_dlp  # noqa: PLC0415 (takes a second to load and most sources are files)
    except ImportError as error:
        raise SourceError(
            f"{name}: a video page needs yt-dlp, which is not installed; `pip install yt-dlp`"
        ) from error
    options: dict[str, Any] = {
        "quiet": True,
        "no_warnings": True,
        "noprogress": True,
        "noplaylist": True,
        "skip_download": True,
        "socket_timeout": 10,
        "retries": 1,
        "extractor_retries": 1,
        "logger": _Silent(),
        # One file with pictures in it; sound is never needed, 720 lines are enough.
        "format": "bestvideo[height<=720]/best[height<=720]/best",
    }
    try:
        with yt_dlp.YoutubeDL(options) as page:
            found = page.extract_info(url, download=False)
    except yt_dlp.utils.YoutubeDLError as error:
        reason = str(error).removeprefix("ERROR: ").splitlines()[0][:160]
        raise SourceError(
            f"{name}: no video could be found there ({reason}); open the address in a browser to "
            "check it, or give the address of the video file"
        ) from error
    address = (found or {}).get("url")
    if not isinstance(address, str) or urlsplit(address).scheme not in WEB_SCHEMES:
        raise SourceError(f"{name}: shows no single video; give the address of one video")
    headers = {str(key): str(value) for key, value in (found.get("http_headers") or {}).items()}
    return ResolvedUrl(address, name, headers, bool(found.get("is_live")))


class _Silent:
    """What yt-dlp would print is in its exception already."""

    def debug(self, message: str) -> None:
        """Drop it."""

    warning = error = info = debug
