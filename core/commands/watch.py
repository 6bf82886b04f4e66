"""``watch URL...``: cameras watched until somebody stops it, a status line each a second."""

from __future__ import annotations

import json
import signal
import sys
import threading
import time
from argparse import ArgumentParser, ArgumentTypeError, Namespace, _SubParsersAction
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from core.commands.analyze import directories
from core.commands.output import BAD_INPUT, DONE, complain, say
from core.frame.streams import StreamState
from core.frame.urls import STREAM_SCHEMES, WEB_SCHEMES, is_url, public_name
from core.frame.watch import CameraWatch
from core.frame.watch_status import Readings, WatchStatus
from core.incidents import IncidentEvent
from core.records.webhook import Webhook
from core.settings import Settings

STATUS_EVERY_S: Final = 1.0


def add_parser(commands: _SubParsersAction[ArgumentParser]) -> None:
    """Register the command."""
    parser = commands.add_parser(
        "watch",
        help="watch cameras: quality, faces, text and incidents, until stopped",
        description="Watches rtsp, http (MJPEG, HLS) and file sources, the newest frame first, and "
        "opens them again when they are lost. Ctrl+C ends it. What is read is kept in DIR, or "
        "else among the records.",
    )
    parser.add_argument("sources", nargs="+", metavar="URL", help="a camera's address, or a file")
    parser.add_argument("--out", type=Path, metavar="DIR", help="where the files are written")
    parser.add_argument(
        "--evidence",
        action="store_true",
        help="keep a picture of each incident beside the figures, too",
    )
    parser.add_argument(
        "--webhook", metavar="URL", help="post each incident there as JSON when it opens and closes"
    )
    parser.add_argument(
        "--seconds", type=_positive, metavar="N", help="end after N seconds; runs on without"
    )
    parser.add_argument(
        "--fps",
        type=_positive,
        default=10.0,
        metavar="N",
        help="frames of each camera analyzed a second at most (10)",
    )
    parser.add_argument("--no-faces", action="store_true", help="look for no faces")
    parser.add_argument("--no-emotion", action="store_true", help="read no emotions")
    parser.add_argument("--no-quality", action="store_true", help="measure no quality")
    parser.add_argument("--ocr", action="store_true", help="read text in the picture, too")
    parser.add_argument("--json", action="store_true", help="print lines of JSON")
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Watch until the time is over or somebody stops it."""
    bad = [problem for source in arguments.sources if (problem := _unfit(source))]
    for problem in bad:
        complain(problem)
    if bad:
        return BAD_INPUT
    settings = Settings.from_environment()
    readings = Readings(
        faces=not arguments.no_faces,
        emotion=not arguments.no_emotion,
        quality=not arguments.no_quality,
        ocr=arguments.ocr,
        fps=arguments.fps,
    )
    voice = _Voice(as_json=arguments.json)
    names = _names(arguments.sources)
    places: list[Path | None] = [None] * len(names)
    if arguments.out is not None:
        places = [*directories(arguments.sources, arguments.out)]
    end_s = None if arguments.seconds is None else time.monotonic() + arguments.seconds
    with ExitStack() as stack:
        _end_well_when_told_to(stack)
        if arguments.webhook is not None:
            voice.webhook = stack.enter_context(Webhook(arguments.webhook))
        watches = []
        for source, name, place in zip(arguments.sources, names, places, strict=True):
            watch = CameraWatch(
                source,
                settings,
                readings,
                run_dir=place,
                name=name,
                evidence=arguments.evidence,
                on_incident=voice.incident,
            )
            voice.runs[name] = watch.recorder.run_id
            watches.append(stack.enter_context(watch))
        try:
            while end_s is None or time.monotonic() < end_s:
                left_s = STATUS_EVERY_S if end_s is None else end_s - time.monotonic()
                time.sleep(max(0.0, min(STATUS_EVERY_S, left_s)))
                for watch in watches:
                    voice.status(watch.status)
        except KeyboardInterrupt:
            complain("stopped; what was measured is kept")
    for watch in watches:
        for problem in (*watch.recorder.problems, watch.problem):
            if problem:
                complain(f"{watch.name}: {problem}")
    if not any(watch.status.frames for watch in watches):
        complain("watch: no camera gave a frame; check the addresses and the network")
        return BAD_INPUT
    return DONE


def _end_well_when_told_to(stack: ExitStack) -> None:
    """Let whoever ends services (SIGTERM) end the watch as Ctrl+C does."""
    if threading.current_thread() is threading.main_thread():
        before = signal.signal(signal.SIGTERM, signal.default_int_handler)
        stack.callback(signal.signal, signal.SIGTERM, before)


class _Voice:
    """Says how the cameras stand; incidents come from their threads, so lines take turns."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._turn = threading.Lock()
        self.webhook: Webhook | None = None
        self.runs: dict[str, str] = {}

    def status(self, status: WatchStatus) -> None:
        if self._as_json:
            self._line(json.dumps({"type": "status", **status.as_dict()}, ensure_ascii=False))
        else:
            self._line(f"{status.camera}: {describe(status)}")

    def incident(self, camera: str, event: IncidentEvent) -> None:
        value: dict[str, Any] = {
            "type": "incident",
            "change": event.change,
            "camera": camera,
            "run_id": self.runs.get(camera, ""),
            "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "incident": event.incident.as_dict(),
        }
        if self.webhook is not None:
            self.webhook.send(value)
        if self._as_json:
            self._line(json.dumps(value, ensure_ascii=False))
            return
        what = event.incident.words()
        if event.change == "opened":
            self._line(f"{camera}: incident: {what}. {event.incident.advice()}")
        else:
            self._line(f"{camera}: over after {event.incident.duration_s:.0f} s: {what}")

    def _line(self, line: str) -> None:
        with self._turn:
            say(line)
            # A status that comes late is none.
            sys.stdout.flush()


def describe(status: WatchStatus) -> str:
    """Say in one line how a camera stands."""
    words = _stream_words(status.stream)
    report = status.report
    if status.stream.phase != "watching" or report is None:
        return words
    parts = [words]
    if report.system is not None:
        parts[0] += f" {report.system.fps:.1f} frames/s"
    if report.quality is not None:
        parts.append(f"quality {100 * report.quality.quality_score:.0f} %")
    if report.risk is not None:
        parts.append(f"risk within 30 s {100 * report.risk.within_30_s:.0f} %")
    if report.faces:
        parts.append(f"{len(report.faces)} face{'s' if len(report.faces) > 1 else ''}")
    if report.texts:
        parts.append("text " + json.dumps(" ".join(each.text for each in report.texts)))
    parts += [incident.words().lower() for incident in status.incidents]
    if status.problem:
        parts.append(status.problem)
    return ", ".join(parts)


def _stream_words(state: StreamState) -> str:
    why = f" ({state.problem})" if state.problem else ""
    match state.phase:
        case "watching":
            return "watching"
        case "connecting":
            return f"connecting{why}"
        case "lost":
            return f"lost{why}"
        case _:
            return f"retrying in {state.retry_in_s:.1f} s{why}"


def _unfit(source: str) -> str:
    """Why a source can never be watched; empty where it may be."""
    if is_url(source):
        parts = urlsplit(source)
        if parts.scheme.lower() not in STREAM_SCHEMES | WEB_SCHEMES or not parts.hostname:
            return f"{public_name(source)}: is not opened; give an rtsp, http or https address"
        return ""
    if not Path(source).is_file():
        return f"{source}: there is no such file; check the path, or give a camera's address"
    return ""


def _names(sources: list[str]) -> list[str]:
    names: list[str] = []
    for source in sources:
        plain = public_name(source) if is_url(source) else Path(source).name
        count = sum(1 for name in names if name.partition(" #")[0] == plain)
        names.append(plain if not count else f"{plain} #{count + 1}")
    return names


def _positive(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < 1e9:
        raise ArgumentTypeError(f"{text!r} is not a number above 0")
    return number
