"""What stands around the page Gradio makes: its static files and its first script.

Gradio puts ``head`` into the page only after it has chosen its language and drawn
its first colours, so what decides those is written into the HTML itself.
"""

from __future__ import annotations

import hashlib
from html import escape
from pathlib import Path
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

STATIC_PATH: Final = "framemood-static"
_STATIC_FOLDER: Final = Path(__file__).parent / "static"
_ROLES_SHEET: Final = "styles.css"


def static_route() -> Route:
    """Route of the page's scripts and styles."""
    files = StaticFiles(directory=_STATIC_FOLDER)

    async def serve(request: Request) -> Response:
        # A mount would take the prefix of a proxy that strips it for part of the file's path.
        response = await files.get_response(request.path_params["path"], request.scope)
        # Kept by the browser but asked about, so an update is never mixed with the old page.
        response.headers["Cache-Control"] = "no-cache"
        return response

    return Route(f"/{STATIC_PATH}/{{path:path}}", serve)


def page_head(language: str) -> str:
    """HTML that has to be in the page before Gradio's own script runs.

    Parameters
    ----------
    language : str
        "auto" follows the browser until the visitor chooses; "en" and "ko" are
        what a visitor who has not chosen gets.
    """
    version = _version()
    # The roles come first; a tab's own sheet is called after the tab.
    sheets = sorted(
        (path.name for path in _STATIC_FOLDER.glob("*.css")), key=lambda name: name != _ROLES_SHEET
    )
    # Relative to Gradio's <base>, so it holds under any sub-path of a proxy.
    links = [f'<link rel="icon" type="image/svg+xml" href="{STATIC_PATH}/icon.svg?v={version}">']
    links += [f'<link rel="stylesheet" href="{STATIC_PATH}/{name}?v={version}">' for name in sheets]
    boot = f"{STATIC_PATH}/boot.js?v={version}"
    return "".join(links) + f'<script src="{boot}" data-language="{escape(language)}"></script>'


def mount_script(name: str) -> str:
    """``js_on_load`` of a component that a static module's ``mount`` fills, given its value."""
    return f"""
const start = async () => {{
  const module = await import(window.framemood.asset("{STATIC_PATH}/{name}").href);
  module.mount(element, {{ server, ...props.value }});
}};
start();
"""


def shell_middleware(language: str) -> Middleware:
    """Middleware that writes ``page_head`` into every HTML page Gradio serves."""
    return Middleware(_PageHead, head=page_head(language))


class _PageHead:
    """Writes one fragment before the first script of an HTML page."""

    def __init__(self, app: ASGIApp, head: str) -> None:
        self.app = app
        self.head = head.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET":
            await self.app(scope, receive, send)
            return
        start: Message | None = None
        body = b""

        async def rewrite(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start":
                kind = MutableHeaders(raw=message["headers"]).get("content-type", "")
                if not kind.startswith("text/html"):
                    await send(message)
                else:
                    start = message
                return
            if start is None or message["type"] != "http.response.body":
                await send(message)
                return
            body += message.get("body", b"")
            if message.get("more_body"):
                return
            body = body.replace(b"<script", self.head + b"<script", 1)
            headers = MutableHeaders(raw=start["headers"])
            headers["content-length"] = str(len(body))
            start["headers"] = headers.raw
            await send(start)
            await send({"type": "http.response.body", "body": body})

        await self.app(scope, receive, rewrite)


def _version() -> str:
    digest = hashlib.sha256()
    for path in sorted(_STATIC_FOLDER.rglob("*")):
        if path.is_file():
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
