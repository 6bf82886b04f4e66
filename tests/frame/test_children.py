"""What processes of our own do with a hostile file, page or picture, and what is said of it."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from core.errors import SourceError
from core.frame import ocr_process, page_video, probe
from core.frame.ocr_process import HEADER


def answer(text: str, status: int = 0) -> Any:
    return lambda *words, **options: subprocess.CompletedProcess([], status, text, "")


def silence(*words: object, **options: object) -> Any:
    raise subprocess.TimeoutExpired([], 1.0)


# The beginning of a file


def asked(monkeypatch: pytest.MonkeyPatch, question: str) -> list[tuple[int, int, bool]]:
    """Put a question to a child's ``main`` in this process, whose limits stay as they are."""
    limits: list[tuple[int, int, bool]] = []

    def limit(memory_bytes: int, cpu_s: int, *, writes: bool) -> None:
        limits.append((memory_bytes, cpu_s, writes))

    for module in (probe, page_video):
        monkeypatch.setattr(module, "limit_itself", limit)
    monkeypatch.setattr(sys, "stdin", io.StringIO(question))
    return limits


def test_a_sound_file_passes_within_its_limits_and_writes_nothing(
    clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = asked(monkeypatch, f"{clip}\0a visitor's clip")
    assert probe.main() == 0
    assert limits == [(probe.MEMORY_BYTES, probe.LONGEST_CPU_S, False)]


def test_a_bad_file_is_told_by_the_name_the_visitor_knows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / "secret-place.mp4"
    bad.write_bytes(b"hello\n" * 500)
    asked(monkeypatch, f"{bad}\0a visitor's clip")
    assert probe.main() == 1
    said = capsys.readouterr().out
    assert said.startswith("a visitor's clip: is not a video")
    assert "secret-place" not in said


@pytest.mark.parametrize(
    ("child", "said"),
    [
        (answer("clip: is empty\n", 1), "^clip: is empty$"),
        (answer("", 1), "damaged or made to do harm"),
        (answer("", -9), "damaged or made to do harm"),
        (answer("half an answer", 2), "damaged or made to do harm"),
        (silence, "cannot be read within"),
    ],
)
def test_a_probe_that_fails_is_one_line_with_the_mend(
    child: Any, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probe, "ask_child", child)
    with pytest.raises(SourceError, match=said):
        probe.probe(Path("copy.mp4"), "clip")


# The video of a page


@pytest.mark.parametrize(
    ("child", "said"),
    [
        (silence, "no video could be found there within"),
        (answer("Traceback"), "no video could be found there; give the address"),
        (answer('{"problem": "not installed"}'), "pip install yt-dlp"),
        (answer('{"problem": "several"}'), "shows no single video"),
        (answer('{"problem": "HTTP Error 403"}'), r"found there \(HTTP Error 403\); open the"),
    ],
)
def test_a_page_without_a_video_is_one_line_with_the_mend(
    child: Any, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_video, "ask_child", child)
    with pytest.raises(SourceError, match=f"^page: .*{said}"):
        page_video.ask_page("https://example.org/watch", "page", trusted=False)


def test_the_searching_process_sees_no_settings_of_whoever_runs_the_server(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://inside:3128")
    monkeypatch.setenv("SECRET_TOKEN", "s3cret")
    seen: dict[str, str] = {}

    def child(module: str, question: str, longest_s: float, environment: dict[str, str]) -> Any:
        seen.update(environment)
        found = {"address": "https://example.org/a.mp4", "headers": {}, "is_live": False}
        return subprocess.CompletedProcess([], 0, json.dumps(found), "")

    monkeypatch.setattr(page_video, "ask_child", child)
    found = page_video.ask_page("https://example.org/watch", "page", trusted=False)
    assert found["address"] == "https://example.org/a.mp4"
    assert not {"HTTP_PROXY", "SECRET_TOKEN"} & seen.keys()
    assert seen["YTDLP_NO_PLUGINS"] == "1"


def test_without_yt_dlp_the_answer_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for library in ("curl_cffi", "pycurl", "yt_dlp"):
        monkeypatch.setitem(sys.modules, library, None)
    limits = asked(monkeypatch, '{"url": "https://example.org", "trusted": false}')
    assert page_video.main() == 0
    assert json.loads(capsys.readouterr().out) == {"problem": "not installed"}
    assert len(limits) == 1


class YtDlp:
    """Finds what it is told to."""

    def __init__(self, found: Any) -> None:
        self._found = found
        self.utils = SimpleNamespace(YoutubeDLError=RuntimeError)
        self.options: dict[str, Any] = {}

    def YoutubeDL(self, options: dict[str, Any]) -> Any:
        self.options = options
        return self

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *error: object) -> None:
        return None

    def extract_info(self, url: str, *, download: bool) -> Any:
        assert not download
        if isinstance(self._found, Exception):
            raise self._found
        return self._found


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (
            {"url": "https://a/b.mp4", "http_headers": {"Referer": "https://a"}, "is_live": 1},
            {"address": "https://a/b.mp4", "headers": {"Referer": "https://a"}, "is_live": True},
        ),
        (
            {"url": "https://a/b.mp4"},
            {"address": "https://a/b.mp4", "headers": {}, "is_live": False},
        ),
        ({"url": "file:///etc/hostname"}, {"problem": "several"}),
        ({"entries": []}, {"problem": "several"}),
        (None, {"problem": "several"}),
        (RuntimeError("ERROR: gone\nmore"), {"problem": "gone"}),
        (RuntimeError(), {"problem": "RuntimeError"}),
        (MemoryError(), {"problem": "MemoryError"}),
    ],
)
def test_what_is_found_is_an_address_of_the_web_or_a_problem(found: Any, told: Any) -> None:
    assert page_video._search(YtDlp(found), "https://a", trusted=False) == told


def test_a_visitor_gets_one_file_and_the_owner_any_format() -> None:
    visitor, owner = YtDlp(None), YtDlp(None)
    page_video._search(visitor, "https://a", trusted=False)
    page_video._search(owner, "https://a", trusted=True)
    assert visitor.options["format"] == page_video._FILE_FORMAT
    assert owner.options["format"] == page_video._ANY_FORMAT
    assert visitor.options["noplaylist"] and visitor.options["skip_download"]


@pytest.mark.parametrize("to", [("127.0.0.1", 80), ("10.0.0.1", 80), ("::1", 80, 0, 0), "/run/x"])
def test_a_search_for_a_visitor_reaches_no_private_network(to: Any) -> None:
    guard = page_video._guard(trusted=False)
    for event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        with pytest.raises(PermissionError):
            guard(event, (None, to))
    guard("socket.connect", (None, ("1.1.1.1", 443)))


def test_a_search_starts_no_program_for_anybody() -> None:
    for trusted in (False, True):
        guard = page_video._guard(trusted=trusted)
        for event in ("subprocess.Popen", "os.system", "os.posix_spawn"):
            with pytest.raises(PermissionError):
                guard(event, ("sh",))
        guard("open", ("file", "r", 0))
    page_video._guard(trusted=True)("socket.connect", (None, ("127.0.0.1", 80)))


# The text of a picture


class Reader:
    """Reads the same lines in every picture."""

    def __init__(self, *lines: Any) -> None:
        self._lines = lines

    def readtext(self, image: Any, **options: Any) -> Any:
        return self._lines


def corners(left: float, top: float, right: float, bottom: float) -> Any:
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


def test_boxes_stay_within_the_picture_and_lines_of_no_text_are_left_out() -> None:
    reader = Reader(
        (corners(-5, -5, 50, 12), "EXIT", np.float64(0.91239)),
        (corners(0, 30, 9, 40), "\x00\x1b", 0.9),
        (corners(90, 38, 130, 55), "2", 0.5),
    )
    lines = ocr_process.read(reader, np.zeros((50, 100, 3), np.uint8), 320)
    assert lines == [["EXIT", 0.9124, 0.0, 0.0, 50.0, 12.0], ["2", 0.5, 90.0, 38.0, 10.0, 12.0]]


def test_pictures_are_answered_in_order_until_they_end_in_the_middle_of_one() -> None:
    whole = HEADER.pack(4, 6, 320) + bytes(4 * 6 * 3)
    answers = io.BytesIO()
    reader = Reader((corners(0, 0, 3, 2), "A", 1.0))
    ocr_process.serve(reader, io.BytesIO(whole * 2 + whole[:-1]), answers)
    told = [json.loads(line) for line in answers.getvalue().splitlines()]
    assert [each["lines"] for each in told] == [[["A", 1.0, 0.0, 0.0, 3.0, 2.0]]] * 2
    ocr_process.serve(reader, io.BytesIO(), answers)
    assert len(answers.getvalue().splitlines()) == 2
