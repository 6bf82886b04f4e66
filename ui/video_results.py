"""The HTML of the Video tab when a run is done: the video, its figures, charts, faces and files.

The figures and tables are written here; the charts are drawn by
``static/video.js`` from the numbers that stand in the markup beside them.
"""

from __future__ import annotations

import json
from html import escape
from pathlib import Path
from typing import Any, Final

from core.types import EMOTIONS
from ui import plots
from ui.texts import strings, text
from ui.video_faces import FaceSummary
from ui.video_job import Job
from ui.video_view import clock, fact, say

DOWNLOADS: Final = (
    "annotated.mp4",
    "report.html",
    "metrics.csv",
    "emotions.csv",
    "incidents.json",
    "summary.json",
)
"""Files a visitor may take home, those that exist, in this order."""

MOST_FACES: Final = 20
MOST_STRETCHES: Final = 40
"""Rows shown; the files hold all."""

FAIR_MARGIN: Final = 0.15
"""A score this little above the threshold is called fair, not good."""


def player(language: str, job: Job, shown: plots.Charts, note: str = "", error: str = "") -> str:
    """Show the annotated video with the figures of the run below it.

    Parameters
    ----------
    language : str
        "en" or "ko".
    job : Job
        Finished, cancelled or failed with rows on disk.
    shown : Charts
        What its rows say.
    note, error : str
        Lines above the video, such as that it covers only a part.
    """
    notes = f'<p class="fm-alert fmv-note" role="status">{escape(note)}</p>' if note else ""
    if error:
        notes += (
            '<p class="fm-alert" role="alert"><span class="fm-sign" aria-hidden="true">!</span>'
            f"{escape(error)}</p>"
        )
    video = job.directory / "annotated.mp4"
    screen = ""
    if video.is_file():
        screen = (
            f'<div class="fmv-screen"><div class="fmv-float"><video controls playsinline '
            f'preload="auto" data-file="{_path(video)}" '
            f'aria-label="{escape(text("video.annotated", language), quote=True)}"></video>'
            f'<button type="button" class="fmv-close" hidden '
            f'aria-label="{escape(text("video.close", language), quote=True)}">×</button></div>'
            f'<p class="fm-alert" data-gone hidden>{say("video.gone", language)}</p></div>'
        )
    return (
        f'<div class="fmv-stage fmv-done" data-done>{notes}{screen}'
        f'<div class="fmv-figures">{_figures(language, job, shown)}</div></div>'
    )


def details(language: str, job: Job, shown: plots.Charts) -> str:
    """Show the charts, the marked stretches, the faces and the downloads of a run."""
    return (
        f"{_charts(language, job, shown)}{_stretches(language, shown)}"
        f"{_faces(language, shown)}{_downloads(language, job.directory)}"
    )


def _charts(language: str, job: Job, shown: plots.Charts) -> str:
    numbers = plots.to_json(shown)
    if not (numbers["quality"] or numbers["emotions"]):
        return ""
    prefixes = ("video.chart_", "common.")
    words = {
        key.partition(".")[2]: by_language[language]
        for key, by_language in strings().items()
        if key.startswith(prefixes)
    }
    if not (job.directory / "annotated.mp4").is_file():
        words["chart_hint"] = ""
    if shown.main_face is not None:
        words["chart_emotions"] = text(
            "video.chart_emotions", language, number=shown.main_face.track_id
        )
        words["chart_trust"] = text("video.chart_trust", language, number=shown.main_face.track_id)
    return (
        f'<section class="fmv-charts" data-charts="{_data(numbers)}" data-words="{_data(words)}" '
        f'aria-label="{escape(text("video.charts", language), quote=True)}"></section>'
    )


def _figures(language: str, job: Job, shown: plots.Charts) -> str:
    figures = []
    if shown.mean_quality is not None and shown.weak_share is not None:
        word = _grade(shown.mean_quality, shown.threshold)
        figures.append(
            fact(
                f"{shown.mean_quality:.2f}",
                f"common.{word}",
                "video.tip_quality",
                language,
                label="video.mean_quality",
                role=word,
            )
        )
        figures.append(
            fact(
                f"{shown.weak_share * 100:.0f}",
                "video.unit_percent",
                "video.tip_weak",
                language,
                label="video.weak_share",
            )
        )
    if job.request.faces:
        count = str(len(shown.faces))
        figures.append(
            fact(count, "video.unit_faces", "video.tip_faces", language, label="video.faces")
        )
    main = shown.main_face
    if main is not None and main.emotion is not None:
        share = main.shares[EMOTIONS.index(main.emotion)]
        figures.append(
            f'<div class="fmv-figure" title="{escape(text("video.tip_emotion", language))}">'
            f"<span>{say('video.main_emotion', language)}</span>"
            f'<b class="fmv-word" style="color:var(--fm-{main.emotion})">'
            f"{say(f'common.{main.emotion}', language)} "
            f"<small>{share * 100:.0f} %</small></b></div>"
        )
    figures.append(
        fact(
            f"{shown.frames:,}",
            "video.unit_frames",
            "video.tip_frames",
            language,
            label="video.frames",
        )
    )
    if job.began_s is not None and job.ended_s is not None and shown.duration_s > 0:
        speed = shown.duration_s / max(1e-3, job.ended_s - job.began_s)
        figures.append(
            fact(
                f"{speed:.1f}", "video.unit_times", "video.tip_times", language, label="video.speed"
            )
        )
    return "".join(figures)


def _stretches(language: str, shown: plots.Charts) -> str:
    if not shown.quality:
        return ""
    marks = plots.join(shown.stretches, shown.duration_s)
    if not marks:
        return (
            f'<section class="fm-card"><h3>{say("video.stretches", language)}</h3>'
            f'<p class="fm-soft">{say("video.no_stretch", language)}</p></section>'
        )
    items = "".join(
        f'<li><button type="button" class="fmv-jump" data-seek="{mark.start_s:.3f}" '
        f'title="{escape(text("video.tip_jump", language), quote=True)}">'
        f'<i class="fmv-mark fmv-{mark.kind}" '
        f'style="--kind:var(--fm-incident-{mark.kind}, var(--fm-poor))" aria-hidden="true"></i>'
        f"{say(f'common.incident_{mark.kind}', language)} "
        f"<b>{clock(mark.start_s, exact=True)} – {clock(mark.end_s, exact=True)}</b> "
        f"<small>{mark.end_s - mark.start_s:.1f} s</small></button></li>"
        for mark in marks[:MOST_STRETCHES]
    )
    more = _more("video.more_stretches", len(marks) - MOST_STRETCHES, language)
    return (
        f'<section class="fm-card"><h3>{say("video.stretches", language)}</h3>'
        f'<ul class="fmv-stretches">{items}</ul>{more}</section>'
    )


def _faces(language: str, shown: plots.Charts) -> str:
    if not shown.faces:
        return ""
    named = any(face.emotion is not None for face in shown.faces)
    columns = ["face", "first_seen", "on_screen"]
    columns += ["dominant", "mean_trust", *EMOTIONS] if named else []
    head = "".join(_column(name, language) for name in columns)
    rows = "".join(_face_row(face, shown, language, named) for face in shown.faces[:MOST_FACES])
    more = _more("video.more_faces", len(shown.faces) - MOST_FACES, language)
    title = text("video.faces_table", language)
    return (
        f'<section class="fm-card"><h3>{escape(title)}</h3>'
        f'<p class="fm-soft">{say("video.faces_note", language)}</p>'
        f'<div class="fm-scroll" tabindex="0" role="region" aria-label="{escape(title)}">'
        f'<table class="fm-table fmv-table"><thead><tr>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table>"
        f"</div>{more}</section>"
    )


def _face_row(face: FaceSummary, shown: plots.Charts, language: str, named: bool) -> str:
    share = face.on_screen_s / shown.duration_s if shown.duration_s > 0 else 0.0
    cells = [
        f'<th scope="row">{say("common.face", language, number=face.track_id)}</th>',
        f'<td><button type="button" class="fmv-jump" data-seek="{face.first_s:.3f}" '
        f'title="{escape(text("video.tip_jump", language), quote=True)}">'
        f"{clock(face.first_s, exact=True)}</button></td>",
        f"<td>{face.on_screen_s:.1f} s <small>{min(1.0, share) * 100:.0f} %</small></td>",
    ]
    if named:
        if face.emotion is None:
            cells.append("<td>–</td>")
        else:
            cells.append(
                f'<td class="fmv-name"><i style="background:var(--fm-{face.emotion})" '
                f'aria-hidden="true"></i>{say(f"common.{face.emotion}", language)}</td>'
            )
        cells.append(f"<td>{face.trust:.2f}</td>")
        for emotion, value in zip(EMOTIONS, face.shares, strict=True):
            strong = ' class="fmv-strong"' if emotion == face.emotion else ""
            cells.append(
                f'<td{strong} style="--share:{value * 100:.0f}%;--colour:var(--fm-{emotion})">'
                f"{value * 100:.0f} %</td>"
            )
    return f"<tr>{''.join(cells)}</tr>"


def _column(name: str, language: str) -> str:
    if name in EMOTIONS:
        label, tip = text(f"common.{name}", language), text("video.tip_share", language)
    else:
        label = text(f"video.column_{name}", language)
        tip = text(f"video.tip_{name}", language)
    side = ' class="fmv-name"' if name == "dominant" else ""
    return f'<th scope="col"{side} title="{escape(tip, quote=True)}">{escape(label)}</th>'


def _downloads(language: str, directory: Path) -> str:
    links = "".join(
        f'<li><a class="fm-download" download="{name}" data-file="{_path(directory / name)}" '
        f'href="#" title="{escape(text(_tip(name), language), quote=True)}">'
        f"<b>{name}</b><small>{_size(directory / name)} · {say(_tip(name), language)}</small>"
        "</a></li>"
        for name in DOWNLOADS
        if (directory / name).is_file()
    )
    return (
        f'<section class="fm-card"><h3>{say("video.downloads", language)}</h3>'
        f'<ul class="fm-downloads">{links}</ul>'
        f'<p class="fm-soft">{say("video.kept", language)}</p></section>'
    )


def _grade(score: float, threshold: float) -> str:
    if score < threshold:
        return "poor"
    return "fair" if score < threshold + FAIR_MARGIN else "good"


def _more(key: str, count: int, language: str) -> str:
    return f'<p class="fm-soft">{say(key, language, count=count)}</p>' if count > 0 else ""


def _size(path: Path) -> str:
    size = path.stat().st_size
    return f"{size / 1e6:.1f} MB" if size >= 1e5 else f"{max(0.1, size / 1e3):.1f} kB"


def _tip(name: str) -> str:
    return f"video.file_{name.replace('.', '_')}"


def _path(path: Path) -> str:
    return escape(path.as_posix(), quote=True)


def _data(value: Any) -> str:
    return escape(json.dumps(value, ensure_ascii=False, separators=(",", ":")), quote=True)
