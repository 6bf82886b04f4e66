"""The Quality tab: what was recorded of one run or several, and what is about to fail.

The browser draws (``static/quality.js``); here a visitor's choice becomes the plain
values that it draws, thinned to what a screen can show.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import gradio as gr
import plotly
from gradio.context import Context as Building
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from core.errors import FramemoodError
from core.records.evidence import evidence_of, is_evidence, kept_evidence
from ui.context import Context
from ui.quality_data import lines, run_json
from ui.quality_drop import FILES, SUFFIXES, DropError
from ui.quality_shelf import SAMPLE, Run, Shelf
from ui.texts import language_of, tab_strings, text
from ui.visitors import page_of

_LOG: Final = logging.getLogger(__name__)

MOST_RUNS: Final = 4
"""Runs shown side by side."""

LOOK_EVERY_S: Final = 0.5
PLOTLY_PATH: Final = "/framemood-plotly.js"
FILES_PATH: Final = "/framemood-run"

_PLOTLY: Final = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
_ON_LOAD: Final = """
const module = import(window.framemood.asset("framemood-static/quality.js").href);
const show = () => module.then(({ mount }) => mount(element, { server, props }));
show();
watch("value", show);
"""

Board = dict[str, Any]


def build(context: Context) -> None:
    """Lay the tab out."""
    desk = _Desk(context.shelf, context.settings.language)
    with gr.Row(elem_classes="fmq-top", equal_height=False):
        chosen = gr.Dropdown(
            [],
            value=[],
            multiselect=True,
            max_choices=MOST_RUNS,
            label=context.t("quality.runs"),
            info=context.t("quality.runs_info"),
            elem_id="fmq-runs",
            scale=3,
            min_width=280,
        )
        dropped = gr.File(
            label=context.t("quality.drop"),
            file_types=list(SUFFIXES),
            height=104,
            elem_id="fmq-drop",
            scale=2,
            min_width=240,
        )
        sample = gr.Button(
            context.t("quality.sample"), elem_id="fmq-sample", scale=0, min_width=190
        )
    board = gr.HTML(
        {"state": "empty"},
        html_template='<section class="fmq" aria-busy="false"></section>',
        js_on_load=_ON_LOAD,
        server_functions=[desk_function(desk.look), desk_function(desk.zoom)],
        apply_default_css=False,
        elem_id="fmq-board",
        texts=tab_strings("common", "quality"),
    )
    quiet: dict[str, Any] = {
        "show_progress": "hidden",
        "api_visibility": "private",
        "concurrency_limit": None,
    }
    # One handler a change of the choice, whoever changed it: the visitor, a file, the sample.
    chosen.change(desk.show, chosen, board, **quiet)
    chosen.focus(desk.offer, chosen, chosen, **quiet)
    dropped.upload(desk.take, [dropped, chosen], [chosen, board, dropped], **quiet)
    sample.click(desk.show_sample, chosen, [chosen, board, sample], **quiet)
    tab = Building.block
    if isinstance(tab, gr.Tab):
        tab.select(desk.open, chosen, chosen, **quiet)
    if Building.root_block is not None:
        Building.root_block.unload(desk.leave)


def routes(context: Context) -> list[Route]:
    """Routes of the tab: the charts' library, and the files of a run by ticket."""

    async def library(_: Request) -> Response:
        # The package's own copy, so that the page asks no other host.
        return FileResponse(
            _PLOTLY, media_type="text/javascript", headers={"Cache-Control": "max-age=86400"}
        )

    async def file(request: Request) -> Response:
        name = request.path_params["name"]
        run = await asyncio.to_thread(context.shelf.of_ticket, request.path_params["ticket"])
        known = name in FILES or is_evidence(name)
        if run is None or not known or not (run.directory / name).is_file():
            return PlainTextResponse("no such file", status_code=404)
        return FileResponse(
            run.directory / name,
            filename=name,
            # A report that somebody brought along must not run as a page of ours.
            content_disposition_type="inline" if name.endswith((".mp4", ".jpg")) else "attachment",
            headers={"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"},
        )

    return [Route(PLOTLY_PATH, library), Route(f"{FILES_PATH}/{{ticket}}/{{name}}", file)]


def desk_function(method: Any) -> Any:
    """Gradio marks the functions it serves, and a bound method takes no mark."""

    async def serve(call: dict[str, Any]) -> dict[str, Any]:
        return await asyncio.to_thread(method, call)

    serve.__name__ = method.__name__
    return serve


class _Desk:
    """Answers what visitors choose."""

    def __init__(self, shelf: Shelf, fallback: str) -> None:
        self._shelf, self._fallback = shelf, fallback

    def open(self, chosen: list[str] | None, request: gr.Request) -> Any:
        """Offer what there is; a visitor who has just analysed a video sees it at once."""
        own = [run.key for run in self._shelf.runs(page_of(request)) if run.kind == "own"]
        return self._choices(chosen or own, request, before=chosen or [])

    def offer(self, chosen: list[str] | None, request: gr.Request) -> Any:
        """Offer what there is by now."""
        return self._choices(chosen or [], request, before=chosen or [])

    async def show(self, chosen: list[str] | None, request: gr.Request) -> Board:
        """Show the runs that are chosen."""
        return await asyncio.to_thread(self._board, chosen or [], page_of(request))

    async def take(
        self, path: str | None, chosen: list[str] | None, request: gr.Request
    ) -> tuple[Any, Any, Any]:
        """Put what a visitor brought on the shelf, and show it."""
        if not path:
            return gr.skip(), gr.skip(), gr.skip()
        name = Path(path).name
        try:
            key = await asyncio.to_thread(self._shelf.bring, page_of(request), Path(path), name)
        except DropError as error:
            return gr.skip(), _failed(error.key, name), None
        except OSError as error:
            _LOG.warning("a run that was brought along could not be kept: %s", error)
            return gr.skip(), _failed("disk", name), None
        return self._choices([*(chosen or []), key], request), gr.skip(), None

    async def show_sample(
        self, chosen: list[str] | None, request: gr.Request
    ) -> AsyncIterator[tuple[Any, Any, Any]]:
        """Read the built-in clip, where nobody has yet, and show it."""
        wait = gr.update(interactive=False)
        try:
            job = await asyncio.to_thread(self._shelf.sample)
        except FramemoodError as error:
            _LOG.warning("%s", error)
            yield gr.skip(), _failed("sample", ""), gr.skip()
            return
        told = None
        while not job.finished.is_set():
            progress = job.progress
            total = progress.frames_total if progress is not None else None
            share = round(progress.frames_done / total, 2) if total else None
            if told != (share,):
                yield gr.skip(), {"state": "busy", "share": share}, wait
                told = (share,)
            await asyncio.sleep(LOOK_EVERY_S)
        ready = gr.update(interactive=True)
        if job.state != "done":
            yield gr.skip(), _failed("sample", ""), ready
            return
        keys = list(dict.fromkeys([*(chosen or []), SAMPLE]))
        # Chosen already, it would not change, and so would not be shown.
        board = await self.show(keys, request) if SAMPLE in (chosen or []) else gr.skip()
        yield self._choices(keys, request), board, ready

    def look(self, call: dict[str, Any]) -> dict[str, Any]:
        """Answer ``{"ticket", "mark"}`` with the run, or ``{"same": True}``."""
        run = self._of(call)
        if run is None:
            return {"gone": True}
        try:
            mark, _ = self._shelf.cache.read(run.directory)
            if mark == call.get("mark") and run.is_running:
                return {"same": True}
            return self._run(run, str(call["ticket"]))
        except FramemoodError as error:
            _LOG.info("quality: %s", error)
            return {"gone": True}

    def zoom(self, call: dict[str, Any]) -> dict[str, Any]:
        """Answer ``{"ticket", "from_s", "to_s"}`` with the lines within."""
        run = self._of(call)
        span = [call.get(name) for name in ("from_s", "to_s")] if run is not None else []
        if run is None or not all(isinstance(each, int | float) for each in span):
            return {"gone": True}
        try:
            _, rows = self._shelf.cache.read(run.directory)
        except FramemoodError as error:
            _LOG.info("quality: %s", error)
            return {"gone": True}
        return {"lines": lines(rows, float(span[0]), float(span[1]))}

    def leave(self, request: gr.Request) -> None:
        """Delete what a visitor brought."""
        self._shelf.forget(page_of(request))

    def _of(self, call: dict[str, Any]) -> Run | None:
        ticket = call.get("ticket") if isinstance(call, dict) else None
        return self._shelf.of_ticket(ticket) if isinstance(ticket, str) else None

    def _board(self, keys: list[str], visitor: str) -> Board:
        runs: list[dict[str, Any]] = []
        for key in keys[:MOST_RUNS]:
            run = self._shelf.find(visitor, key)
            if run is None:
                return _failed("gone", "")
            try:
                runs.append(self._run(run, self._shelf.ticket(visitor, key)))
            except FramemoodError as error:
                _LOG.info("quality: %s", error)
                return _failed("unreadable", run.name)
        return {"state": "shown", "runs": runs} if runs else {"state": "empty"}

    def _run(self, run: Run, ticket: str) -> dict[str, Any]:
        mark, rows = self._shelf.cache.read(run.directory)
        files = [name for name in FILES if (run.directory / name).is_file()]
        if run.is_running:
            # Not a video yet, as long as it is being written.
            files = [name for name in files if name.endswith(".csv")]
        shown = run_json(rows, self._shelf.settings.quality_threshold)
        pictures = kept_evidence(run.directory)
        for incident in shown["incidents"]:
            incident["picture"] = evidence_of(incident, pictures)
        sizes = [[name, (run.directory / name).stat().st_size] for name in files]
        return {
            "ticket": ticket,
            "mark": mark,
            "key": run.key,
            "kind": run.kind,
            "name": run.name,
            "started_at": run.started_at,
            "running": run.is_running,
            "mlflow": run.mlflow_url,
            "files": sizes,
            **shown,
        }

    def _choices(
        self, chosen: list[str], request: gr.Request, *, before: list[str] | None = None
    ) -> Any:
        """What is on offer, with the choice; it is left alone where it stands as ``before``."""
        language = language_of(request, self._fallback)
        runs = self._shelf.runs(page_of(request))
        offered = [(_label(run, language), run.key) for run in runs]
        known = {run.key for run in runs}
        kept = [key for key in chosen if key in known][:MOST_RUNS]
        if kept == before:
            # A visitor may have chosen since asking: that must not be undone.
            return gr.update(choices=offered)
        return gr.update(choices=offered, value=kept)


def _label(run: Run, language: str) -> str:
    kind = text(f"quality.kind_{run.kind}", language)
    if run.kind == SAMPLE:
        return kind
    when = f" · {run.started_at[:16].replace('T', ' ')} UTC" if run.started_at else ""
    return f"{run.name} · {kind}{when}"


def _failed(key: str, name: str) -> Board:
    return {"state": "failed", "error": key, "name": name}
