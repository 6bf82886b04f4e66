"""The tools of the MCP server; what needs Gradio's extra is skipped without it."""

from __future__ import annotations

import asyncio
import base64
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import cv2
import gradio as gr
import pytest

from core.errors import SettingsError
from core.settings import Settings
from tests.ui.doubles import PlainPipeline
from ui import api, mcp_server
from ui.context import Context
from ui.security import security_middleware
from ui.sessions import Sessions

ROOT = Path(__file__).resolve().parents[2]


def test_strangers_get_tools_only_where_both_are_said():
    with pytest.raises(SettingsError, match="ALLOW_API"):
        Settings.from_environment({"PUBLIC": "1", "MCP": "1"})
    assert Settings.from_environment({"PUBLIC": "1", "MCP": "1", "ALLOW_API": "1"}).mcp
    assert not Settings.from_environment({}).mcp


def test_a_missing_package_is_named_with_its_mend(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SettingsError, match=r"pip install .*gradio\[mcp\]"):
        mcp_server.check(Settings(mcp=True), has_login=False)
    mcp_server.check(Settings(), has_login=False)


def test_tools_that_could_not_ask_for_the_login_are_refused(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    with pytest.raises(SettingsError, match="login"):
        mcp_server.check(Settings(mcp=True), has_login=True)


def test_the_program_says_what_is_missing_in_one_line():
    if importlib.util.find_spec("mcp") is not None:
        pytest.skip("the package is installed")
    ended = subprocess.run(
        [sys.executable, "app.py", "--mcp", "--port", "0"],
        cwd=ROOT,
        env={**os.environ, "PUBLIC": "0"},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert ended.returncode == 1
    assert "gradio[mcp]" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_page_without_tools_is_left_alone():
    with gr.Blocks(analytics_enabled=False) as blocks:
        gr.Markdown("a page")
    mcp_server.hold(blocks)
    assert blocks.mcp_server_obj is None


@pytest.fixture(scope="module")
def page():
    pytest.importorskip("mcp", reason="gradio[mcp] is not installed")
    settings = Settings(mcp=True)
    context = Context(settings, Sessions(settings, PlainPipeline))
    with gr.Blocks(analytics_enabled=False) as blocks:
        gr.Markdown("a page")
        api.build(context)
    blocks.launch(
        server_name="127.0.0.1",
        prevent_thread_lock=True,
        quiet=True,
        mcp_server=True,
        app_kwargs={"middleware": security_middleware(settings)},
        _frontend=False,
    )
    mcp_server.hold(blocks)
    yield blocks
    blocks.close()


def ask(page, *calls):
    """The tools, and the answers to calls of them, as a client of the protocol gets them."""
    from mcp import ClientSession
    from mcp.client.streamable_http import streamablehttp_client

    async def talk():
        address = f"{page.local_url}gradio_api/mcp/"
        async with (
            streamablehttp_client(address) as (read, write, _),
            ClientSession(read, write) as client,
        ):
            await client.initialize()
            tools = (await client.list_tools()).tools
            answers = [await client.call_tool(name, given) for name, given in calls]
            return tools, [(each.isError, each.content[0].text) for each in answers]

    return asyncio.run(talk())


def test_a_client_finds_four_tools_each_parameter_described(page):
    tools, _ = ask(page)
    assert {tool.name for tool in tools} == {
        "analyze_image",
        "analyze_video",
        "recommend",
        "session",
    }
    for tool in tools:
        assert tool.description
        for parameter in tool.inputSchema["properties"].values():
            assert parameter["description"]


def test_a_client_gets_films_and_the_faces_of_its_picture(page, astronaut):
    picture = base64.b64encode(cv2.imencode(".jpg", astronaut)[1].tobytes()).decode()
    _, (films, faces) = ask(
        page,
        ("recommend", {"primary": "happiness", "top": 2}),
        ("analyze_image", {"image": f"data:image/jpeg;base64,{picture}"}),
    )
    assert films[0] is False
    assert films[1].count("tmdb_id") == 2
    assert faces[0] is False
    assert "'emotion': 'happiness'" in faces[1]


def test_the_picture_of_a_client_is_counted_among_what_is_deleted(page, astronaut):
    picture = base64.b64encode(cv2.imencode(".png", astronaut[:64, :64])[1].tobytes()).decode()
    before = set(page.upload_file_set)
    ask(page, ("analyze_image", {"image": f"data:image/png;base64,{picture}"}))
    written = [Path(path) for path in page.upload_file_set - before]
    # Gradio's own copy, and the upload it makes of it.
    assert len(written) == 2
    assert all(path.is_file() for path in written)


@pytest.mark.parametrize(
    ("name", "given", "words"),
    [
        ("recommend", {"primary": "joy"}, "is no emotion"),
        ("analyze_image", {}, "a file is missing"),
        ("analyze_image", {"image": "/etc/hostname"}, "Invalid file data"),
        ("analyze_image", {"image": "https://example.org/a.jpg"}, "an address goes into url"),
        ("analyze_image", {"url": "http://127.0.0.1/a.jpg"}, "127.0.0.1"),
        ("analyze_video", {"url": "http://169.254.169.254/a.mp4"}, "169.254.169.254"),
        ("analyze_video", {"url": "/etc/hostname"}, "is no address"),
        (
            "analyze_image",
            {"image": {"path": "/etc/hostname", "meta": {"_type": "gradio.FileData"}}},
            "not of type 'string'",
        ),
    ],
)
def test_what_a_client_may_not_have_is_refused_with_a_reason(page, name, given, words):
    _, ((is_error, text),) = ask(page, (name, given))
    assert is_error
    assert words in text
