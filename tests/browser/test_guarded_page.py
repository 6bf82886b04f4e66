"""The page under its content policy, behind a login, and with more visitors than places."""

import re
import subprocess
import sys

import pytest

LIVE = ".fm-live"
# Told by the browser for each thing that the policy kept it from doing.
WATCH_JS = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) =>
  window.violations.push(`${event.violatedDirective}: ${event.blockedURI} ${event.sourceFile}`));
"""
PUBLIC = {"PUBLIC": "true", "MAX_SESSIONS": "1", "LOG_FORMAT": "json"}


@pytest.fixture(scope="module")
def public(start_server):
    return start_server(**PUBLIC)


def watch(page):
    page.add_init_script(WATCH_JS)
    page.said = []
    page.on("console", lambda message: page.said.append(message.text))


def violations(page):
    said = [line for line in page.said if re.search("Content.Security.Policy", line)]
    return page.evaluate("window.violations") + said


def test_no_tab_is_held_up_by_the_content_policy(visit, public):
    page = visit(public, before=watch)
    page.click("[data-do=sample]")
    page.wait_for_selector(f'{LIVE}[data-link="open"][data-faces="1"]')
    page.click("[data-do=stop]")
    for tab in page.get_by_role("tab").all():
        tab.click()
        page.wait_for_timeout(300)
    page.get_by_role("tab", name="Video").click()
    page.click("#fmv-sample")
    # Its results are shown under the same policy in the tests of that tab.
    page.wait_for_selector("#fmv-stage [aria-valuenow]")
    page.click("#fmv-stop")
    assert violations(page) == []
    assert page.faults == []


def test_in_public_no_address_can_be_given(visit, public):
    page = visit(public)
    page.get_by_role("tab", name="Video").click()
    page.wait_for_selector("#fmv-upload")
    assert page.locator("#fmv-url").count() == 0


@pytest.mark.parametrize(("locale", "words"), [("en-US", "number 1"), ("ko-KR", "1번")])
def test_whoever_finds_every_place_taken_sees_the_number_and_gets_in(visit, public, locale, words):
    holder = visit(public)
    holder.click("[data-do=start]")
    holder.wait_for_selector(f'{LIVE}[data-link="open"]')
    waiting = visit(public, locale=locale)
    waiting.click("[data-do=start]")
    waiting.wait_for_selector(f'{LIVE}[data-link="waiting"]')
    assert words in waiting.locator(".fm-banner").inner_text()
    holder.click("[data-do=stop]")
    waiting.wait_for_selector(f'{LIVE}[data-link="open"][data-faces="1"]')
    assert waiting.locator(".fm-banner").is_hidden()


def test_behind_a_login_the_whole_page_works_for_its_users(launch, start_server, tmp_path):
    users = tmp_path / "users.txt"
    users.write_text(
        subprocess.run(
            [sys.executable, "-m", "ui.accounts", "ann"],
            input="secret\n",
            capture_output=True,
            text=True,
            check=True,
        ).stdout,
        encoding="utf-8",
    )
    server = start_server("--auth-file", str(users))
    context = launch().new_context(locale="en-US")
    try:
        page = context.new_page()
        watch(page)
        page.goto(server.url)
        page.get_by_label("username").fill("ann")
        page.get_by_label("password").fill("secret")
        page.get_by_role("button", name="Login").click()
        page.wait_for_selector(".fm-live[data-mounted]")
        page.click("[data-do=start]")
        page.wait_for_selector(f'{LIVE}[data-link="open"][data-faces="1"]')
        assert violations(page) == []
    finally:
        context.close()
