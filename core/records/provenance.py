"""With what a run was made: settings, programs, weights; nothing that is secret."""

from __future__ import annotations

import platform
from dataclasses import asdict
from importlib import metadata
from typing import Any, Final

from core.settings import Settings
from core.version import __version__

_PACKAGES: Final = {
    "opencv": "opencv-python-headless",
    "av": "av",
    "onnxruntime": "onnxruntime",
    "numpy": "numpy",
}
_TOLD: Final = (
    "quality_threshold",
    "face_detector",
    "emotion_model",
    "detection_width",
    "quality_width",
    "max_faces",
    "smoothing_s",
    "live_fps",
    "workers",
    "ocr_languages",
    "mlflow_hz",
)
"""Settings that shape what is read. The others are paths, addresses and secrets of a machine."""


def plain_settings(settings: Settings) -> dict[str, Any]:
    """Settings for a record: what shapes the readings, and nothing that is private."""
    values = {name: value for name, value in asdict(settings).items() if name in _TOLD}
    return {
        name: value if isinstance(value, (bool, int, float, str)) else " ".join(map(str, value))
        for name, value in values.items()
    }


def versions() -> dict[str, str]:
    """Versions of the program and of what it stands on."""
    found = {"framemood": __version__, "python": platform.python_version()}
    for name, package in _PACKAGES.items():
        try:
            found[name] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found


def model_facts(settings: Settings, detector: str | None, *, emotion: bool) -> dict[str, Any]:
    """Name the models in use, with the sha256 of the weights.

    Parameters
    ----------
    settings : Settings
        Say where weights are.
    detector : str or None
        See ``FramePipeline.detector_name``.
    emotion : bool
        Whether emotions are read.
    """
    # Only here, so that reading records back needs no weights.
    from models import registry  # noqa: PLC0415

    found: dict[str, Any] = {}
    if detector is not None:
        found["faces"] = {"name": detector}
    if emotion:
        weights = registry.resolve(settings.emotion_model, settings)
        found["emotion"] = {"name": weights.name, **registry.describe(weights)}
    return found
