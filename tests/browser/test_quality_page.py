"""The Quality tab in a real browser: from nothing to charts, to a comparison, in both languages."""

from __future__ import annotations

import csv
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from core.records.columns import EMOTION_COLUMNS, METRIC_COLUMNS
from core.records.evidence import evidence_name
from core.records.store import RUN_FILE, RUNS, RunInfo
from core.settings import Settings
from tests.browser.conftest import served

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

READY_MS = 120_000
"""Generous: what is asserted is that it comes, never how fast."""

SECONDS = 120
INCIDENTS = [
    {"kind": "defocused", "onset_s": 30.0, "end_s": 42.0, "severity": 0.6},
    {"kind": "freeze", "onset_s": 80.0, "end_s": 95.5, "severity": 1.0},
]
ROWS = """
(lines) => [...lines].map((line) => line.getAttribute("d")).filter(Boolean).length
"""


def write_run(directory: Path, *, started: datetime, quality: float, running: bool = False) -> None:
    """Record two minutes at 5 Hz with text, faces and two incidents."""
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / "metrics.csv").open("w", newline="", encoding="utf-8") as file:
        out = csv.DictWriter(file, METRIC_COLUMNS, restval="")
        out.writeheader()
        for row in range(SECONDS * 5):
            wave = 0.2 * ((row % 97) / 97 - 0.5)
            out.writerow(
                {
                    "run_id": directory.name,
                    "index": row,
                    "time_s": row / 5,
                    "status": "ok",
                    "blur_score": 0.2,
                    "brightness": 120,
                    "noise_level": 0.1,
                    "change": 0.02,
                    "is_frozen": 0,
                    "quality_score": round(quality + wave, 4),
                    "fps": 24.0 + row % 3,
                    "ocr_text": "GATE",
                    "ocr_confidence": round(0.6 + wave + 0.01 * (row % 5), 4),
                    "risk_now": 0.1,
                    "risk_within_30_s": 0.42,
                    "wall_time_utc": (started + timedelta(seconds=row / 5)).isoformat(),
                }
            )
    with (directory / "emotions.csv").open("w", newline="", encoding="utf-8") as file:
        out = csv.DictWriter(file, EMOTION_COLUMNS, restval="")
        out.writeheader()
        for row in range(0, SECONDS * 5, 2):
            out.writerow({"index": row, "time_s": row / 5, "face_id": 1, "trust": 0.5 + row / 5000})
    (directory / "incidents.json").write_text(json.dumps(INCIDENTS), "utf-8")
    (directory / "report.html").write_text("<p>report</p>", "utf-8")
    picture = np.full((90, 160, 3), 60, np.uint8)
    cv2.imwrite(str(directory / evidence_name("freeze", 80.0)), picture)
    info = RunInfo(
        directory.name,
        "live",
        f"camera {directory.name[-1]}",
        started.isoformat(),
        SECONDS * 5,
        float(SECONDS),
        quality,
        directory,
        "running" if running else "done",
    )
    (directory / RUN_FILE).write_text(json.dumps(info.as_dict()), "utf-8")


@pytest.fixture(scope="module")
def records(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("records")
    start = datetime(2026, 3, 1, 9, tzinfo=UTC)
    for number, quality in (("1", 0.8), ("2", 0.55)):
        began = start + timedelta(hours=int(number))
        write_run(folder / RUNS / f"20260301-run{number}", started=began, quality=quality)
    return folder


@pytest.fixture(scope="module")
def quality_server(records: Path) -> Iterator[str]:
    """Address of the whole page, served by this process, with two recorded runs."""
    with served(Settings(port=0, records_dir=records)) as address:
        yield address


@pytest.fixture
def open_quality(
    visitor: Callable[..., BrowserContext], quality_server: str
) -> Callable[..., Page]:
    """Open the tab as one more visitor: ``open_quality(language="en", width=1280)``."""

    def open_tab(language: str = "en", width: int = 1280, theme: str = "light") -> Page:
        context = visitor(width, color_scheme=theme)
        context.set_default_timeout(READY_MS)
        page = context.new_page()
        page.faults = []
        page.on("pageerror", lambda error: page.faults.append(str(error)))
        page.asked = []
        page.on("request", lambda request: page.asked.append(request.url))
        page.goto(f"{quality_server}?lang={language}")
        page.locator("[role=tab]").filter(has_text=re.compile("Quality|화질")).first.click()
        expect(page.locator("#fmq-board .fm-empty")).to_be_visible(timeout=READY_MS)
        return page

    return open_tab


def choose(page: Page, name: str) -> None:
    box = page.locator("#fmq-runs input")
    box.click()
    page.get_by_role("option").filter(has_text=name).click()
    page.keyboard.press("Escape")
    # The list opens for a field that is entered, so it is left.
    box.blur()


def chart(page: Page, number: int = 0):
    return page.locator(".fmq-plot").nth(number)


def drawn(page: Page, count: int = 1) -> None:
    expect(page.locator(".fmq-run")).to_have_count(count, timeout=READY_MS)
    for number in range(count):
        expect(chart(page, number).locator(".main-svg").first).to_be_visible(timeout=READY_MS)


def test_a_recorded_run_becomes_charts_a_gauge_scatters_and_a_table(open_quality):
    page = open_quality()
    choose(page, "camera 1")
    drawn(page)
    # Four parts of quality, speed, text and two risks.
    expect(chart(page).locator(".scatterlayer .trace")).to_have_count(8)
    assert page.locator(".fmq-plot .js-line").evaluate_all(ROWS) == 8
    expect(page.locator(".fmq-dial")).to_have_attribute("aria-valuenow", "42")
    expect(page.locator(".fmq-rho b")).to_have_count(2)
    expect(page.locator(".fmq-dots .point").first).to_be_attached()
    expect(page.locator(".fmq-incident")).to_have_count(2)
    expect(page.locator(".fmq-incident").first).to_contain_text("out of focus")
    expect(chart(page)).to_contain_text("frozen")
    names = page.locator("a.fm-download").evaluate_all("links => links.map((a) => a.download)")
    assert names == ["metrics.csv", "emotions.csv", "incidents.json", "report.html"]
    assert page.faults == []
    # A page that analyses faces asks no other host for anything.
    assert {url.split("/")[2] for url in page.asked if url.startswith("http")} == {
        page.url.split("/")[2]
    }


def test_an_incident_selects_its_moment_in_every_chart(open_quality):
    page = open_quality()
    choose(page, "camera 1")
    drawn(page)
    page.locator(".fmq-jump").nth(1).click()
    expect(page.locator(".fmq-time")).to_have_text("1:20.0")
    assert float(page.locator(".fmq-slider").input_value()) == pytest.approx(80.0, abs=0.1)
    page.wait_for_function(
        """() => document.querySelectorAll(".fmq-dots")[0].data?.[1].x[0] !== undefined"""
    )
    marked = page.locator(".fmq-dots").evaluate_all("plots => plots.map((p) => p.data[1].y[0])")
    assert len(marked) == 2 and all(value is not None for value in marked)


def test_two_recorded_runs_stand_side_by_side_with_their_difference(open_quality):
    page = open_quality()
    choose(page, "camera 1")
    drawn(page)
    choose(page, "camera 2")
    drawn(page, 2)
    boxes = [page.locator(".fmq-run").nth(number).bounding_box() for number in range(2)]
    assert boxes[0]["y"] == pytest.approx(boxes[1]["y"], abs=1)
    assert boxes[0]["x"] + boxes[0]["width"] <= boxes[1]["x"]
    compared = page.locator(".fmq-comparison")
    expect(compared).to_contain_text("camera 1")
    expect(compared).to_contain_text("camera 2")
    quality = compared.locator("tbody tr").filter(has_text="Picture quality")
    expect(quality).to_contain_text("0.80")
    expect(quality).to_contain_text("0.55")
    # What is looked at in one is looked at in the other.
    page.locator("[data-do=zoom_in]").first.press("Enter")
    page.wait_for_function(
        "() => { const [a, b] = [...document.querySelectorAll('.fmq-plot')]"
        ".map((p) => p.layout.xaxis.range);"
        " return a[1] - a[0] < 80 && Math.abs((b[1] - b[0]) - (a[1] - a[0])) < 1; }"
    )
    assert page.faults == []


def test_the_frame_of_an_incident_is_shown_where_it_was_kept(open_quality):
    page = open_quality()
    choose(page, "camera 1")
    drawn(page)
    rows = page.locator(".fmq-incident")
    expect(rows.nth(0).locator("img")).to_have_count(0)
    shown = rows.nth(1).locator("img")
    expect(shown).to_have_attribute("alt", re.compile("1:20"))
    shown.scroll_into_view_if_needed()
    page.wait_for_function("() => document.querySelector('.fmq-evidence img').naturalWidth === 160")


def test_the_moment_moves_by_keyboard_and_is_said(open_quality):
    page = open_quality()
    choose(page, "camera 1")
    drawn(page)
    slider = page.locator(".fmq-slider")
    slider.focus()
    for _ in range(5):
        page.keyboard.press("PageUp")
    assert float(slider.input_value()) > 10
    expect(slider).to_have_attribute("aria-valuetext", re.compile(r"quality 0\.\d\d"))


def test_a_zoom_narrows_the_time_and_all_brings_it_back(open_quality):
    page = open_quality()
    choose(page, "camera 1")
    drawn(page)

    def span() -> float:
        return chart(page).evaluate("(p) => p.layout.xaxis.range[1] - p.layout.xaxis.range[0]")

    whole = span()
    page.locator("[data-do=zoom_in]").press("Enter")
    page.wait_for_function(
        "(whole) => { const r = document.querySelector('.fmq-plot').layout.xaxis.range;"
        " return r[1] - r[0] < 0.6 * whole; }",
        arg=whole,
    )
    page.locator("[data-do=zoom_all]").press("Enter")
    page.wait_for_function(
        "(whole) => { const r = document.querySelector('.fmq-plot').layout.xaxis.range;"
        " return r[1] - r[0] > 0.99 * whole; }",
        arg=whole,
    )


def test_the_clock_shows_when_the_rows_were_read(open_quality):
    page = open_quality()
    choose(page, "camera 1")
    drawn(page)
    page.locator("[data-axis=clock]").click()
    expect(page.locator("[data-axis=clock]")).to_have_attribute("aria-pressed", "true")
    expect(chart(page)).to_contain_text("2026-03-01")


def test_a_zip_that_a_visitor_drops_is_shown_and_can_be_downloaded_again(
    open_quality, records, tmp_path
):
    with zipfile.ZipFile(tmp_path / "mine.zip", "w") as archive:
        for path in (records / RUNS / "20260301-run1").iterdir():
            archive.write(path, f"mine/{path.name}")
    page = open_quality()
    page.locator("#fmq-drop input[type=file]").set_input_files(tmp_path / "mine.zip")
    drawn(page)
    expect(page.locator(".fmq-heading")).to_contain_text("mine.zip")
    with page.expect_download() as waiting:
        page.locator('a[download="metrics.csv"]').click()
    waiting.value.save_as(tmp_path / "metrics.csv")
    original = records / RUNS / "20260301-run1" / "metrics.csv"
    assert (tmp_path / "metrics.csv").read_bytes() == original.read_bytes()


def test_what_is_no_run_says_what_is_wrong_and_how_to_mend_it(open_quality, tmp_path):
    (tmp_path / "names.csv").write_text("name,age\nann,7\n", "utf-8")
    page = open_quality()
    page.locator("#fmq-drop input[type=file]").set_input_files(tmp_path / "names.csv")
    said = page.locator("#fmq-board [role=alert]")
    expect(said).to_contain_text("names.csv: holds no row of a run")


def test_a_run_that_goes_on_grows_without_a_click(open_quality, records):
    directory = records / RUNS / "20260302-run3"
    write_run(directory, started=datetime(2026, 3, 2, tzinfo=UTC), quality=0.7, running=True)
    page = open_quality()
    choose(page, "camera 3")
    drawn(page)
    expect(page.locator(".fmq-badge")).to_be_visible()
    text = (directory / "metrics.csv").read_text("utf-8")
    last = text.splitlines()[-1]
    more = last.replace(f",{(SECONDS * 5 - 1) / 5},", ",240.0,")
    assert more != last
    (directory / "metrics.csv").write_text(f"{text}{more}\n", "utf-8")
    expect(page.locator(".fmq-figures")).to_contain_text(f"{SECONDS * 5 + 1} frames")
    (directory / RUN_FILE).unlink()
    for path in directory.iterdir():
        path.unlink()
    directory.rmdir()


def test_the_sample_shows_the_tab_without_any_record(open_quality):
    page = open_quality(language="ko")
    page.locator("#fmq-sample").click()
    drawn(page)
    expect(page.locator(".fmq-heading")).to_contain_text("예제 기록")
    expect(page.locator(".fmq-incident")).not_to_have_count(0)
    page.wait_for_function("document.querySelector('.fmq-screen video').readyState >= 1")
    page.locator(".fmq-jump").last.click()
    page.wait_for_function("document.querySelector('.fmq-screen video').currentTime > 1")
    assert page.faults == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_phone_scrolls_in_one_direction_only(open_quality, theme):
    page = open_quality(width=390, theme=theme)
    choose(page, "camera 1")
    drawn(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert chart(page).evaluate("(plot) => plot.scrollWidth") <= 390


def test_every_figure_says_what_it_means(open_quality):
    page = open_quality()
    choose(page, "camera 1")
    drawn(page)
    for figures in (".fmq-figures > div", ".fmq-legend li", ".fmq-table thead th", ".fmq-rho > *"):
        untold = page.locator(figures).evaluate_all(
            "all => all.filter((each) => !each.title).map((each) => each.textContent)"
        )
        assert untold == [], figures
