"""``faces IMAGE...``: the faces of pictures and what they show."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace, _SubParsersAction
from dataclasses import replace
from typing import Any

from core.commands.images import add_images, for_each
from core.commands.output import say
from core.frame.faces import STILL_WIDTH
from core.frame.pictures import DecodedFrame
from core.frame.pipeline import FramePipeline
from core.settings import Settings
from core.types import EMOTIONS, Face


def add_parser(commands: _SubParsersAction[ArgumentParser]) -> None:
    """Register the command."""
    parser = commands.add_parser("faces", help="find the faces of pictures and read their emotions")
    add_images(parser)
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Read each image."""
    settings = Settings.from_environment()
    # A single picture is searched more closely than a frame: no next one does better.
    closely = replace(settings, detection_width=max(STILL_WIDTH, settings.detection_width))

    def read(frame: DecodedFrame) -> dict[str, object]:
        report = FramePipeline(closely, quality=False, smoothing=False, mirror=True).analyze(frame)
        width, height = frame.size
        return {"width": width, "height": height, "faces": [as_dict(f) for f in report.faces]}

    return for_each(arguments, settings, read, _show)


def as_dict(face: Face) -> dict[str, Any]:
    """One face, ready for JSON: px of the picture, probabilities by name."""
    probabilities = [] if face.probabilities is None else face.probabilities.tolist()
    return {
        "box": [round(value, 1) for value in face.box],
        "score": round(face.score, 4),
        "emotion": face.emotion,
        "confidence": round(face.confidence, 4),
        "trust": round(face.trust, 4),
        "trust_reason": face.trust_reason,
        "probabilities": {
            name: round(value, 5) for name, value in zip(EMOTIONS, probabilities, strict=True)
        },
    }


def _show(name: str, result: dict[str, Any]) -> None:
    count = len(result["faces"])
    say(f"{name}: {count} {'face' if count == 1 else 'faces'}")
    for face in result["faces"]:
        x, y, width, height = (round(value) for value in face["box"])
        why = f" ({face['trust_reason'].replace('_', ' ')})" if face["trust_reason"] else ""
        say(
            f"  {face['emotion']} {100 * face['confidence']:.0f} %, "
            f"trust {100 * face['trust']:.0f} %{why}, at {x},{y}, {width}x{height} px"
        )
