"""Clocks are found in text as it is really read, and nothing else is taken for one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.frame.ocr_clock import ClockReader


@pytest.mark.parametrize(
    "line",
    [
        "14:03:27",
        "2026-11-22 14:03:27",
        "22.11.2026 14:03:27",
        "11/22/26 14:03:27 CAM 4",
        "14:O3:27",
        "I4:03:27",
        "14: 03: 27",
        "14:.03:27",
    ],
)
def test_a_clock_with_colons_is_found_at_once(line: str) -> None:
    assert ClockReader().read([line], 0.0) == "14:03:27"


def test_a_clock_may_be_read_in_two_boxes() -> None:
    assert ClockReader().read(["CAM 03", "2026-11-22", "14:03:27"], 0.0) == "14:03:27"


@pytest.mark.parametrize("noisy", ["14.03.{:02d}", "14.03{:02d}", "14:03.{:02d}", "1403:{:02d}"])
def test_a_clock_whose_colons_were_lost_counts_once_it_was_seen_to_run(noisy: str) -> None:
    reader = ClockReader()
    told = [reader.read([noisy.format(27 + second)], float(second)) for second in range(3)]
    assert told == ["", "14:03:28", "14:03:29"]


def test_after_it_was_seen_to_run_its_standing_still_is_told() -> None:
    reader = ClockReader()
    for second in range(3):
        reader.read([f"14.03.{10 + second}"], float(second))
    assert {reader.read(["14.03.12"], 3.0 + second) for second in range(5)} == {"14:03:12"}


@pytest.mark.parametrize(
    "line", ["22.11.26", "2026.11.22", "v1.12.40", "ROOM 12", "140327", "99:99:99", "", "25:00:00"]
)
def test_what_stands_still_and_is_no_clock_is_never_taken_for_one(line: str) -> None:
    reader = ClockReader()
    assert {reader.read([line], float(second)) for second in range(10)} == {""}


def test_a_date_beside_the_clock_does_not_hide_it() -> None:
    reader = ClockReader()
    told = [reader.read(["22.11.26", f"23.59.{58 + n}"], float(n)) for n in range(2)]
    assert told[-1] == "23:59:59"


@given(st.lists(st.text(), max_size=5), st.floats(0, 1e6))
def test_any_text_is_survived(lines: list[str], time_s: float) -> None:
    assert len(ClockReader().read(lines, time_s)) in (0, 8)
