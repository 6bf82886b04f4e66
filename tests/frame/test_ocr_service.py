"""The text reader as a service: turns, crashes, and who gets what; with a stand-in process."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
import pytest
from numpy.typing import NDArray

from core.errors import ModelError
from core.frame.ocr import TextFollower, TextWorker
from core.frame.ocr_process import in_reading_order, plain
from core.frame.ocr_reader import LARGEST_PX
from core.frame.ocr_service import TextService
from core.frame.pictures import ImagePicture
from core.settings import Settings
from core.types import Box, Frame

FAKE = (sys.executable, str(Path(__file__).with_name("fake_reader.py")))
PATIENCE_S = 30.0


def picture(blue: int, height: int = 20, width: int = 30) -> NDArray[np.uint8]:
    return np.full((height, width, 3), blue, np.uint8)


def until(holds: Callable[[], object]) -> None:
    """Wait for what another thread does."""
    end_s = time.monotonic() + PATIENCE_S
    pause = threading.Event()
    while not holds():
        assert time.monotonic() < end_s, "it never came about"
        pause.wait(0.01)


@pytest.fixture
def service() -> TextService:
    return TextService(FAKE, retry_s=0.01)


def test_what_is_read_comes_back_with_its_box_confidence_and_time(service: TextService) -> None:
    with TextWorker(service=service) as worker:
        scan = worker.read(picture(7), time_s=3.5)
    (found,) = scan.texts
    assert (found.text, found.confidence, found.box) == ("n7", 0.5, Box(1, 2, 3, 4))
    assert scan.time_s == 3.5


def test_a_box_is_in_pixels_of_the_picture_that_was_offered(service: TextService) -> None:
    with TextWorker(service=service) as worker:
        (found,) = worker.read(picture(7, 40, 2 * LARGEST_PX)).texts
    assert found.box == Box(2, 4, 6, 8)


def test_results_go_only_to_whoever_offered_the_picture(service: TextService) -> None:
    with TextWorker(service=service) as one, TextWorker(service=service) as other:
        one.offer(picture(1), 0.0)
        other.offer(picture(2), 0.0)
        until(lambda: one.newest() and other.newest())
        assert [one.newest()[0].text, other.newest()[0].text] == ["n1", "n2"]


def test_a_visitor_who_offers_much_does_not_keep_another_waiting(service: TextService) -> None:
    with (
        TextWorker(service=service, every_s=0.0) as greedy,
        TextWorker(service=service) as modest,
    ):
        greedy.read(picture(1))
        stop = threading.Event()

        def flood() -> None:
            while not stop.is_set():
                greedy.offer(picture(1), 0.0)

        flooding = threading.Thread(target=flood)
        flooding.start()
        try:
            assert modest.read(picture(2)).texts[0].text == "n2"
        finally:
            stop.set()
            flooding.join()


def test_of_the_pictures_that_wait_only_the_newest_is_read(service: TextService) -> None:
    with TextWorker(service=service, every_s=0.0) as worker:
        # The process is still starting, so all of these wait.
        for number in range(50):
            worker.offer(picture(number), float(number))
        until(worker.newest)
        assert worker.newest()[0].text == "n49"


def test_after_one_reading_the_next_is_due_only_later(service: TextService) -> None:
    with TextWorker(service=service, every_s=1000.0) as worker:
        worker.read(picture(1))
        assert not worker.is_due
        worker.offer(picture(2), 1.0)
        worker.read(picture(3))  # a reading on demand does not wait
        assert worker.newest()[0].text == "n3"


def test_live_pictures_are_searched_as_closely_as_there_is_time_for(service: TextService) -> None:
    def canvas(worker: TextWorker, blue: int) -> str:
        scans = worker._box.scans
        worker.offer(picture(blue), 0.0)
        until(lambda: worker._box.scans > scans)
        return worker.newest()[0].text.removeprefix("canvas ")

    with TextWorker(service=service, every_s=0.0) as worker:
        assert [canvas(worker, 253) for _ in range(3)] == ["400", "320", "320"]
        assert [canvas(worker, 252) for _ in range(4)] == ["320", "400", "480", "480"]


def test_files_are_always_searched_most_closely(service: TextService) -> None:
    with TextWorker(service=service) as worker:
        told = {worker.read(picture(253)).texts[0].text for _ in range(4)}
    assert told == {"canvas 480"}


def test_the_process_ends_when_the_last_one_leaves(service: TextService) -> None:
    with TextWorker(service=service) as one:
        one.read(picture(1))
        pid = service.pid
        assert pid is not None
        with TextWorker(service=service) as other:
            other.read(picture(2))
            assert service.pid == pid
        assert psutil.pid_exists(pid)
    until(lambda: not psutil.pid_exists(pid))


def test_a_worker_that_is_forgotten_leaves_too(service: TextService) -> None:
    worker = TextWorker(service=service)
    worker.read(picture(1))
    pid = service.pid
    assert pid is not None
    del worker
    until(lambda: not psutil.pid_exists(pid))


def test_after_all_left_the_next_one_starts_it_again(service: TextService) -> None:
    for number in (1, 2):
        with TextWorker(service=service) as worker:
            assert worker.read(picture(number)).texts[0].text == f"n{number}"


def test_a_killed_process_is_started_again_and_it_is_said(
    service: TextService, caplog: pytest.LogCaptureFixture
) -> None:
    with TextWorker(service=service, every_s=0.0) as worker:
        worker.read(picture(1))
        assert service.pid is not None
        os.kill(service.pid, 9)
        assert worker.read(picture(2)).texts[0].text == "n2"
        assert service.restarts == 1
        assert "started again" in caplog.text
        assert worker.state == "reading"


@pytest.mark.parametrize("blue", [254, 255])
def test_a_picture_that_kills_the_reader_is_refused_and_the_next_is_read(
    service: TextService, blue: int
) -> None:
    with TextWorker(service=service) as worker:
        with pytest.raises(ModelError, match="this picture"):
            worker.read(picture(blue))
        assert worker.read(picture(3)).texts[0].text == "n3"


def test_a_reader_that_cannot_load_says_why_and_how_to_mend_it() -> None:
    with TextWorker(service=TextService((*FAKE, "--cannot"))) as worker:
        with pytest.raises(ModelError, match=r"no weights.*install"):
            worker.read(picture(1))
        assert worker.state == "failed"
        assert "no weights" in worker.problem


def test_languages_are_codes() -> None:
    for wrong in ((), ("../en",), ("en", "")):
        with pytest.raises(ModelError, match="languages"):
            TextWorker(wrong)


def test_of_a_file_the_first_frame_of_each_second_is_read(service: TextService) -> None:
    with TextWorker(service=service) as worker:
        follower = TextFollower(Settings(), live=False, worker=worker)
        told = []
        for number in range(8):
            follower.look(ImagePicture(Frame(number, number * 0.3, picture(number))))
            told.append(follower.texts(change=0.0)[0].text)
        assert told == ["n0"] * 4 + ["n4"] * 3 + ["n7"]


def test_a_file_whose_text_cannot_be_read_is_read_on_without_it() -> None:
    with TextWorker(service=TextService((*FAKE, "--cannot"))) as worker:
        follower = TextFollower(Settings(), live=False, worker=worker)
        for number in range(3):
            follower.look(ImagePicture(Frame(number, float(number), picture(1))))
            assert follower.texts(0.0) == ()
        assert "no weights" in follower.problem


def test_text_holds_no_control_characters_and_is_bounded() -> None:
    assert plain("a\x00b\x1b[31m\u202e c\n") == "a b [31m c"
    assert len(plain("x" * 10_000)) == 200


def test_lines_come_from_top_to_bottom_and_left_to_right() -> None:
    def line(text: str, x: float, y: float) -> list[object]:
        return [text, 1.0, x, y, 30.0, 10.0]

    mixed = [line("d", 5, 40), line("b", 60, 1), line("a", 5, 3), line("c", 99, 2)]
    assert [each[0] for each in in_reading_order(mixed)] == ["a", "b", "c", "d"]
