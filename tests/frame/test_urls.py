"""Addresses are opened only where they may be, and never show their passwords."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from core.errors import SourceError
from core.frame.sources import open_source
from core.frame.urls import is_url, public_name, resolve_url
from core.settings import Settings


@pytest.fixture
def server(clip: Path) -> Iterator[str]:
    """Address of a web server on this machine that serves the directory of the clip."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *arguments: object) -> None:
            pass

    handler = partial(Quiet, directory=str(clip.parent))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as httpd:
        threading.Thread(target=httpd.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{httpd.server_port}"
        httpd.shutdown()


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("https://example.org/a.mp4", True),
        ("rtsp://camera/1", True),
        ("clip.mp4", False),
        ("C:\\clips\\a.mp4", False),
        ("a:b.mp4", False),
    ],
)
def test_paths_are_told_from_addresses(text: str, wanted: bool) -> None:
    assert is_url(text) is wanted


def test_names_show_no_password_and_no_query() -> None:
    shown = public_name("rtsp://admin:secret@camera:554/live?token=abc#x")
    assert shown == "rtsp://camera:554/live"


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/a.mp4", "file:///etc/hostname", "concat://a|b"])
def test_other_schemes_are_refused_even_from_this_machine(url: str) -> None:
    with pytest.raises(SourceError, match="is not opened"):
        resolve_url(url, Settings(), trusted=True)


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "10.0.0.1", "192.168.1.1", "169.254.169.254", "[::1]", "0.0.0.0"],
)
def test_a_visitor_reaches_no_private_address(host: str) -> None:
    with pytest.raises(SourceError, match="private network"):
        resolve_url(f"http://{host}/a.mp4", Settings())


def test_a_visitor_gives_no_address_where_they_are_switched_off() -> None:
    with pytest.raises(SourceError, match="switched off"):
        resolve_url("https://example.org/a.mp4", Settings(allow_urls=False))


def test_a_video_behind_an_address_is_read(server: str, clip: Path) -> None:
    with open_source(f"{server}/{clip.name}", trusted=True) as source:
        assert len(list(source)) == 25


def test_a_missing_video_behind_an_address_says_so(server: str) -> None:
    with pytest.raises(SourceError, match="404"):
        open_source(f"{server}/none.mp4", trusted=True)


def test_a_server_that_is_off_says_so(server: str) -> None:
    with pytest.raises(SourceError, match=r"127\.0\.0\.1:1/a\.mp4: nobody answers"):
        open_source("http://127.0.0.1:1/a.mp4", trusted=True)


def test_a_page_without_a_video_says_so(server: str) -> None:
    with pytest.raises(SourceError, match="no video could be found"):
        open_source(f"{server}/", trusted=True)
