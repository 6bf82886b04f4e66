import contextlib

import gradio as gr
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from core.settings import Settings
from tests.ui.doubles import PlainPipeline
from ui.admission import Admission
from ui.protocol import MAX_MESSAGE_BYTES
from ui.sessions import Sessions
from ui.socket import ANALYSIS_PATH, analysis_route

START = {"type": "start_analysis", "mode": "live", "options": {}}


def client_of(sessions, auth=None, auth_dependency=None):
    with gr.Blocks(analytics_enabled=False) as blocks:
        gr.Markdown("a page")
    blocks.auth, blocks.auth_message = auth, None
    app = gr.routes.App.create_app(
        blocks,
        app_kwargs={"routes": [analysis_route(Admission(sessions))]},
        auth_dependency=auth_dependency,
    )
    return TestClient(app)


@pytest.fixture
def sessions():
    return Sessions(Settings(workers=2, max_sessions=2, most_waiting=0), PlainPipeline)


@pytest.fixture
def client(sessions):
    return client_of(sessions)


def refused(client, **headers):
    try:
        with client.websocket_connect(ANALYSIS_PATH, headers=headers):
            return False
    except WebSocketDisconnect as closed:
        return closed.code == 1008


def test_a_visitor_starts_sends_and_is_answered(client, framed):
    with client.websocket_connect(ANALYSIS_PATH) as socket:
        socket.send_json(START)
        assert socket.receive_json()["type"] == "started"
        for number in (1, 2, 3):
            socket.send_bytes(framed(number))
            assert socket.receive_json()["id"] == number
        socket.send_json({"type": "stop_analysis"})
        assert socket.receive_json()["frames"] == 3


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, False),
        ({"origin": "http://testserver"}, False),
        ({"origin": "https://testserver"}, False),
        ({"origin": "http://evil.example"}, True),
        ({"origin": "http://testserver.evil.example"}, True),
        ({"origin": "http://testserver:81"}, True),
        ({"origin": "null"}, True),
        ({"origin": "file://testserver"}, True),
        ({"origin": "https://app.example", "x-forwarded-host": "app.example"}, False),
        ({"origin": "https://app.example", "x-forwarded-host": "app.example, inner"}, False),
        ({"origin": "https://evil.example", "x-forwarded-host": "app.example"}, True),
    ],
)
def test_only_the_page_itself_may_open_the_socket(client, headers, expected):
    assert refused(client, **headers) is expected


def test_behind_a_login_the_socket_asks_for_the_same_cookie(sessions):
    client = client_of(sessions, auth=[("ann", "secret")])
    assert refused(client)
    assert client.post("/login", data={"username": "ann", "password": "wrong"}).status_code == 400
    assert refused(client)
    assert client.post("/login", data={"username": "ann", "password": "secret"}).status_code == 200
    assert not refused(client)
    client.get("/logout", follow_redirects=False)
    assert refused(client)


def test_a_made_up_cookie_opens_nothing(sessions):
    client = client_of(sessions, auth=[("ann", "secret")])
    name = f"access-token-unsecure-{client.app.cookie_id}"
    assert refused(client, cookie=f"{name}=guess")


@pytest.mark.parametrize("is_async", [False, True])
def test_an_auth_dependency_is_asked_as_gradio_asks_it(sessions, is_async):
    def user_of(request):
        return request.headers.get("x-user")

    async def user_of_async(request):
        return user_of(request)

    client = client_of(sessions, auth_dependency=user_of_async if is_async else user_of)
    assert refused(client)
    assert not refused(client, **{"x-user": "ann"})


def test_the_places_are_given_back_when_visitors_leave(client, sessions, eventually):
    with contextlib.ExitStack() as visitors:
        for _ in range(2):
            socket = visitors.enter_context(client.websocket_connect(ANALYSIS_PATH))
            socket.send_json(START)
            socket.receive_json()
        with client.websocket_connect(ANALYSIS_PATH) as third:
            assert third.receive_json()["code"] == "busy"
            with pytest.raises(WebSocketDisconnect) as closed:
                third.receive_json()
            assert closed.value.code == 1013
    eventually(lambda: len(sessions) == 0)
    with client.websocket_connect(ANALYSIS_PATH) as socket:
        socket.send_json(START)
        assert socket.receive_json()["type"] == "started"


def test_too_large_a_message_ends_the_connection_with_a_word(client):
    with client.websocket_connect(ANALYSIS_PATH) as socket:
        socket.send_bytes(bytes(MAX_MESSAGE_BYTES + 1))
        assert socket.receive_json()["code"] == "too_large"
        with pytest.raises(WebSocketDisconnect) as closed:
            socket.receive_json()
        assert closed.value.code == 1009


def test_a_flood_ends_the_connection_with_a_word(client, monkeypatch):
    # Low enough that no machine is too slow to send faster.
    monkeypatch.setattr("ui.socket.MAX_MESSAGES_PER_S", 0.01)
    with client.websocket_connect(ANALYSIS_PATH) as socket:
        for _ in range(3):
            socket.send_text("{}")
        codes = []
        with pytest.raises(WebSocketDisconnect):
            while True:
                codes.append(socket.receive_json()["code"])
        assert codes[-1] == "too_fast"


def test_a_silent_visitor_is_let_go(client, monkeypatch, sessions, eventually):
    monkeypatch.setattr("ui.socket.IDLE_S", 0.01)
    with client.websocket_connect(ANALYSIS_PATH) as socket:
        assert socket.receive_json()["code"] == "idle"
    eventually(lambda: len(sessions) == 0)


def test_two_visitors_see_only_their_own(client, framed):
    with (
        client.websocket_connect(ANALYSIS_PATH) as one,
        client.websocket_connect(ANALYSIS_PATH) as two,
    ):
        for socket in (one, two):
            socket.send_json(START)
            socket.receive_json()
        one.send_bytes(framed(11))
        two.send_bytes(framed(22))
        one.send_bytes(framed(12))
        assert two.receive_json()["id"] == 22
        answers = {one.receive_json()["id"], one.receive_json()["id"]}
        assert answers == {11, 12}


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.binary(max_size=64) | st.text(max_size=64), min_size=1, max_size=8))
def test_rubbish_is_answered_by_errors_and_leaves_the_analysis_working(client, framed, rubbish):
    with client.websocket_connect(ANALYSIS_PATH) as socket:
        for raw in rubbish:
            socket.send_bytes(raw) if isinstance(raw, bytes) else socket.send_text(raw)
            reply = socket.receive_json()
            assert reply["type"] == "error"
            assert "Traceback" not in reply["message"]
        socket.send_json(START)
        assert socket.receive_json()["type"] == "started"
        socket.send_bytes(framed(9))
        assert socket.receive_json()["id"] == 9
