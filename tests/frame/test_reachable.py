"""A visitor's address never leads into this machine or its network, however it is written."""

from __future__ import annotations

import http.server
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from core.errors import SourceError
from core.frame import addresses
from core.frame.addresses import is_public, resolve_public
from core.frame.fetch import Limits, fetch
from core.frame.page_video import ask_page
from core.frame.sources import open_source
from core.settings import Settings

# Loopback as well, but another machine as far as these tests go.
OUTSIDE = "127.0.0.2"
LIMITS = Limits(1_000_000, longest_s=30.0, silence_s=5.0)


@dataclass
class Place:
    """A web server that notes what it is asked."""

    port: int
    asked: list[str] = field(default_factory=list)
    hosts: list[str] = field(default_factory=list)
    answers: dict[str, tuple[int, dict[str, str], bytes]] = field(default_factory=dict)


def serve(address: str) -> Iterator[Place]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            place.asked.append(self.path)
            place.hosts.append(self.headers["Host"])
            status, headers, body = place.answers.get(self.path, (200, {}, b"secret"))
            self.send_response(status)
            for key, value in headers.items():
                self.send_header(key, value)
            self.send_header("Content-Length", headers.get("Content-Length", str(len(body))))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    with http.server.ThreadingHTTPServer((address, 0), Handler) as httpd:
        place = Place(httpd.server_port)
        threading.Thread(target=httpd.serve_forever, args=(0.01,), daemon=True).start()
        yield place
        httpd.shutdown()


@pytest.fixture
def canary() -> Iterator[Place]:
    """What must never be asked, on the loopback address."""
    yield from serve("127.0.0.1")


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """A server that counts as one of the open internet, at a port that is opened."""
    really = addresses.is_public
    monkeypatch.setattr(addresses, "is_public", lambda text: text == OUTSIDE or really(text))
    yield from serve(OUTSIDE)


# {port} is the canary's.
FORMS = [
    "http://127.0.0.1:{port}/a.mp4",
    "http://localhost:{port}/a.mp4",
    "http://LOCALHOST:{port}/a.mp4",
    "http://localhost.:{port}/a.mp4",
    "http://127.0.0.1.:{port}/a.mp4",
    "http://127.1:{port}/a.mp4",
    "http://127.0.1:{port}/a.mp4",
    "http://127.255.255.254:{port}/a.mp4",
    "http://2130706433:{port}/a.mp4",
    "http://017700000001:{port}/a.mp4",
    "http://0x7f000001:{port}/a.mp4",
    "http://0x7f.0.0.1:{port}/a.mp4",
    "http://0177.0.0.1:{port}/a.mp4",
    "http://0x7f.1:{port}/a.mp4",
    "http://0:{port}/a.mp4",
    "http://0.0.0.0:{port}/a.mp4",
    "http://[::1]:{port}/a.mp4",
    "http://[::]:{port}/a.mp4",
    "http://[0:0:0:0:0:0:0:1]:{port}/a.mp4",
    "http://[::ffff:127.0.0.1]:{port}/a.mp4",
    "http://[::ffff:7f00:1]:{port}/a.mp4",
    "http://[::127.0.0.1]:{port}/a.mp4",
    "http://[64:ff9b::7f00:1]:{port}/a.mp4",
    "http://[2002:7f00:1::]:{port}/a.mp4",
    "http://[fe80::1]:{port}/a.mp4",
    "http://[fe80::1%25lo]:{port}/a.mp4",
    "http://[fc00::1]:{port}/a.mp4",
    "http://[fec0::1]:{port}/a.mp4",
    "http://[ff02::1]:{port}/a.mp4",
    "http://10.0.0.1:{port}/a.mp4",
    "http://172.16.0.1:{port}/a.mp4",
    "http://192.168.0.1:{port}/a.mp4",
    "http://100.64.0.1:{port}/a.mp4",
    "http://169.254.169.254/latest/meta-data/a.mp4",
    "http://[fd00:ec2::254]/a.mp4",
    "http://224.0.0.1:{port}/a.mp4",
    "http://255.255.255.255:{port}/a.mp4",
    "http://example.org@127.0.0.1:{port}/a.mp4",
    "http://example.org:80@127.0.0.1:{port}/a.mp4",
    "http://127.0.0.1:{port}\\@example.org/a.mp4",
    "http://127.0.0.1:{port}#@example.org/a.mp4",
    "http://127。0。0。1:{port}/a.mp4",
    "http://127.0.0.1:{port}/a.mp4",
    "http://①②⑦.⓪.⓪.①:{port}/a.mp4",
    "http://127%2e0%2e0%2e1:{port}/a.mp4",
    "http:// 127.0.0.1:{port}/a.mp4",
    "http://127.0.0.1:{port}\t/a.mp4",
    "http:///127.0.0.1:{port}/a.mp4",
    "http:127.0.0.1:{port}/a.mp4",
    "http://127.0.0.1:{port}/page",
    "https://127.0.0.1:{port}/a.mp4",
    "HTTP://127.0.0.1:{port}/a.mp4",
    "rtsp://127.0.0.1:{port}/live",
    "rtsps://127.0.0.1:{port}/live",
    "rtsp://[::1]:{port}/live",
    "ftp://127.0.0.1:{port}/a.mp4",
    "gopher://127.0.0.1:{port}/_GET",
    "tcp://127.0.0.1:{port}",
    "file:///etc/hostname",
    "file://127.0.0.1/etc/hostname",
    "concat:http://127.0.0.1:{port}/a.mp4",
    "hls+http://127.0.0.1:{port}/a.m3u8",
    "http://127.0.0.1:{port}/a.m3u8",
    "http://127.0.0.1:22/a.mp4",
]


@pytest.mark.parametrize("form", FORMS)
def test_no_form_of_an_address_leads_here(form: str, canary: Place) -> None:
    with pytest.raises(SourceError):
        open_source(form.format(port=canary.port), Settings())
    assert canary.asked == []


def test_the_canary_sings_when_it_is_asked(canary: Place) -> None:
    with pytest.raises(SourceError):
        open_source(f"http://127.0.0.1:{canary.port}/a.mp4", Settings(), trusted=True)
    assert canary.asked == ["/a.mp4"]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.1:{port}/a.mp4",
        "//127.0.0.1:{port}/a.mp4",
        "http://[::ffff:127.0.0.1]:{port}/",
        "http://2130706433:{port}/",
        "https://127.0.0.1:{port}/",
        "rtsp://127.0.0.1:{port}/",
        "file:///etc/hostname",
        "gopher://127.0.0.1:{port}/_GET",
    ],
)
def test_no_redirect_leads_here(outside: Place, canary: Place, target: str, status: int) -> None:
    location = target.format(port=canary.port)
    outside.answers["/a.mp4"] = (status, {"Location": location}, b"")
    with pytest.raises(SourceError):
        open_source(f"http://{OUTSIDE}:{outside.port}/a.mp4", Settings())
    assert outside.asked == ["/a.mp4"]
    assert canary.asked == []


def test_a_redirect_within_the_open_internet_is_followed(outside: Place, clip: Path) -> None:
    outside.answers["/a.mp4"] = (302, {"Location": "/b"}, b"")
    outside.answers["/b"] = (200, {}, clip.read_bytes())
    with open_source(f"http://{OUTSIDE}:{outside.port}/a.mp4", Settings()) as source:
        assert len(list(source)) == 25
    assert outside.asked == ["/a.mp4", "/b"]


def test_going_round_in_circles_ends(outside: Place) -> None:
    outside.answers["/a.mp4"] = (302, {"Location": "/a.mp4"}, b"")
    with pytest.raises(SourceError, match="passed on too often"):
        fetch(f"http://{OUTSIDE}:{outside.port}/a.mp4", "it", LIMITS)
    assert len(outside.asked) < 10


def answering(*rounds: list[str]) -> Any:
    """A resolver that gives each list of addresses in turn, and the last for ever."""
    waiting = list(rounds)

    def resolver(host: str, port: int, **_: Any) -> list[Any]:
        found = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        resolver.calls += 1
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in found]

    resolver.calls = 0
    return resolver


def test_a_name_that_changes_its_mind_is_asked_once_and_held_to_it(
    outside: Place, canary: Place, clip: Path
) -> None:
    outside.answers["/a.mp4"] = (200, {}, clip.read_bytes())
    resolver = answering([OUTSIDE], ["127.0.0.1"])
    path = fetch(f"http://rebind.test:{outside.port}/a.mp4", "it", LIMITS, resolver=resolver)
    assert path.read_bytes() == clip.read_bytes()
    path.unlink()
    assert resolver.calls == 1
    assert outside.hosts == [f"rebind.test:{outside.port}"]
    assert canary.asked == []


def test_a_name_that_changes_its_mind_before_a_redirect_gets_nowhere(
    outside: Place, canary: Place
) -> None:
    location = f"http://rebind.test:{canary.port}/a.mp4"
    outside.answers["/a.mp4"] = (302, {"Location": location}, b"")
    resolver = answering([OUTSIDE], ["127.0.0.1"])
    with pytest.raises(SourceError, match="private network"):
        fetch(f"http://rebind.test:{outside.port}/a.mp4", "it", LIMITS, resolver=resolver)
    assert canary.asked == []


@pytest.mark.parametrize("found", [["127.0.0.1"], [OUTSIDE, "127.0.0.1"], ["93.184.215.14", "::1"]])
def test_one_private_address_among_many_is_enough_to_refuse(
    outside: Place, found: list[str]
) -> None:
    with pytest.raises(SourceError, match="private network"):
        resolve_public("many.test", 80, "it", resolver=answering(found))


@pytest.mark.parametrize("port", [22, 25, 53, 110, 445])
def test_ports_of_other_services_are_not_opened(port: int) -> None:
    with pytest.raises(SourceError, match=f"port {port}"):
        resolve_public("some.test", port, "it", resolver=answering(["93.184.215.14"]))


def test_a_playlist_makes_ffmpeg_ask_nobody(outside: Place, canary: Place) -> None:
    playlist = f"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:{canary.port}/seg.ts\n#EXT-X-ENDLIST\n"
    outside.answers["/a.mp4"] = (200, {}, playlist.encode())
    with pytest.raises(SourceError):
        open_source(f"http://{OUTSIDE}:{outside.port}/a.mp4", Settings())
    assert outside.asked == ["/a.mp4"]
    assert canary.asked == []


@pytest.mark.parametrize("told", [True, False])
def test_a_download_has_an_end(outside: Place, told: bool) -> None:
    headers = {} if told else {"Content-Length": "400000"}
    outside.answers["/a.mp4"] = (200, headers, bytes(400_000))
    with pytest.raises(SourceError, match="larger than"):
        fetch(f"http://{OUTSIDE}:{outside.port}/a.mp4", "it", Limits(200_000))


def test_a_download_that_trickles_is_ended_by_the_clock(outside: Place) -> None:
    outside.answers["/a.mp4"] = (200, {}, bytes(400_000))
    with pytest.raises(SourceError, match="takes longer"):
        fetch(f"http://{OUTSIDE}:{outside.port}/a.mp4", "it", Limits(1_000_000, longest_s=0.0))


def test_nothing_stays_behind(
    outside: Place, clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    outside.answers["/a.mp4"] = (200, {}, clip.read_bytes())
    with open_source(f"http://{OUTSIDE}:{outside.port}/a.mp4", Settings()) as source:
        next(iter(source))
        assert len(list(tmp_path.iterdir())) == 1
    assert list(tmp_path.iterdir()) == []
    for body in (b"no video", bytes(2_000_000)):
        outside.answers["/a.mp4"] = (200, {}, body)
        with pytest.raises(SourceError):
            open_source(f"http://{OUTSIDE}:{outside.port}/a.mp4", Settings(max_upload_mb=1))
    assert list(tmp_path.iterdir()) == []


def test_a_password_goes_to_the_first_host_only(outside: Place) -> None:
    with pytest.raises(SourceError) as refused:
        open_source(f"http://ann:hush@{OUTSIDE}:{outside.port}/a.mp4", Settings())
    assert "hush" not in str(refused.value)


@pytest.mark.parametrize("trusted", [True, False])
def test_what_searches_pages_reaches_here_only_for_the_owner(canary: Place, trusted: bool) -> None:
    canary.answers["/page"] = (200, {"Content-Type": "text/html"}, b"<html>words</html>")
    with pytest.raises(SourceError, match="no video could be found"):
        ask_page(f"http://127.0.0.1:{canary.port}/page", "it", trusted=trusted)
    assert bool(canary.asked) is trusted


@pytest.mark.parametrize("text", ["93.184.215.14", "2606:4700::1111", "1.1.1.1"])
def test_the_open_internet_is_open(text: str) -> None:
    assert is_public(text)


@pytest.mark.parametrize("text", ["", "example.org", "1.2.3", "::ffff:10.0.0.1", "192.88.99.1"])
def test_what_is_no_public_address_is_none(text: str) -> None:
    assert not is_public(text)
