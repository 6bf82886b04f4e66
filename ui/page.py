"""The whole page: its header and one tab a module."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import gradio as gr

from core.records.courier import resume
from core.settings import Settings
from ui import api, films, live, mcp_server, quality, session, video
from ui.context import Context
from ui.health import Metrics, health_routes
from ui.protocol import MAX_MESSAGE_BYTES
from ui.security import security_middleware
from ui.sessions import Sessions
from ui.shell import shell_middleware, static_route
from ui.socket import analysis_route
from ui.theme import theme

TABS: Final[tuple[tuple[str, Callable[[Context], None]], ...]] = (
    ("live", live.build),
    ("video", video.build),
    ("session", session.build),
    ("films", films.build),
    ("quality", quality.build),
)
"""Tabs in the order they stand: the key of their name and what builds them."""

UPLOADS_KEPT_S: Final = (600, 3600)
"""How often uploads are looked over, and how old they may get before they go, s."""


def build(settings: Settings) -> tuple[gr.Blocks, dict[str, Any]]:
    """Build the page.

    Parameters
    ----------
    settings : Settings
        Read once at start.

    Returns
    -------
    blocks : gr.Blocks
        Ready to launch.
    options : dict
        What ``blocks.launch`` must be given for the page to be whole: the live
        socket, the styles, the languages.
    """
    context = Context(settings, Sessions(settings))
    with gr.Blocks(
        title="Framemood",
        analytics_enabled=False,
        fill_width=True,
        delete_cache=UPLOADS_KEPT_S,
    ) as blocks:
        gr.HTML(
            html_template=_HEADER,
            js_on_load=_HEADER_SCRIPT,
            apply_default_css=False,
            elem_id="fm-header",
        )
        # A tab behind a menu has no button that a link could press.
        with gr.Tabs(elem_id="fm-tabs", overflow_behavior="wrap"):
            for name, build_tab in TABS:
                with gr.Tab(context.t(f"common.tab_{name}"), id=name, elem_id=f"fm-tab-{name}"):
                    build_tab(context)
        api.build(context)
    context.sessions.warm_up()
    resume(settings)
    return blocks, {
        "theme": theme(),
        "i18n": context.i18n,
        "footer_links": [],
        "run_history": False,
        "ssr_mode": False,
        "enable_monitoring": False,
        # Said either way: Gradio would ask the environment.
        "mcp_server": settings.mcp,
        "max_file_size": f"{settings.max_upload_mb}mb",
        "app_kwargs": {
            "routes": [
                static_route(),
                *live.routes(context),
                *quality.routes(context),
                analysis_route(context.admission),
                *health_routes(context.admission, Metrics(context.admission)),
            ],
            "middleware": [*security_middleware(settings), shell_middleware(settings.language)],
        },
    }


def serve(blocks: gr.Blocks, **options: Any) -> None:
    """Launch the page and serve it until it is interrupted."""
    blocks.launch(prevent_thread_lock=True, **options)
    mcp_server.hold(blocks)
    # Gradio hands no limits of its server through; each connection reads them as it
    # opens. Twice what a message may hold, so that most are refused with a word.
    blocks.server.config.ws_max_size = 2 * MAX_MESSAGE_BYTES
    # Pictures are compressed already; doing it again costs both sides a core's time.
    blocks.server.config.ws_per_message_deflate = False
    blocks.block_thread()


_HEADER: Final = """
<div class="fm-header">
  <h1 class="fm-brand">Framemood</h1>
  <p class="fm-tagline" lang="en">How is the picture, and how is the person in it?</p>
  <p class="fm-tagline" lang="ko">화면은 어떤가요? 그 안의 사람은 어떤가요?</p>
  <div class="fm-language" role="group" aria-label="Language · 언어">
    <button type="button" lang="en" data-language="en">English</button>
    <button type="button" lang="ko" data-language="ko">한국어</button>
  </div>
</div>
"""

_HEADER_SCRIPT: Final = """
for (const button of element.querySelectorAll("[data-language]")) {
  const name = button.dataset.language;
  button.setAttribute("aria-pressed", String(name === window.framemood.language));
  button.addEventListener("click", () => window.framemood.chooseLanguage(name));
}
"""
