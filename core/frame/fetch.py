"""Download a visitor's video without being led anywhere else.

FFmpeg looks names up itself, follows redirects and opens what playlists name, so
it is never given a stranger's address. The file is fetched here: each host is
looked up once, the connection goes to that very address, each redirect is judged
like the first address, and size and time have an end.
"""

from __future__ import annotations

import ssl
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, urljoin, urlsplit

import urllib3
from urllib3.exceptions import HTTPError, MaxRetryError, NewConnectionError, TimeoutError
from urllib3.util import Timeout, make_headers

from core.errors import SourceError
from core.frame.addresses import Resolver, resolve_public

MOST_REDIRECTS: Final = 5
SILENCE_S: Final = 10.0
"""How long a server may say nothing, s."""

LONGEST_S: Final = 120.0
"""How long a whole download may take, s."""

_PART_BYTES: Final = 256 * 1024
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_PORTS: Final = {"http": 80, "https": 443}
# What a page may ask to be sent along; nothing that could pretend to be somebody.
_HEADERS: Final = frozenset({"user-agent", "accept", "accept-language", "referer"})


@dataclass(frozen=True, slots=True)
class Limits:
    """What one download may cost: size in bytes, time in s."""

    most_bytes: int
    longest_s: float = LONGEST_S
    silence_s: float = SILENCE_S


def fetch(
    url: str,
    name: str,
    limits: Limits,
    *,
    headers: Mapping[str, str] | None = None,
    resolver: Resolver | None = None,
) -> Path:
    """Download a file of the open internet.

    Parameters
    ----------
    url : str
        http or https.
    name : str
        What messages call it.
    limits : Limits
        Where it stops.
    headers : mapping of str to str, optional
        Sent along where they are harmless.
    resolver : callable, optional
        Taken instead of ``socket.getaddrinfo``.

    Returns
    -------
    Path
        A new temporary file, the caller's to delete.

    Raises
    ------
    SourceError
        Where it leads to where visitors may not go, is too large, takes too long,
        or the server refuses.
    """
    end_s = time.monotonic() + limits.longest_s
    sent = {key: value for key, value in (headers or {}).items() if key.lower() in _HEADERS}
    for _ in range(MOST_REDIRECTS + 1):
        parts = check_address(url, name)
        with _answer(parts, name, sent, limits, resolver) as answer:
            if answer.status in _REDIRECTS:
                url = urljoin(url, answer.headers.get("location", ""))
                continue
            _check_status(answer.status, name)
            return _keep(answer, name, limits, end_s)
    raise SourceError(f"{name}: is passed on too often; give the address of the video itself")


def check_address(url: str, name: str) -> SplitResult:
    """Take an address apart, where it is one that may be fetched.

    Raises
    ------
    SourceError
        Where it is not http or https, or is written in a way that programs read differently.
    """
    # Browsers, Python and C libraries do not agree on what these mean.
    if any(char <= " " or char in "\\\x7f" for char in url):
        raise SourceError(f"{name}: holds a character that no address has; check it for typos")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise SourceError(f"{name}: not an address ({error}); check it for typos") from error
    if parts.scheme not in _PORTS:
        raise SourceError(
            f"{name}: {parts.scheme or 'that'}:// is not opened; give an http or https address"
        )
    if not parts.hostname or port == 0:
        raise SourceError(f"{name}: has no host; give the whole address")
    return parts


def port_of(parts: SplitResult) -> int:
    """Port of an address that ``check_address`` took apart."""
    return parts.port or _PORTS[parts.scheme]


@contextmanager
def _answer(
    parts: SplitResult,
    name: str,
    headers: Mapping[str, str],
    limits: Limits,
    resolver: Resolver | None,
) -> Iterator[urllib3.BaseHTTPResponse]:
    """Ask for an address at the very machine that was judged."""
    assert parts.hostname is not None
    port = port_of(parts)
    address = resolve_public(parts.hostname, port, name, resolver=resolver)
    timeout = Timeout(connect=limits.silence_s, read=limits.silence_s)
    host = parts.hostname if parts.port is None else f"{parts.hostname}:{parts.port}"
    sent = {"User-Agent": "Framemood", **headers, "Host": host, "Accept-Encoding": "identity"}
    if parts.username is not None:
        sent |= make_headers(basic_auth=f"{parts.username}:{parts.password or ''}")
    # A literal IPv6 address is not a name that a certificate or SNI holds.
    pool: urllib3.HTTPConnectionPool
    if parts.scheme == "https":
        pool = urllib3.HTTPSConnectionPool(
            address,
            port,
            timeout=timeout,
            ssl_context=ssl.create_default_context(),
            server_hostname=parts.hostname,
            assert_hostname=parts.hostname,
        )
    else:
        pool = urllib3.HTTPConnectionPool(address, port, timeout=timeout)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        with pool:
            answer = pool.request(
                "GET", path, headers=sent, redirect=False, retries=False, preload_content=False
            )
            try:
                yield answer
            finally:
                answer.close()
    except TimeoutError as error:
        raise SourceError(
            f"{name}: did not answer within {limits.silence_s:.0f} s; "
            "check the address and the network"
        ) from error
    except (NewConnectionError, MaxRetryError, ConnectionError) as error:
        raise SourceError(
            f"{name}: nobody answers there; check the address and whether the server is on"
        ) from error
    except HTTPError as error:
        raise SourceError(
            f"{name}: the server refuses to give it ({type(error).__name__}); check the address"
        ) from error


def _check_status(status: int, name: str) -> None:
    if status in (404, 410):
        raise SourceError(f"{name}: is not there (the server says {status}); check the address")
    if status != 200:
        raise SourceError(
            f"{name}: the server refuses to give it (it says {status}); "
            "check the address and whether it needs a login"
        )


def _keep(answer: urllib3.BaseHTTPResponse, name: str, limits: Limits, end_s: float) -> Path:
    too_large = SourceError(
        f"{name}: is larger than {limits.most_bytes / 1e6:.0f} MB; give a shorter or smaller video"
    )
    length = answer.headers.get("content-length", "")
    if length.isdigit() and int(length) > limits.most_bytes:
        raise too_large
    kept = 0
    with tempfile.NamedTemporaryFile(prefix="framemood-fetched-", delete=False) as file:
        path = Path(file.name)
        try:
            # Every read comes back as soon as there is something, so a server that
            # gives a byte at a time is stopped by the clock all the same.
            while part := answer.read1(_PART_BYTES):
                kept += len(part)
                if kept > limits.most_bytes:
                    raise too_large
                if time.monotonic() > end_s:
                    raise SourceError(
                        f"{name}: takes longer than {limits.longest_s:.0f} s to fetch; "
                        "download it and upload it"
                    )
                file.write(part)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
    return path
