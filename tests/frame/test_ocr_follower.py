"""A clock that stops or jumps in the picture becomes an incident, through the text as read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from core.frame.ocr import TextFollower
from core.frame.ocr_service import TextScan
from core.frame.pictures import ImagePicture
from core.settings import Settings
from core.types import Box, Frame, TextReading


class Written:
    """Reads what is told to stand in the picture."""

    state, problem = "reading", ""

    def __init__(self, shown: Callable[[float], str]) -> None:
        self._shown = shown

    def read(self, image: object, time_s: float) -> TextScan:
        lines = ("CAM 3", self._shown(time_s))
        texts = tuple(TextReading(line, 0.9, Box(0, 0, 9, 9)) for line in lines)
        return TextScan(texts, time_s, 1.0)

    def close(self) -> None:
        """Nothing is held."""


def kinds_of(shown: Callable[[float], str], change: float, seconds: int = 16) -> list[str]:
    worker: Any = Written(shown)
    follower = TextFollower(Settings(), live=False, worker=worker)
    found = []
    for number in range(seconds * 5):
        image = np.zeros((16, 16, 3), np.uint8)
        follower.look(ImagePicture(Frame(number, number / 5, image)))
        follower.texts(change)
        incident = follower.incident
        found.append("" if incident is None else incident.kind)
    return found


def running(time_s: float) -> str:
    return f"2026-11-22 14.03.{10 + int(time_s):02d}"


def test_a_clock_that_runs_is_nothing_to_tell_of() -> None:
    assert set(kinds_of(running, change=0.02)) == {""}


def test_a_clock_that_stops_while_pixels_move_is_an_incident() -> None:
    found = kinds_of(lambda time_s: running(min(time_s, 5.0)), change=0.02)
    assert set(found[:25]) == {""}
    assert found[-1] == "clock"


def test_a_clock_that_stops_with_the_picture_is_no_replay() -> None:
    found = kinds_of(lambda time_s: running(min(time_s, 5.0)), change=0.0)
    assert set(found) == {""}


def test_a_clock_that_jumps_back_is_an_incident() -> None:
    def replayed(time_s: float) -> str:
        return f"14:0{3 if time_s < 8 else 2}:{10 + int(time_s) % 8:02d}"

    found = kinds_of(replayed, change=0.02)
    assert set(found[:40]) == {""}
    assert "clock" in found[40:]


def test_one_misread_digit_is_no_incident() -> None:
    def misread(time_s: float) -> str:
        return "14:03:51" if int(time_s) == 6 else running(time_s)

    assert set(kinds_of(misread, change=0.02)) == {""}
