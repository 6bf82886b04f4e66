"""The functions for programs as tools of an MCP server: Gradio's own, held to our rules.

``MCP`` switches it on. Gradio describes each function of ``ui.api`` from its docstring
and calls it through the same queue, so what holds there holds here.
"""

from __future__ import annotations

import importlib.util
from typing import Any

import gradio as gr

from core.errors import SettingsError
from core.settings import Settings


def check(settings: Settings, *, has_login: bool) -> None:
    """See whether the tools can be offered, where ``MCP`` asks for them.

    Raises
    ------
    SettingsError
        Where Gradio's extra is not installed, or a login is asked for.
    """
    if not settings.mcp:
        return
    if importlib.util.find_spec("mcp") is None:
        raise SettingsError(
            "MCP=true needs a package that is not installed; "
            "run: pip install -r requirements.txt 'gradio[mcp]'"
        )
    if has_login:
        # Gradio answers the tools' route before it asks who is there.
        raise SettingsError("MCP=true cannot ask for a login; leave out the login, or MCP")


def hold(blocks: gr.Blocks) -> None:
    """Hold the tools of a launched page to what holds for uploads; without tools, do nothing.

    Gradio writes a file that a tool is given and forgets it; here it is counted among the
    uploads, which are deleted. An address in a file's place would be refused without a reason.
    """
    server = blocks.mcp_server_obj
    if server is None:
        return
    as_files = server.convert_strings_to_filedata

    def counted(value: dict[str, Any], positions: list[list[str | int]]) -> dict[str, Any]:
        for name, *_ in positions:
            if str(value.get(name, "")).lower().startswith(("http:", "https:")):
                raise ValueError(f"{name} takes a data: URL; an address goes into url, if at all")
        files: dict[str, Any] = as_files(value, positions)
        for name, *_ in positions:
            if isinstance(files.get(name), dict):
                blocks.upload_file_set.add(files[name]["path"])
        return files

    server.convert_strings_to_filedata = counted  # type: ignore[method-assign]
