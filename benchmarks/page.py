"""What the page asks of a browser: first paint, and how busy its main thread is while live.

    python -m benchmarks.page [--rounds 3] [--seconds 10]

The real ``app.py`` in its own process, a headless Chromium beside it with a made-up
camera of 640x480 (``CHROMIUM`` names another than /usr/bin/chromium), and Chromium's
own trace. First paint is that of the first content after the navigation, each time by
a visitor who has nothing in the cache. The main thread counts as busy while it is in a
task: by the clock, as Lighthouse counts it, and by its processor time, which other
work on the machine does not lengthen. A headless Chromium draws without a graphics
card, on the same cores as the server: a visitor's own machine has it easier.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import cv2

from benchmarks.live import HEIGHT, WIDTH, camera, server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

CHROMIUM: Final = os.environ.get("CHROMIUM", "/usr/bin/chromium")
LIMIT_PAINT_S: Final = 2.0
LIMIT_BUSY: Final = 0.3
LONG_TASK_S: Final = 0.05
WAIT_MS: Final = 60_000
WARM_MS: Final = 4_000
TRACED: Final = ["toplevel", "loading", "blink.user_timing", "devtools.timeline", "__metadata"]
TASK: Final = "ThreadControllerImpl::RunTask"

Event = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Load:
    """The main thread of the page over a stretch of time.

    Parameters
    ----------
    busy : float
        Share of the time in tasks, by the clock, 0 to 1.
    processor : float
        Share of the time that it had a processor while in tasks, 0 to 1.
    longest_s : float
        Longest task, s.
    long_tasks : int
        Tasks of more than 50 ms, which a visitor may feel.
    """

    busy: float
    processor: float
    longest_s: float
    long_tasks: int


def camera_file(folder: Path) -> Path:
    """The camera of the live benchmark as Chromium plays one: JPEG files in a row."""
    path = folder / "camera.mjpeg"
    with path.open("wb") as file:
        for picture in camera():
            file.write(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 90])[1])
    return path


def trace(browser: Browser, page: Page, milliseconds: float) -> list[Event]:
    """What Chromium notes of itself meanwhile."""
    browser.start_tracing(page=page, categories=TRACED)
    page.wait_for_timeout(milliseconds)
    return list(json.loads(browser.stop_tracing())["traceEvents"])


def main_thread(events: list[Event]) -> tuple[int, int]:
    """Process and thread of the renderer that did most."""
    mains = {
        (each["pid"], each["tid"])
        for each in events
        if each["name"] == "thread_name" and each["args"]["name"] == "CrRendererMain"
    }
    spent = dict.fromkeys(mains, 0)
    for each in tasks(events):
        if (place := (each["pid"], each["tid"])) in spent:
            spent[place] += each["dur"]
    return max(spent, key=lambda place: spent[place])


def tasks(events: list[Event]) -> Iterator[Event]:
    """Finished tasks of all threads; times in microseconds."""
    return (each for each in events if each["name"] == TASK and each["ph"] == "X")


def load_of(events: list[Event]) -> Load:
    """How busy the main thread was from the first task to the end of the last."""
    place = main_thread(events)
    mine = sorted(
        (each for each in tasks(events) if (each["pid"], each["tid"]) == place),
        key=lambda each: each["ts"],
    )
    outer: list[Event] = []
    for each in mine:
        # A task may run others inside itself; they are in its time already.
        if not outer or each["ts"] >= outer[-1]["ts"] + outer[-1]["dur"]:
            outer.append(each)
    span = outer[-1]["ts"] + outer[-1]["dur"] - outer[0]["ts"]
    lengths_s = [each["dur"] / 1e6 for each in outer]
    return Load(
        busy=sum(each["dur"] for each in outer) / span,
        processor=sum(each.get("tdur", 0) for each in outer) / span,
        longest_s=max(lengths_s),
        long_tasks=sum(length > LONG_TASK_S for length in lengths_s),
    )


def first_paint_s(browser: Browser, context: BrowserContext, url: str) -> tuple[float, float]:
    """From the navigation to the first content, and to the Live tab ready for use, s."""
    page = context.new_page()
    browser.start_tracing(page=page, categories=TRACED)
    page.goto(url)
    page.locator(".fm-live[data-mounted]").wait_for()
    ready_ms = page.evaluate("performance.now()")
    events = json.loads(browser.stop_tracing())["traceEvents"]
    # A trace also holds the empty page before; what counts is our page's first content.
    paints = [each for each in events if each["name"] == "firstContentfulPaint"]
    paint = max(paints, key=lambda each: each["ts"])
    starts = [
        each["ts"]
        for each in events
        if each["name"] == "navigationStart"
        and each["pid"] == paint["pid"]
        and each["ts"] < paint["ts"]
    ]
    page.close()
    return (paint["ts"] - max(starts)) / 1e6, ready_ms / 1e3


def live(page: Page, url: str) -> None:
    """The Live tab at work before the camera."""
    page.goto(url)
    page.locator(".fm-live[data-mounted]").wait_for()
    page.locator(".fm-live [data-do=start]").click()
    page.locator(".fm-live:not([data-faces='0'])").wait_for()
    page.wait_for_timeout(WARM_MS)


def measure(browser: Browser, url: str, rounds: int, seconds: float) -> None:
    """Print both tables."""
    paints = []
    for _ in range(rounds):
        context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-US")
        context.set_default_timeout(WAIT_MS)
        paints.append(first_paint_s(browser, context, url))
        context.close()
    paint_s, ready_s = (statistics.median(each) for each in zip(*paints, strict=True))
    print("| a new visitor | s | limit, s |\n| --- | --- | --- |")
    print(f"| first content painted | {paint_s:.2f} | {LIMIT_PAINT_S:g} |")
    print(f"| Live tab ready | {ready_s:.2f} | |\n")

    print(
        "| live at 640x480 | frames/s | main thread busy | its processor time "
        "| tasks over 50 ms | longest task | limit |\n" + "| --- " * 7 + "|"
    )
    for name, size in (("desktop", (1280, 800)), ("phone", (390, 844))):
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, locale="en-US"
        )
        context.set_default_timeout(WAIT_MS)
        page = context.new_page()
        live(page, url)
        found = load_of(trace(browser, page, seconds * 1000))
        rate = page.locator("[data-meter=fps] .fm-value").inner_text()
        print(
            f"| {name}, {size[0]} wide | {rate} | {found.busy:.1%} | {found.processor:.1%} "
            f"| {found.long_tasks} | {found.longest_s * 1e3:.0f} ms | {LIMIT_BUSY:.0%} |",
            flush=True,
        )
        context.close()


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.page", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="visits to be painted")
    parser.add_argument("--seconds", type=float, default=10.0, help="live analysis, traced")
    chosen = parser.parse_args()
    from playwright.sync_api import sync_playwright

    with (
        tempfile.TemporaryDirectory() as folder,
        server() as (socket_url, _, _),
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--use-fake-ui-for-media-stream",
                "--use-fake-device-for-media-stream",
                f"--use-file-for-fake-video-capture={camera_file(Path(folder))}",
            ],
        )
        url = socket_url.replace("ws://", "http://").removesuffix("ws/analysis")
        print(f"Chromium {browser.version}, camera {WIDTH}x{HEIGHT}\n", flush=True)
        measure(browser, url, chosen.rounds, chosen.seconds)
        browser.close()


if __name__ == "__main__":
    main()
