"""A whole source: every frame read, drawn and recorded while it is decoded."""

from __future__ import annotations

import platform
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import Any, Final

import av
import cv2
import onnxruntime

from core.errors import FramemoodError, RecordError
from core.frame.annotated import AnnotatedVideo
from core.frame.pictures import DecodedFrame
from core.frame.pipeline import FramePipeline, Sighting
from core.frame.sources import VideoSource, describe, open_source
from core.records.csv_log import (
    EMOTION_COLUMNS,
    METRIC_COLUMNS,
    CsvLog,
    emotion_rows,
    metrics_row,
)
from core.records.run import Incident, RunSummary, Tally, new_run_id, write_json
from core.settings import Settings
from core.types import FrameReport
from core.version import __version__
from models import registry

PROGRESS_EVERY_S: Final = 0.25


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an analysis has come.

    Parameters
    ----------
    frames_done : int
        Frames analysed.
    frames_total : int or None
        Frames to expect, an estimate; None where nobody knows.
    fps : float
        Frames analysed a second of wall time, Hz.
    eta_s : float or None
        Wall time still to go, s; None where nobody knows.
    """

    frames_done: int
    frames_total: int | None
    fps: float
    eta_s: float | None


def analyze_video(
    source: str | Path,
    out_dir: str | Path | None = None,
    *,
    faces: bool = True,
    emotion: bool = True,
    quality: bool = True,
    every: int = 1,
    settings: Settings | None = None,
    annotate: bool = True,
    on_progress: Callable[[Progress], None] | None = None,
    cancel: Event | None = None,
    trusted: bool = False,
) -> RunSummary:
    """Read every frame of a video file, address or stream.

    Parameters
    ----------
    source : str or Path
        See ``open_source``.
    out_dir : str or Path, optional
        Where ``metrics.csv``, ``emotions.csv``, ``incidents.json``,
        ``summary.json`` and ``annotated.mp4`` go; nothing is written without.
    faces, emotion, quality : bool
        Which readings are made; emotion needs faces.
    every : int
        Analyse (and write) every Nth frame, at least 1; the others have no row.
    settings : Settings, optional
        Thresholds, widths and detector.
    annotate : bool
        Whether ``annotated.mp4`` is written.
    on_progress : callable, optional
        Called about four times a second and at the end with a ``Progress``, in
        the calling thread.
    cancel : threading.Event, optional
        Once set, the analysis ends soon; what was measured is kept.
    trusted : bool
        True where the person at this machine gave the address, see ``resolve_url``.

    Returns
    -------
    RunSummary
        The same as summary.json holds.

    Raises
    ------
    SourceError
        Where the source cannot be read.
    ModelError
        Where a model that is needed is missing or damaged.
    RecordError
        Where something cannot be written; rows written before stay.
    ValueError
        Where ``every`` is less than 1.
    """
    if every < 1:
        raise ValueError(f"every is {every}; it must be at least 1")
    settings = settings or Settings()
    with ExitStack() as stack:
        opened = stack.enter_context(open_source(source, settings, trusted=trusted))
        pipeline = FramePipeline(settings, faces=faces, emotion=emotion, quality=quality)
        run = _Run(opened, settings, every)
        run.models = _models(pipeline, settings, emotion=faces and emotion)
        if out_dir is not None:
            stack.enter_context(_Files(run, Path(out_dir), annotate=annotate))
        workers = settings.worker_count if faces else 0
        chosen = (frame for frame in opened if frame.index % every == 0)
        progress = _ProgressTeller(run, on_progress)
        for frame, seen in _looked_at(chosen, pipeline, workers):
            run.take(frame, pipeline.conclude(seen))
            progress.tell()
            if cancel is not None and cancel.is_set():
                run.cancelled = True
                break
        progress.tell(last=True)
    return run.summary()


def _looked_at(
    frames: Iterable[DecodedFrame], pipeline: FramePipeline, workers: int
) -> Iterator[tuple[DecodedFrame, Sighting]]:
    """Look at frames beside each other and hand them out in order.

    This thread decodes while the workers look; a few frames ahead keep all busy,
    and no more are held, however long the video is.
    """
    if workers == 0:
        for frame in frames:
            yield frame, pipeline.look(frame)
        return
    ahead: deque[tuple[DecodedFrame, Future[Sighting]]] = deque()
    pool = ThreadPoolExecutor(workers, thread_name_prefix="look")
    try:
        for frame in frames:
            ahead.append((frame, pool.submit(pipeline.look, frame)))
            if len(ahead) > 2 * workers:
                first, future = ahead.popleft()
                yield first, future.result()
        while ahead:
            first, future = ahead.popleft()
            yield first, future.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


class _Run:
    """One analysis while it goes on: its tally, and whoever keeps its reports."""

    def __init__(self, source: VideoSource, settings: Settings, every: int) -> None:
        self.run_id = new_run_id()
        self.source, self.settings, self.every = source, settings, every
        self.tally = Tally(settings.quality_threshold)
        self.keepers: list[Callable[[DecodedFrame, FrameReport], None]] = []
        self.files: dict[str, str] = {}
        self.problems: list[str] = []
        self.models: dict[str, Any] = {}
        self.cancelled = False
        self.started = datetime.now(UTC)
        self._begun_s = time.perf_counter()
        self._elapsed_s: float | None = None
        self._incidents: tuple[tuple[Incident, ...], ...] | None = None

    @property
    def frames_total(self) -> int | None:
        count = self.source.frame_count
        return None if count is None else -(-count // self.every)

    @property
    def fps(self) -> float:
        elapsed_s = self._elapsed_s or time.perf_counter() - self._begun_s
        return self.tally.frames / elapsed_s if elapsed_s > 0 else 0.0

    def take(self, frame: DecodedFrame, report: FrameReport) -> None:
        self.tally.add(report, self.every / self.source.fps)
        for keep in self.keepers:
            keep(frame, report)

    def incidents(self) -> tuple[tuple[Incident, ...], ...]:
        if self._incidents is None:
            self._incidents = self.tally.finish()
        return self._incidents

    def summary(self) -> RunSummary:
        if self._elapsed_s is None:
            self._elapsed_s = time.perf_counter() - self._begun_s
        weak, freezes, _ = self.incidents()
        mean, least, below = self.tally.quality or (None, None, None)
        return RunSummary(
            run_id=self.run_id,
            kind="video",
            source=self.source.name,
            started_at=self.started.isoformat(timespec="seconds"),
            frames=self.tally.frames,
            frames_by_status={
                str(status): count for status, count in self.tally.frames_by_status.items()
            },
            duration_s=self.tally.duration_s,
            elapsed_s=self._elapsed_s,
            fps=self.fps,
            mean_quality=mean,
            min_quality=least,
            below_threshold=below,
            faces=len(self.tally.tracks),
            emotions=self.tally.emotions,
            weak_stretches=weak,
            freezes=freezes,
            incidents=self.tally.incidents,
            problems=(*self.source.problems, *self.problems),
            cancelled=self.cancelled,
            files=dict(self.files),
            video=describe(self.source),
            settings=_plain(asdict(self.settings)),
            versions=_versions(),
            models=dict(self.models),
        )


class _Files:
    """What a run leaves in a directory; a context manager that finishes it in any case."""

    def __init__(self, run: _Run, directory: Path, *, annotate: bool) -> None:
        self._run, self._directory, self._annotate = run, directory, annotate
        self._open = ExitStack()

    def __enter__(self) -> None:
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RecordError(
                f"{self._directory}: cannot be made ({error.strerror}); "
                "choose a directory that may be written"
            ) from error
        run = self._run
        with ExitStack() as opening:
            metrics = opening.enter_context(CsvLog(self._path("metrics.csv"), METRIC_COLUMNS))
            emotions = opening.enter_context(CsvLog(self._path("emotions.csv"), EMOTION_COLUMNS))

            def write_rows(frame: DecodedFrame, report: FrameReport) -> None:
                metrics.write(metrics_row(run.run_id, report))
                for row in emotion_rows(run.run_id, report):
                    emotions.write(row)

            run.keepers.append(write_rows)
            if self._annotate:
                video = AnnotatedVideo(
                    self._path("annotated.mp4"),
                    (run.source.width, run.source.height),
                    run.source.fps / run.every,
                    run.source.sample_aspect_ratio,
                    run.settings.quality_threshold,
                )
                run.keepers.append(opening.enter_context(video).add)
            self._open = opening.pop_all()

    def __exit__(self, kind: object, value: BaseException | None, traceback: object) -> None:
        run = self._run
        if value is not None:
            told = value if isinstance(value, FramemoodError) else repr(value)
            run.problems.append(f"stopped early: {told}")
        try:
            self._open.close()
        finally:
            run.files = {name: path for name, path in run.files.items() if Path(path).exists()}
            weak, _, unreadable = run.incidents()
            incidents = sorted(
                (*weak, *unreadable, *run.tally.incidents), key=lambda each: each.onset_s
            )
            write_json(self._path("incidents.json"), [each.as_dict() for each in incidents])
            summary = self._path("summary.json")
            write_json(summary, run.summary().as_dict())

    def _path(self, name: str) -> Path:
        path = self._directory / name
        self._run.files[name] = str(path)
        return path


class _ProgressTeller:
    def __init__(self, run: _Run, on_progress: Callable[[Progress], None] | None) -> None:
        self._run, self._on_progress = run, on_progress
        self._told_s = float("-inf")

    def tell(self, *, last: bool = False) -> None:
        now_s = time.perf_counter()
        if self._on_progress is None or (now_s - self._told_s < PROGRESS_EVERY_S and not last):
            return
        self._told_s = now_s
        done, total, fps = self._run.tally.frames, self._run.frames_total, self._run.fps
        if last:
            total = done if not self._run.cancelled else total
        left = None if total is None or fps <= 0 else max(0, total - done) / fps
        self._on_progress(Progress(done, total, fps, left))


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    """Settings for a record: no path of this machine, no password in an address."""
    hidden = {"models_dir", "mlflow_tracking_uri", "video_source", "host", "port"}
    return {name: value for name, value in values.items() if name not in hidden}


def _models(pipeline: FramePipeline, settings: Settings, *, emotion: bool) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if pipeline.detector_name is not None:
        found["faces"] = {"name": pipeline.detector_name}
    if emotion:
        weights = registry.resolve("emotion", settings)
        found["emotion"] = {"name": weights.name, **registry.describe(weights)}
    return found


def _versions() -> dict[str, str]:
    return {
        "framemood": __version__,
        "python": platform.python_version(),
        "opencv": cv2.__version__,
        "av": av.__version__,
        "onnxruntime": onnxruntime.__version__,
    }
