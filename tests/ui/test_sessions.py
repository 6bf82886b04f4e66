"""Visitors side by side: whose message comes next, which frame is passed over, who gets a place."""

import asyncio
from dataclasses import replace

import pytest

from core.settings import Settings
from tests.ui.doubles import HeldPipeline, PlainPipeline, encode, picture
from ui.protocol import ProtocolError
from ui.sessions import Sessions

SETTINGS = Settings(workers=2, max_sessions=2)
START = {"type": "start_analysis", "mode": "live", "options": {}}


def test_the_newest_frame_wins_and_the_passed_over_are_counted(framed, eventually):
    held = []

    def make(settings, **options):
        held.append(HeldPipeline(settings, **options))
        return held[-1]

    async def talk():
        with Sessions(SETTINGS, make).place() as lane:
            await lane.submit(START)
            first = asyncio.create_task(lane.submit(framed(1)))
            await asyncio.to_thread(held[0].entered.acquire)
            others = [asyncio.create_task(lane.submit(framed(n))) for n in (2, 3, 4)]
            passed_over = await asyncio.wait_for(asyncio.gather(*others[:2]), 20)
            held[0].gate.release(2)
            return passed_over, await first, await others[2]

    passed_over, first, newest = asyncio.run(talk())
    assert [reply["status"] for reply in passed_over] == ["dropped", "dropped"]
    assert [reply["id"] for reply in passed_over] == [2, 3]
    assert (first["id"], newest["id"]) == (1, 4)
    assert newest["dropped"] == 2
    assert newest["index"] == first["index"] + 1


def test_a_stop_is_never_passed_over(framed):
    held = []

    def make(settings, **options):
        held.append(HeldPipeline(settings, **options))
        return held[-1]

    async def talk():
        with Sessions(SETTINGS, make).place() as lane:
            await lane.submit(START)
            first = asyncio.create_task(lane.submit(framed(1)))
            await asyncio.to_thread(held[0].entered.acquire)
            stop = asyncio.create_task(lane.submit({"type": "stop_analysis"}))
            late = asyncio.create_task(lane.submit(framed(2)))
            await asyncio.sleep(0)
            held[0].gate.release(2)
            return await first, await stop, await late

    first, stop, late = asyncio.run(talk())
    assert (first["type"], stop["type"], late["code"]) == ("report", "result", "not_started")


def test_one_visitor_cannot_keep_the_others_from_their_turn(framed):
    """With one thread and a visitor who floods, the other's single frame comes next."""
    order = []

    class Noting(PlainPipeline):
        def analyze(self, frame):
            order.append(frame.image.shape[1])
            return super().analyze(frame)

    async def talk():
        sessions = Sessions(replace(SETTINGS, workers=1), Noting)
        greedy, modest = sessions.open(), sessions.open()
        await greedy.submit(START)
        await modest.submit(START)
        wide, narrow = encode(picture(128, 48)), encode(picture(64, 48))
        tasks = [asyncio.create_task(greedy.submit(framed(n, wide))) for n in range(10)]
        tasks.append(asyncio.create_task(modest.submit(framed(1, narrow))))
        await asyncio.gather(*tasks)

    asyncio.run(talk())
    assert 64 in order[:2]


def test_places_are_bounded_and_given_back():
    sessions = Sessions(SETTINGS, PlainPipeline)

    async def talk():
        first, _second = sessions.open(), sessions.open()
        with pytest.raises(ProtocolError) as caught:
            sessions.open()
        assert caught.value.code == "busy"
        sessions.close(first)
        sessions.close(first)
        assert len(sessions) == 1
        sessions.open()

    asyncio.run(talk())
