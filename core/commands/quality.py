"""``quality IMAGE...``: how good pictures are."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace, _SubParsersAction
from typing import Any

from core.commands.images import add_images, for_each
from core.commands.output import say
from core.frame.pictures import DecodedFrame
from core.frame.quality import QualityMeter
from core.settings import Settings


def add_parser(commands: _SubParsersAction[ArgumentParser]) -> None:
    """Register the command."""
    parser = commands.add_parser("quality", help="measure blur, brightness, noise and quality")
    add_images(parser)
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Measure each image."""
    settings = Settings.from_environment()

    def read(frame: DecodedFrame) -> dict[str, object]:
        # A meter of its own: these pictures do not follow each other.
        meter = QualityMeter(settings.quality_width)
        luma = frame.luma
        reading = meter.measure_luma(luma.plane, 0.0, limited_range=luma.limited_range)
        width, height = frame.size
        return {
            "width": width,
            "height": height,
            "blur_score": round(reading.blur_score, 4),
            "brightness": round(reading.brightness, 2),
            "noise_level": round(reading.noise_level, 4),
            "quality_score": round(reading.quality_score, 4),
            "is_poor": bool(reading.quality_score < settings.quality_threshold),
        }

    return for_each(arguments, settings, read, _show)


def _show(name: str, result: dict[str, Any]) -> None:
    poor = ", poor" if result["is_poor"] else ""
    say(
        f"{name}: quality {100 * result['quality_score']:.0f} %{poor}; "
        f"blur {100 * result['blur_score']:.0f} %, "
        f"brightness {result['brightness']:.0f} of 255, noise {100 * result['noise_level']:.0f} %"
    )
