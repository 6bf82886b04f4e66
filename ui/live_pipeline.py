"""What a live session asks of the pipeline that reads its pictures, and how one is made."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from core.frame.liveness_baseline import CameraBaseline
from core.settings import Settings
from core.types import Frame, FrameReport

if TYPE_CHECKING:
    from core.frame.pictures import DecodedFrame


class TextState(Protocol):
    """How the reading of text stands, see ``core.frame.ocr.TextFollower``."""

    @property
    def state(self) -> str:
        """One of "loading", "reading", "restarting" and "failed"."""


class Pipeline(Protocol):
    """The part of ``core.frame.pipeline.FramePipeline`` that a session uses."""

    baseline: CameraBaseline

    def analyze(self, frame: Frame | DecodedFrame) -> FrameReport:
        """Say everything about one frame."""

    @property
    def text(self) -> TextState | None:
        """How the reading of text stands; None where it is switched off."""

    def reset(self) -> None:
        """Forget the frames so far: what comes next has nothing to do with them."""

    def close(self) -> None:
        """Let go of what it holds outside of this process."""


MakePipeline = Callable[..., Pipeline]


def frame_pipeline(
    settings: Settings, *, baseline: CameraBaseline | None = None, **options: bool
) -> Pipeline:
    """Make the pipeline that live pictures are analysed by."""
    # Imported late: it loads OpenCV's and ONNX's libraries, which the page's start need not await.
    from core.frame.pipeline import FramePipeline  # noqa: PLC0415

    return FramePipeline(settings, live=True, baseline=baseline, **options)


def model_digests(settings: Settings, detector: object) -> dict[str, str]:
    """sha256 of the models that a pipeline reads with, by name."""
    # Late, as the models themselves are.
    from models.registry import Registry  # noqa: PLC0415

    registry = Registry()
    used = {settings.emotion_model, detector}
    return {name: registry.model(name).sha256 for name in registry.names if name in used}
