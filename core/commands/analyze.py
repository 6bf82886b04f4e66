"""``analyze SOURCE... --out DIR``: every frame of a video measured, drawn and recorded."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace, _SubParsersAction
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, Final

from core.cluster import ClipResult, analyze_many, connect
from core.commands.output import BAD_INPUT, DONE, add_json, complain, say, say_json
from core.errors import FramemoodError, SettingsError
from core.frame.urls import is_url, public_name
from core.frame.video import Progress, analyze_video
from core.records.run import RunSummary
from core.settings import Settings

_MOST_INCIDENTS: Final = 12


def add_parser(commands: _SubParsersAction[ArgumentParser]) -> None:
    """Register the command."""
    parser = commands.add_parser(
        "analyze",
        help="measure quality, faces and emotions of every frame of a video",
        description="Writes metrics.csv, emotions.csv, incidents.json, summary.json, report.html "
        "and annotated.mp4; of several sources, each into a directory of its own.",
    )
    parser.add_argument(
        "sources",
        nargs="*",
        metavar="SOURCE",
        help="a video file, an http(s) address or an rtsp stream; VIDEO_SOURCE when left out",
    )
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="where the files are written"
    )
    parser.add_argument("--no-faces", action="store_true", help="look for no faces")
    parser.add_argument("--no-emotion", action="store_true", help="read no emotions")
    parser.add_argument("--no-quality", action="store_true", help="measure no quality")
    parser.add_argument(
        "--ocr", action="store_true", help="read text in the picture, too, once a second of video"
    )
    parser.add_argument(
        "--record", action="store_true", help="keep the run among the records in RECORDS_DIR, too"
    )
    parser.add_argument(
        "--mlflow",
        action="store_true",
        help="send the run to MLflow: the server of MLFLOW_TRACKING_URI, or a local SQLite file",
    )
    parser.add_argument("--no-video", action="store_true", help="write no annotated.mp4")
    parser.add_argument(
        "--every", type=_positive, default=1, metavar="N", help="analyze every Nth frame"
    )
    parser.add_argument(
        "--cluster",
        metavar="local|ADDRESS",
        help="share the sources among Dask workers: one a core here, or those of a scheduler",
    )
    add_json(parser)
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Analyze each source; the bad ones are told of and the others still done."""
    settings = Settings.from_environment()
    sources: list[str] = arguments.sources or [settings.video_source]
    if not sources[0]:
        complain("analyze: no source; give a video file or address, or set VIDEO_SOURCE")
        return BAD_INPUT
    options = {
        "faces": not arguments.no_faces,
        "emotion": not arguments.no_emotion,
        "quality": not arguments.no_quality,
        "ocr": arguments.ocr,
        "every": arguments.every,
        "annotate": not arguments.no_video,
        "record": arguments.record,
        "mlflow": arguments.mlflow,
    }
    places = directories(sources, arguments.out)
    results: dict[Path, ClipResult] = {}

    def take(result: ClipResult) -> None:
        results[result.directory] = result
        if result.summary is None:
            complain(result.error)
            return
        for problem in result.summary.problems:
            complain(problem)
        if arguments.json:
            return
        if arguments.cluster:
            say(f"[{len(results)} of {len(sources)}]")
        _say_summary(result.summary, result.directory)
        if arguments.mlflow:
            say("  mlflow    being sent; what does not arrive waits for `records deliver`")

    try:
        if arguments.cluster:
            with connect(arguments.cluster) as client:
                sys.stderr.write(f"cluster of {arguments.cluster}: {client.dashboard_link}\n")
                analyze_many(client, sources, places, settings=settings, on_done=take, **options)
        else:
            for source, directory in zip(sources, places, strict=True):
                take(_analyze_here(source, directory, settings, options))
    except SettingsError as error:
        complain(str(error))
        return BAD_INPUT
    if arguments.json:
        summaries = [results[place].summary for place in places]
        values = [summary.as_dict() for summary in summaries if summary is not None]
        say_json(values[0] if len(sources) == 1 and values else values)
    return DONE if all(result.summary for result in results.values()) else BAD_INPUT


def _analyze_here(
    source: str, directory: Path, settings: Settings, options: dict[str, Any]
) -> ClipResult:
    tell = _progress_line(source) if sys.stderr.isatty() else None
    try:
        summary = analyze_video(
            source, directory, settings=settings, on_progress=tell, trusted=True, **options
        )
    except FramemoodError as error:
        return ClipResult(source, directory, None, str(error))
    return ClipResult(source, directory, summary)


def directories(sources: Sequence[str], out: Path) -> list[Path]:
    """Where each source's files go: ``out`` itself, or a directory in it named after the source."""
    if len(sources) == 1:
        return [out]
    taken: set[str] = set()
    places = []
    for source in sources:
        stem = PurePosixPath(public_name(source)).stem if is_url(source) else Path(source).stem
        # Dots alone would lead out of the directory.
        stem = stem if stem.strip(".") else "source"
        name, count = stem, 1
        # Many disks tell no "A" from "a".
        while name.casefold() in taken:
            count += 1
            name = f"{stem}-{count}"
        taken.add(name.casefold())
        places.append(out / name)
    return places


def _say_summary(summary: RunSummary, directory: Path) -> None:
    say(
        f"{summary.source}: {summary.frames} frames, {summary.duration_s:.1f} s, "
        f"analyzed at {summary.fps:.0f} frames/s"
    )
    if summary.mean_quality is not None and summary.min_quality is not None:
        say(
            f"  quality   {100 * summary.mean_quality:.0f} % on average, "
            f"{100 * summary.min_quality:.0f} % at worst, "
            f"{100 * (summary.below_threshold or 0):.0f} % of the frames poor"
        )
    for kind, found in (("weak", summary.weak_stretches), ("frozen", summary.freezes)):
        if found:
            spans = ", ".join(f"{each.onset_s:.1f}-{each.end_s:.1f} s" for each in found[:8])
            say(f"  {kind:<9} {spans}{' ...' if len(found) > 8 else ''}")
    for incident in summary.incidents[:_MOST_INCIDENTS]:
        span = f"{incident.onset_s:.1f}-{incident.end_s:.1f} s"
        say(f"  incident  {span}: {incident.words()}. {incident.advice()}")
    if len(summary.incidents) > _MOST_INCIDENTS:
        say(f"            and {len(summary.incidents) - _MOST_INCIDENTS} more in incidents.json")
    if summary.emotions:
        strongest = sorted(summary.emotions.items(), key=lambda item: -item[1])[:3]
        shares = ", ".join(f"{name} {100 * share:.0f} %" for name, share in strongest)
        faces = "1 face" if summary.faces == 1 else f"{summary.faces} faces"
        say(f"  emotions  {shares} (mean over {faces})")
    say(f"  files     {directory}")


def _progress_line(source: str) -> Callable[[Progress], None]:
    name = public_name(source) if is_url(source) else Path(source).name

    def tell(progress: Progress) -> None:
        share = ""
        if progress.frames_total:
            share = f" {100 * min(1.0, progress.frames_done / progress.frames_total):.0f} %"
        left = "" if progress.eta_s is None else f", {progress.eta_s:.0f} s left"
        line = f"{name}:{share} {progress.frames_done} frames, {progress.fps:.0f} frames/s{left}"
        sys.stderr.write(f"\r\x1b[K{line[:100]}")
        if progress.eta_s == 0:
            sys.stderr.write("\n")
        sys.stderr.flush()

    return tell


def _positive(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise ArgumentTypeError(f"{text!r} is not a whole number from 1 on")
    return number
