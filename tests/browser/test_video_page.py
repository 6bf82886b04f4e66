"""The Video tab in a real browser: from a file to the results, and whatever may go wrong."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from playwright.sync_api import BrowserContext, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

DONE_MS = 300_000
"""Generous: what is asserted is that it ends, never how fast."""

COUNT = 50


@pytest.fixture(scope="module")
def video_clip(make_clip: Callable[..., Path]) -> Path:
    """Two seconds of one face, whose third quarter is out of focus."""
    return make_clip("holiday.mp4", count=COUNT, size=(160, 120))


@pytest.fixture
def visit(visitor: Callable[..., BrowserContext], address: str) -> Callable[..., Page]:
    """Open the Video tab as one more visitor: ``visit(language="en", width=1280)``."""

    def open_tab(language: str = "en", width: int = 1280) -> Page:
        page = visitor(width).new_page()
        page.goto(f"{address}?lang={language}")
        page.locator("#fm-tab-video-button, [role=tab]").filter(
            has_text=re.compile("Video|동영상")
        ).first.click()
        expect(page.locator("#fmv-stage .fm-empty:visible")).to_be_visible(timeout=60_000)
        return page

    return open_tab


def choose(page: Page, path: Path) -> None:
    page.locator("#fmv-upload input[type=file]").set_input_files(path)
    expect(page.locator("#fmv-upload")).to_contain_text(path.stem, timeout=60_000)


def analyze(page: Page, path: Path) -> None:
    choose(page, path)
    page.locator("#fmv-start").click()
    over = page.locator("#fmv-stage :is([data-done], [role=alert])")
    expect(over).to_be_visible(timeout=DONE_MS)
    expect(over).to_have_attribute("data-done", "")


def download(page: Page, name: str, folder: Path) -> Path:
    with page.expect_download() as waiting:
        page.locator(f'a[download="{name}"]').click()
    waiting.value.save_as(folder / name)
    return folder / name


def player(page: Page, words: str) -> float:
    return page.locator("#fmv-stage video").evaluate(f"(video) => {words}")


def test_a_file_becomes_a_playing_video_charts_tables_and_files(visit, video_clip, tmp_path):
    page = visit()
    analyze(page, video_clip)

    page.wait_for_function("document.querySelector('#fmv-stage video').readyState >= 2")
    assert player(page, "video.duration") == pytest.approx(COUNT / 25, abs=0.1)
    page.locator("#fmv-stage video").evaluate("(video) => { video.muted = true; video.play(); }")
    page.wait_for_function("document.querySelector('#fmv-stage video').currentTime > 0.2")

    expect(page.locator("[data-panel=quality] path.fmv-line-quality")).to_have_count(1)
    expect(page.locator("[data-panel=emotions] path.fmv-area")).to_have_count(7)
    expect(page.locator("[data-panel=trust] svg.fmv-svg")).to_have_count(1)
    expect(page.locator(".fmv-table tbody tr")).not_to_have_count(0)

    with download(page, "metrics.csv", tmp_path).open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["index"]) for row in rows] == list(range(COUNT))
    assert all(0 <= float(row["quality_score"]) <= 1 for row in rows)
    with download(page, "emotions.csv", tmp_path).open(encoding="utf-8") as file:
        faces = list(csv.DictReader(file))
    assert faces
    assert {int(row["index"]) for row in faces} <= set(range(COUNT))
    summary = json.loads(download(page, "summary.json", tmp_path).read_text("utf-8"))
    assert summary["frames"] == COUNT
    assert isinstance(
        json.loads(download(page, "incidents.json", tmp_path).read_text("utf-8")), list
    )
    with av.open(str(download(page, "annotated.mp4", tmp_path))) as container:
        assert container.streams.video[0].codec_context.name == "h264"
        assert sum(1 for _ in container.decode(video=0)) == COUNT


def test_a_click_on_a_chart_jumps_there_in_the_video(visit, video_clip):
    page = visit()
    analyze(page, video_clip)
    page.wait_for_function("document.querySelector('#fmv-stage video').readyState >= 1")
    for panel, share in (("quality", 0.75), ("emotions", 0.25), ("trust", 0.5)):
        plot = page.locator(f"[data-panel={panel}] .fmv-plot")
        plot.scroll_into_view_if_needed()
        grid = page.locator(f"[data-panel={panel}] line.fmv-base").first.bounding_box()
        page.mouse.click(grid["x"] + grid["width"] * share, grid["y"] - 20)
        wanted_s = share * COUNT / 25
        page.wait_for_function(
            "(wanted) => Math.abs("
            "document.querySelector('#fmv-stage video').currentTime - wanted) < 0.06",
            arg=wanted_s,
        )
        # The chart's own position, for those who cannot see it.
        expect(plot).to_have_attribute("aria-valuenow", re.compile(rf"^{wanted_s:.1f}"))


def test_the_arrow_keys_move_the_video_from_a_chart(visit, video_clip):
    page = visit()
    analyze(page, video_clip)
    page.wait_for_function("document.querySelector('#fmv-stage video').readyState >= 1")
    page.locator("[data-panel=quality] .fmv-plot").focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    page.wait_for_function("document.querySelector('#fmv-stage video').currentTime > 0.5")
    page.keyboard.press("Home")
    page.wait_for_function("document.querySelector('#fmv-stage video').currentTime === 0")


def test_the_sample_is_one_click_away_and_stopping_it_keeps_what_is_done(visit, tmp_path):
    page = visit()
    page.locator("#fmv-sample").click()
    bar = page.locator("#fmv-stage [role=progressbar][aria-valuenow]")
    expect(bar).to_be_visible(timeout=DONE_MS)
    expect(page.locator("#fmv-stage")).to_contain_text("fps")
    expect(page.locator("#fmv-stage")).to_contain_text("left")
    page.locator("#fmv-stop").click()
    expect(page.locator("#fmv-stage [data-done] .fmv-note")).to_be_visible(timeout=DONE_MS)
    with download(page, "metrics.csv", tmp_path).open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    summary = json.loads(download(page, "summary.json", tmp_path).read_text("utf-8"))
    assert summary["cancelled"] is True
    assert len(rows) == summary["frames"] > 0
    expect(page.locator("#fmv-start")).to_be_visible()
    expect(page.locator("#fmv-stop")).to_be_hidden()


def sound_only(path: Path) -> None:
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=44_100)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 44_100), np.float32), "fltp", "mono")
        frame.sample_rate = 44_100
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


BAD_FILES: dict[str, tuple[Callable[[Path, bytes], object], str, str]] = {
    "truncated": (lambda path, clip: path.write_bytes(clip[: len(clip) // 3]), "cut off", "잘렸"),
    "text": (
        lambda path, _: path.write_text("no video\n" * 99, "utf-8"),
        "not a video",
        "동영상이 아니",
    ),
    "sound": (lambda path, _: sound_only(path), "only sound", "소리만"),
    "empty": (lambda path, _: path.write_bytes(b""), "empty", "빈 파일"),
}


def test_bad_files_get_one_line_that_says_what_is_wrong(visit, video_clip, tmp_path):
    for language in ("en", "ko"):
        page = visit(language)
        for name, (spoil, english, korean) in BAD_FILES.items():
            path = tmp_path / f"{name}-{language}.mp4"
            spoil(path, video_clip.read_bytes())
            choose(page, path)
            page.locator("#fmv-start").click()
            alert = page.locator("#fmv-stage [role=alert]")
            expect(alert).to_contain_text(path.name, timeout=DONE_MS)
            expect(alert).to_contain_text(english if language == "en" else korean)
            assert "/" not in alert.inner_text().partition(path.name)[0]
            expect(page.locator("#fmv-start")).to_be_visible()
            page.locator("#fmv-upload button[aria-label]").first.click()


def test_nothing_chosen_and_a_path_for_an_address_are_refused_in_plain_words(visit):
    page = visit()
    page.locator("#fmv-start").click()
    alert = page.locator("#fmv-stage [role=alert]")
    expect(alert).to_contain_text("No video is given", timeout=DONE_MS)
    for typed in ("/etc/passwd", "file:///etc/passwd"):
        page.locator("#fmv-url :is(input, textarea)").fill(typed)
        page.locator("#fmv-start").click()
        # The message of the one before says the same, and while a run goes on none is begun.
        expect(alert).to_contain_text(f"{typed}: not a web address", timeout=DONE_MS)
    page.locator("#fmv-url :is(input, textarea)").fill("http://127.0.0.1/clip.mp4")
    page.locator("#fmv-start").click()
    expect(alert).to_contain_text("private network", timeout=DONE_MS)


def test_two_visitors_see_only_their_own_and_leaving_deletes(visit, make_clip, video_clip):
    ann, bob = visit(), visit()
    other = make_clip("party.mp4", count=30, size=(160, 120))
    choose(ann, video_clip)
    choose(bob, other)
    ann.locator("#fmv-start").click()
    bob.locator("#fmv-start").click()
    addresses = []
    for page, frames in ((ann, COUNT), (bob, 30)):
        expect(page.locator("#fmv-stage [data-done]")).to_be_visible(timeout=DONE_MS)
        expect(page.locator("#fmv-stage")).to_contain_text(f"{frames} frames")
        addresses.append(page.locator('a[download="metrics.csv"]').get_attribute("href"))
    assert addresses[0] != addresses[1]
    assert addresses[0] not in bob.content()
    assert bob.request.get(addresses[0]).ok
    # The directory above says nothing of what is in it.
    assert not bob.request.get(addresses[0].rpartition("/")[0]).ok
    ann.close()
    bob.wait_for_function(
        "async (address) => !(await fetch(address)).ok", arg=addresses[0], timeout=60_000
    )
    assert bob.request.get(addresses[1]).ok


def test_the_tab_fits_a_phone(visit, video_clip):
    page = visit(width=390)
    analyze(page, video_clip)
    expect(page.locator("[data-panel=quality] svg.fmv-svg")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
