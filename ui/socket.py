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
from collections import deque
from typing import Any, Final
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection, Request
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from ui.admission import Admission, Applicant, waiting_reply
from ui.protocol import MAX_MESSAGE_BYTES, ProtocolError
from ui.replies import dropped_reply
from ui.sessions import MAX_WAITING, Lane
from ui.visitors import visitor_of

log = logging.getLogger(__name__)

ANALYSIS_PATH: Final = "/ws/analysis"
IDLE_S: Final = 60.0
"""A connection that says nothing for this long is closed, s."""

BUSY_IDLE_S: Final = 15.0
"""The same while others wait for the place, s."""

MAX_MESSAGES_PER_S: Final = 120
"""Twice what the fastest camera sends; a client beyond it is closed."""

MOST_EARLY_CHARACTERS: Final = 4096
"""Longest text that is kept for a visitor who waits for a place."""

# RFC 6455, 7.4.1.
_POLICY_VIOLATION: Final = 1008
_TOO_BIG: Final = 1009
_TRY_AGAIN_LATER: Final = 1013
_CLOSE_CODES: Final = {
    "too_large": _TOO_BIG,
    "busy": _TRY_AGAIN_LATER,
    "too_many": _TRY_AGAIN_LATER,
}


def analysis_route(admission: Admission) -> WebSocketRoute:
    """Route that serves the protocol of docs/protocol.md."""
    hops = admission.sessions.settings.proxy_hops

    async def endpoint(websocket: WebSocket) -> None:
        if not same_origin(websocket) or not await is_admitted(websocket):
            # Closing before accepting answers the handshake with 403.
            await websocket.close(_POLICY_VIOLATION)
            return
        await websocket.accept()
        conversation = _Conversation(websocket, admission)
        try:
            with admission.applicant(visitor_of(websocket, hops)) as applicant:
                lane = await conversation.wait(applicant)
                await conversation.run(lane)
        except ProtocolError as error:
            await _end(websocket, error)
        except WebSocketDisconnect:
            log.debug("a live viewer left")
        finally:
            conversation.stop()

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

    def __init__(self, websocket: WebSocket, admission: Admission) -> None:
        self._websocket = websocket
        self._admission = admission
        self._answers: set[asyncio.Task[None]] = set()
        self._reading: asyncio.Task[bytes | str] | None = None
        self._early: deque[str] = deque()
        self._allowance = float(MAX_MESSAGES_PER_S)
        self._counted_s = time.monotonic()

    async def wait(self, applicant: Applicant) -> Lane:
        """Keep a visitor told of the place in the line until there is one for them."""
        moved = asyncio.create_task(applicant.changed())
        told = 0
        try:
            while applicant.lane is None:
                if applicant.position != told:
                    told = applicant.position
                    await self._send(waiting_reply(told))
                reading = self._read()
                await asyncio.wait({moved, reading}, return_when=asyncio.FIRST_COMPLETED)
                if reading.done():
                    await self._put_off(self._take())
                if moved.done():
                    moved = asyncio.create_task(applicant.changed())
            return applicant.lane
        finally:
            moved.cancel()

    async def run(self, lane: Lane) -> None:
        """Have messages answered until the visitor leaves or may stay no longer."""
        limit_s = self._admission.sessions.settings.session_limit_s
        end_s = time.monotonic() + limit_s if limit_s else float("inf")
        for raw in self._early:
            self._hand_over(lane, raw)
        while True:
            self._hand_over(lane, await self._next(end_s))

    def stop(self) -> None:
        """Give up what is still to be read or answered."""
        for task in (*self._answers, *filter(None, [self._reading])):
            task.cancel()

    def _hand_over(self, lane: Lane, raw: bytes | str) -> None:
        task = asyncio.create_task(self._answer(lane, raw))
        self._answers.add(task)
        task.add_done_callback(self._answers.discard)

    async def _put_off(self, raw: bytes | str) -> None:
        """Keep what a visitor in the line says; frames would be old when their turn comes."""
        if isinstance(raw, bytes):
            await self._send(dropped_reply(int.from_bytes(raw[:4], "big"), 0))
        elif len(raw) > MOST_EARLY_CHARACTERS or len(self._early) >= MAX_WAITING:
            raise ProtocolError("too_fast", "wait for a place before sending more")
        else:
            self._early.append(raw)

    async def _next(self, end_s: float) -> bytes | str:
        """Next message; an error where none comes in time, or the time is over."""
        begun_s = time.monotonic()
        reading = self._read()
        while not reading.done():
            limit_s = min(IDLE_S, BUSY_IDLE_S) if self._admission.waiting else IDLE_S
            now_s = time.monotonic()
            if now_s >= end_s:
                raise ProtocolError("time_up", "the time for one analysis is over; start again")
            if now_s >= begun_s + limit_s:
                raise ProtocolError("idle", f"nothing came for {limit_s:.0f} s")
            # Whether others wait is looked at again before the time is over.
            left_s = min(begun_s + limit_s, end_s) - now_s
            await asyncio.wait({reading}, timeout=min(left_s, 1.0))
        return self._take()

    def _read(self) -> asyncio.Task[bytes | str]:
        # Cancelling a receive may lose a message, so one begun is kept until it is done.
        if self._reading is None:
            self._reading = asyncio.create_task(self._receive())
        return self._reading

    def _take(self) -> bytes | str:
        assert self._reading is not None
        reading, self._reading = self._reading, None
        raw = reading.result()
        self._count()
        return raw

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

    async def _answer(self, lane: Lane, raw: bytes | str) -> None:
        reply = await self._admission.answer(lane, raw)
        then = reply.pop("then", ())
        for message in (reply, *then):
            await self._send(message)

    async def _send(self, reply: dict[str, Any]) -> None:
        # The client may have left while its frame was analysed.
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            await self._websocket.send_text(encode(reply))


def encode(reply: dict[str, Any]) -> str:
    """Word a reply as compact JSON."""
    return json.dumps(reply, separators=(",", ":"), allow_nan=False)


async def _end(websocket: WebSocket, error: ProtocolError) -> None:
    code = _CLOSE_CODES.get(error.code, _POLICY_VIOLATION)
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        await websocket.send_text(encode(error.reply()))
        await websocket.close(code)
