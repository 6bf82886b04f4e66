import json
import re
from pathlib import Path
from types import SimpleNamespace

import pytest

import ui
from core.types import EMOTIONS
from ui.texts import LANGUAGES, language_of, strings, tab_strings, text

STATIC = Path(ui.__file__).parent / "static"
LOCALES = Path(ui.__file__).parent / "locales"
# Written out in the docstring of core.types.Trust.
REASONS = ("too_small", "too_dark", "too_bright", "blurred", "noisy", "turned_away", "covered")


@pytest.mark.parametrize("path", sorted(LOCALES.glob("*.json")), ids=lambda path: path.stem)
def test_every_string_says_the_same_in_both_languages(path):
    for key, by_language in json.loads(path.read_text("utf-8")).items():
        assert set(by_language) >= set(LANGUAGES), key
        assert all(by_language[language].strip() for language in LANGUAGES), key
        holes = [set(re.findall(r"{(\w+)}", by_language[language])) for language in LANGUAGES]
        assert holes[0] == holes[1], key


def test_the_live_page_asks_for_no_string_that_is_not_there():
    source = "".join(
        (STATIC / name).read_text("utf-8")
        for name in ("live.html", "live.js", "panels.js", "chart.js")
    )
    asked = set(re.findall(r"""["'`]((?:live|common)\.[a-z_]+)["'`]""", source))
    assert asked
    assert asked <= set(strings())


def test_every_state_of_the_page_has_its_title_and_its_way_out():
    source = (STATIC / "camera.js").read_text("utf-8") + (STATIC / "live.js").read_text("utf-8")
    states = set(re.findall(r'(?:SourceRefused|halt|onEnded|enter)\("(\w+)"', source))
    states |= set(re.findall(r'\w+Error: "(\w+)"', source))
    for state in states - {"running", "paused"}:
        assert f"live.{state}_title" in strings()
        assert f"live.{state}_text" in strings()


def test_every_emotion_and_every_reason_has_its_words():
    for name in [*EMOTIONS, *(f"reason_{reason}" for reason in REASONS)]:
        assert f"common.{name}" in strings()


def test_placeholders_are_filled():
    assert text("common.face", "en", number=2) == "Face 2"
    assert text("common.face", "ko", number=2) == "얼굴 2"


def test_only_the_tabs_asked_for_are_sent():
    sent = tab_strings("live")
    assert set(sent) == set(LANGUAGES)
    assert all(key.startswith("live.") for key in sent["en"])


@pytest.mark.parametrize(
    ("cookie", "accepted", "expected"),
    [
        ("ko", "en-US,en", "ko"),
        ("", "ko-KR,ko;q=0.9,en;q=0.8", "ko"),
        ("", "fr-FR, ko;q=0.5", "ko"),
        ("", "fr-FR", "en"),
        ("xx", "en-GB", "en"),
    ],
)
def test_the_choice_stands_before_what_the_browser_asks_for(cookie, accepted, expected):
    request = SimpleNamespace(
        cookies={"framemood-language": cookie}, headers={"accept-language": accepted}
    )
    assert language_of(request) == expected


def test_without_a_visitor_the_fallback_is_spoken():
    assert language_of(None, "ko") == "ko"
    assert language_of(None) == "en"
