"""What programs may call: four named endpoints, the same analysis as on the page.

    from gradio_client import Client, handle_file
    client = Client("http://127.0.0.1:7860")
    client.predict(image=handle_file("face.jpg"), api_name="/analyze_image")

They are there unless ``ALLOW_API`` is off, which it is in public. Everything comes
back as plain JSON; what is wrong with an input comes as an error of one line. With
``MCP`` on they are tools of an MCP server too, described by their docstrings, which
are therefore in the form that Gradio reads ("Args:", one line a parameter).
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, get_type_hints

import gradio as gr
from gradio.data_classes import FileData

from core.errors import FramemoodError
from core.frame.urls import is_url, public_name
from core.types import EMOTIONS
from ui.api_files import BadInputError, address_of, picture, uploaded
from ui.context import Context
from ui.texts import LANGUAGES
from ui.video_job import analyze_for_visitor

MOST_FILMS: Final = 500
MOST_EVERY: Final = 1000
GOALS: Final = ("match", "lift")


def build(context: Context) -> None:
    """Register the endpoints on the page being built."""
    if not context.settings.allow_api:
        return
    for endpoint in (analyze_image, analyze_video, recommend, session):
        name = endpoint.__name__
        gr.api(
            _told(functools.partial(endpoint, context), endpoint),
            api_name=name,
            # One after another: programs must not take the cores from visitors.
            concurrency_id="programs",
            concurrency_limit=1,
        )


def analyze_image(
    context: Context,
    # Not "or None": Gradio makes a tool's data: URL a file only where the type says file.
    image: FileData = None,  # type: ignore[assignment]
    url: str = "",
) -> dict[str, Any]:
    """Read the faces, their emotions and the quality of one picture.

    Of a video it is the first frame. Width and height are in px; faces hold box (x, y, width,
    height in px), score, emotion, confidence, trust (all 0 to 1) and seven probabilities;
    quality holds quality_score (1 best), blur_score, noise_level (0 to 1), brightness (0 to 255).

    Args:
        image: The picture as an uploaded file or as a data: URL, JPEG, PNG or WebP; no address.
        url: An http or https address of a picture instead, where the server opens addresses.
    """
    from core.commands.faces import as_dict  # noqa: PLC0415 (loads the models' libraries)
    from core.frame.faces import STILL_WIDTH  # noqa: PLC0415
    from core.frame.pipeline import FramePipeline  # noqa: PLC0415
    from core.frame.probe import probe  # noqa: PLC0415
    from core.frame.sources import open_source  # noqa: PLC0415

    with picture(image, url, context.settings) as (path, name):
        probe(path, name)
        with open_source(path) as source:
            frame = next(frame for frame in source if frame.readable)
    width, height = frame.size
    # A single picture is searched more closely than a frame: no next one does better.
    closely = replace(
        context.settings,
        detection_width=max(STILL_WIDTH, context.settings.detection_width),
    )
    report = FramePipeline(closely, smoothing=False, mirror=True).analyze(frame)
    quality = report.quality
    return {
        "width": width,
        "height": height,
        "faces": [as_dict(face) for face in report.faces],
        "quality": None if quality is None else _plain(quality),
    }


def analyze_video(  # noqa: PLR0917 (Gradio hands over one value a parameter)
    context: Context,
    video: FileData = None,  # type: ignore[assignment]  # as above
    faces: bool = True,
    emotion: bool = True,
    quality: bool = True,
    every: int = 1,
    url: str = "",
) -> dict[str, Any]:
    """Read a whole video and sum it up: frames, seconds, faces, mean emotions and quality.

    Nothing is kept on the server.

    Args:
        video: The video as an uploaded file or, of up to 3 MB, as a data: URL; no address.
        faces: Whether faces are looked for.
        emotion: Whether their emotions are read; needs faces.
        quality: Whether the picture's quality is measured.
        every: Read every n-th frame, 1 to 1000.
        url: An http or https address of a video instead, where the server opens addresses.
    """
    source = address_of(url, video) or str(uploaded(video)[0])
    summary = analyze_for_visitor(
        source,
        None,
        faces=bool(faces),
        emotion=bool(emotion and faces),
        quality=bool(quality),
        every=_whole("every", every, 1, MOST_EVERY),
        settings=context.settings,
    )
    found: dict[str, Any] = _plain(summary)
    # Where it lay on the server is nobody's business.
    found["source"] = public_name(source) if is_url(source) else Path(source).name
    return found


def recommend(  # noqa: PLR0917 (as above)
    context: Context,
    primary: str,
    secondary: list[str] | None = None,
    top: int = 20,
    goal: str = "match",
    language: str = "en",
) -> list[dict[str, Any]]:
    """Recommend films for a primary emotion and up to two secondary ones, best first.

    Each film has tmdb_id, title, score (0 to 1) and reason, a sentence.

    Args:
        primary: anger, disgust, fear, happiness, sadness, surprise or neutral.
        secondary: Up to two more of them.
        top: How many films, 1 to 500.
        goal: "match" for films that carry the mood, "lift" for films that lead out of it.
        language: Of the reasons, "en" for English or "ko" for Korean.
    """
    from core.mood.films import rank_films  # noqa: PLC0415 (loads the catalog)

    _check_language(language)
    names = [primary, *(secondary or [])]
    for name in names:
        if name not in EMOTIONS:
            raise BadInputError(f"{str(name)[:40]!r} is no emotion; give {', '.join(EMOTIONS)}")
    if len(names) > 3 or len(set(names)) < len(names):
        raise BadInputError("give one primary and at most two secondary emotions, each once")
    if goal not in GOALS:
        raise BadInputError(f"goal is one of {', '.join(GOALS)}")
    mood = dict(zip(names, (0.6, 0.25, 0.15), strict=False))
    picks = rank_films(mood, _whole("top", top, 1, MOST_FILMS), goal=goal)
    return [
        {
            "tmdb_id": pick.tmdb_id,
            "title": pick.title,
            "score": round(float(pick.score), 4),
            "reason": pick.reason.sentence(language),
        }
        for pick in picks
    ]


def session(
    context: Context,
    first: FileData,
    second: FileData,
    language: str = "en",
) -> dict[str, Any]:
    """Compare two recordings of one person: what changed from the first to the second.

    The answer has basis ("change", "level" or "insufficient"), primary and secondary emotions,
    figures for each emotion, and the verdict as a sentence.

    Args:
        first: emotions.csv, as the analysis of a video writes it, before what is asked about.
        second: The same after it or during it.
        language: Of the sentence, "en" for English or "ko" for Korean.
    """
    from core.mood.session_file import read_table  # noqa: PLC0415
    from core.mood.verdict import SessionSettings, judge  # noqa: PLC0415

    _check_language(language)
    phases = []
    for given in (first, second):
        path, name = uploaded(given)
        table = read_table(path)
        if "" not in table:
            raise BadInputError(f"{name}: holds both phases; give one recording a phase")
        phases.append(table[""])
    verdict = judge(*phases, SessionSettings())
    return {**_plain(verdict.to_dict()), "sentence": verdict.sentence_in(language)}


def _told(call: Callable[..., Any], endpoint: Callable[..., Any]) -> Callable[..., Any]:
    """Make an endpoint what Gradio takes: a function whose hints say what it is given."""

    def told(*given: Any) -> Any:
        try:
            return call(*given)
        except FramemoodError as error:
            raise gr.Error(str(error), print_exception=False) from error

    told.__name__, told.__doc__ = endpoint.__name__, endpoint.__doc__
    hints = get_type_hints(endpoint)
    given_out = hints.pop("return")
    del hints["context"]
    told.__annotations__ = hints
    parameters = [
        parameter.replace(annotation=hints[name])
        for name, parameter in inspect.signature(endpoint).parameters.items()
        if name in hints
    ]
    signature = inspect.Signature(parameters, return_annotation=given_out)
    told.__signature__ = signature  # type: ignore[attr-defined]
    return told


def _check_language(language: Any) -> None:
    if language not in LANGUAGES:
        raise BadInputError(f"language is one of {', '.join(LANGUAGES)}")


def _whole(name: str, value: Any, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
        raise BadInputError(f"{name} is a whole number from {low} to {high}")
    if not low <= value <= high:
        raise BadInputError(f"{name} is a whole number from {low} to {high}")
    return int(value)


def _plain(value: Any) -> Any:
    """Turn a value into what JSON holds; a number that is none becomes null."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            entry.name: _plain(getattr(value, entry.name)) for entry in dataclasses.fields(value)
        }
    if isinstance(value, dict):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    if isinstance(value, float):
        return round(value, 6) if math.isfinite(value) else None
    if value is None or isinstance(value, bool | int | str):
        return value
    return str(value)
