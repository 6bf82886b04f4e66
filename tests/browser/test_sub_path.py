"""The page below a prefix, behind a proxy that strips it."""

import asyncio
import threading
from urllib.parse import urlsplit

import pytest

from tests.browser.test_guarded_page import LIVE, violations, watch

PREFIX = "/mood"


class Proxy:
    """Passes connections on with the prefix taken off; everything else it answers with 404."""

    def __init__(self, port: int) -> None:
        self.target = port
        self.strays: list[str] = []
        # Playwright runs a loop in the thread of the tests.
        loop = asyncio.new_event_loop()
        threading.Thread(target=loop.run_forever, daemon=True).start()
        opening = asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.server = asyncio.run_coroutine_threadsafe(opening, loop).result(30)
        self.port = self.server.sockets[0].getsockname()[1]

    async def _serve(self, reader, writer):
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            method, path, rest = head.split(b" ", 2)
            if not path.startswith(PREFIX.encode() + b"/"):
                self.strays.append(path.decode())
                writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
                return
            version, _, headers = rest.partition(b"\r\n")
            if b"upgrade: websocket" not in headers.lower():
                # One request a connection, so that no second one passes unread.
                lines = [
                    line
                    for line in headers.split(b"\r\n")
                    if not line.lower().startswith(b"connection:")
                ]
                headers = b"Connection: close\r\n" + b"\r\n".join(lines)
            added = (
                f"X-Forwarded-Host: 127.0.0.1:{self.port}\r\nX-Forwarded-Proto: http\r\n"
                "X-Forwarded-For: 9.9.9.9\r\n"
            ).encode()
            path = path.removeprefix(PREFIX.encode())
            inner, outer = await asyncio.open_connection("127.0.0.1", self.target)
            outer.write(b" ".join((method, path, version)) + b"\r\n" + added + headers)
            await asyncio.gather(self._pump(reader, outer), self._pump(inner, writer))
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    @staticmethod
    async def _pump(reader, writer):
        try:
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        finally:
            writer.close()


@pytest.fixture(scope="module")
def proxied(start_server):
    server = start_server(GRADIO_ROOT_PATH=PREFIX, PUBLIC="true")
    return Proxy(server.port)


def test_the_page_and_its_socket_work_below_a_prefix(launch, proxied):
    context = launch().new_context(locale="en-US")
    try:
        page = context.new_page()
        watch(page)
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("websocket", lambda socket: asked.append(socket.url))
        page.goto(f"http://127.0.0.1:{proxied.port}{PREFIX}/")
        page.wait_for_selector(".fm-live[data-mounted]")
        page.click("[data-do=start]")
        page.wait_for_selector(f'{LIVE}[data-link="open"][data-faces="1"]')
        # A socket and not the slower way round.
        assert any(urlsplit(url).path == f"{PREFIX}/ws/analysis" for url in asked)
        assert violations(page) == []
        assert {urlsplit(url).port for url in asked if url.startswith("http")} == {proxied.port}
        # Gradio names its web app's description by an absolute path; nothing depends on it.
        assert set(proxied.strays) <= {"/manifest.json", "/favicon.ico"}
    finally:
        context.close()
