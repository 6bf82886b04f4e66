"""The command line: status 0, 1 or 2, results on one channel and complaints on the other."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from core.__main__ import COMMANDS, build_parser, main
from core.commands import doctor
from core.commands.analyze import directories


@pytest.fixture
def picture(tmp_path: Path, astronaut: np.ndarray) -> Path:
    path = tmp_path / "astronaut.png"
    cv2.imwrite(str(path), astronaut)
    return path


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("VIDEO_SOURCE", "QUALITY_THRESHOLD", "PORT", "FACE_DETECTOR"):
        monkeypatch.delenv(name, raising=False)


def test_analyze_writes_its_files_and_says_what_it_found(
    clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["analyze", str(clip), "--out", str(tmp_path / "out")]) == 0
    spoken = capsys.readouterr()
    assert "25 frames" in spoken.out
    assert "happiness" in spoken.out
    assert spoken.err == ""
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {
        "metrics.csv",
        "emotions.csv",
        "columns.json",
        "incidents.json",
        "summary.json",
        "report.html",
        "annotated.mp4",
    }


def test_analyze_as_json_is_the_summary_alone(
    clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert (
        main(["analyze", str(clip), "--out", str(out), "--json", "--no-faces", "--no-video"]) == 0
    )
    spoken = json.loads(capsys.readouterr().out)
    assert spoken == json.loads((out / "summary.json").read_text("utf-8"))


def test_several_sources_get_a_directory_each_and_a_bad_one_stops_none(
    clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / "bad.mp4"
    bad.write_bytes(b"text\n" * 100)
    sources = [str(bad), str(clip)]
    assert main(["analyze", *sources, "--out", str(tmp_path / "out"), "--no-faces"]) == 1
    spoken = capsys.readouterr()
    assert spoken.err.count("\n") == 1
    assert spoken.err.startswith(str(bad))
    assert (tmp_path / "out" / "clip" / "metrics.csv").is_file()


def test_sources_of_one_name_do_not_overwrite_each_other() -> None:
    found = directories(["a/x.mp4", "b/x.mov", "https://h/p/x.mp4?k=1"], Path("out"))
    assert [path.name for path in found] == ["x", "x-2", "x-3"]
    assert directories(["a/x.mp4"], Path("out")) == [Path("out")]


def test_directories_stay_apart_where_disks_tell_no_capitals_from_small_letters():
    found = directories(["a/X.mp4", "b/x.mp4"], Path("out"))
    assert len({str(place).casefold() for place in found}) == 2


def test_no_directory_of_a_source_leads_out_of_the_one_that_was_given():
    found = directories(["https://h/..", "..", "..."], Path("out"))
    assert found == [Path("out/source"), Path("out/source-2"), Path("out/source-3")]


def test_analyze_without_a_source_takes_the_one_of_the_settings(
    clip: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["analyze", "--out", str(tmp_path / "out")]) == 1
    assert "VIDEO_SOURCE" in capsys.readouterr().err
    monkeypatch.setenv("VIDEO_SOURCE", str(clip))
    assert main(["analyze", "--out", str(tmp_path / "out"), "--no-faces", "--no-video"]) == 0


def test_faces_names_the_smile(picture: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["faces", str(picture)]) == 0
    spoken = capsys.readouterr().out
    assert "1 face" in spoken
    assert "happiness" in spoken


def test_faces_as_json_has_the_box_and_the_seven(
    picture: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["faces", str(picture), "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert (found["image"], found["width"], found["height"]) == (str(picture), 512, 512)
    (face,) = found["faces"]
    assert face["emotion"] == "happiness"
    assert sum(face["probabilities"].values()) == pytest.approx(1.0, abs=1e-3)
    x, y, width, height = face["box"]
    assert x < 222 < x + width
    assert y < 118 < y + height


def test_quality_tells_a_sharp_picture_from_a_blurred_one(
    picture: Path, astronaut: np.ndarray, capsys: pytest.CaptureFixture[str]
) -> None:
    blurred = picture.with_name("blurred.png")
    cv2.imwrite(str(blurred), cv2.GaussianBlur(astronaut, (0, 0), 6))
    assert main(["quality", str(picture), str(blurred), "--json"]) == 0
    sharp, soft = json.loads(capsys.readouterr().out)
    assert sharp["blur_score"] < soft["blur_score"]
    assert sharp["quality_score"] > soft["quality_score"]
    assert main(["quality", str(picture)]) == 0
    assert "%" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["faces", "quality"])
def test_a_bad_picture_stops_none_of_the_others(
    command: str, picture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = tmp_path / "none.png"
    assert main([command, str(missing), str(picture), "--json"]) == 1
    spoken = capsys.readouterr()
    assert len(json.loads(spoken.out)) == 1
    assert spoken.err == f"{missing}: there is no such file; check the path\n"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_speaks_json_and_has_help(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    # What is done with records is a command of its own.
    words = [command, "list"] if command == "records" else [command]
    with pytest.raises(SystemExit) as caught:
        build_parser().parse_args([*words, "--help"])
    assert caught.value.code == 0
    assert "--json" in capsys.readouterr().out


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["dance"],
        ["analyze", "a.mp4"],
        ["analyze", "a.mp4", "--out", "o", "--every", "0"],
        ["faces"],
    ],
)
def test_a_wrong_call_is_status_two(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(words)
    assert caught.value.code == 2
    assert "usage" in capsys.readouterr().err


def test_a_wrong_setting_is_one_line(
    clip: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("QUALITY_THRESHOLD", "7")
    assert main(["analyze", str(clip), "--out", str(tmp_path)]) == 1
    complaint = capsys.readouterr().err
    assert complaint.count("\n") == 1
    assert "QUALITY_THRESHOLD" in complaint


def test_bad_input_shows_no_traceback_and_status_one_outside(tmp_path: Path) -> None:
    bad = tmp_path / "clip.mp4"
    bad.write_bytes(b"")
    found = subprocess.run(
        [sys.executable, "-m", "core", "analyze", str(bad), "--out", str(tmp_path / "out")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 1
    assert found.stdout == ""
    assert found.stderr == f"{bad}: is empty (0 bytes); copy or record it again\n"


def test_doctor_checks_everything_it_promises(capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["doctor", "--json"])
    found = {check["name"]: check for check in json.loads(capsys.readouterr().out)}
    assert set(found) == {
        "python",
        "opencv",
        "faces",
        "emotion",
        "text",
        "codecs",
        "camera",
        "port",
        "disk",
    }
    assert status == (1 if "fails" in {check["state"] for check in found.values()} else 0)
    assert found["codecs"]["state"] == "ok"


def test_doctor_tells_of_two_opencv_that_differ(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    versions = {"opencv-python": "4.14.0.94", "opencv-python-headless": "4.12.0.88"}
    monkeypatch.setattr(doctor, "_version", lambda name: versions[name])
    assert main(["doctor"]) == 1
    (line,) = [line for line in capsys.readouterr().out.splitlines() if " opencv " in line]
    assert line.startswith("fails")
    assert "same version" in line


def test_doctor_says_what_text_needs_in_another_language(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OCR_LANGUAGES", "ko, en")
    monkeypatch.setenv("MODELS_DIR", str(tmp_path))
    main(["doctor", "--json"])
    found = {check["name"]: check for check in json.loads(capsys.readouterr().out)}
    assert found["text"]["state"] == "note"
    assert "ko, en: no weights" in found["text"]["finding"]


def test_doctor_tells_of_a_port_in_use(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        monkeypatch.setenv("PORT", str(taken.getsockname()[1]))
        main(["doctor"])
    (line,) = [line for line in capsys.readouterr().out.splitlines() if " port " in line]
    assert line.startswith("note")
    assert "set PORT" in line


def test_doctor_tells_of_a_missing_encoder(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    has: Callable[[str, str], bool] = lambda name, mode: mode == "r"  # noqa: E731
    monkeypatch.setattr(doctor, "_has_codec", has)
    assert main(["doctor"]) == 1
    assert "writing H.264 is missing" in capsys.readouterr().out
