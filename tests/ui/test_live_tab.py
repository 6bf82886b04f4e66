import asyncio
import base64

import pytest

from core.settings import Settings
from tests.ui.doubles import PlainPipeline
from ui.live import Fallback
from ui.sessions import Sessions

START = {"type": "start_analysis", "mode": "live", "options": {}}


@pytest.fixture
def sessions():
    return Sessions(Settings(workers=2, max_sessions=1), PlainPipeline)


def say(fallback, message, ticket=None):
    return fallback.analyze({"ticket": ticket, "message": message})


def test_without_a_socket_the_same_messages_get_the_same_answers(sessions, jpeg):
    frame = {
        "type": "frame",
        "id": 8,
        "image": "data:image/jpeg;base64," + base64.b64encode(jpeg).decode(),
    }

    async def talk():
        fallback = Fallback(sessions)
        started = await say(fallback, START)
        report = await say(fallback, frame, started["ticket"])
        result = await say(fallback, {"type": "stop_analysis"}, started["ticket"])
        return started, report, result

    started, report, result = asyncio.run(talk())
    assert started["type"] == "started"
    assert (report["type"], report["id"]) == ("report", 8)
    assert (result["type"], result["frames"]) == ("result", 1)
    assert len(sessions) == 0


def test_a_ticket_cannot_be_guessed_or_left_out(sessions):
    async def talk():
        fallback = Fallback(sessions)
        await say(fallback, START)
        return [
            await say(fallback, {"type": "stop_analysis"}, ticket)
            for ticket in (None, "", "guess", 1, ["x"])
        ]

    assert {reply["code"] for reply in asyncio.run(talk())} == {"not_started"}
    assert len(sessions) == 1


def test_whoever_falls_silent_gives_the_place_back(sessions, monkeypatch):
    monkeypatch.setattr("ui.live.FALLBACK_IDLE_S", 0.05)

    async def talk():
        fallback = Fallback(sessions)
        started = await say(fallback, START)
        assert (await say(fallback, START))["code"] == "busy"
        while len(sessions):
            await asyncio.sleep(0)
        late = await say(fallback, {"type": "stop_analysis"}, started["ticket"])
        return late, await say(fallback, START)

    late, after = asyncio.run(asyncio.wait_for(talk(), 60))
    assert late["code"] == "not_started"
    assert after["type"] == "started"


@pytest.mark.parametrize("call", [None, [], "x", {}, {"message": "x"}, {"message": None}])
def test_a_malformed_call_is_answered_by_an_error(sessions, call):
    assert asyncio.run(Fallback(sessions).analyze(call))["code"] == "bad_message"
