"""Who a connection comes from, as far as that can be known and may be believed."""

from __future__ import annotations

import ipaddress
from typing import Final

import gradio as gr
from starlette.requests import HTTPConnection

# What one household or one machine is given; whoever has it can take any address in it.
_IPV6_NETWORK_BITS: Final = 64


def visitor_of(connection: HTTPConnection | gr.Request, proxy_hops: int) -> str:
    """Name the visitor behind a connection, for counting and nothing else.

    Parameters
    ----------
    connection : HTTPConnection or gr.Request
        Whose ``client`` is the peer. Gradio hands a request of its own to event
        handlers and Starlette's to server functions, though both have to ask for
        a ``gr.Request``.
    proxy_hops : int
        Proxies of our own in front of the server. Each appends to X-Forwarded-For
        whom it was asked by, so that many entries from the right are true and the
        rest is what the visitor claims.

    Returns
    -------
    str
        An IPv4 address, or the IPv6 network a household is given. Empty where all
        that is known is an address of this machine or its own network, which may
        be a proxy or a tunnel that stands for everybody.
    """
    peer = connection.client.host if connection.client else ""
    peer = "" if _is_local(peer) else peer
    if proxy_hops:
        lines = connection.headers.getlist("x-forwarded-for")
        claimed = [entry.strip() for line in lines for entry in line.split(",")]
        if len(claimed) >= proxy_hops:
            return _network(claimed[-proxy_hops]) or _network(peer) or peer
    return _network(peer) or peer


def page_of(request: gr.Request) -> str:
    """Name the opened page that an event comes from; a visitor may open several."""
    return str(request.session_hash)


def _is_local(text: str) -> bool:
    try:
        return not ipaddress.ip_address(text.partition("%")[0]).is_global
    except ValueError:
        return False


def _network(text: str) -> str | None:
    text = text.partition("]")[0].removeprefix("[") if text.startswith("[") else text
    if text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, _IPV6_NETWORK_BITS), strict=False))
