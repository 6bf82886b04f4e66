"""Photograph every tab of the running page: ``python scripts/pictures.py [TAB...]``.

Starts the app, drives it in Chromium with the built-in sample, and writes
``docs/pictures/<tab>-<width>-<theme>.webp``. Needs requirements-dev.txt and Chromium
(``CHROMIUM`` names another than /usr/bin/chromium).
"""

from __future__ import annotations

import argparse
import io
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
# A script stands beside the tests and not in a package with them.
sys.path.insert(0, str(ROOT))
from tests.browser import walks  # noqa: E402

PICTURES = ROOT / "docs" / "pictures"
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
WIDTHS = {1280: 800, 390: 844}
WAIT_MS = 300_000
WEBP_QUALITY = 84


def live(page: Page) -> None:
    """The sample, long enough for the chart to have a shape."""
    walks.live_sample(page)
    page.wait_for_timeout(9_000)


def video(page: Page) -> None:
    """The sample, read to its end."""
    page.locator("#fmv-sample").click()
    expect(page.locator("#fmv-stage [data-done]")).to_be_visible(timeout=WAIT_MS)
    player = page.locator("#fmv-stage video")
    player.evaluate("(video) => { video.muted = true; video.currentTime = 3; }")
    page.wait_for_timeout(1_500)


def films(page: Page) -> None:
    """The first picks."""
    page.wait_for_timeout(4_000)


def quality(page: Page) -> None:
    """The sample run, at the moment that it froze."""
    walks.quality_sample(page)
    page.locator(".fmq-jump").last.click()
    page.wait_for_timeout(2_000)


def session(_: Page) -> None:
    """What is asked before anything is measured."""


def session_result(page: Page) -> None:
    """The sample through both phases, to its verdict."""
    walks.session_sample(page, seconds=10)


TABS: dict[str, Callable[[Page], None]] = {
    "live": live,
    "video": video,
    "session": session,
    "session_result": session_result,
    "films": films,
    "quality": quality,
}


def keep(png: bytes, name: str) -> None:
    """Write a picture in a tenth of the bytes."""
    with Image.open(io.BytesIO(png)) as picture:
        picture.save(PICTURES / f"{name}.webp", quality=WEBP_QUALITY, method=6)


def photograph(browser: Browser, url: str, tabs: list[str]) -> None:
    """Some tabs at both widths in both themes."""
    for tab in tabs:
        prepare = TABS[tab]
        for width, height in WIDTHS.items():
            for theme in ("light", "dark"):
                context = browser.new_context(
                    viewport={"width": width, "height": height},
                    locale="en-US",
                    color_scheme=theme,
                )
                page = context.new_page()
                page.set_default_timeout(WAIT_MS)
                page.goto(url)
                walks.open_tab(page, tab.split("_")[0])
                prepare(page)
                page.evaluate("window.scrollTo(0, 0)")
                keep(page.screenshot(), f"{tab.replace('_', '-')}-{width}-{theme}")
                context.close()


def main() -> None:
    """Start, photograph, stop."""
    parser = argparse.ArgumentParser(description="Photograph every tab of the running page.")
    parser.add_argument("tabs", nargs="*", metavar="TAB", help=f"of {', '.join(TABS)}; else all")
    tabs = parser.parse_args().tabs or list(TABS)
    if unknown := set(tabs) - set(TABS):
        parser.error(f"no such tab: {', '.join(sorted(unknown))}")
    PICTURES.mkdir(parents=True, exist_ok=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    app = subprocess.Popen(
        [sys.executable, "app.py", "--port", str(port)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        for line in app.stdout or ():
            if str(port) in line:
                break
        # An unread pipe would fill up and stop the server.
        threading.Thread(target=app.stdout.read, daemon=True).start()
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
            )
            photograph(browser, f"http://127.0.0.1:{port}/", tabs)
            browser.close()
    finally:
        app.kill()
        app.wait()


if __name__ == "__main__":
    main()
