"""The Films tab in a real browser: from a mood to films, reasons, a list and a link."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

PATIENCE_MS = 120_000
"""Generous: what is asserted is that it happens, never how fast."""
PICKS = 51
POSTERS = "https://image.tmdb.org/**"
# A gray square of one pixel.
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b55"
    "0000000a49444154789c6368000000820081777cd2ea0000000049454e44ae426082"
)

expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture
def visit(visitor: Callable[..., BrowserContext], address: str) -> Callable[..., Page]:
    """Open the Films tab as one more visitor, whom no poster server answers."""

    def open_tab(query: str = "", *, language: str = "en", width: int = 1280) -> Page:
        context = visitor(width)
        context.set_default_timeout(PATIENCE_MS)
        context.route(POSTERS, lambda route: route.abort())
        page = context.new_page()
        page.goto(f"{address}?lang={language}{query and '&' + query}")
        if not query:
            page.locator("#fm-tab-films-button").click()
        expect(page.locator(".fmf-card")).to_have_count(PICKS)
        settled(page)
        return page

    return open_tab


def settled(page: Page) -> None:
    """Wait until what is shown is the answer to the last question."""
    expect(page.locator(".fmf")).to_have_attribute("aria-busy", "false")


def ids(page: Page) -> list[str]:
    return page.locator(".fmf-card").evaluate_all("cards => cards.map(card => card.dataset.film)")


def choose(page: Page, *emotions: str) -> None:
    for place, emotion in enumerate(emotions, start=1):
        page.select_option(f"#fmf-emotion-{place}", emotion)
        settled(page)


def open_card(page: Page, place: int = 0) -> None:
    page.locator(".fmf-open").nth(place).click()
    expect(page.locator("dialog[open]")).to_be_visible()


def saved_file(page: Page, button: str) -> tuple[str, str]:
    with page.expect_download() as waiting:
        page.get_by_role("button", name=button).click()
    return waiting.value.suggested_filename, Path(waiting.value.path()).read_text("utf-8")


def test_the_first_visit_shows_films_at_once(visit):
    page = visit()
    expect(page.locator("#fmf-emotion-1")).to_have_value("happiness")
    expect(page.locator(".fmf-lede")).to_contain_text("commonly associated with happiness")
    expect(page.locator(".fmf-foot")).to_contain_text("not endorsed or certified by TMDB")


def test_other_emotions_bring_other_films(visit):
    page = visit()
    before = ids(page)
    choose(page, "sadness", "fear", "disgust")
    expect(page.locator(".fmf-card")).to_have_count(PICKS)
    assert len(set(before) & set(ids(page))) < PICKS / 2
    expect(page.locator(".fmf-group-name").first).to_contain_text("commonly associated with")
    page.get_by_text("Lift the mood").click()
    settled(page)
    expect(page.locator(".fmf-lede")).to_contain_text("turn the mood around")


def test_choosing_an_emotion_twice_swaps_the_two(visit):
    page = visit()
    choose(page, "surprise")
    expect(page.locator("#fmf-emotion-1")).to_have_value("surprise")
    expect(page.locator("#fmf-emotion-2")).to_have_value("happiness")


def test_the_ranking_follows_the_colour_chips(visit):
    page = visit()
    own = ids(page)
    switch = page.get_by_role("switch").first
    switch.click()
    settled(page)
    expect(switch).to_have_attribute("aria-checked", "false")
    without = ids(page)
    assert without != own
    page.locator(".fmf-swatch input").nth(1).fill("#0030ff")
    settled(page)
    assert ids(page) != without
    page.get_by_role("button", name="Reset colours").click()
    settled(page)
    assert ids(page) == own


def test_the_last_colour_cannot_be_switched_off(visit):
    page = visit("mood=happiness-100&colours=ff0000-5000-happiness.00ff00-5000-happiness-off")
    page.get_by_role("switch").first.click()
    expect(page.locator(".fmf-note")).to_contain_text("One colour has to stay on")
    expect(page.get_by_role("switch").first).to_have_attribute("aria-checked", "true")


def test_a_card_opens_to_its_reason_and_gives_the_focus_back(visit):
    page = visit()
    card = page.locator(".fmf-open").nth(1)
    card.focus()
    page.keyboard.press("Enter")
    sheet = page.locator("dialog[open]")
    expect(sheet.get_by_role("heading", level=2)).to_have_text(card.inner_text())
    expect(sheet.locator(".fmf-reason")).to_contain_text("ΔE")
    expect(sheet.locator(".fmf-pairs li").first).to_be_visible()
    tmdb = sheet.get_by_role("link", name="TMDB").get_attribute("href")
    assert tmdb == f"https://www.themoviedb.org/movie/{ids(page)[1]}"
    page.keyboard.press("ArrowLeft")
    expect(sheet.get_by_role("heading", level=2)).to_have_text(
        page.locator(".fmf-open").first.inner_text()
    )
    page.keyboard.press("Escape")
    expect(sheet).to_have_count(0)
    expect(page.locator(".fmf-open").first).to_be_focused()


def test_filters_hold_back_what_they_say(visit):
    page = visit()
    page.get_by_role("button", name="Filters").click()
    page.get_by_label("From year").fill("2015")
    page.get_by_label("From year").press("Enter")
    settled(page)
    page.get_by_role("button", name="Comedy: any").click()
    settled(page)
    expect(page.locator(".fmf-status")).to_contain_text("that pass the filters")
    years = page.locator(".fmf-facts").evaluate_all(
        "all => all.map(one => parseInt(one.textContent))"
    )
    assert years
    assert all(year >= 2015 for year in years)
    page.get_by_label("From year").fill("2200")
    page.get_by_label("From year").press("Enter")
    expect(page.locator(".fmf-empty")).to_contain_text("No film passes")
    page.locator(".fmf-empty button").click()
    expect(page.locator(".fmf-card")).to_have_count(PICKS)


def test_sorting_keeps_the_films_and_changes_their_order(visit):
    page = visit()
    before = ids(page)
    page.get_by_label("Sort").select_option("year")
    years = page.locator(".fmf-facts").evaluate_all(
        "all => all.map(one => parseInt(one.textContent))"
    )
    assert years == sorted(years, reverse=True)
    assert sorted(ids(page)) == sorted(before)


def test_saved_films_outlive_the_page_and_can_be_taken_home(visit):
    page = visit()
    first, second = ids(page)[:2]
    for place in (0, 1):
        page.locator(".fmf-heart").nth(place).click()
    page.reload()
    expect(page.locator(".fmf-card")).to_have_count(PICKS)
    page.get_by_text("Saved 2").click()
    expect(page.locator(".fmf-card")).to_have_count(2)
    assert ids(page) == [first, second]

    name, text = saved_file(page, "Export CSV")
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert name.endswith(".csv")
    assert [line["tmdb_id"] for line in rows] == [first, second]
    assert all(re.fullmatch(r"(#[0-9a-f]{6} ?)+", line["palette"]) for line in rows)

    _, text = saved_file(page, "For Letterboxd")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert list(rows[0]) == ["tmdbID", "imdbID", "Title", "Year"]
    assert [line["tmdbID"] for line in rows] == [first, second]

    page.locator(".fmf-heart").first.click()
    expect(page.locator(".fmf-card")).to_have_count(1)


def test_seen_films_can_be_hidden(visit):
    page = visit()
    first = ids(page)[0]
    open_card(page)
    page.get_by_role("button", name="Seen it").click()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Filters").click()
    page.get_by_label("Hide films I have seen").check()
    expect(page.locator(f'[data-film="{first}"]')).to_have_count(0)
    expect(page.locator(".fmf-card")).to_have_count(PICKS)


def test_a_shared_link_brings_another_visitor_to_the_same_picks(visit):
    page = visit()
    choose(page, "anger", "surprise", "")
    page.get_by_role("switch").nth(1).click()
    settled(page)
    page.locator(".fmf-swatch input").first.fill("#a01040")
    page.locator(".fmf-swatch input").first.dispatch_event("change")
    settled(page)
    page.get_by_role("button", name="Filters").click()
    page.get_by_label("Rating at least").select_option("6.5")
    settled(page)
    page.get_by_label("Sort").select_option("rating")
    page.get_by_role("button", name="Share").click()
    link = page.get_by_label("Link to these picks").input_value()
    other = visit(link.split("?")[1])
    assert ids(other) == ids(page)
    expect(other.locator("#fmf-emotion-1")).to_have_value("anger")
    expect(other.get_by_role("switch").nth(1)).to_have_attribute("aria-checked", "false")
    expect(other.get_by_label("Sort")).to_have_value("rating")


def test_the_address_names_the_picks_only_while_they_are_shown(visit):
    page = visit()
    expect(page).to_have_url(re.compile(r"mood=happiness-50\.surprise-30\.neutral-20"))
    page.locator("#fm-tab-live-button").click()
    expect(page).not_to_have_url(re.compile("mood="))


def hand_over(page: Page) -> None:
    """Ask for films as another tab does."""
    page.evaluate(
        """async () => {
          const address = window.framemood.asset("framemood-static/films_link.js").href;
          const { openFilms } = await import(address);
          openFilms({ sadness: 0.6, fear: 0.25, neutral: 0.15 }, { goal: "lift" });
        }"""
    )
    expect(page.locator(".fmf-lede")).to_contain_text("from sadness, fear, and neutral")
    settled(page)


def test_another_tab_hands_a_mood_over(visit):
    page = visit()
    page.locator("#fm-tab-live-button").click()
    hand_over(page)
    expect(page.locator("#fmf-emotion-1")).to_have_value("sadness")
    expect(page.locator(".fmf-emotion small").first).to_have_text("60 %")


@pytest.mark.parametrize("width", [320, 240])
def test_a_link_and_another_tab_reach_the_films_where_the_tabs_need_several_lines(visit, width):
    page = visit("mood=fear-100", width=width)
    tabs = page.get_by_role("tab")
    lines = {round(tab.bounding_box()["y"]) for tab in tabs.all()}
    assert len(lines) > 1
    for tab in tabs.all():
        box = tab.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
    page.locator("#fm-tab-live-button").click()
    expect(page.locator(".fmf-lede")).to_be_hidden()
    hand_over(page)
    expect(page.locator(".fmf-lede")).to_be_visible()


def test_without_the_poster_server_every_card_is_drawn(visit):
    page = visit()
    page.mouse.wheel(0, 800)
    expect(page.locator(".fmf-card").first.locator("img")).to_have_count(0)
    assert page.locator(".fmf-art svg").count() == PICKS
    expect(page.locator(".fmf-art-title").first).to_have_text(
        page.locator(".fmf-open").first.inner_text()
    )


def test_posters_come_lazily_from_one_host_that_learns_nothing_of_the_page(visitor, address):
    context = visitor(390, 844)
    asked, foreign = [], []

    def answer(route: Route) -> None:
        asked.append(route.request)
        route.fulfill(body=PIXEL, content_type="image/png")

    context.route(
        re.compile("^https?://(?!127.0.0.1)"),
        lambda route: foreign.append(route.request.url) or route.abort(),
    )
    context.route(POSTERS, answer)
    page = context.new_page()
    page.goto(f"{address}?lang=en&mood=happiness")
    expect(page.locator(".fmf-card")).to_have_count(PICKS)
    page.locator(".fmf-card").first.scroll_into_view_if_needed()
    expect(page.locator(".fmf-loaded").first).to_be_visible()
    assert foreign == []
    assert 0 < len(asked) < PICKS
    assert all("referer" not in request.headers for request in asked)


def test_a_film_title_is_text_whatever_it_holds(visit):
    page = visit()
    page.locator(".fmf-heart").first.click()
    hostile = '<img src=x onerror="window.attacked=1">=1+1'
    page.evaluate(
        """title => {
          const films = JSON.parse(localStorage.getItem("framemood-films-saved"));
          films[0].title = films[0].original = title;
          localStorage.setItem("framemood-films-saved", JSON.stringify(films));
        }""",
        hostile,
    )
    page.reload()
    page.get_by_text("Saved 1").click()
    expect(page.locator(".fmf-open")).to_have_text(hostile)
    open_card(page)
    assert page.evaluate("window.attacked") is None


def test_two_visitors_do_not_see_each_other(visit):
    one, other = visit(), visit()
    shown = ids(other)
    one.locator(".fmf-heart").first.click()
    choose(one, "fear")
    assert ids(other) == shown
    other.reload()
    expect(other.locator(".fmf-card")).to_have_count(PICKS)
    settled(other)
    assert ids(other) == shown
    expect(other.locator('.fmf-heart[aria-pressed="true"]')).to_have_count(0)


def test_a_server_that_is_away_is_said_and_asked_again(visit):
    page = visit()
    page.route(re.compile("component_server"), lambda route: route.abort())
    page.select_option("#fmf-emotion-1", "fear")
    expect(page.get_by_role("alert")).to_contain_text("did not answer")
    page.unroute_all()
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".fmf-card")).to_have_count(PICKS)


def test_the_korean_page_is_korean_down_to_its_links(visit):
    page = visit(language="ko")
    open_card(page)
    words = page.locator("dialog[open]").inner_text()
    assert "추천 이유" in words
    assert "왓챠피디아" in words
    assert json.dumps(words, ensure_ascii=False).count("ΔE")


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_sticks_out_and_every_control_has_a_name(visit, width):
    page = visit(width=width)
    page.get_by_role("button", name="Filters").click()
    page.locator(".fmf-more summary").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    nameless = page.locator(".fmf").evaluate(
        """root => [...root.querySelectorAll("button, input, select, a")].filter((control) => {
          const words = control.getAttribute("aria-label") || control.textContent ||
            [...(control.labels || [])].map((label) => label.textContent).join("");
          return !words.trim();
        }).map((control) => control.outerHTML)"""
    )
    assert nameless == []
    twins = page.evaluate(
        "[...document.querySelectorAll('.fmf [id]')].map(e => e.id)"
        ".filter((id, place, all) => all.indexOf(id) !== place)"
    )
    assert twins == []
