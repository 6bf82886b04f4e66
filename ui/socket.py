"""The WebSocket route of the live analysis.

Gradio's ``launch(auth=)`` does not cover routes of our own and browsers let any
site open a WebSocket anywhere, so both are checked here, before the handshake
is accepted.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import json
import logging
import time
from typing import Any, Final
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection, Request
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from ui.protocol import MAX_MESSAGE_BYTES, ProtocolError
from ui.sessions import MAX_WAITING, Lane, Sessions

log = logging.getLogger(__name__)

ANALYSIS_PATH: Final = "/ws/analysis"
IDLE_S: Final = 60.0
"""A connection that says nothing for this long is closed, s."""

MAX_MESSAGES_PER_S: Final = 120
"""Twice what the fastest camera sends; a client beyond it is closed."""

# RFC 6455, 7.4.1.
_POLICY_VIOLATION: Final = 1008
_TOO_BIG: Final = 1009
_TRY_AGAIN_LATER: Final = 1013


def analysis_route(sessions: Sessions) -> WebSocketRoute:
    """Route that serves the protocol of docs/protocol.md."""

    async def endpoint(websocket: WebSocket) -> None:
        if not same_origin(websocket) or not await is_admitted(websocket):
            # Closing before accepting answers the handshake with 403.
            await websocket.close(_POLICY_VIOLATION)
            return
        await websocket.accept()
        try:
            with sessions.place() as lane:
                await _Conversation(websocket, lane).run()
        except ProtocolError as error:
            await _end(websocket, error, _TRY_AGAIN_LATER)

    return WebSocketRoute(ANALYSIS_PATH, endpoint)


def same_origin(connection: HTTPConnection) -> bool:
    """Whether the page that opens the connection came from this very host.

    A program that is no browser sends no Origin and is let through: it could
    send any. Behind a proxy the host the visitor sees is in X-Forwarded-Host,
    which a browser's script cannot set.
    """
    origin = connection.headers.get("origin")
    if origin is None:
        return True
    forwarded = connection.headers.get("x-forwarded-host", "").split(",")[0].strip()
    hosts = {connection.headers.get("host", "").lower(), forwarded.lower()} - {""}
    parts = urlsplit(origin)
    return parts.scheme in ("http", "https") and parts.netloc.lower() in hosts


async def is_admitted(connection: HTTPConnection) -> bool:
    """Whether Gradio would let this visitor see the page.

    Asks what Gradio's own routes ask: the ``auth_dependency`` where there is
    one, else the login token of the cookie.
    """
    app = connection.scope["app"]
    dependency = getattr(app, "auth_dependency", None)
    if dependency is not None:
        user = dependency(Request({**connection.scope, "type": "http", "method": "GET"}))
        return (await user if inspect.isawaitable(user) else user) is not None
    if getattr(app, "auth", None) is None:
        return True
    token = connection.cookies.get(f"access-token-{app.cookie_id}") or connection.cookies.get(
        f"access-token-unsecure-{app.cookie_id}"
    )
    return token is not None and app.tokens.get(token) is not None


class _Conversation:
    """One accepted connection, from its first message to its last."""

    def __init__(self, websocket: WebSocket, lane: Lane) -> None:
        self._websocket = websocket
        self._lane = lane
        self._answers: set[asyncio.Task[None]] = set()
        self._allowance = float(MAX_MESSAGES_PER_S)
        self._counted_s = time.monotonic()

    async def run(self) -> None:
        try:
            while True:
                raw = await asyncio.wait_for(self._receive(), IDLE_S)
                self._count()
                task = asyncio.create_task(self._answer(raw))
                self._answers.add(task)
                task.add_done_callback(self._answers.discard)
        except TimeoutError:
            idle = ProtocolError("idle", f"nothing came for {IDLE_S:.0f} s")
            await _end(self._websocket, idle, _POLICY_VIOLATION)
        except ProtocolError as error:
            code = _TOO_BIG if error.code == "too_large" else _POLICY_VIOLATION
            await _end(self._websocket, error, code)
        except WebSocketDisconnect:
            log.debug("a live viewer left")
        finally:
            for task in self._answers:
                task.cancel()

    async def _receive(self) -> bytes | str:
        message = await self._websocket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1000))
        raw: bytes | str | None = message.get("bytes")
        raw = message.get("text") or "" if raw is None else raw
        if len(raw) > MAX_MESSAGE_BYTES:
            raise ProtocolError("too_large", f"a message may hold {MAX_MESSAGE_BYTES} bytes")
        return raw

    def _count(self) -> None:
        now_s = time.monotonic()
        earned = (now_s - self._counted_s) * MAX_MESSAGES_PER_S
        self._allowance = min(float(MAX_MESSAGES_PER_S), self._allowance + earned) - 1
        self._counted_s = now_s
        if self._allowance < 0 or len(self._answers) > MAX_WAITING:
            raise ProtocolError("too_fast", f"send {MAX_MESSAGES_PER_S} messages a second at most")

    async def _answer(self, raw: bytes | str) -> None:
        reply = await self._lane.submit(raw)
        # The client may have left while its frame was analysed.
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            await self._websocket.send_text(encode(reply))


def encode(reply: dict[str, Any]) -> str:
    """Word a reply as compact JSON."""
    return json.dumps(reply, separators=(",", ":"), allow_nan=False)


async def _end(websocket: WebSocket, error: ProtocolError, code: int) -> None:
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        await websocket.send_text(encode(error.reply()))
        await websocket.close(code)
