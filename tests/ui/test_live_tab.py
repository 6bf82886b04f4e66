import asyncio
import base64

import gradio as gr
import pytest
from gradio.routes import App
from starlette.testclient import TestClient

from core.settings import Settings
from tests.ui.doubles import PlainPipeline
from ui import live, session
from ui.admission import Admission
from ui.context import Context
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
        fallback = Fallback(Admission(sessions))
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
        fallback = Fallback(Admission(sessions))
        await say(fallback, START)
        return [
            await say(fallback, {"type": "stop_analysis"}, ticket)
            for ticket in (None, "", "guess", 1, ["x"])
        ]

    assert {reply["code"] for reply in asyncio.run(talk())} == {"not_started"}
    assert len(sessions) == 1


def test_whoever_falls_silent_gives_the_place_to_the_next_in_line(sessions, monkeypatch):
    monkeypatch.setattr("ui.live.FALLBACK_IDLE_S", 0.2)

    async def talk():
        fallback = Fallback(Admission(sessions))
        silent = await say(fallback, START)
        waiting = await say(fallback, START)
        assert (waiting["type"], waiting["position"]) == ("waiting", 1)
        while (reply := await say(fallback, START, waiting["ticket"]))["type"] == "waiting":
            await asyncio.sleep(0)
        late = await say(fallback, {"type": "stop_analysis"}, silent["ticket"])
        return late, reply

    late, after = asyncio.run(asyncio.wait_for(talk(), 60))
    assert late["code"] == "not_started"
    assert after["type"] == "started"


def test_without_a_socket_too_the_time_for_one_analysis_ends():
    sessions = Sessions(Settings(workers=1, max_sessions=1, session_limit_s=1), PlainPipeline)

    async def talk():
        fallback = Fallback(Admission(sessions))
        started = await say(fallback, START)
        fallback._applicants[started["ticket"]].began_s -= 2
        return await say(fallback, {"type": "options", "options": {}}, started["ticket"])

    assert asyncio.run(talk())["code"] == "time_up"
    assert len(sessions) == 0


@pytest.mark.parametrize("call", [None, [], "x", {}, {"message": "x"}, {"message": None}])
def test_a_malformed_call_is_answered_by_an_error(sessions, call):
    assert asyncio.run(Fallback(Admission(sessions)).analyze(call))["code"] == "bad_message"


@pytest.mark.parametrize("tab", [live, session])
def test_what_gradio_serves_without_a_socket_knows_the_visitor(tab):
    settings = Settings(workers=1, proxy_hops=1, sessions_per_visitor=1)
    context = Context(settings, Sessions(settings, PlainPipeline))
    with gr.Blocks(analytics_enabled=False) as blocks:
        tab.build(context)
    (component,) = (block for block in blocks.blocks.values() if hasattr(block, "analyze_live"))

    def ask(client, message, address, ticket=None):
        answer = client.post(
            "/gradio_api/component_server",
            json={
                "session_hash": "page",
                "component_id": component._id,
                "fn_name": "analyze_live",
                "data": {"ticket": ticket, "message": message},
            },
            headers={"X-Forwarded-For": address},
        )
        assert answer.status_code == 200
        return answer.json()

    with TestClient(App.create_app(blocks)) as client:
        started = ask(client, START, "9.9.9.9")
        assert started["type"] == "started"
        assert ask(client, START, "9.9.9.9")["code"] == "too_many"
        assert ask(client, START, "8.8.8.8")["type"] == "started"
        end = {"type": "stop_analysis"}
        assert ask(client, end, "9.9.9.9", started["ticket"])["type"] == "result"
