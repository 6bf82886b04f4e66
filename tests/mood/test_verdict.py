"""What a verdict says of the picture, of gaps and losses, and what it can be set to."""

from __future__ import annotations

import json

import numpy as np
import pytest

from core.errors import SessionError
from core.mood.recording import PhaseRecording
from core.mood.verdict import SessionSettings, Verdict, compare_conditions, judge
from core.types import EMOTIONS

LEVELS = np.array([0.05, 0.04, 0.05, 0.22, 0.08, 0.06, 0.50])
PICTURE = {"brightness": 120.0, "blur_score": 0.2, "face_width_px": 80.0, "turn_degrees": 0.0}
PLAIN = SessionSettings(resamples=0)


def phase(frames: int = 150, fps: float = 15.0, *, unread: int = 0, **measured: float):
    """A phase whose picture is ``PICTURE`` but for what is given."""
    values = LEVELS * (1 + 0.2 * np.random.default_rng(frames).standard_normal((frames, 7)))
    values[:unread] = np.nan
    counts = {k: int(measured.pop(k)) for k in ("several_faces", "losses") if k in measured}
    figures = {name: np.full(frames, value) for name, value in (PICTURE | measured).items()}
    return PhaseRecording(np.arange(frames) / fps, values, figures, **counts)


def said(verdict: Verdict) -> dict[str, dict[str, float]]:
    return {note.code: dict(note.figures) for note in verdict.notes}


@pytest.mark.parametrize(
    ("name", "measure", "same", "other"),
    [
        ("brightness", "brightness", 144.0, 146.0),
        ("brightness", "brightness", 96.0, 94.0),
        ("blur", "blur_score", 0.29, 0.31),
        ("face_size", "face_width_px", 99.0, 101.0),
        ("face_size", "face_width_px", 65.0, 63.0),
        ("pose", "turn_degrees", 9.5, 10.5),
        ("pose", "turn_degrees", -9.5, -10.5),
        ("pose", "turn_degrees", float("nan"), 10.5),
    ],
)
def test_a_condition_matches_until_it_differs_enough_to_look_like_an_emotion(
    name: str, measure: str, same: float, other: float
) -> None:
    def matches(value: float) -> dict[str, bool]:
        found = compare_conditions(phase(), phase(**{measure: value}))
        return {each.name: each.matches for each in found}

    assert all(matches(same).values())
    assert [each for each, alike in matches(other).items() if not alike] == [name]


@pytest.mark.parametrize(
    ("fps", "alike"), [(12.1, True), (11.9, False), (18.7, True), (18.8, False)]
)
def test_frame_rates_match_within_a_quarter(fps: float, alike: bool) -> None:
    assert compare_conditions(phase(), phase(fps=fps))[-1].matches == alike


def test_rates_below_a_frame_a_second_are_compared_and_judged_as_well() -> None:
    verdict = judge(phase(60, 0.5), phase(60, 0.9), PLAIN)
    assert "fps_differs" in said(verdict)
    assert min(verdict.result.usable_seconds) > 50
    assert verdict.result.fps == pytest.approx(0.5)


@pytest.mark.parametrize(("unread", "percent"), [(0, None), (7, None), (15, 5.0), (16, 16 / 3)])
def test_frames_without_a_face_are_said_from_a_twentieth_on(
    unread: int, percent: float | None
) -> None:
    note = said(judge(phase(), phase(unread=unread), PLAIN)).get("missing_face")
    if unread <= 15:
        assert note is None
    else:
        assert note == {"percent": pytest.approx(percent)}


def test_a_single_frame_without_a_face_is_all_that_was_seen() -> None:
    verdict = judge(phase(1, unread=1), phase(0), PLAIN)
    assert said(verdict)["missing_face"] == {"percent": 100}
    assert verdict.result.basis == "insufficient"


def test_losses_and_other_faces_of_both_phases_are_added_up() -> None:
    verdict = judge(phase(losses=2, several_faces=9), phase(losses=2, several_faces=9), PLAIN)
    assert said(verdict)["camera_lost"] == {"times": 4}
    assert "several_faces" in said(verdict)
    fair = judge(phase(losses=0, several_faces=7), phase(several_faces=7), PLAIN)
    assert said(fair) == {}


def test_a_verdict_as_json_says_whether_it_was_fair_and_why_not() -> None:
    fair = judge(phase(), phase(), PLAIN).to_dict()
    assert (fair["is_fair"], fair["notes"]) == (True, [])
    unfair = judge(phase(), phase(brightness=30.0), PLAIN).to_dict()
    assert unfair["is_fair"] is False
    (note,) = unfair["notes"]
    assert (note["code"], note["first"], note["second"]) == ("brightness_differs", 120.0, 30.0)
    assert note["text"] in unfair["sentence"]
    assert unfair["conditions"]["brightness"] == {"first": 120.0, "second": 30.0, "matches": False}
    unknown = judge(phase(), phase(turn_degrees=float("nan")), PLAIN).to_dict()
    assert unknown["conditions"]["pose"] == {"first": 0.0, "second": None, "matches": True}
    assert json.loads(json.dumps(unknown, allow_nan=False)) == unknown
    assert list(unknown["emotions"]) == list(EMOTIONS)


@pytest.mark.parametrize("name", ["baseline_s", "stimulus_s"])
@pytest.mark.parametrize(("seconds", "is_taken"), [(4.99, 0), (5.0, 1), (120.0, 1), (120.01, 0)])
def test_a_phase_lasts_from_5_to_120_seconds(name: str, seconds: float, is_taken: bool) -> None:
    if is_taken:
        assert getattr(SessionSettings(**{name: seconds}), name) == seconds
    else:
        with pytest.raises(SessionError, match=name):
            SessionSettings(**{name: seconds})


def test_the_ends_of_what_may_be_set_are_taken() -> None:
    assert SessionSettings(seed=0, resamples=0).resamples == 0
    assert SessionSettings(resamples=10_000).resamples == 10_000
