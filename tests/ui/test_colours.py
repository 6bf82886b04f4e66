"""The colour roles hold WCAG 2.2 contrast in both themes."""

import re
from pathlib import Path

import pytest

import ui
from core.types import EMOTIONS

SHEET = (Path(ui.__file__).parent / "static" / "styles.css").read_text("utf-8")
ROLES = {
    name: pair
    for name, *pair in re.findall(
        r"--fm-([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)", SHEET
    )
}
TEXTS = ("ink", "soft", "accent", "good", "fair", "poor", *EMOTIONS)


def luminance(colour):
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("ground", ["card", "ground"])
@pytest.mark.parametrize("role", TEXTS)
def test_a_role_can_be_read_as_text(role, ground, theme):
    assert contrast(ROLES[role][theme], ROLES[ground][theme]) >= 4.5


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_words_on_the_accent_can_be_read(theme):
    assert contrast(ROLES["on-accent"][theme], ROLES["accent"][theme]) >= 4.5


def test_no_rule_of_the_live_tab_names_a_themed_colour_by_itself():
    sheet = (Path(ui.__file__).parent / "static" / "live.css").read_text("utf-8")
    assert "light-dark(" not in sheet
