"""Which machines a visitor's address may lead to: those of the open internet and no others."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from typing import Any, Final

import psutil

from core.errors import SourceError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolver = Callable[..., list[Any]]
"""``socket.getaddrinfo`` or a stand-in with its signature."""

PORTS: Final = frozenset({80, 443})
"""Below 1024 only these: an address must not be a way to talk to mail or shell servers."""

# Networks that carry the address of another inside, which is where a packet ends up.
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
_TO_IPV4_RELAY: Final = ipaddress.ip_network("192.88.99.0/24")


def is_public(text: str) -> bool:
    """Whether an address is one of the open internet.

    Parameters
    ----------
    text : str
        As the resolver gives it, perhaps with a zone (``fe80::1%eth0``).

    Returns
    -------
    bool
        False for private, loopback, link-local, shared (RFC 6598), multicast and
        reserved addresses, for IPv6 forms of any of them, for this machine's
        own, and for what is no address.

    Examples
    --------
    >>> is_public("93.184.215.14"), is_public("169.254.169.254"), is_public("::ffff:127.0.0.1")
    (True, False, False)
    """
    try:
        address: Address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            address = inner
        # Teredo and the forgotten ``::1.2.3.4`` lead to an IPv4 host as well; nothing needs them.
        elif address.teredo is not None or int(address) >> 32 == 0 or address.is_site_local:
            return False
    if isinstance(address, ipaddress.IPv4Address) and address in _TO_IPV4_RELAY:
        return False
    return (
        address.is_global
        and not address.is_multicast
        and not address.is_reserved
        and not address.is_unspecified
        and str(address) not in _own_addresses()
    )


def resolve_public(host: str, port: int, name: str, *, resolver: Resolver | None = None) -> str:
    """Find the one address that a connection to a host is to be made to.

    It is looked up once and every answer is looked at. Whoever connects must take
    the address and not the name again: a second look-up may say something else.

    Parameters
    ----------
    host : str
        Name or literal address, in whatever way it is written.
    port : int
        1..65535.
    name : str
        What messages call the source.
    resolver : callable, optional
        Taken instead of ``socket.getaddrinfo``.

    Raises
    ------
    SourceError
        Where the host is not known, or any of its addresses is not public.
    """
    if port not in PORTS and port < 1024:
        raise SourceError(f"{name}: port {port} is not opened; give an address at port 80 or 443")
    found = look_up(host, port, name, resolver=resolver)
    if not all(is_public(address) for address in found):
        raise SourceError(
            f"{name}: is an address of a private network and is not opened for visitors; "
            "download the video and upload it"
        )
    return found[0]


def look_up(host: str, port: int, name: str, *, resolver: Resolver | None = None) -> list[str]:
    """All addresses of a host, at least one.

    Raises
    ------
    SourceError
        Where there is none.
    """
    try:
        answers = (resolver or socket.getaddrinfo)(host, port, type=socket.SOCK_STREAM)
        found = [str(answer[4][0]) for answer in answers]
    # Python's own encoding of names raises UnicodeError for labels that are too long.
    except (OSError, UnicodeError) as error:
        raise SourceError(
            f"{name}: the host is not known ({error}); check the address and the network"
        ) from error
    if not found:
        raise SourceError(f"{name}: the host has no address; check the address and the network")
    return found


def _own_addresses() -> set[str]:
    return {
        entry.address.partition("%")[0]
        for entries in psutil.net_if_addrs().values()
        for entry in entries
        if entry.family in (socket.AF_INET, socket.AF_INET6)
    }
