"""The Live tab: the camera, what is read of it, and how both have been for a minute.

The browser captures and draws (``static/live.js``); the server only answers the
messages of ``ui.protocol``, over a WebSocket or, where none can be opened,
through Gradio's own server functions.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from pathlib import Path
from typing import Any, Final

import gradio as gr
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from core.errors import FramemoodError
from core.frame.sample import sample_clip
from ui.context import Context
from ui.protocol import ProtocolError
from ui.sessions import Lane, Sessions
from ui.texts import tab_strings

SAMPLE_PATH: Final = "/framemood-sample.mp4"
FALLBACK_IDLE_S: Final = 15.0
"""Without a connection to lose, silence this long says that a visitor left, s."""

_TEMPLATE: Final = Path(__file__).parent / "static" / "live.html"

_ON_LOAD: Final = """
const start = async () => {
  const module = await import(window.framemood.asset("framemood-static/live.js").href);
  module.mount(element, { server, ...props.value });
};
start();
"""


def build(context: Context) -> None:
    """Lay the tab out."""
    fallback = Fallback(context.sessions)

    async def analyze_live(call: dict[str, Any]) -> dict[str, Any]:
        # Gradio marks the functions it serves, and a bound method takes no mark.
        return await fallback.analyze(call)

    gr.HTML(
        {
            "texts": tab_strings("common", "live"),
            "threshold": context.settings.quality_threshold,
            "fpsLimit": context.settings.live_fps,
        },
        html_template=_TEMPLATE.read_text(encoding="utf-8"),
        js_on_load=_ON_LOAD,
        server_functions=[analyze_live],
        apply_default_css=False,
        elem_id="fm-live",
    )


def routes(context: Context) -> list[Route]:
    """Routes of the tab beside the socket: the sample clip."""

    async def sample(_: Request) -> Response:
        try:
            path = await asyncio.to_thread(sample_clip)
        except FramemoodError as error:
            return PlainTextResponse(str(error), status_code=503)
        return FileResponse(path, media_type="video/mp4")

    return [Route(SAMPLE_PATH, sample)]


class Fallback:
    """The same sessions, asked one call at a time."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._lanes: dict[str, Lane] = {}
        self._watches: set[asyncio.Task[None]] = set()

    async def analyze(self, call: dict[str, Any]) -> dict[str, Any]:
        """Answer ``{"ticket": str or None, "message": {...}}``; the reply carries the ticket."""
        if not isinstance(call, dict) or not isinstance(call.get("message"), dict):
            return ProtocolError("bad_message", "a call holds a ticket and a message").reply()
        ticket, message = call.get("ticket"), call["message"]
        if not isinstance(ticket, str) or ticket not in self._lanes:
            if message.get("type") != "start_analysis":
                return ProtocolError("not_started", "send start_analysis first").reply()
            try:
                ticket = self._open()
            except ProtocolError as error:
                return error.reply()
        reply = await self._lanes[ticket].submit(message)
        if message.get("type") == "stop_analysis":
            self._close(ticket)
        return {**reply, "ticket": ticket}

    def _open(self) -> str:
        ticket = secrets.token_urlsafe(16)
        self._lanes[ticket] = self._sessions.open()
        watch = asyncio.create_task(self._watch(ticket))
        self._watches.add(watch)
        watch.add_done_callback(self._watches.discard)
        return ticket

    async def _watch(self, ticket: str) -> None:
        """Close a lane whose visitor left without a word."""
        while (lane := self._lanes.get(ticket)) is not None:
            left_s = lane.last_used_s + FALLBACK_IDLE_S - time.monotonic()
            if left_s <= 0:
                self._close(ticket)
            else:
                await asyncio.sleep(left_s)

    def _close(self, ticket: str) -> None:
        lane = self._lanes.pop(ticket, None)
        if lane is not None:
            self._sessions.close(lane)
