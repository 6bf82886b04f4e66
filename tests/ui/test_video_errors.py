from __future__ import annotations

import errno
import re
from pathlib import Path

import av
import numpy as np
import pytest

from core.errors import ModelError, RecordError, SourceError
from core.frame.sources import open_source
from core.settings import Settings
from ui.texts import text
from ui.video_errors import explain
from ui.video_job import Request
from ui.video_jobs import QueueFullError

HANGUL = re.compile("[가-힣]")


def sound_only(path: Path) -> None:
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=44_100)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 44_100), np.float32), "fltp", "mono")
        frame.sample_rate = 44_100
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def truncated(path: Path, clip: Path) -> None:
    data = clip.read_bytes()
    path.write_bytes(data[: len(data) // 3])


BAD_FILES = {
    "empty": lambda path, _: path.write_bytes(b""),
    "sound": lambda path, _: sound_only(path),
    "unreadable": truncated,
    "text": lambda path, _: path.write_text("this is not a video\n" * 50, "utf-8"),
    "gone": lambda path, _: None,
}


@pytest.mark.parametrize("kind", BAD_FILES)
def test_a_bad_file_is_explained_in_both_languages(tmp_path, clip, kind):
    path = tmp_path / "holiday.mp4"
    BAD_FILES[kind](path, clip)
    request = Request(source=str(path), name="holiday.mp4")
    with pytest.raises(SourceError) as caught, open_source(str(path)) as opened:
        list(opened)
    english = explain(caught.value, request, "en")
    korean = explain(caught.value, request, "ko")
    for line in (english, korean):
        assert line.startswith("holiday.mp4: ")
        assert "\n" not in line
        assert str(tmp_path) not in line
    assert HANGUL.search(korean)
    assert not HANGUL.search(english)
    # Recognised, and not merely answered with the line for what nobody knows.
    assert korean != text("video.error_other", "ko", name="holiday.mp4")


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("http://127.0.0.1/clip.mp4", "private"),
        ("http://127.0.0.1:9/clip.mp4", "port"),
        ("http://nowhere.invalid/clip.mp4", "host"),
    ],
)
def test_an_address_that_is_not_opened_says_why(url, key):
    request = Request(source=url, name=url)
    with pytest.raises(SourceError) as caught:
        open_source(url, Settings())
    assert explain(caught.value, request, "ko") == text(f"video.error_{key}", "ko", name=url)
    assert explain(caught.value, request, "en").startswith(f"{url}: ")


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize(
    ("error", "key"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "disk"),
        (RecordError("/secret/metrics.csv: cannot be written (No space left on device)"), "disk"),
        (ModelError("/secret/emotion.onnx: damaged"), "model"),
        (ZeroDivisionError("/secret"), "inside"),
        (QueueFullError("full"), "queue"),
    ],
)
def test_faults_of_the_server_name_no_path_of_it(error, key, language):
    request = Request(source="/secret/clip.mp4", name="clip.mp4")
    line = explain(error, request, language)
    assert "/secret" not in line
    expected = {} if key == "queue" else {"name": "clip.mp4"}
    assert line == text(f"video.error_{key}", language, **expected)
