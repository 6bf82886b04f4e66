"""Accessibility of every tab by axe-core, at rest and at work, in both themes and languages."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.walks import AT_REST, live_sample, open_tab, quality_sample, session_sample

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
axe = pytest.importorskip("axe_playwright_python.sync_playwright")

READY_MS = 240_000
"""Generous: what is asserted is that it comes, never how fast."""

GRAVE = {"serious", "critical"}
THEMES, LANGUAGES = ("light", "dark"), ("en", "ko")


@pytest.fixture
def open_page(visitor: Callable[..., BrowserContext], address: str) -> Callable[..., Page]:
    """Open the page as one more visitor: ``open_page("dark", "ko")``."""

    def arrive(theme: str, language: str, width: int = 1280) -> Page:
        context = visitor(width, color_scheme=theme, reduced_motion="reduce")
        context.set_default_timeout(READY_MS)
        page = context.new_page()
        page.goto(f"{address}?lang={language}")
        page.locator(AT_REST["live"]).wait_for()
        return page

    return arrive


def grave(page: Page) -> list[str]:
    """One line for each element with a serious or critical finding."""
    found: dict[str, Any] = axe.Axe().run(page).response
    return [
        f"{rule['id']} ({rule['impact']}): {part['target']} {part['html'][:160]} "
        + re.sub(r"\s+", " ", part["failureSummary"])
        for rule in found["violations"]
        if rule["impact"] in GRAVE
        for part in rule["nodes"]
    ]


def test_a_grave_fault_is_found(open_page: Callable[..., Page]) -> None:
    page = open_page("light", "en")
    page.evaluate("document.querySelector('[data-do=sample]').setAttribute('aria-label', '')")
    page.evaluate("document.querySelector('[data-do=sample]').textContent = ''")
    assert any(line.startswith("button-name") for line in grave(page))


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_tab_at_rest_has_a_grave_finding(
    open_page: Callable[..., Page], theme: str, language: str
) -> None:
    page = open_page(theme, language)
    found = {}
    for name in AT_REST:
        open_tab(page, name)
        found[name] = grave(page)
    assert {name: lines for name, lines in found.items() if lines} == {}


def test_no_tab_on_a_phone_has_a_grave_finding(open_page: Callable[..., Page]) -> None:
    page = open_page("light", "en", width=390)
    found = {}
    for name in AT_REST:
        open_tab(page, name)
        found[name] = grave(page)
    assert {name: lines for name, lines in found.items() if lines} == {}


# Colours hang on the theme and words on the language: two of the four pairs have all of both.
pairs = pytest.mark.parametrize(("theme", "language"), [("light", "en"), ("dark", "ko")])


@pairs
def test_a_live_analysis_has_no_grave_finding(
    open_page: Callable[..., Page], theme: str, language: str
) -> None:
    page = open_page(theme, language)
    live_sample(page)
    assert grave(page) == []


@pytest.mark.parametrize(("theme", "language"), [("dark", "en")])
def test_an_analysed_video_has_no_grave_finding(
    open_page: Callable[..., Page], make_clip: Callable[..., Path], theme: str, language: str
) -> None:
    clip = make_clip("axe.mp4", count=50, size=(160, 120))
    page = open_page(theme, language)
    open_tab(page, "video")
    page.locator("#fmv-upload input[type=file]").set_input_files(clip)
    expect(page.locator("#fmv-upload")).to_contain_text("axe", timeout=READY_MS)
    page.locator("#fmv-start").click()
    expect(page.locator("#fmv-stage [data-done]")).to_be_visible(timeout=READY_MS)
    assert grave(page) == []


@pytest.mark.parametrize(("theme", "language"), [("light", "ko")])
def test_the_result_of_a_session_has_no_grave_finding(
    open_page: Callable[..., Page], theme: str, language: str
) -> None:
    page = open_page(theme, language)
    open_tab(page, "session")
    session_sample(page, seconds=5)
    assert grave(page) == []


@pairs
def test_a_film_looked_at_closely_has_no_grave_finding(
    open_page: Callable[..., Page], theme: str, language: str
) -> None:
    page = open_page(theme, language)
    open_tab(page, "films")
    page.locator(".fmf-open").first.click()
    page.locator("dialog[open]").wait_for()
    assert grave(page) == []


@pytest.mark.parametrize(("theme", "language"), [("dark", "ko")])
def test_a_run_on_the_quality_tab_has_no_grave_finding(
    open_page: Callable[..., Page], theme: str, language: str
) -> None:
    page = open_page(theme, language)
    open_tab(page, "quality")
    quality_sample(page)
    assert grave(page) == []
