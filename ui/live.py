"""The Live tab: the camera, what is read of it, and how both have been for a minute.

The browser captures and draws (``static/live.js``); the server only answers the
messages of ``ui.protocol``, over a WebSocket or, where none can be opened,
through Gradio's own server functions.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import gradio as gr
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from core.errors import FramemoodError
from core.frame.sample import sample_clip
from ui.admission import Admission, Applicant, waiting_reply
from ui.context import Context
from ui.protocol import ProtocolError
from ui.shell import mount_script
from ui.texts import tab_strings
from ui.visitors import visitor_of

SAMPLE_PATH: Final = "/framemood-sample.mp4"
FALLBACK_IDLE_S: Final = 15.0
"""Without a connection to lose, silence this long says that a visitor left, s."""

_TEMPLATE: Final = Path(__file__).parent / "static" / "live.html"


def build(context: Context) -> None:
    """Lay the tab out."""
    gr.HTML(
        {
            "texts": tab_strings("common", "live"),
            "threshold": context.settings.quality_threshold,
            "fpsLimit": context.settings.live_fps,
            "mayRecord": context.settings.allow_records,
            "mayStream": context.settings.allow_streams,
        },
        html_template=_TEMPLATE.read_text(encoding="utf-8"),
        js_on_load=mount_script("live.js"),
        server_functions=[live_function(context)],
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


def live_function(context: Context) -> Callable[..., Any]:
    """Server function ``analyze_live`` of a tab that analyses live: a ``Fallback`` of its own."""
    fallback = Fallback(context.admission)

    async def analyze_live(call: dict[str, Any], request: gr.Request) -> dict[str, Any]:
        # Gradio marks the functions it serves, and a bound method takes no mark.
        return await fallback.analyze(call, visitor_of(request, context.settings.proxy_hops))

    return analyze_live


class Fallback:
    """The same sessions, asked one call at a time."""

    def __init__(self, admission: Admission) -> None:
        self._admission = admission
        self._applicants: dict[str, _Ticket] = {}
        self._watches: set[asyncio.Task[None]] = set()

    async def analyze(self, call: dict[str, Any], visitor: str = "") -> dict[str, Any]:
        """Answer ``{"ticket": str or None, "message": {...}}``; the reply carries the ticket."""
        if not isinstance(call, dict) or not isinstance(call.get("message"), dict):
            return ProtocolError("bad_message", "a call holds a ticket and a message").reply()
        ticket, message = call.get("ticket"), call["message"]
        if not isinstance(ticket, str) or ticket not in self._applicants:
            if message.get("type") != "start_analysis":
                return ProtocolError("not_started", "send start_analysis first").reply()
            try:
                ticket = self._open(visitor)
            except ProtocolError as error:
                return error.reply()
        held = self._applicants[ticket]
        held.used_s = time.monotonic()
        lane = held.applicant.lane
        if lane is None:
            # The visitor asks again with the ticket, which keeps the number in the line.
            reply = waiting_reply(held.applicant.position)
        elif held.is_over(self._admission.sessions.settings.session_limit_s):
            reply = ProtocolError("time_up", "the time for one analysis is over").reply()
        else:
            reply = await self._admission.answer(lane, message)
        if message.get("type") == "stop_analysis" or reply.get("code") == "time_up":
            self._close(ticket)
        return {**reply, "ticket": ticket}

    def _open(self, visitor: str) -> str:
        ticket = secrets.token_urlsafe(16)
        self._applicants[ticket] = _Ticket(self._admission.apply(visitor))
        watch = asyncio.create_task(self._watch(ticket))
        self._watches.add(watch)
        watch.add_done_callback(self._watches.discard)
        return ticket

    async def _watch(self, ticket: str) -> None:
        """Let go of a visitor who left without a word."""
        while (held := self._applicants.get(ticket)) is not None:
            left_s = held.used_s + FALLBACK_IDLE_S - time.monotonic()
            if left_s <= 0:
                self._close(ticket)
            else:
                await asyncio.sleep(left_s)

    def _close(self, ticket: str) -> None:
        held = self._applicants.pop(ticket, None)
        if held is not None:
            self._admission.leave(held.applicant)


@dataclass(slots=True)
class _Ticket:
    """What stands for a connection where there is none."""

    applicant: Applicant
    used_s: float = field(default_factory=time.monotonic)
    began_s: float | None = None

    def is_over(self, limit_s: float) -> bool:
        """Whether the place has been held for longer than one may."""
        self.began_s = self.used_s if self.began_s is None else self.began_s
        return bool(limit_s) and self.used_s - self.began_s > limit_s
