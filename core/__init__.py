"""Framemood: how is the picture, and how is the person in it.

The names below are the public face. They are loaded when first asked for, so
``import core`` costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

from core.version import __version__

if TYPE_CHECKING:
    from core.errors import FramemoodError
    from core.frame.emotion import EmotionClassifier
    from core.frame.pipeline import FramePipeline
    from core.frame.quality import QualityMeter
    from core.frame.video import analyze_video
    from core.mood.colour import delta_e_2000
    from core.mood.comparison import compare_phases
    from core.mood.films import Pick, rank_films
    from core.mood.result import SessionResult
    from core.records.run import RunSummary
    from core.settings import Settings
    from core.types import EMOTIONS, FERPLUS_EMOTIONS, Frame, FrameReport

_HOMES: Final = {
    "EMOTIONS": "core.types",
    "EmotionClassifier": "core.frame.emotion",
    "FERPLUS_EMOTIONS": "core.types",
    "Frame": "core.types",
    "FramePipeline": "core.frame.pipeline",
    "FrameReport": "core.types",
    "FramemoodError": "core.errors",
    "Pick": "core.mood.films",
    "QualityMeter": "core.frame.quality",
    "RunSummary": "core.records.run",
    "SessionResult": "core.mood.result",
    "Settings": "core.settings",
    "analyze_video": "core.frame.video",
    "compare_phases": "core.mood.comparison",
    "delta_e_2000": "core.mood.colour",
    "rank_films": "core.mood.films",
}

__all__ = [
    "EMOTIONS",
    "FERPLUS_EMOTIONS",
    "EmotionClassifier",
    "Frame",
    "FramePipeline",
    "FrameReport",
    "FramemoodError",
    "Pick",
    "QualityMeter",
    "RunSummary",
    "SessionResult",
    "Settings",
    "__version__",
    "analyze_video",
    "compare_phases",
    "delta_e_2000",
    "rank_films",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'core' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
