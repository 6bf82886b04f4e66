"""The words of the Mood session tab, and what it promises of a visitor's data."""

import re
from pathlib import Path

import pytest

import ui
from core.mood.verdict import Condition
from ui.texts import strings

STATIC = Path(ui.__file__).parent / "static"
SOURCE = "".join(
    (STATIC / name).read_text("utf-8")
    for name in (
        "session.html",
        "session.js",
        "session_reading.js",
        "session_result.js",
        "session_stimulus.js",
    )
)
STIMULI = ("calm", "lively", "file", "none")


def test_the_tab_asks_for_no_string_that_is_not_there():
    asked = set(re.findall(r"""["'`]((?:session|common|live)\.[a-z_]+)["'`]""", SOURCE))
    files = {"session.csv", "session.json", "session.html"}
    assert len(asked) > 40
    assert asked - files <= set(strings())


@pytest.mark.parametrize("kind", STIMULI)
def test_every_stimulus_has_its_words(kind):
    assert f'value="{kind}"' in SOURCE
    assert f"session.stimulus_{kind}_text" in strings()
    assert f"session.between_{kind}_text" in strings()


@pytest.mark.parametrize("basis", ["change", "level", "insufficient"])
def test_every_basis_of_a_verdict_has_its_words(basis):
    assert f"session.basis_{basis}" in strings()


def test_every_condition_has_its_name_its_unit_and_its_meaning():
    assert Condition.__doc__
    for name in ("brightness", "blur", "face_size", "pose", "fps"):
        assert f"session.condition_{name}" in strings()
        assert f"session.tip_{name}" in strings()
        assert re.search(rf"\b{name}: \[", SOURCE)


def test_every_way_a_camera_or_the_server_may_fail_has_its_way_out():
    camera = (STATIC / "camera.js").read_text("utf-8")
    states = set(re.findall(r'SourceRefused\("(\w+)"', camera))
    states |= set(re.findall(r'\w+Error: "(\w+)"', camera))
    for state in states:
        assert f"session.{state}_text" in strings()
    link = (STATIC / "link.js").read_text("utf-8")
    for state in ("gone", "busy", "too_many", "waiting", "time_up", "idle"):
        assert f'"{state}"' in link
        assert f"session.link_{state}" in strings()


def test_the_visitors_own_file_is_opened_and_never_handed_to_the_connection():
    stimulus = (STATIC / "session_stimulus.js").read_text("utf-8")
    assert "createObjectURL" in stimulus
    assert not re.search(r"fetch\(|XMLHttpRequest|WebSocket|server\.", stimulus)
