"""Clients that are broken, slow, gone or hostile cost themselves their answer and nobody else."""

import asyncio
import contextlib
import json
import random
import socket
import struct
import threading

import pytest
import uvicorn
import websockets
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette

from core.settings import Settings
from tests.ui.doubles import HeldPipeline, PlainPipeline
from tests.ui.mutations import mutated
from ui.admission import Admission
from ui.sessions import Sessions
from ui.socket import ANALYSIS_PATH, analysis_route, encode

START = json.dumps({"type": "start_analysis", "mode": "live", "options": {}})
KINDS = {"started", "report", "result", "error", "phase"}


class Served:
    """The route on a real port."""

    def __init__(self, make_pipeline=PlainPipeline, **options):
        self.admission = Admission(Sessions(Settings(workers=2, **options), make_pipeline))
        app = Starlette(routes=[analysis_route(self.admission)])
        app.auth = None
        config = uvicorn.Config(app, port=0, log_level="critical", lifespan="off")
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.thread.start()

    @property
    def port(self):
        return self.server.servers[0].sockets[0].getsockname()[1]

    @property
    def url(self):
        return f"ws://127.0.0.1:{self.port}{ANALYSIS_PATH}"

    def stop(self):
        self.server.should_exit = self.server.force_exit = True
        self.thread.join(timeout=30)


@pytest.fixture
def serve(eventually):
    with contextlib.ExitStack() as stack:

        def start(*arguments, **options):
            served = Served(*arguments, **options)
            stack.callback(served.stop)
            eventually(lambda: served.server.started)
            return served

        yield start


def is_empty(admission):
    return len(admission.sessions) == 0 and admission.waiting == 0


def test_of_two_hundred_who_come_at_once_each_learns_where_they_stand(serve, eventually):
    served = serve(max_sessions=4, most_waiting=150)

    async def come():
        async with websockets.connect(served.url, open_timeout=None, compression=None) as client:
            # Who is turned away may be told so before having said anything.
            with contextlib.suppress(websockets.ConnectionClosed):
                await client.send(START)
            first = json.loads(await client.recv())
            told.append(first)
            everyone.release()
            await gone.wait()

    async def play():
        comers = [asyncio.create_task(come()) for _ in range(200)]
        for _ in comers:
            await everyone.acquire()
        gone.set()
        await asyncio.gather(*comers, return_exceptions=True)

    told, everyone, gone = [], asyncio.Semaphore(0), asyncio.Event()
    asyncio.run(asyncio.wait_for(play(), 150))
    started = [reply for reply in told if reply["type"] == "started"]
    waiting = sorted(reply["position"] for reply in told if reply["type"] == "waiting")
    busy = [reply for reply in told if reply.get("code") == "busy"]
    assert (len(started), len(waiting), len(busy)) == (4, 150, 46)
    assert waiting == list(range(1, 151))
    eventually(lambda: is_empty(served.admission))


def test_a_client_that_vanishes_while_its_frame_is_read_leaves_nothing(serve, framed, eventually):
    held = HeldPipeline()
    served = serve(lambda *_, **__: held)

    async def play():
        client = await websockets.connect(served.url)
        await client.send(START)
        await client.recv()
        await client.send(framed(1))
        assert await asyncio.to_thread(held.entered.acquire, timeout=30)
        # A reset instead of a goodbye, as when a cable is pulled and put back.
        raw = client.transport.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.transport.abort()

    asyncio.run(play())
    eventually(lambda: is_empty(served.admission))
    held.gate.release()


def test_clients_that_never_finish_asking_hold_up_nobody(serve, framed):
    served = serve()
    with contextlib.ExitStack() as stack:
        for _ in range(100):
            slow = stack.enter_context(socket.create_connection(("127.0.0.1", served.port)))
            slow.sendall(b"GET /ws/analysis HTTP/1.1\r\nHost: x\r\nUpgrade: webs")

        async def play():
            async with websockets.connect(served.url) as client:
                await client.send(START)
                await client.recv()
                await client.send(framed(5))
                return json.loads(await client.recv())

        assert asyncio.run(asyncio.wait_for(play(), 60))["id"] == 5


def test_a_message_beyond_all_measure_is_not_even_taken_in(serve, eventually):
    served = serve()
    served.server.config.ws_max_size = 4096

    async def play():
        async with websockets.connect(served.url) as client:
            await client.send(bytes(100_000))
            with pytest.raises(websockets.ConnectionClosed) as closed:
                while True:
                    await client.recv()
            return closed.value.rcvd.code

    assert asyncio.run(asyncio.wait_for(play(), 60)) == 1009
    eventually(lambda: is_empty(served.admission))


@settings(max_examples=300)
@given(st.randoms(use_true_random=False), st.booleans())
def test_almost_right_messages_get_one_plain_answer_each(chance, begun):
    session = Sessions(Settings(workers=1), PlainPipeline).open().session
    if begun:
        session.process(START)
    for _ in range(3):
        reply = session.process(mutated(chance))
        text = encode(reply)
        assert reply["type"] in KINDS
        assert "Traceback" not in text
        assert reply.get("code") != "internal"
        assert len(text) < 10_000
    assert session.process(START)["type"] == "started"


def test_a_step_of_the_wall_clock_changes_nothing(framed, monkeypatch):
    session = Sessions(Settings(workers=1), PlainPipeline).open().session
    session.process(START)
    times = []
    for number, wall_s in enumerate((1e9, 0.0, 2e9, -5.0)):
        monkeypatch.setattr("time.time", lambda wall_s=wall_s: wall_s)
        times.append(session.process(framed(number))["time_s"])
    assert times == sorted(times)
    assert times[-1] < 60


def test_the_same_dice_give_the_same_message():
    assert mutated(random.Random(1)) == mutated(random.Random(1))
