"""The Video tab: a file, an address or the sample in; readings, charts and files out.

A visitor's job runs in ``ui.video_jobs``; here the components are laid out and
the page is kept told of how it stands.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import gradio as gr
from gradio.context import Context as Building

from core.errors import FramemoodError
from core.frame.sample import sample_clip
from core.frame.urls import public_name
from core.settings import Settings
from ui import plots, video_results, video_view
from ui.context import Context
from ui.texts import language_of, text
from ui.video_errors import explain
from ui.video_job import Job, Request
from ui.video_jobs import Jobs, QueueFullError
from ui.visitors import page_of, visitor_of

SUFFIXES: Final = (".mp4", ".mov", ".mkv", ".webm", ".avi")
MOST_EVERY: Final = 30
LOOK_EVERY_S: Final = 0.25
"""How often a visitor is told how the job stands, s."""

_ON_LOAD: Final = """
const module = import(window.framemood.asset("framemood-static/video.js").href);
const mount = () => module.then(({ %(mount)s }) => %(mount)s(element));
mount();
watch("value", mount);
"""

Page = tuple[Any, Any, Any, Any, Any]
"""Updates of the stage, the details and the buttons to start, to stop and for the sample."""


def build(context: Context) -> None:
    """Lay the tab out."""
    jobs = context.jobs
    # Gradio serves what lies below a static path as it is, without a copy in its cache.
    gr.set_static_paths([jobs.root])
    with gr.Row(elem_classes="fmv-top", equal_height=False):
        with gr.Column(scale=0, min_width=320, elem_classes="fmv-controls"):
            upload = gr.File(
                label=context.t("video.upload"),
                file_types=list(SUFFIXES),
                height=96,
                elem_id="fmv-upload",
            )
            url = gr.Textbox(
                label=context.t("video.url"),
                placeholder=context.t("video.url_hint"),
                max_lines=1,
                max_length=2000,
                visible=context.settings.allow_urls,
                elem_id="fmv-url",
            )
            with gr.Group(elem_classes="fmv-options"):
                faces = gr.Checkbox(True, label=context.t("video.faces_on"))
                emotion = gr.Checkbox(True, label=context.t("video.emotion_on"))
                quality = gr.Checkbox(True, label=context.t("video.quality_on"))
                ocr = gr.Checkbox(
                    False,
                    label=context.t("video.ocr_on"),
                    info=context.t("video.ocr_info"),
                    elem_id="fmv-ocr",
                )
                every = gr.Slider(
                    1,
                    MOST_EVERY,
                    1,
                    step=1,
                    label=context.t("video.every"),
                    info=context.t("video.every_info"),
                )
                record = gr.Checkbox(
                    False,
                    label=context.t("video.record"),
                    info=context.t("video.record_info"),
                    visible=context.settings.allow_records,
                    elem_id="fmv-record",
                )
            with gr.Row(elem_classes="fmv-actions"):
                start = gr.Button(
                    context.t("video.analyze"),
                    variant="primary",
                    min_width=128,
                    elem_id="fmv-start",
                )
                stop = gr.Button(
                    context.t("video.cancel"),
                    variant="stop",
                    visible=False,
                    min_width=128,
                    elem_id="fmv-stop",
                )
                sample = gr.Button(context.t("video.sample"), min_width=128, elem_id="fmv-sample")
        with gr.Column(min_width=320):
            stage = _html(video_view.greeting(), "mountStage", "fmv-stage")
    details = _html("", "mountDetails", "fmv-details")

    desk = _Desk(jobs, context.settings.language)
    options = [faces, emotion, quality, ocr, every, record]
    shown = [stage, details, start, stop, sample]
    quiet: dict[str, Any] = {
        "show_progress": "hidden",
        "api_visibility": "private",
        # Jobs has its own queue, which tells those who wait how long it is.
        "concurrency_limit": None,
    }
    faces.change(lambda on: gr.update(interactive=on), faces, emotion, **(quiet | {"queue": False}))
    start.click(desk.analyze, [upload, url, *options], shown, **quiet)
    url.submit(desk.analyze, [upload, url, *options], shown, **quiet)
    sample.click(desk.analyze_sample, options, shown, **quiet)
    stop.click(desk.stop, None, None, **(quiet | {"queue": False}))
    if Building.root_block is not None:
        Building.root_block.unload(desk.leave)


def _html(value: str, mount: str, name: str) -> gr.HTML:
    return gr.HTML(
        value,
        js_on_load=_ON_LOAD % {"mount": mount},
        apply_default_css=False,
        elem_id=name,
    )


class _Desk:
    """Takes what visitors ask for and tells each how their own job stands."""

    def __init__(self, jobs: Jobs, fallback: str) -> None:
        self._jobs, self._fallback = jobs, fallback

    async def analyze(
        self, request: gr.Request, upload: str | None, url: str | None, *options: Any
    ) -> AsyncIterator[Page]:
        """Analyse a visitor's file or address; the options are those of ``_wanted``."""
        language = language_of(request, self._fallback)
        address = (url or "").strip()
        if upload and address:
            yield _idle(video_view.failed(language, text("video.error_both", language)))
        elif upload:
            wanted = _wanted(upload, Path(upload).name, *options)
            async for page in self._follow(wanted, language, request):
                yield page
        elif address.startswith(("http://", "https://")):
            wanted = _wanted(address, public_name(address), *options)
            async for page in self._follow(wanted, language, request):
                yield page
        elif address:
            # Never a path: what a visitor types must not name a file of this machine.
            said = text("video.error_not_url", language, name=address[:80])
            yield _idle(video_view.failed(language, said))
        else:
            allowed = self._jobs.settings.allow_urls
            key = "video.error_nothing" if allowed else "video.error_nothing_no_url"
            yield _idle(video_view.failed(language, text(key, language)))

    async def analyze_sample(self, request: gr.Request, *options: Any) -> AsyncIterator[Page]:
        """Analyse the clip that comes with the program."""
        language = language_of(request, self._fallback)
        wanted = _wanted("", text("video.sample_name", language), *options)
        yield _busy(video_view.running(language, wanted.name, None))
        try:
            wanted = replace(wanted, source=await asyncio.to_thread(sample_clip))
        except FramemoodError as error:
            yield _idle(video_view.failed(language, explain(error, wanted, language)))
            return
        async for page in self._follow(wanted, language, request):
            yield page

    def stop(self, request: gr.Request) -> None:
        """Stop a visitor's job and keep what it has."""
        self._jobs.cancel(page_of(request))

    def leave(self, request: gr.Request) -> None:
        """Stop a visitor's job and delete its files."""
        self._jobs.drop(page_of(request))

    def _of(self, wanted: Request, request: gr.Request) -> Request:
        hops = self._jobs.settings.proxy_hops
        return replace(wanted, address=visitor_of(request, hops))

    async def _follow(
        self, wanted: Request, language: str, request: gr.Request
    ) -> AsyncIterator[Page]:
        if not (wanted.faces or wanted.quality or wanted.ocr):
            said = text("video.error_no_reading", language)
            yield _idle(video_view.failed(language, said))
            return
        try:
            job = await asyncio.to_thread(
                self._jobs.start, page_of(request), self._of(wanted, request)
            )
        except QueueFullError as error:
            yield _idle(video_view.failed(language, explain(error, wanted, language)))
            return
        told = ""
        while not job.finished.is_set():
            stage = self._standing(job, language)
            if stage != told:
                yield _busy(stage)
                told = stage
            await asyncio.sleep(LOOK_EVERY_S)
        # Its visitor has left, or has asked for another, which tells of itself.
        if not job.abandoned:
            stage, details = await asyncio.to_thread(_outcome, job, language, self._jobs.settings)
            yield _idle(stage, details)

    def _standing(self, job: Job, language: str) -> str:
        if job.state == "waiting":
            return video_view.waiting(language, self._jobs.ahead(job))
        return video_view.running(language, job.request.name, job.progress)


def _outcome(job: Job, language: str, settings: Settings) -> tuple[str, str]:
    """Stage and details of a job that is over."""
    directory = job.directory
    shown = plots.charts(
        plots.read_rows(directory / "metrics.csv", plots.METRIC_COLUMNS),
        plots.read_rows(directory / "emotions.csv", plots.FACE_COLUMNS),
        plots.read_incidents(directory / "incidents.json"),
        settings.quality_threshold,
    )
    error = explain(job.error, job.request, language) if job.error is not None else ""
    if shown.frames == 0:
        if error:
            return video_view.failed(language, error), ""
        return video_view.empty(language, text("video.stopped_early", language)), ""
    covered = video_view.clock(shown.duration_s, exact=True)
    note = ""
    if job.overran:
        note = text("video.overran", language, time=covered)
    elif job.state == "cancelled":
        note = text("video.stopped", language, time=covered)
    elif error:
        note = text("video.partial", language, time=covered)
    elif job.summary is not None and job.summary.problems:
        note = text("video.problems", language, name=job.request.name)
    return (
        video_results.player(language, job, shown, note, error),
        video_results.details(language, job, shown),
    )


def _wanted(  # noqa: PLR0917 (Gradio hands over one value a component)
    source: str,
    name: str,
    faces: bool,
    emotion: bool,
    quality: bool,
    ocr: bool,
    every: float,
    record: bool,
) -> Request:
    return Request(
        source=source,
        name=name,
        faces=bool(faces),
        emotion=bool(emotion and faces),
        quality=bool(quality),
        ocr=bool(ocr),
        every=min(MOST_EVERY, max(1, int(every))),
        record=bool(record),
    )


def _busy(stage: str) -> Page:
    return (
        stage,
        "",
        gr.update(visible=False),
        gr.update(visible=True),
        gr.update(interactive=False),
    )


def _idle(stage: str, details: str = "") -> Page:
    return (
        stage,
        details,
        gr.update(visible=True),
        gr.update(visible=False),
        gr.update(interactive=True),
    )
