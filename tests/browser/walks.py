"""The ways through the page that its tests and ``scripts/pictures.py`` both take, by its sample."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from playwright.sync_api import Page

AT_REST: Final = {
    "live": ".fm-live[data-mounted]",
    "video": "#fmv-stage .fm-empty:visible",
    "session": ".fms[data-mounted]",
    "films": ".fmf .fmf-card",
    "quality": "#fmq-board .fm-empty:visible",
}
"""What is in a tab once it has drawn itself."""


def open_tab(page: Page, name: str) -> None:
    """Turn to a tab and wait until it stands."""
    page.locator(f"#fm-tab-{name}-button:visible").first.click()
    page.locator(AT_REST[name]).first.wait_for()


def live_sample(page: Page) -> None:
    """On the Live tab, to the first face of the sample."""
    page.locator(".fm-live [data-do=sample]").click()
    page.locator(".fm-live:not([data-faces='0'])").wait_for()


def session_phases(page: Page, second: Callable[[], None] = lambda: None) -> None:
    """On the Mood session tab, from a picture that is analysed to the verdict.

    Parameters
    ----------
    page : Page
        With a camera or the sample on.
    second : callable
        Called between the phases.
    """
    page.locator(".fms[data-link=open] [data-do=begin]").click()
    page.locator(".fms[data-step=between]").wait_for()
    second()
    page.locator(".fms [data-do=second]").click()
    page.locator(".fms[data-step=result]").wait_for()


def session_sample(page: Page, seconds: int) -> None:
    """On the Mood session tab, the sample through two phases of so many s, to the verdict."""
    for field in ("baseline", "stimulus"):
        page.locator(f".fms [name={field}]").fill(str(seconds))
    page.locator(".fms [data-do=sample]").click()
    session_phases(page)


def quality_sample(page: Page) -> None:
    """On the Quality tab, the sample run, to its charts."""
    page.locator("#fmq-sample").click()
    page.locator(".fmq-run .fmq-plot .main-svg").first.wait_for()
