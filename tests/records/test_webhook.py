"""Posts arrive, in order, once; what fails is tried again and never holds anybody up."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from core.errors import SettingsError
from core.records.webhook import MOST_WAITING, Webhook


class Receiver:
    """Keeps what is posted; answers with the next of ``answers``, then 200."""

    def __init__(self) -> None:
        receiver = self
        self.answers: list[int] = []
        self.posts: list[dict[str, int]] = []
        self.open = threading.Event()
        self.open.set()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.open.wait(30)
                status = receiver.answers.pop(0) if receiver.answers else 200
                if status == 200:
                    receiver.posts.append(json.loads(body))
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/incidents"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.open.set()
    made.server.shutdown()
    made.server.server_close()


def until(holds: Callable[[], object]) -> None:
    end_s = time.monotonic() + 30
    pause = threading.Event()
    while not holds():
        assert time.monotonic() < end_s, "it never came about"
        pause.wait(0.01)


def test_posts_arrive_in_order_and_once(
    receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    with Webhook(receiver.url) as webhook:
        for number in range(5):
            webhook.send({"number": number})
    assert [post["number"] for post in receiver.posts] == [0, 1, 2, 3, 4]
    assert caplog.text == ""


def test_what_the_server_could_not_take_is_tried_again(receiver: Receiver) -> None:
    receiver.answers = [503, 429, 500]
    with Webhook(receiver.url, retry_s=0.001) as webhook:
        webhook.send({"number": 1})
        webhook.send({"number": 2})
        until(lambda: len(receiver.posts) == 2)
    assert [post["number"] for post in receiver.posts] == [1, 2]


def test_what_the_server_refuses_for_good_is_not(
    receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    receiver.answers = [404]
    with Webhook(receiver.url, retry_s=0.001) as webhook:
        webhook.send({"number": 1})
        webhook.send({"number": 2})
        until(lambda: receiver.posts)
    assert [post["number"] for post in receiver.posts] == [2]
    assert caplog.text.count("not delivered: it answered 404") == 1


def test_a_server_that_hangs_holds_nobody_up_and_the_queue_has_an_end(
    receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    receiver.open.clear()
    with Webhook(receiver.url) as webhook:
        # One is under way at most; the sender never waits for it.
        for number in range(MOST_WAITING + 10):
            webhook.send({"number": number})
        assert caplog.text.count("one was left out") >= 9
        receiver.open.set()


def test_an_address_that_is_none_is_refused() -> None:
    for wrong in ("incidents", "ftp://host/x", "http://"):
        with pytest.raises(SettingsError, match="webhook"):
            Webhook(wrong)


def test_nobody_there_is_told_and_given_up(caplog: pytest.LogCaptureFixture) -> None:
    with Webhook("http://127.0.0.1:9/", retry_s=0.001) as webhook:
        webhook.send({"number": 1})
    assert caplog.text.count("not delivered") == 1
