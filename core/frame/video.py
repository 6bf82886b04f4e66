"""A whole source: every frame read, drawn and recorded while it is decoded."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Final

from core.errors import RecordError
from core.frame.ahead import looked_ahead
from core.frame.annotated import AnnotatedVideo
from core.frame.looking import Sighting
from core.frame.pictures import DecodedFrame
from core.frame.pipeline import FramePipeline
from core.frame.sources import open_source
from core.frame.urls import is_url
from core.frame.video_source import VideoSource, describe
from core.records.provenance import model_facts
from core.records.recorder import RunRecorder
from core.records.run import RunSummary
from core.settings import Settings
from core.types import FrameReport

log = logging.getLogger(__name__)

PROGRESS_EVERY_S: Final = 0.25


Looker = Callable[[FramePipeline], Iterable[Sighting]]


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
    ocr: bool = False,
    every: int = 1,
    settings: Settings | None = None,
    annotate: bool = True,
    record: bool = False,
    mlflow: bool = False,
    on_progress: Callable[[Progress], None] | None = None,
    cancel: Event | None = None,
    trusted: bool = False,
    look: Looker | None = None,
) -> RunSummary:
    """Read every frame of a video file, address or stream.

    Parameters
    ----------
    source : str or Path
        See ``open_source``.
    out_dir : str or Path, optional
        Where ``metrics.csv``, ``emotions.csv``, ``incidents.json``, ``summary.json``,
        ``report.html`` and ``annotated.mp4`` go; without, nothing is written unless
        ``record`` says so.
    faces, emotion, quality : bool
        Which readings are made; emotion needs faces.
    ocr : bool
        Whether text is read, too: of the first frame of each second of the video.
        Where it cannot be, the summary's ``problems`` tell why.
    every : int
        Analyse (and write) every Nth frame, at least 1; the others have no row.
    settings : Settings, optional
        Thresholds, widths and detector.
    annotate : bool
        Whether ``annotated.mp4`` is written.
    record : bool
        Whether the run is kept among the records, too: in a folder of its own below
        ``settings.records_dir`` and in the tables of all runs there.
    mlflow : bool
        Whether the run is also sent to MLflow, see ``core.records.spool``.
    on_progress : callable, optional
        Called about four times a second and at the end with a ``Progress``, in
        the calling thread.
    cancel : threading.Event, optional
        Once set, the analysis ends soon; what was measured is kept.
    trusted : bool
        True where the person at this machine gave the address, see ``resolve_url``.
    look : callable, optional
        Takes the pipeline and gives what each chosen frame shows, in order, looked at
        elsewhere; by default threads of this process look.

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
        Where ``out_dir`` cannot be made. What cannot be written later is told in the
        summary's ``problems``, and the analysis goes on.
    ValueError
        Where ``every`` is less than 1.
    """
    if every < 1:
        raise ValueError(f"every is {every}; it must be at least 1")
    settings = settings or Settings()
    with ExitStack() as stack:
        opened = stack.enter_context(open_source(source, settings, trusted=trusted))
        pipeline = FramePipeline(settings, faces=faces, emotion=emotion, quality=quality, ocr=ocr)
        stack.callback(pipeline.close)
        recorder = stack.enter_context(
            RunRecorder(
                settings,
                source=_display_name(opened.name),
                run_dir=None if out_dir is None else Path(out_dir),
                recorded=record,
                mlflow=mlflow,
                video=describe(opened) | {"name": _display_name(opened.name)},
                models=model_facts(settings, pipeline.detector_name, emotion=faces and emotion),
            )
        )
        run = _Run(opened, recorder, every)
        # Closed before the recorder, which then tells of what went wrong here, too.
        stack.callback(run.close)
        if annotate and recorder.directory is not None:
            run.draw_to(recorder.path("annotated.mp4"))
        chosen = (frame for frame in opened if frame.index % every == 0)
        progress = _ProgressTeller(run, on_progress)
        if look is None:
            looked_at = looked_ahead(chosen, pipeline, settings.worker_count, apart=faces)
        else:
            looked_at = _beside(chosen if run.draws else None, look(pipeline))
        for frame, seen in looked_at:
            if frame is not None:
                pipeline.read_text(frame)
            run.take(frame, pipeline.conclude(seen))
            progress.tell()
            if cancel is not None and cancel.is_set():
                recorder.cancelled = True
                break
        if pipeline.text is not None and pipeline.text.problem:
            recorder.note(pipeline.text.problem)
        progress.tell(last=True)
    return recorder.summary()


def _beside(
    frames: Iterable[DecodedFrame] | None, seen: Iterable[Sighting]
) -> Iterator[tuple[DecodedFrame | None, Sighting]]:
    """What was looked at elsewhere, with the frames where they are needed here as well."""
    if frames is None:
        return ((None, each) for each in seen)
    return zip(frames, seen, strict=True)


class _Run:
    """One analysis while it goes on: its recorder, and the annotated video beside it."""

    def __init__(self, source: VideoSource, recorder: RunRecorder, every: int) -> None:
        self.source, self.recorder, self.every = source, recorder, every
        self._video: AnnotatedVideo | None = None

    @property
    def frames_total(self) -> int | None:
        count = self.source.frame_count
        return None if count is None else -(-count // self.every)

    @property
    def draws(self) -> bool:
        """Whether an annotated video is written."""
        return self._video is not None

    def draw_to(self, path: Path) -> None:
        """Write an annotated video, too."""
        source, threshold = self.source, self.recorder.settings.quality_threshold
        try:
            self._video = AnnotatedVideo(
                path,
                (source.width, source.height),
                source.fps / self.every,
                source.sample_aspect_ratio,
                threshold,
            )
        except RecordError as error:
            self._tell(error)

    def take(self, frame: DecodedFrame | None, report: FrameReport) -> None:
        self.recorder.add(report, self.every / self.source.fps)
        if self._video is None or frame is None:
            return
        try:
            self._video.add(frame, report)
        except RecordError as error:
            # Readings are worth more than the picture of them: they go on.
            self._tell(error)
            self.close()

    def close(self) -> None:
        video, self._video = self._video, None
        try:
            if video is not None:
                video.close()
        except RecordError as error:
            self._tell(error)
        self.recorder.note(*self.source.problems)

    def _tell(self, error: RecordError) -> None:
        log.warning("%s", error)
        self.recorder.note(str(error))


class _ProgressTeller:
    def __init__(self, run: _Run, on_progress: Callable[[Progress], None] | None) -> None:
        self._run, self._on_progress = run, on_progress
        self._told_s = float("-inf")

    def tell(self, *, last: bool = False) -> None:
        now_s = time.perf_counter()
        if self._on_progress is None or (now_s - self._told_s < PROGRESS_EVERY_S and not last):
            return
        self._told_s, run = now_s, self._run
        done, total, fps = run.recorder.tally.frames, run.frames_total, run.recorder.fps
        if last:
            total = done if not run.recorder.cancelled else total
        left = None if total is None or fps <= 0 else max(0, total - done) / fps
        self._on_progress(Progress(done, total, fps, left))


def _display_name(name: str) -> str:
    """The name without the directories of this machine, which are nobody's business."""
    return name if is_url(name) else Path(name).name
