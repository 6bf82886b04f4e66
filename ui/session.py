"""The Mood session tab: consent, two phases, one verdict.

The browser leads through it (``static/session.js``) and speaks the session mode of
docs/protocol.md. The stimulus never leaves the visitor's computer, and what is
downloaded in the end is made there: nothing of a visitor is kept here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import gradio as gr

from core.mood.verdict import LONGEST_S, SHORTEST_S, SessionSettings
from ui.context import Context
from ui.live import live_function
from ui.shell import mount_script
from ui.texts import tab_strings

_TEMPLATE: Final = Path(__file__).parent / "static" / "session.html"


def build(context: Context) -> None:
    """Lay the tab out."""
    gr.HTML(
        {
            "texts": tab_strings("common", "live", "session"),
            "limits": {
                "shortest": SHORTEST_S,
                "longest": LONGEST_S,
                "usual": SessionSettings().baseline_s,
            },
        },
        html_template=_TEMPLATE.read_text(encoding="utf-8"),
        js_on_load=mount_script("session.js"),
        server_functions=[live_function(context)],
        apply_default_css=False,
        elem_id="fm-session",
    )
