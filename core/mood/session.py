"""The mood session: a baseline, a stimulus, one verdict.

    idle -> baseline -> pause -> stimulus -> verdict

A phase ends by itself when its media time is full; either can be held, resumed
and taken again. ``compare_phases`` and its values are offered here as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from core.errors import SessionError
from core.mood.comparison import LEAST_TRUST, compare_phases
from core.mood.recording import PhaseRecording, Sample
from core.mood.result import EmotionChange, SessionResult
from core.mood.session_file import SessionRecord
from core.mood.take import LONGEST_STEP_S, Phase, Take
from core.mood.verdict import SessionSettings, Verdict, judge
from core.types import FrameReport

__all__ = [
    "EmotionChange",
    "MoodSession",
    "SessionProgress",
    "SessionResult",
    "SessionSettings",
    "Verdict",
    "compare_phases",
]

State = Literal["idle", "baseline", "pause", "stimulus", "verdict"]

MOST_FRAMES: Final = 36_000
"""Frames a phase may hold: the longest at 300 a second."""


@dataclass(frozen=True, slots=True)
class SessionProgress:
    """Where a session stands.

    Parameters
    ----------
    state : str
        "idle", "baseline", "pause", "stimulus" or "verdict".
    held : bool
        True while a phase is on hold and frames do not count.
    elapsed_s, remaining_s : float
        Media time of the phase; the last one's after it ended.
    usable_s : float
        Part of it with a face that can be relied on.
    hint : str
        What to mend: "" (nothing), "held", "no_face", "several_faces",
        "camera_lost", or a reason of low trust such as "too_dark".
    """

    state: State
    held: bool
    elapsed_s: float
    remaining_s: float
    usable_s: float
    hint: str


class MoodSession:
    """Collect frame reports of two phases and come to a verdict.

    Not for several threads at once: one session belongs to one visitor.

    Parameters
    ----------
    settings : SessionSettings, optional
        Lengths of the phases, seed and resamples.
    models : mapping of str to str, optional
        sha256 of each model used, by name; kept in the record.

    Examples
    --------
    >>> session = MoodSession()
    >>> session.start()
    >>> session.state
    'baseline'
    """

    def __init__(
        self,
        settings: SessionSettings | None = None,
        *,
        models: Mapping[str, str] | None = None,
    ) -> None:
        self.settings = settings or SessionSettings()
        self._models = dict(models or {})
        self._state: State = "idle"
        self._held = False
        self._hint = ""
        self._takes: dict[Phase, Take] = {}
        self._phase: Phase = "baseline"
        self._record: SessionRecord | None = None

    @property
    def state(self) -> State:
        """Where the session stands."""
        return self._state

    @property
    def held(self) -> bool:
        """Whether the running phase is on hold."""
        return self._held

    @property
    def progress(self) -> SessionProgress:
        """State, clock and what to mend."""
        take = self._takes.get(self._phase, Take(self._phase))
        length = self._length()
        # The last frame stands for a step of its own.
        elapsed = min(length, take.clock_s + take.step_s)
        return SessionProgress(
            self._state, self._held, elapsed, length - elapsed, take.usable_s, self._hint
        )

    def start(self) -> None:
        """Begin the baseline.

        Raises
        ------
        SessionError
            Where the session has begun already.
        """
        self._need("start", "idle")
        self._begin("baseline")

    def second_phase(self) -> None:
        """Begin the stimulus once the baseline is full.

        Raises
        ------
        SessionError
            Where there is no full baseline, or the stimulus has begun already.
        """
        if self._state == "baseline":
            raise SessionError(
                f"the baseline needs {self.progress.remaining_s:.0f} s more "
                "before the second phase; wait for it or take it again"
            )
        self._need("second_phase", "pause")
        self._begin("stimulus")

    def hold(self, reason: str = "held") -> None:
        """Stop the clock of the running phase; frames are ignored until ``resume``.

        Parameters
        ----------
        reason : str
            Shown as the hint: "held", or "camera_lost" where the camera went away.
        """
        self._need("hold", "baseline", "stimulus")
        self._held, self._hint = True, reason

    def resume(self) -> None:
        """Go on with a phase on hold."""
        self._need("resume", "baseline", "stimulus")
        self._held, self._hint = False, ""
        take = self._takes[self._phase]
        take.skip = bool(take.samples)

    def retake(self, phase: Phase) -> None:
        """Throw a phase away and record it again.

        Parameters
        ----------
        phase : str
            "baseline" (both phases are taken again) or "stimulus".

        Raises
        ------
        SessionError
            Where that phase has not been recorded.
        """
        if phase not in self._takes:
            raise SessionError(f"there is no {phase} to take again; record it first")
        self._record = None
        if phase == "baseline":
            self._takes.clear()
        self._begin(phase)

    def reset(self) -> None:
        """Forget everything and be idle."""
        self._takes.clear()
        self._state, self._phase, self._record = "idle", "baseline", None
        self._held, self._hint = False, ""

    def add(self, report: FrameReport) -> SessionProgress:
        """Take one frame's report; frames outside a running phase are ignored.

        Parameters
        ----------
        report : FrameReport
            Its ``time_s`` is media time, rising within a phase.

        Returns
        -------
        SessionProgress
            After this frame.

        Raises
        ------
        SessionError
            Where media time goes back within a phase, or the phase holds
            ``MOST_FRAMES``.
        """
        if self._state not in ("baseline", "stimulus") or self._held:
            return self.progress
        take = self._takes[self._phase]
        step = take.advance(report.time_s)
        if take.clock_s >= self._length() - 1e-9 and take.samples:
            self._end()
            return self.progress
        if report.status == "dropped":
            return self.progress  # never analysed: its time passes, nothing else is known
        if len(take.samples) >= MOST_FRAMES:
            raise SessionError(
                f"the {self._phase} holds {MOST_FRAMES} frames already; send fewer a second"
            )
        sample = Sample.of(report, take.clock_s)
        take.samples.append(sample)
        trusted = max((face.trust for face in sample.faces), default=0.0)
        lost = step > LONGEST_STEP_S
        if trusted >= LEAST_TRUST:
            take.usable_s += take.step_s if lost or step == 0 else step
        self._hint = "camera_lost" if lost else self._advise(report, trusted)
        if take.clock_s + take.step_s >= self._length() - 1e-9:
            self._end()
        return self.progress

    def finish(self) -> None:
        """End the running phase before its time; what was seen until then is judged."""
        self._need("finish", "baseline", "stimulus")
        self._end()

    def record(self) -> SessionRecord:
        """Everything needed to come to the same verdict again.

        Raises
        ------
        SessionError
            Where the session has not reached its verdict.
        """
        self._need("record", "verdict")
        if self._record is None:
            phases = {
                name: PhaseRecording.of(take.samples, take.losses)
                for name, take in self._takes.items()
            }
            first, second = phases["baseline"], phases["stimulus"]
            verdict = judge(first, second, self.settings)
            self._record = SessionRecord(first, second, self.settings, verdict, self._models)
        return self._record

    def verdict(self) -> Verdict:
        """Judge both phases; raises as ``record`` does."""
        return self.record().verdict

    def _need(self, call: str, *states: State) -> None:
        if self._state not in states:
            raise SessionError(
                f"{call} is not possible now: the session is at {self._state!r}; "
                f"it is at {' or '.join(map(repr, states))}"
            )

    def _begin(self, phase: Phase) -> None:
        self._takes[phase] = Take(phase)
        self._phase = self._state = phase
        self._held, self._hint = False, ""

    def _end(self) -> None:
        self._state = "pause" if self._phase == "baseline" else "verdict"
        self._held, self._hint = False, ""

    def _length(self) -> float:
        baseline = self._phase == "baseline"
        return self.settings.baseline_s if baseline else self.settings.stimulus_s

    def _advise(self, report: FrameReport, trusted: float) -> str:
        if not report.faces:
            return "no_face"
        if trusted < LEAST_TRUST:
            return max(report.faces, key=lambda face: face.box.area).trust_reason or "low_trust"
        return "several_faces" if len(report.faces) > 1 else ""
