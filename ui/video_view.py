"""The HTML of the Video tab while nothing is done yet: what to do, how far it is, what is wrong."""

from __future__ import annotations

from html import escape
from typing import Any

from ui.texts import LANGUAGES, text


def empty(language: str, note: str = "") -> str:
    """Say what to do, for a visitor who has done nothing yet."""
    steps = "".join(f"<li>{say(f'video.step_{n}', language)}</li>" for n in (1, 2, 3))
    first = f'<p class="fm-alert fmv-note" role="status">{escape(note)}</p>' if note else ""
    return (
        f'<div class="fmv-stage fm-state fm-empty">{first}<h3>{say("video.empty", language)}</h3>'
        f'<ol class="fm-steps">{steps}</ol>'
        f'<p class="fm-soft">{say("video.empty_more", language)}</p></div>'
    )


def greeting() -> str:
    """Write ``empty`` in every language; the page's own ``lang`` says which is seen."""
    return "".join(
        f'<div class="fmv-greeting" lang="{language}">{empty(language)}</div>'
        for language in LANGUAGES
    )


def waiting(language: str, ahead: int) -> str:
    """Say that others are served first, and how many."""
    return (
        '<div class="fmv-stage fm-state" role="status">'
        f"<h3>{say('video.waiting', language)}</h3>"
        f'<p>{say("video.ahead", language, count=ahead)}</p><div class="fm-progress fm-unknown">'
        "<i></i></div></div>"
    )


def running(language: str, name: str, progress: Any) -> str:
    """Show how far a job is, how fast it goes and how long it still takes.

    Parameters
    ----------
    language : str
        "en" or "ko".
    name : str
        What the visitor calls the video.
    progress : core.frame.video.Progress or None
        None until the first frame is read.
    """
    heading = f"<h3>{say('video.running', language, name=name)}</h3>"
    if progress is None:
        return (
            f'<div class="fmv-stage fm-state">{heading}<p>{say("video.opening", language)}</p>'
            '<div class="fm-progress fm-unknown"><i></i></div></div>'
        )
    total, done = progress.frames_total, progress.frames_done
    label = escape(text("video.progress", language), quote=True)
    facts = [fact(f"{progress.fps:.0f}", "video.unit_fps", "video.tip_speed", language)]
    if total:
        share = min(1.0, done / total)
        facts.insert(
            0, fact(f"{share * 100:.0f}", "video.unit_percent", "video.progress", language)
        )
        if progress.eta_s is not None:
            facts.append(fact(clock(progress.eta_s), "video.left", "video.tip_left", language))
        bar = (
            f'<div class="fm-progress" role="progressbar" aria-label="{label}" aria-valuemin="0" '
            f'aria-valuemax="100" aria-valuenow="{share * 100:.0f}">'
            f'<i style="width:{share * 100:.1f}%"></i></div>'
        )
        frames = say("video.frames_of", language, done=f"{done:,}", total=f"{total:,}")
    else:
        bar = (
            f'<div class="fm-progress fm-unknown" role="progressbar" aria-label="{label}">'
            "<i></i></div>"
        )
        frames = say("video.frames_so_far", language, done=f"{done:,}")
    return (
        f'<div class="fmv-stage fm-state">{heading}<div class="fmv-figures">{"".join(facts)}</div>'
        f'{bar}<p class="fm-soft">{frames}</p></div>'
    )


def failed(language: str, message: str) -> str:
    """Say in one line what is wrong and how to mend it."""
    return (
        f'<div class="fmv-stage fm-state fm-failed"><p class="fm-alert" role="alert">'
        f'<span class="fm-sign" aria-hidden="true">!</span>{escape(message)}</p></div>'
    )


def clock(seconds: float, *, exact: bool = False) -> str:
    """Write a time as a player does: ``1:05``, ``2:03:04``, with tenths where ``exact``.

    >>> clock(65.44), clock(7384), clock(65.44, exact=True)
    ('1:05', '2:03:04', '1:05.4')
    """
    tenths = round(seconds * 10) if exact else round(seconds) * 10
    whole, rest = divmod(max(0, tenths), 10)
    hours, minutes = divmod(whole // 60, 60)
    tail = f"{whole % 60:02d}" + (f".{rest}" if exact else "")
    return f"{hours}:{minutes:02d}:{tail}" if hours else f"{minutes}:{tail}"


def fact(
    number: str, unit: str, tip: str, language: str, *, label: str = "", role: str = ""
) -> str:
    """Write one figure with its unit and what it means; ``label`` names it, ``role`` colours it."""
    colour = f' style="color:var(--fm-{role})"' if role else ""
    above = f"<span>{say(label, language)}</span>" if label else ""
    return (
        f'<div class="fmv-figure" title="{escape(text(tip, language), quote=True)}">{above}'
        f"<b{colour}>{escape(number)} <small>{say(unit, language)}</small></b></div>"
    )


def say(key: str, language: str, **values: object) -> str:
    """Give a text of the page as markup."""
    return escape(text(key, language, **values))
