import asyncio
import contextlib

import gradio as gr
import pytest
from starlette.requests import HTTPConnection, Request
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from core.settings import Settings
from tests.ui.doubles import PlainPipeline
from ui.admission import Admission
from ui.protocol import ProtocolError
from ui.sessions import Sessions
from ui.socket import ANALYSIS_PATH, analysis_route
from ui.visitors import visitor_of

START = {"type": "start_analysis", "mode": "live", "options": {}}


def admission_of(**settings):
    return Admission(Sessions(Settings(workers=1, **settings), PlainPipeline))


@pytest.fixture
def serve():
    with contextlib.ExitStack() as stack:

        def start(**settings):
            admission = admission_of(**settings)
            with gr.Blocks(analytics_enabled=False) as blocks:
                gr.Markdown("a page")
            blocks.auth, blocks.auth_message = None, None
            app = gr.routes.App.create_app(
                blocks, app_kwargs={"routes": [analysis_route(admission)]}
            )
            return stack.enter_context(TestClient(app)), admission

        yield start


def connect(client, stack):
    return stack.enter_context(client.websocket_connect(ANALYSIS_PATH))


def test_places_are_given_in_the_order_they_were_asked_for():
    async def play():
        admission = admission_of(max_sessions=2, most_waiting=3)
        people = [admission.apply(str(number)) for number in range(5)]
        assert [person.position for person in people] == [0, 0, 1, 2, 3]
        with pytest.raises(ProtocolError) as refused:
            admission.apply("one too many")
        assert refused.value.code == "busy"
        admission.leave(people[0])
        assert [person.position for person in people[2:]] == [0, 1, 2]
        # Whoever leaves the line moves those behind, not those before.
        admission.leave(people[3])
        assert (people[2].position, people[4].position) == (0, 1)
        admission.leave(people[3])
        admission.leave(people[1])
        assert people[4].lane is not None
        for person in people:
            admission.leave(person)
        assert len(admission.sessions) == 0
        assert admission.waiting == 0

    asyncio.run(play())


def test_one_visitor_cannot_take_every_place():
    async def play():
        admission = admission_of(max_sessions=4, sessions_per_visitor=2)
        mine = [admission.apply("me") for _ in range(2)]
        with pytest.raises(ProtocolError) as refused:
            admission.apply("me")
        assert refused.value.code == "too_many"
        assert admission.apply("you").lane is not None
        # Whoever cannot be told from others is not counted.
        assert admission.apply("").lane is not None
        admission.leave(mine[0])
        assert admission.apply("me").lane is not None

    asyncio.run(play())


def test_whoever_waits_is_told_each_new_number_and_then_served(serve, framed):
    client, _ = serve(max_sessions=1)
    with contextlib.ExitStack() as stack:
        first = stack.enter_context(contextlib.ExitStack())
        holder = connect(client, first)
        holder.send_json(START)
        assert holder.receive_json()["type"] == "started"
        second = stack.enter_context(contextlib.ExitStack())
        ahead = connect(client, second)
        assert ahead.receive_json() == {"type": "waiting", "position": 1}
        third = connect(client, stack)
        assert third.receive_json() == {"type": "waiting", "position": 2}
        # What is said while waiting is answered later, but a frame would be old by then.
        third.send_json(START)
        third.send_bytes(framed(7))
        assert third.receive_json()["status"] == "dropped"
        second.close()
        assert third.receive_json() == {"type": "waiting", "position": 1}
        first.close()
        assert third.receive_json()["type"] == "started"
        third.send_bytes(framed(8))
        assert third.receive_json()["id"] == 8


def test_a_line_that_is_full_turns_people_away_with_a_word(serve):
    client, _ = serve(max_sessions=1, most_waiting=1)
    with contextlib.ExitStack() as stack:
        connect(client, stack).send_json(START)
        assert connect(client, stack).receive_json()["type"] == "waiting"
        last = connect(client, stack)
        assert last.receive_json()["code"] == "busy"
        with pytest.raises(WebSocketDisconnect) as closed:
            last.receive_json()
        assert closed.value.code == 1013


def test_chatter_in_the_line_is_ended(serve):
    client, admission = serve(max_sessions=1)
    with contextlib.ExitStack() as stack:
        connect(client, stack).send_json(START)
        talker = connect(client, stack)
        assert talker.receive_json()["type"] == "waiting"
        talker.send_text(" " * 5000)
        assert talker.receive_json()["code"] == "too_fast"
        with pytest.raises(WebSocketDisconnect):
            talker.receive_json()
        assert admission.waiting == 0


def test_a_silent_holder_loses_the_place_sooner_while_others_wait(serve, monkeypatch):
    monkeypatch.setattr("ui.socket.BUSY_IDLE_S", 0.01)
    client, _ = serve(max_sessions=1)
    with contextlib.ExitStack() as stack:
        holder = connect(client, stack)
        holder.send_json(START)
        assert holder.receive_json()["type"] == "started"
        waiting = connect(client, stack)
        waiting.send_json(START)
        assert holder.receive_json()["code"] == "idle"
        kinds = [waiting.receive_json()["type"]]
        while kinds[-1] != "started":
            kinds.append(waiting.receive_json()["type"])
        assert kinds == ["waiting", "started"]


def test_an_analysis_ends_when_its_time_is_over(serve):
    client, admission = serve(max_sessions=1)
    # Shorter than a person may set, so that nobody waits for it.
    object.__setattr__(admission.sessions.settings, "session_limit_s", 0.01)
    with client.websocket_connect(ANALYSIS_PATH) as socket:
        assert socket.receive_json()["code"] == "time_up"
        with pytest.raises(WebSocketDisconnect):
            socket.receive_json()
    assert len(admission.sessions) == 0


@pytest.mark.parametrize(
    ("peer", "forwarded", "hops", "expected"),
    [
        ("9.9.9.9", None, 0, "9.9.9.9"),
        # Without a proxy of ours the header is a claim and no more.
        ("9.9.9.9", "1.2.3.4", 0, "9.9.9.9"),
        ("10.0.0.1", "1.2.3.4", 1, "1.2.3.4"),
        ("10.0.0.1", "6.6.6.6, 1.2.3.4", 1, "1.2.3.4"),
        ("10.0.0.1", "6.6.6.6, 1.2.3.4, 10.0.0.2", 2, "1.2.3.4"),
        # A proxy that names nobody stands for everybody.
        ("10.0.0.1", None, 1, ""),
        ("10.0.0.1", "rubbish", 1, ""),
        ("127.0.0.1", None, 0, ""),
        ("::1", None, 0, ""),
        ("9.9.9.9", "rubbish", 1, "9.9.9.9"),
        ("10.0.0.1", "1.2.3.4:5678", 1, "1.2.3.4"),
        ("10.0.0.1", "[2001:db8::7]:5678", 1, "2001:db8::/64"),
        ("2606:4700::1", None, 0, "2606:4700::/64"),
        ("2606:4700::ffff:1", None, 0, "2606:4700::/64"),
        ("::ffff:9.9.9.9", None, 0, "9.9.9.9"),
        ("testclient", None, 0, "testclient"),
    ],
)
def test_a_visitor_is_whom_our_own_proxy_names(peer, forwarded, hops, expected):
    headers = [] if forwarded is None else [(b"x-forwarded-for", forwarded.encode())]
    scope = {"type": "http", "client": (peer, 1), "headers": headers}
    assert visitor_of(HTTPConnection(scope), hops) == expected
    # As Gradio hands it to event handlers.
    assert visitor_of(gr.Request(Request(scope)), hops) == expected


def test_a_crowd_is_asked_for_one_frame_each_and_a_few_for_more(framed):
    async def play():
        admission = admission_of(max_sessions=10)
        first = admission.apply("")
        asked = []
        for count in range(5):
            if count:
                admission.apply("")
            await admission.answer(first.lane, START)
            asked.append((await admission.answer(first.lane, framed(count)))["under_way"])
        return asked

    asked = asyncio.run(play())
    assert asked[0] > 1
    assert asked[-1] == 1
    assert asked == sorted(asked, reverse=True)
