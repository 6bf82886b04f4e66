"""What every answer of the server carries, and which of Gradio's doors stay shut.

Gradio is made for demos among friends: it offers every function to programs,
fetches addresses it is given and takes a body of any length. What the page does
not need is answered here, before Gradio sees it.
"""

from __future__ import annotations

import json
import re
import secrets
import shutil
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from gradio.utils import get_upload_folder
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.settings import Settings
from ui.visitors import visitor_of

POSTER_HOST: Final = "https://image.tmdb.org"
SPACE_HOSTS: Final = ("https://huggingface.co", "https://*.hf.space")

MAX_BODY_BYTES: Final = 4 * 1024 * 1024
"""Largest body of a request that is no upload: a live frame in base64 and its envelope."""

UPLOADS_AT_ONCE: Final = 6
UPLOADS_OF_VISITOR: Final = 2
LEAST_FREE_MB: Final = 500
"""An upload is refused while less than this is free on the disk, MB."""

_API: Final = "/gradio_api"
_UPLOAD: Final = f"{_API}/upload"
# Programs' ways in, and pages about the program.
_PROGRAMS: Final = re.compile(
    rf"{_API}/(call|api|run|info|openapi\.json|mcp|deep_link)(/|$)|/(docs|redoc|openapi\.json)(/|$)"
)
# Nothing of ours needs these: they fetch what others name or tell of other visitors.
_NEVER: Final = re.compile(
    rf"{_API}/(file=https?:|proxy=|vibe|process_recording|run-history|runs|profiling|dev/)"
    rf"|{_API}/file/https?:|/monitoring",
    re.IGNORECASE,
)
_SCRIPT: Final = re.compile(rb"<script(?=[\s>])")


def security_middleware(settings: Settings) -> list[Middleware]:
    """Middleware to put around the whole page, outermost first.

    Parameters
    ----------
    settings : Settings
        ``allow_api``, ``proxy_hops`` and ``hosted`` are read.
    """
    frames = SPACE_HOSTS if settings.hosted else ()
    return [Middleware(_Headers, frames=frames), Middleware(_Doors, settings=settings)]


def content_policy(nonce: str, frames: Iterable[str] = ()) -> str:
    """Content-Security-Policy of the page.

    Gradio compiles the templates and scripts of its components in the browser,
    which needs 'unsafe-eval', and sets style attributes; inline scripts run only
    with the nonce of this very answer.
    """
    rules = {
        "default-src": "'self'",
        "script-src": f"'self' 'nonce-{nonce}' 'unsafe-eval'",
        "style-src": "'self' 'unsafe-inline'",
        "img-src": f"'self' data: blob: {POSTER_HOST}",
        "media-src": "'self' data: blob:",
        "font-src": "'self' data:",
        "worker-src": "'self' blob:",
        "connect-src": "'self' data: blob:",
        "object-src": "'none'",
        "frame-src": "'none'",
        "base-uri": "'self'",
        "form-action": "'self'",
        "frame-ancestors": " ".join(("'self'", *frames)),
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


class _Headers:
    """Adds the security headers, and to HTML the nonce that its own scripts need."""

    def __init__(self, app: ASGIApp, frames: Iterable[str]) -> None:
        self.app = app
        self.frames = tuple(frames)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        nonce = secrets.token_urlsafe(18)
        page: list[bytes] | None = None
        start: Message = {}

        async def add(message: Message) -> None:
            nonlocal page, start
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message["headers"])
                headers["X-Content-Type-Options"] = "nosniff"
                headers["Referrer-Policy"] = "same-origin"
                headers["Permissions-Policy"] = (
                    "camera=(self), microphone=(), geolocation=(), payment=(), usb=()"
                )
                headers["Content-Security-Policy"] = content_policy(nonce, self.frames)
                if not self.frames:
                    headers["X-Frame-Options"] = "SAMEORIGIN"
                message["headers"] = headers.raw
                if headers.get("content-type", "").startswith("text/html"):
                    # A page that was kept would carry a nonce that holds no more.
                    headers["Cache-Control"] = "no-store"
                    message["headers"] = headers.raw
                    page, start = [], message
                    return
            elif message["type"] == "http.response.body" and page is not None:
                page.append(message.get("body", b""))
                if message.get("more_body"):
                    return
                mark = f'<script nonce="{nonce}"'.encode()
                body = _SCRIPT.sub(mark, b"".join(page))
                headers = MutableHeaders(raw=start["headers"])
                # A HEAD tells the length of what it leaves out.
                if scope["method"] != "HEAD":
                    headers["content-length"] = str(len(body))
                start["headers"] = headers.raw
                await send(start)
                message = {"type": "http.response.body", "body": body}
                page = None
            await send(message)

        await self.app(scope, receive, add)


class _Doors:
    """Answers what is shut, and bounds what may come in."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.settings = settings
        self.uploads: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        if _NEVER.match(path) or (not self.settings.allow_api and _PROGRAMS.match(path)):
            await _say(404, "Not found", scope, receive, send)
        elif scope["method"] == "POST" and path.rstrip("/") == _UPLOAD:
            await self._upload(scope, receive, send)
        elif scope["method"] in ("POST", "PUT", "PATCH"):
            await self._bounded(path, scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _upload(self, scope: Scope, receive: Receive, send: Send) -> None:
        visitor = visitor_of(HTTPConnection(scope), self.settings.proxy_hops)
        mine_full = visitor and self.uploads[visitor] >= UPLOADS_OF_VISITOR
        if mine_full or self.uploads.total() >= UPLOADS_AT_ONCE:
            await _say(429, "Too many uploads at once; try again in a moment", scope, receive, send)
            return
        if free_disk_mb() < LEAST_FREE_MB:
            await _say(507, "The server's disk is full; try again later", scope, receive, send)
            return
        self.uploads[visitor] += 1
        try:
            await self.app(scope, receive, send)
        finally:
            self.uploads[visitor] -= 1
            if not self.uploads[visitor]:
                del self.uploads[visitor]

    async def _bounded(self, path: str, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a body on once it is known to be short and to name no address to fetch."""
        length = Headers(scope=scope).get("content-length", "0")
        if not length.isdigit() or int(length) > MAX_BODY_BYTES:
            await _say(413, "The request is too large", scope, receive, send)
            return
        body = bytearray()
        more = True
        while more:
            message = await receive()
            if message["type"] != "http.request":
                return
            body += message.get("body", b"")
            if len(body) > MAX_BODY_BYTES:
                await _say(413, "The request is too large", scope, receive, send)
                return
            more = message.get("more_body", False)
        if path.startswith(_API) and _names_address(bytes(body)):
            # Gradio would fetch it for any component that takes a file.
            await _say(403, "Addresses are not fetched; upload the file", scope, receive, send)
            return
        given = False

        async def replay() -> Message:
            nonlocal given
            if given:
                return await receive()
            given = True
            return {"type": "http.request", "body": bytes(body), "more_body": False}

        await self.app(scope, replay, send)


def free_disk_mb() -> float:
    """Space left where uploads go, MB."""
    folder = Path(get_upload_folder())
    # Gradio makes it with the first upload.
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free / 1e6


def _names_address(body: bytes) -> bool:
    """Whether a file in a JSON body is an address."""
    # Most bodies are pictures, which are long and need not be parsed.
    if b"http" not in body.lower() and b"\\u" not in body:
        return False
    try:
        waiting: list[Any] = [json.loads(body)]
    except (ValueError, RecursionError):
        # A form of the login, or nothing Gradio will read either.
        return False
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            path = value.get("path")
            if isinstance(path, str) and path.strip().lower().startswith(("http:", "https:")):
                return True
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
    return False


async def _say(status: int, text: str, scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse(text, status_code=status)(scope, receive, send)
