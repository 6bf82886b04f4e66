"""Places follow what a frame was measured to cost, within fixed bounds."""

from __future__ import annotations

import asyncio

import cv2
import numpy as np
import pytest

from core.settings import Settings
from tests.ui.doubles import PlainPipeline
from ui.admission import Admission
from ui.budget import FEWEST, LEAST_FPS, Budget
from ui.sessions import Sessions


def measured(took_ms: float, frames: int = 100, most: int = 16) -> Budget:
    budget = Budget(threads=2, most=most)
    for _ in range(frames):
        budget.note(took_ms)
    return budget


def test_all_places_are_there_until_enough_frames_were_measured() -> None:
    assert measured(10_000, frames=5).places == 16


@pytest.mark.parametrize("took_ms", [100.0, 150.0, 400.0])
def test_each_place_may_take_its_least_rate_of_what_the_threads_can_do(took_ms: float) -> None:
    places = measured(took_ms).places
    per_second = 2 * 1000 / took_ms
    assert places * LEAST_FPS <= per_second < (places + 1) * LEAST_FPS


def test_no_machine_has_more_places_than_were_set_nor_fewer_than_the_least() -> None:
    assert measured(1).places == 16
    assert measured(60_000).places == FEWEST


def test_one_frame_that_waited_for_its_models_changes_nothing() -> None:
    budget = measured(30)
    before = budget.places
    budget.note(20_000)
    assert budget.places == before


def test_who_comes_to_a_slow_machine_waits_and_is_let_in_once_it_is_quick_again() -> None:
    async def play() -> None:
        admission = Admission(Sessions(Settings(workers=1, max_sessions=8), PlainPipeline))
        people = [admission.apply(str(number)) for number in range(FEWEST)]
        for _ in range(200):
            admission._budget.note(5_000)
        late = admission.apply("late")
        assert late.position == 1
        for _ in range(200):
            admission._budget.note(5)
        # The next report of anybody shows that there is time again.
        lane = people[0].lane
        assert lane is not None
        await admission.answer(lane, '{"type": "start_analysis", "mode": "live", "options": {}}')
        picture = (1).to_bytes(4, "big") + jpeg()
        await admission.answer(lane, picture)
        assert late.position == 0
        assert late.lane is not None
        for person in (*people, late):
            admission.leave(person)

    asyncio.run(play())


def jpeg() -> bytes:
    return cv2.imencode(".jpg", np.full((48, 64, 3), 128, np.uint8))[1].tobytes()
