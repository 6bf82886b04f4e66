"""The real program in its own process, and Chromium with cameras made for the test."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from core.settings import Settings
from ui.page import build

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Playwright

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
WIDTH, HEIGHT, CAMERA_FRAMES = 640, 480, 128
COUNTER_BITS, COUNTER_PX = 7, 32
WAIT_MS = 60_000


def pytest_collection_modifyitems(items):
    here = Path(__file__).parent
    for item in items:
        if Path(item.path).is_relative_to(here):
            item.add_marker(pytest.mark.browser)
    # Playwright's event loop runs until the session ends, and asyncio.run() of a later
    # test would meet it: the browser comes last, as the slowest should.
    items.sort(key=lambda item: Path(item.path).is_relative_to(here))


class Server:
    """``app.py`` on a port that stays the same over restarts."""

    def __init__(self, arguments: Sequence[str] = (), **environment: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.environment = {**os.environ, **environment}
        self.arguments = list(arguments)
        self.process: subprocess.Popen[str] | None = None
        self.url = f"http://127.0.0.1:{self.port}/"

    def start(self) -> None:
        self.process = subprocess.Popen(
            [
                *(sys.executable, "app.py", "--host", "127.0.0.1"),
                *("--port", str(self.port), *self.arguments),
            ],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        said = []
        for line in self.process.stdout:
            said.append(line)
            if re.search(rf"http://127\.0\.0\.1:{self.port}", line):
                break
        else:
            pytest.fail("the server did not start:\n" + "".join(said))
        # An unread pipe would fill up and stop the server.
        threading.Thread(target=self.process.stdout.read, daemon=True).start()

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait(timeout=30)
            self.process = None


@pytest.fixture(scope="session")
def start_server() -> Iterator[Callable[..., Server]]:
    """Start a server with some settings; all are stopped in the end."""
    servers: list[Server] = []

    def start(*arguments: str, **environment: str) -> Server:
        server = Server(arguments, **environment)
        servers.append(server)
        server.start()
        return server

    yield start
    for server in servers:
        server.stop()


@pytest.fixture(scope="session")
def server(start_server) -> Server:
    """One server for the tests that do not stop it."""
    return start_server()


@contextmanager
def served(settings: Settings) -> Iterator[str]:
    """Address of the whole page, served by this process for the length of a block."""
    blocks, options = build(settings)
    _, address, _ = blocks.launch(
        server_name="127.0.0.1", prevent_thread_lock=True, quiet=True, **options
    )
    try:
        yield address
    finally:
        blocks.close()


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Where this process serves the whole page to the tests of one file."""
    with served(Settings(port=0)) as address:
        yield address


def _counted(picture: np.ndarray, index: int) -> np.ndarray:
    """Write the frame's number along the bottom edge, one block a bit, highest first."""
    for bit in range(COUNTER_BITS):
        value = 255 if index >> (COUNTER_BITS - 1 - bit) & 1 else 0
        picture[-COUNTER_PX:, bit * COUNTER_PX : (bit + 1) * COUNTER_PX] = value
    return picture


def _camera_file(path: Path, pictures: Iterator[np.ndarray]) -> Path:
    # What Chromium's fake camera plays is JPEG files in a row.
    with path.open("wb") as file:
        for picture in pictures:
            file.write(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 90])[1])
    return path


def _astronaut() -> Iterator[np.ndarray]:
    from skimage import data

    photo = cv2.cvtColor(data.astronaut(), cv2.COLOR_RGB2BGR)
    for index in range(CAMERA_FRAMES):
        turn = 2 * np.pi * index / CAMERA_FRAMES
        width = 330 / (1 + 0.15 * np.sin(turn))
        scale = WIDTH / width
        left = max(0.0, 224 + 15 * np.cos(turn) - width / 2)
        top = max(0.0, 130 - width * 3 / 8)
        move = np.array([[scale, 0, -left * scale], [0, scale, -top * scale]])
        yield _counted(cv2.warpAffine(photo, move, (WIDTH, HEIGHT)), index)


def _wall() -> Iterator[np.ndarray]:
    shade = np.tile(np.linspace(60, 200, WIDTH, dtype=np.uint8), (HEIGHT, 1))
    for index in range(CAMERA_FRAMES):
        yield _counted(cv2.merge([np.roll(shade, 3 * index, axis=1)] * 3), index)


@pytest.fixture(scope="session")
def camera_files(tmp_path_factory) -> dict[str, Path]:
    """A camera before a face, panned and zoomed, and one before a wall; frames are numbered."""
    folder = tmp_path_factory.mktemp("cameras")
    return {
        "face": _camera_file(folder / "face.mjpeg", _astronaut()),
        "wall": _camera_file(folder / "wall.mjpeg", _wall()),
    }


@pytest.fixture(scope="session")
def playwright():
    """One Playwright for all tests: its event loop allows no second one in a thread."""
    sync_api = pytest.importorskip("playwright.sync_api")
    if not Path(CHROMIUM).exists():
        pytest.skip(f"no browser at {CHROMIUM}; set CHROMIUM")
    with sync_api.sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """Chromium without a camera; with H.264, which the one that Playwright brings lacks."""
    started = playwright.chromium.launch(
        executable_path=CHROMIUM,
        args=["--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required"],
    )
    yield started
    started.close()


@pytest.fixture
def visitor(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Make one more visitor, who knows nothing of the others."""
    contexts: list[BrowserContext] = []

    def arrive(width: int = 1280, height: int = 900, **options) -> BrowserContext:
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        return context

    yield arrive
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def launch(camera_files, playwright):
    """Start Chromium with a camera ("face", "wall") that is allowed, or ask-and-refuse."""
    browsers = {}

    def start(camera: str = "face", allowed: bool = True):
        if (camera, allowed) not in browsers:
            arguments = [
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--disable-component-update",
                "--no-first-run",
                "--use-fake-device-for-media-stream",
                f"--use-file-for-fake-video-capture={camera_files[camera]}",
            ]
            if allowed:
                arguments.append("--use-fake-ui-for-media-stream")
            browsers[camera, allowed] = playwright.chromium.launch(
                executable_path=CHROMIUM, args=arguments
            )
        return browsers[camera, allowed]

    yield start
    for browser in browsers.values():
        browser.close()


@pytest.fixture
def visit(launch):
    """Open the page as a new visitor; every camera track it is given is kept in ``tracks``."""
    contexts = []

    def open_page(server: Server, *, camera="face", allowed=True, query="", before=None, **options):
        context = launch(camera, allowed).new_context(
            viewport={"width": 1280, "height": 800}, **{"locale": "en-US", **options}
        )
        contexts.append(context)
        context.set_default_timeout(WAIT_MS)
        context.add_init_script(
            """
            window.tracks = [];
            const media = navigator.mediaDevices;
            if (media) {
              const open = media.getUserMedia.bind(media);
              media.getUserMedia = async (wish) => {
                const stream = await open(wish);
                window.tracks.push(...stream.getTracks());
                return stream;
              };
            }
            """
        )
        page = context.new_page()
        page.requested = []
        page.on("request", lambda request: page.requested.append(request.url))
        page.faults = []
        page.on("pageerror", lambda error: page.faults.append(str(error)))
        if before:
            before(page)
        page.goto(server.url + query)
        page.wait_for_selector(".fm-live[data-mounted]")
        return page

    yield open_page
    for context in contexts:
        context.close()
