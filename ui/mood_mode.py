"""The mood session over the protocol: a ``MoodSession`` in the messages of docs/protocol.md."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from core.errors import SessionError
from core.mood.associations import mood_colours
from core.mood.session import MoodSession, SessionSettings
from core.mood.verdict import Verdict
from core.types import FrameReport
from ui.protocol import ProtocolError, Step
from ui.texts import LANGUAGES

LONGEST_PAUSE_S: Final = 60.0
PROGRESS_S: Final = 0.2
"""How often, in media time, progress is said where nothing else changed, s."""


class MoodMode:
    """One visitor's mood session.

    Parameters
    ----------
    options : mapping
        Of ``SESSION_OPTIONS`` of ``ui.protocol``; those not named stay at their default.
    models : mapping of str to str
        sha256 of each model used, by name; kept in the record.

    Raises
    ------
    ProtocolError
        "bad_option" where a value is outside what it may be.
    """

    def __init__(self, options: Mapping[str, Any], models: Mapping[str, str]) -> None:
        wanted = dict(options)
        self.timed = bool(wanted.pop("timed", False))
        self.pause_s: float | None = wanted.pop("pause_s", None)
        if self.pause_s is not None and not 0 <= self.pause_s <= LONGEST_PAUSE_S:
            raise ProtocolError(
                "bad_option",
                f"pause_s={self.pause_s} is outside 0 to {LONGEST_PAUSE_S:.0f}; set it within",
            )
        try:
            settings = SessionSettings(**wanted)
        except SessionError as error:
            raise ProtocolError("bad_option", str(error)) from error
        self._session = MoodSession(settings, models=models)
        self._session.start()
        self._paused_at_s: float | None = None
        self._said: tuple[Any, ...] = ()
        self._said_s = 0.0

    @property
    def options(self) -> dict[str, Any]:
        """What is in force."""
        settings = asdict(self._session.settings)
        names = ("baseline_s", "stimulus_s", "seed")
        return {
            **{name: settings[name] for name in names},
            "pause_s": self.pause_s,
            "timed": self.timed,
        }

    def add(self, report: FrameReport) -> list[dict[str, Any]]:
        """Take a frame's report; give back what is to be said beside it: "phase", "result"."""
        before = self._session.state
        self._session.add(report)
        if self._session.state == "pause":
            self._end_pause(report.time_s)
        progress = self._session.progress
        news = (progress.state, progress.held, progress.hint)
        due = abs(report.time_s - self._said_s) >= PROGRESS_S
        if news == self._said and not due:
            return []
        said = [self.phase()]
        self._said_s = report.time_s
        if self._session.state == "verdict" != before:
            said.append({"type": "result", "mode": "session", **self.outcome()})
        return said

    def step(self, step: Step) -> dict[str, Any]:
        """Do what a client asks; a step that is not possible now changes nothing.

        Raises
        ------
        ProtocolError
            "bad_phase".
        """
        session = self._session
        try:
            match step.name:
                case "second_phase":
                    if session.state == "baseline":
                        session.finish()
                    session.second_phase()
                case "pause":
                    session.hold(step.reason)
                case "resume":
                    session.resume()
                case "retake":
                    session.retake("baseline" if step.phase == "baseline" else "stimulus")
        except SessionError as error:
            raise ProtocolError("bad_phase", str(error)) from error
        if step.name != "progress":
            self._paused_at_s = None
        return self.phase()

    def phase(self) -> dict[str, Any]:
        """Say where the session stands."""
        progress = self._session.progress
        self._said = (progress.state, progress.held, progress.hint)
        return {
            "type": "phase",
            "state": progress.state,
            "held": progress.held,
            "elapsed_s": round(progress.elapsed_s, 3),
            "remaining_s": round(progress.remaining_s, 3),
            "usable_s": round(progress.usable_s, 3),
            "hint": progress.hint,
        }

    def finish(self) -> dict[str, Any]:
        """End a stimulus that is under way, and say what came of the session."""
        if self._session.state == "stimulus":
            self._session.finish()
        return self.outcome()

    def outcome(self) -> dict[str, Any]:
        """Verdict and record; None each where there is no verdict."""
        if self._session.state != "verdict":
            return {"verdict": None, "record": None}
        record = self._session.record()
        return {"verdict": verdict_reply(record.verdict), "record": record.to_dict()}

    def _end_pause(self, now_s: float) -> None:
        if self.pause_s is None:
            return
        if self._paused_at_s is None:
            self._paused_at_s = now_s
        if now_s - self._paused_at_s >= self.pause_s:
            self._session.second_phase()


def verdict_reply(verdict: Verdict) -> dict[str, Any]:
    """Word a verdict for a client: its figures, its sentences by language, its colours."""
    mood = verdict.result.mood
    return {
        **verdict.to_dict(),
        "words": {
            language: {
                "sentence": verdict.result.sentence_in(language),
                "notes": [note.text(language) for note in verdict.notes],
            }
            for language in LANGUAGES
        },
        "mood": mood,
        "colours": [
            {"rgb": colour.hex, "weight": round(colour.weight, 4), "emotion": colour.emotion}
            for colour in (mood_colours(mood) if mood else ())
        ],
    }
