"""EasyOCR itself, in its process, on rendered text; it loads once for all of these."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
import psutil
import pytest
from numpy.typing import NDArray

from core.frame.ocr import TextWorker
from core.frame.ocr_service import shared_service
from core.settings import Settings

# Loading torch takes long where the machine is busy.
pytestmark = pytest.mark.timeout(400)


@pytest.fixture(scope="module")
def worker() -> Iterator[TextWorker]:
    with TextWorker() as opened:
        yield opened


def written(words: str, size: tuple[int, int] = (320, 120)) -> NDArray[np.uint8]:
    image = np.full((size[1], size[0], 3), 40, np.uint8)
    cv2.putText(image, words, (20, 70), cv2.FONT_HERSHEY_SIMPLEX, 1.0, (255, 255, 255), 2)
    return image


def test_a_word_is_read_where_it_stands(worker: TextWorker) -> None:
    (found,) = worker.read(written("EXIT")).texts
    assert found.text == "EXIT"
    assert 0.5 < found.confidence <= 1.0
    assert found.box.x < 40 < found.box.x + found.box.width
    assert found.box.y < 60 < found.box.y + found.box.height


def test_the_digits_of_a_clock_are_read(worker: TextWorker) -> None:
    words = "".join(text.text for text in worker.read(written("14:03:27")).texts)
    assert [sign for sign in words if sign.isdigit()] == list("140327")


def test_a_picture_without_text_says_nothing(worker: TextWorker) -> None:
    assert worker.read(np.full((120, 320, 3), 90, np.uint8)).texts == ()


def test_the_same_picture_reads_the_same(worker: TextWorker) -> None:
    image = written("DOCK 7")
    assert worker.read(image).texts == worker.read(image).texts


def test_torch_is_in_the_other_process_which_gives_its_memory_back(worker: TextWorker) -> None:
    import sys

    service = shared_service(("en",), Settings().models_dir / "easyocr")
    worker.read(written("A1"))
    assert "torch" not in sys.modules
    assert service.pid is not None
    reader = psutil.Process(service.pid)
    assert reader.memory_info().rss > 200 << 20
    worker.close()
    assert not reader.is_running()
