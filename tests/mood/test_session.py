"""Guarantees of the two-phase session, its verdict and its files."""

import csv
import json
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from core.__main__ import main
from core.errors import SessionError
from core.mood import session as session_module
from core.mood.comparison import compare_phases
from core.mood.recording import MEASURES, PhaseRecording, Sample, choose_subject
from core.mood.session import MoodSession, SessionSettings
from core.mood.session_file import PHASES, read_session, read_table
from core.mood.verdict import judge
from core.mood.wording import Note
from core.types import EMOTIONS, Box, Face, FrameReport, QualityReading

LEVELS = np.array([0.05, 0.04, 0.05, 0.22, 0.08, 0.06, 0.50])
SHORT = SessionSettings(baseline_s=8.0, stimulus_s=8.0, resamples=49)


def make_face(probabilities, track=1, width=80.0, trust=0.8, yaw=0.0):
    eyes = np.array([[30, 40], [60, 40], [45 + yaw, 55], [33, 70], [57, 70]], np.float32)
    return Face(
        track,
        Box(10, 10, width, width),
        0.9,
        np.asarray(probabilities, np.float32),
        "neutral",
        trust,
        "" if trust > 0.25 else "too_dark",
        eyes,
    )


def make_report(time_s, faces, brightness=120.0, status="ok"):
    quality = QualityReading(0.2, brightness, 0.1, 0.01, False, 0.8)
    return FrameReport(round(time_s * 15), time_s, status, tuple(faces), quality)


def reports(seconds, *, start_s=0.0, fps=15.0, seed=0, shift=0.0, brightness=120.0, **face):
    generator = np.random.default_rng(seed)
    for k in range(round(seconds * fps) + 1):
        values = LEVELS * (1 + 0.2 * generator.standard_normal(7))
        values[3] += shift
        values = np.clip(values, 0, None) / np.clip(values, 0, None).sum()
        yield make_report(start_s + k / fps, [make_face(values, **face)], brightness)


def feed(session, frames):
    for frame in frames:
        session.add(frame)


def walked(second=None, settings=SHORT, **first):
    """A session taken to its verdict."""
    session = MoodSession(settings, models={"emotion": "0" * 64})
    session.start()
    feed(session, reports(9, seed=1, **first))
    session.second_phase()
    feed(session, reports(9, seed=2, start_s=50, **(second or {})))
    return session


# --- the state machine --------------------------------------------------------


def test_a_session_walks_from_idle_to_its_verdict():
    session = MoodSession(SHORT)
    seen = [session.state]
    session.start()
    seen.append(session.state)
    feed(session, reports(9, seed=1))
    seen.append(session.state)
    session.second_phase()
    seen.append(session.state)
    feed(session, reports(9, seed=2, shift=0.3))
    seen.append(session.state)
    assert seen == ["idle", "baseline", "pause", "stimulus", "verdict"]
    assert session.verdict().result.basis == "change"
    assert session.verdict().result.primary_emotion == "happiness"


@pytest.mark.parametrize("call", ["second_phase", "hold", "resume", "finish", "record", "verdict"])
def test_a_call_that_the_phase_does_not_allow_says_so_and_changes_nothing(call):
    session = MoodSession(SHORT)
    with pytest.raises(SessionError, match="idle"):
        getattr(session, call)()
    assert session.state == "idle"


def test_a_session_starts_once():
    session = MoodSession(SHORT)
    session.start()
    with pytest.raises(SessionError, match="start"):
        session.start()


def test_the_second_phase_waits_for_a_full_baseline():
    session = MoodSession(SHORT)
    session.start()
    feed(session, reports(3))
    with pytest.raises(SessionError, match="5 s more"):
        session.second_phase()
    assert session.state == "baseline"


def test_each_phase_has_its_own_length():
    session = MoodSession(SessionSettings(baseline_s=6.0, stimulus_s=9.0))
    session.start()
    assert session.progress.remaining_s == 6.0
    feed(session, reports(5.8))
    assert session.state == "baseline"
    feed(session, reports(0.3, start_s=5.9))
    session.second_phase()
    assert session.progress.remaining_s == 9.0
    feed(session, reports(8.8))
    assert session.state == "stimulus"


def test_the_last_frame_of_a_phase_ends_it_without_another():
    session = MoodSession(SHORT)
    session.start()
    frames = list(reports(8))
    feed(session, frames[:-2])
    assert session.state == "baseline"
    session.add(frames[-2])
    assert session.state == "pause"


def test_usable_time_counts_trusted_frames_only():
    session = MoodSession(SHORT)
    session.start()
    feed(session, reports(3))
    assert session.progress.usable_s == pytest.approx(3.0, abs=1e-6)
    feed(session, reports(2, start_s=3.1, trust=0.1))
    assert session.progress.usable_s == pytest.approx(3.0, abs=1e-6)
    assert session.progress.elapsed_s > 5.0


def test_each_loss_of_the_camera_is_counted_once_and_its_time_is_not_usable():
    session = MoodSession(SHORT)
    session.start()
    feed(session, reports(2))
    feed(session, reports(2, start_s=30.0))
    feed(session, reports(1, start_s=60.0))
    assert session.progress.usable_s == pytest.approx(5.0, abs=0.2)
    feed(session, reports(8, start_s=61.1))
    session.second_phase()
    feed(session, reports(9, seed=2))
    assert (session.record().first.losses, session.record().second.losses) == (2, 0)


def test_trust_of_just_the_least_is_enough():
    session = MoodSession(SHORT)
    session.start()
    feed(session, reports(2, trust=0.25))
    assert session.progress.usable_s == pytest.approx(2.0, abs=1e-6)
    assert session.progress.hint == ""


def test_the_frame_after_a_hold_stands_for_a_step_of_its_own():
    session = MoodSession(SHORT)
    session.start()
    feed(session, reports(2, fps=5.0))
    for start_s in (10.0, 20.0):
        session.hold()
        session.resume()
        feed(session, reports(1, start_s=start_s, fps=5.0))
    assert session.progress.usable_s == pytest.approx(2.0 + 2 * (1.0 + 0.2), abs=1e-6)


def test_a_phase_that_is_ended_while_held_is_held_no_more():
    session = MoodSession(SHORT)
    session.start()
    feed(session, reports(2))
    session.hold("camera_lost")
    session.finish()
    assert session.state == "pause"
    assert (session.progress.held, session.progress.hint) == (False, "")
    session.second_phase()
    session.hold()
    session.retake("stimulus")
    assert (session.progress.held, session.progress.hint) == (False, "")


def test_every_frame_is_answered_with_where_the_session_stands():
    session = MoodSession(SHORT)
    frames = [*reports(9), *(FrameReport(n, 20.0 + n / 15, "dropped") for n in range(3))]
    assert session.add(frames[0]) == session.progress  # idle
    session.start()
    answered = {session.state}
    for frame in frames:
        assert session.add(frame) == session.progress
        answered.add(session.state)
    session.second_phase()
    assert session.add(FrameReport(0, 50.0, "dropped")) == session.progress
    session.hold()
    assert session.add(make_report(51.0, [make_face(LEVELS)])) == session.progress
    assert answered == {"baseline", "pause"}


def test_what_is_reset_is_as_new():
    session = MoodSession(SHORT)
    session.start()
    feed(session, reports(3))
    session.hold("camera_lost")
    session.reset()
    assert session.progress == MoodSession(SHORT).progress
    session.start()
    feed(session, reports(9))
    assert session.state == "pause"


def test_a_frame_that_was_passed_over_only_lets_time_go_by():
    session = MoodSession(SHORT)
    session.start()
    feed(session, reports(2))
    usable_s = session.progress.usable_s
    session.add(FrameReport(31, 2.1, "dropped"))
    assert session.progress.elapsed_s > 2.0
    assert session.progress.usable_s == usable_s


def test_more_frames_than_a_phase_may_hold_are_refused(monkeypatch):
    monkeypatch.setattr(session_module, "MOST_FRAMES", 20)
    session = MoodSession(SHORT)
    session.start()
    with pytest.raises(SessionError, match="the baseline holds 20 frames already; send fewer"):
        feed(session, reports(8))
    assert session.state == "baseline"


def test_frames_after_the_last_step_of_a_phase_are_not_in_it():
    session = MoodSession(SHORT)
    session.start()
    feed(session, reports(7.0))
    answer = session.add(make_report(8.5, [make_face(LEVELS)]))
    assert session.state == "pause"
    assert answer == session.progress


@pytest.mark.parametrize("fps", [5.0, 12.0, 30.0])
def test_a_phase_lasts_its_media_time_at_any_frame_rate(fps):
    session = MoodSession(SHORT)
    session.start()
    taken = 0
    for frame in reports(20, fps=fps):
        if session.state != "baseline":
            break
        session.add(frame)
        taken += 1
    assert taken / fps == pytest.approx(8.0, abs=1.01 / fps)
    assert session.progress.remaining_s == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("seconds", [4.9, 120.1, float("nan")])
def test_a_phase_outside_5_to_120_seconds_is_refused(seconds):
    with pytest.raises(SessionError, match="5 to 120"):
        SessionSettings(baseline_s=seconds)


def test_frames_on_hold_do_not_count_and_the_clock_goes_on_after():
    session = MoodSession(SHORT)
    session.start()
    feed(session, reports(4))
    session.hold()
    before = session.progress.elapsed_s
    feed(session, reports(4, start_s=5))
    assert session.progress.elapsed_s == before
    assert session.progress.hint == "held"
    session.resume()
    # A source may begin its clock anew after a hold.
    feed(session, reports(2, start_s=0))
    assert session.state == "baseline"
    assert session.progress.elapsed_s == pytest.approx(before + 3, abs=0.1)


def test_a_lost_camera_is_said_and_its_time_does_not_count():
    session = MoodSession(SHORT)
    session.start()
    feed(session, reports(2))
    session.add(make_report(60.0, [make_face(LEVELS)]))
    assert session.state == "baseline"
    assert session.progress.hint == "camera_lost"
    assert session.progress.elapsed_s < 3.2
    feed(session, reports(8, start_s=61, seed=1))
    session.second_phase()
    feed(session, reports(9, seed=2))
    assert "camera_lost" in {note.code for note in session.verdict().notes}


def test_time_that_goes_back_is_refused_and_the_frame_ignored():
    session = MoodSession(SHORT)
    session.start()
    feed(session, reports(2, start_s=10))
    before = session.progress
    with pytest.raises(SessionError, match="went back"):
        session.add(make_report(3.0, [make_face(LEVELS)]))
    assert session.progress == before


def test_a_phase_can_be_taken_again():
    session = walked({"shift": 0.3})
    changed = session.verdict()
    session.retake("stimulus")
    assert session.state == "stimulus"
    feed(session, reports(9, seed=5))
    assert changed.result.basis == "change"
    assert session.verdict().result.basis == "level"
    session.retake("baseline")
    assert session.state == "baseline"
    with pytest.raises(SessionError, match="stimulus"):
        session.retake("stimulus")


def test_a_phase_that_never_was_cannot_be_taken_again():
    with pytest.raises(SessionError, match="record it first"):
        MoodSession(SHORT).retake("baseline")


def test_a_session_without_faces_names_no_emotion():
    session = MoodSession(SHORT)
    session.start()
    feed(session, (make_report(k / 15, [], status="no_face") for k in range(130)))
    assert session.state == "pause"
    session.second_phase()
    feed(session, reports(9))
    result = session.verdict().result
    assert result.basis == "insufficient"
    assert result.primary_emotion is None


def test_a_session_without_a_single_frame_in_a_phase_is_insufficient():
    session = MoodSession(SHORT)
    session.start()
    feed(session, reports(9))
    session.second_phase()
    session.finish()
    assert session.verdict().result.basis == "insufficient"
    assert json.loads(session.record().to_json())["verdict"]["primary_emotion"] is None


@pytest.mark.parametrize(
    ("faces", "hint"),
    [
        ([], "no_face"),
        ([make_face(LEVELS, trust=0.1)], "too_dark"),
        ([make_face(LEVELS), make_face(LEVELS, track=2)], "several_faces"),
        ([make_face(LEVELS)], ""),
    ],
)
def test_the_hint_says_what_to_mend(faces, hint):
    session = MoodSession(SHORT)
    session.start()
    assert session.add(make_report(0.0, faces)).hint == hint


# --- the subject --------------------------------------------------------------


def test_the_largest_track_is_the_subject_and_the_verdict_says_there_were_others():
    session = MoodSession(SHORT)

    def crowd(start_s, shift):
        for frame in reports(9, start_s=start_s, seed=int(start_s) + 1, shift=shift):
            small = make_face(np.eye(7)[0], track=7, width=40.0)
            yield make_report(frame.time_s, [small, *frame.faces])

    session.start()
    feed(session, crowd(0, 0.0))
    session.second_phase()
    feed(session, crowd(50, 0.3))
    verdict = session.verdict()
    assert verdict.result.primary_emotion == "happiness"
    assert verdict.result.emotions["anger"].means[1] < 0.2
    assert "several_faces" in {note.code for note in verdict.notes}


def test_a_track_never_seen_beside_the_subject_is_the_subject_found_again():
    frames = [[(1, 100.0)], [(1, 100.0), (2, 30.0)], [], [(3, 90.0)], [(3, 90.0), (2, 30.0)]]
    assert choose_subject(frames) == {1, 3}


def test_a_subject_found_again_under_another_number_is_a_change_of_track():
    samples = [
        Sample.of(make_report(k / 15, [make_face(LEVELS, 1 + k // 10)]), k) for k in range(30)
    ]
    recording = PhaseRecording.of(samples)
    assert recording.subject_changes == 2
    assert np.isfinite(recording.emotions).all()


def test_frames_with_another_face_only_do_not_count_for_the_subject():
    samples = [Sample.of(make_report(k / 15, [make_face(LEVELS)]), k / 15) for k in range(20)]
    stranger = make_face(np.eye(7)[0], track=2, width=20.0)
    samples[3] = Sample.of(make_report(0.2, [make_face(LEVELS), stranger]), 0.2)
    samples[4] = Sample.of(make_report(4 / 15, [stranger]), 4 / 15)
    recording = PhaseRecording.of(samples)
    assert np.isnan(recording.emotions[4]).all()
    assert recording.trust[4] == 0
    assert recording.several_faces == 1


# --- fairness -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("other", "code", "figure"),
    [
        ({"brightness": 60.0}, "brightness_differs", "60"),
        ({"width": 150.0}, "face_size_differs", "150 px"),
        ({"yaw": 9.0}, "pose_differs", "27 degrees"),
        ({"fps": 7.5}, "fps_differs", "7.5 fps"),
    ],
)
def test_a_picture_that_differs_between_phases_is_said_with_its_figure(other, code, figure):
    verdict = walked(other).verdict()
    assert not verdict.is_fair
    assert code in {note.code for note in verdict.notes}
    assert figure in verdict.sentence
    assert "picture" in verdict.sentence
    assert verdict.sentence_in("ko") != verdict.sentence


def test_a_picture_that_stays_the_same_is_called_fair():
    verdict = walked({"shift": 0.3}).verdict()
    assert verdict.is_fair
    assert verdict.notes == ()


def test_readings_at_two_frame_rates_are_compared_at_the_slower():
    result = walked({"fps": 30.0}).verdict().result
    assert result.fps == pytest.approx(15.0, rel=1e-3)
    assert result.basis == "level"


# --- files --------------------------------------------------------------------


def test_a_session_file_judged_again_gives_the_same_verdict_bit_for_bit(tmp_path):
    session = walked({"shift": 0.1})
    path = tmp_path / "session.json"
    path.write_text(session.record().to_json(), encoding="utf-8")
    again = read_session(path)
    assert again.verdict.to_dict() == session.verdict().to_dict()
    assert again.to_json() == session.record().to_json()
    document = json.loads(path.read_text(encoding="utf-8"))
    assert document["settings"]["seed"] == 0
    assert document["models"] == {"emotion": "0" * 64}
    assert {"framemood", "numpy", "scipy", "python"} == set(document["versions"])


def test_another_seed_changes_the_resampling_and_nothing_else(tmp_path):
    path = tmp_path / "session.json"
    session = walked({"shift": 0.1})
    path.write_text(session.record().to_json(), encoding="utf-8")
    a = session.verdict().result.emotions["happiness"]
    b = read_session(path, {"seed": 3}).verdict.result.emotions["happiness"]
    assert a.effect_interval != b.effect_interval
    assert (a.p, a.change, a.effect_size) == (b.p, b.change, b.effect_size)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"format": "framemood-session", "version": 9}',
     '{"format": "framemood-session", "version": 1, "settings": {}}',
     '{"format": "framemood-session", "version": 1, "settings": {"seed": -1}, "phases": {}}'],
)  # fmt: skip
def test_a_damaged_session_file_is_refused_by_name(tmp_path, text):
    path = tmp_path / "mine.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SessionError):
        read_session(path)


def write_table(path, record):
    """Write session.csv as the browser does, from what it is sent."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("time_s", "phase", *EMOTIONS, *MEASURES))
        for name in PHASES:
            frames = record.to_dict()["phases"][name]["frames"]
            columns = [frames[each] for each in (*EMOTIONS, *MEASURES)]
            for time_s, *cells in zip(frames["time_s"], *columns, strict=True):
                writer.writerow([time_s, name, *cells])


def test_the_table_of_a_session_gives_the_same_result(tmp_path):
    session = walked({"shift": 0.1})
    path = tmp_path / "session.csv"
    write_table(path, session.record())
    phases = read_table(path)
    verdict = judge(phases["baseline"], phases["stimulus"], SHORT)
    assert repr(verdict.result) == repr(session.verdict().result)
    assert set(phases["baseline"].measures) == set(MEASURES)


def write_emotions(path, frames, extra=()):
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        head = ("run_id", "index", "time_s", "face_id", "emotion", "confidence", "trust")
        writer.writerow((*head, *EMOTIONS))
        for frame in frames:
            for face in (*frame.faces, *extra):
                row = ("r", frame.index, frame.time_s, face.track_id, face.emotion, 0.5, face.trust)
                writer.writerow((*row, *face.probabilities.tolist()))
    return path


def test_two_analyses_are_compared_on_the_command_line(tmp_path, capsys):
    stranger = make_face(np.eye(7)[0], track=9)
    first = list(reports(10, seed=1))
    second = list(reports(10, seed=2, shift=0.3))
    # The subject is the face that is there longest, not the first in the file.
    paths = [
        write_emotions(tmp_path / "a.csv", [make_report(0.0, [stranger]), *first[1:]]),
        write_emotions(tmp_path / "b.csv", second),
    ]
    assert main(["session", *map(str, paths), "--json"]) == 0
    printed = capsys.readouterr().out
    result = json.loads(printed)
    assert result["basis"] == "change"
    assert result["primary_emotion"] == "happiness"
    assert list(result["emotions"]) == list(EMOTIONS)
    assert main(["session", *map(str, paths), "--json"]) == 0
    assert capsys.readouterr().out == printed


def test_the_table_of_both_phases_is_judged_alone_and_only_alone(tmp_path, capsys):
    session = walked({"shift": 0.3})
    both, one = tmp_path / "session.csv", tmp_path / "one.csv"
    write_table(both, session.record())
    write_emotions(one, list(reports(10, seed=1)))
    assert main(["session", str(both), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["primary_emotion"] == "happiness"
    assert main(["session", str(one)]) == 1
    assert "one.csv is one phase; give the emotions.csv of the second" in capsys.readouterr().err
    for pair in ((both, one), (one, both)):
        assert main(["session", *map(str, pair)]) == 1
        assert "session.csv holds both phases; give it alone" in capsys.readouterr().err


def test_the_command_judges_a_session_file_again(tmp_path, capsys):
    session = walked({"shift": 0.3})
    path = tmp_path / "session.json"
    path.write_text(session.record().to_json(), encoding="utf-8")
    assert main(["session", str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads(session.record().to_json())["verdict"]
    assert main(["session", str(path)]) == 0
    assert "Happiness rose" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (None, "bad.csv"),
        ("a,b\n1,2\n", "anger"),
        ("time_s,trust," + ",".join(EMOTIONS) + "\nx,1" + ",0" * 7 + "\n", "number"),
    ],
)
def test_a_bad_table_costs_one_line_and_exit_status_1(tmp_path, capsys, content, named):
    path = tmp_path / "bad.csv"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    assert main(["session", str(path), str(path)]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert named in captured.err


def test_one_phase_alone_is_not_compared(tmp_path, capsys):
    path = write_emotions(tmp_path / "a.csv", reports(5))
    assert main(["session", str(path)]) == 1
    assert "second phase" in capsys.readouterr().err


# --- the grid -----------------------------------------------------------------


def test_a_clock_that_does_not_begin_at_nought_changes_nothing():
    samples = [Sample.of(f, f.time_s) for f in reports(4) if not 1.0 < f.time_s < 2.0]
    plain = PhaseRecording.of(samples)
    late = replace(plain, time_s=plain.time_s + 1000.0)
    assert late.fps == pytest.approx(plain.fps)
    a, b = plain.at_rate(15.0), late.at_rate(15.0)
    assert b.time_s == pytest.approx(a.time_s)
    assert np.array_equal(a.emotions, b.emotions, equal_nan=True)


def test_a_recording_keeps_its_gaps_on_the_grid():
    samples = [Sample.of(f, f.time_s) for f in reports(4) if not 1.0 < f.time_s < 2.0]
    grid = PhaseRecording.of(samples).at_rate(15.0)
    assert np.isnan(grid.emotions[17:29]).all()
    assert np.isfinite(grid.emotions[:15]).all()
    assert all(b - a == pytest.approx(1 / 15) for a, b in pairwise(grid.time_s))


def test_a_step_without_a_frame_is_not_a_frame_without_a_face():
    generator = np.random.default_rng(5)

    def uneven(lost=0):
        time_s = np.sort(generator.choice(np.arange(300), 150, replace=False)) / 15
        values = LEVELS * (1 + 0.2 * generator.standard_normal((150, 7)))
        values[:lost] = np.nan
        return PhaseRecording(time_s, values)

    assert "missing_face" not in {n.code for n in judge(uneven(), uneven(), SHORT).notes}
    (note,) = (n for n in judge(uneven(), uneven(60), SHORT).notes if n.code == "missing_face")
    assert note.figures["percent"] == pytest.approx(20)


@pytest.mark.parametrize(("times", "words"), [(1, "once"), (3, "3 times")])
def test_how_often_the_camera_was_lost_is_said_in_words(times, words):
    assert words in Note("camera_lost", {"times": float(times)}).text("en")


def test_frames_that_come_in_bursts_are_judged_by_how_many_there_were():
    generator = np.random.default_rng(6)

    def bursts(shift=0.0):
        time_s = (np.arange(6)[:, None] + [0.0, 0.1, 0.2]).ravel()
        values = LEVELS * (1 + 0.05 * generator.standard_normal((18, 7)))
        values[:, 3] += shift
        return PhaseRecording(time_s, values)

    verdict = judge(bursts(), bursts(0.4), SHORT)
    assert min(verdict.result.usable_seconds) > 3
    assert (verdict.result.basis, verdict.result.primary_emotion) == ("change", "happiness")


def test_the_printed_table_has_no_figure_where_none_is_known(tmp_path, capsys):
    rows = [make_report(k / 15, [make_face(LEVELS)]) for k in range(20)]
    path = write_emotions(tmp_path / "short.csv", rows)
    assert main(["session", str(path), str(path)]) == 0
    printed = capsys.readouterr().out
    assert "Too little to go by" in printed
    assert "nan" not in printed


def test_a_file_that_is_not_there_is_named_with_the_mend(tmp_path, capsys):
    for name in ("missing.json", "missing.csv"):
        assert main(["session", str(tmp_path / name)]) == 1
        said = capsys.readouterr().err
        assert name in said
        assert "check its name" in said
        assert "Errno" not in said


# --- what is no phase, no setting, no landmark --------------------------------


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"seed": -1}, "seed=-1 is below 0"),
        ({"resamples": 10_001}, "outside 0 to 10000"),
        ({"resamples": -1}, "outside 0 to 10000"),
        ({"baseline_s": 1.0}, "is no length of a phase"),
        ({"stimulus_s": float("nan")}, "is no length of a phase"),
    ],
)
def test_a_setting_that_a_session_cannot_have_is_refused(wrong, said):
    with pytest.raises(SessionError, match=said):
        SessionSettings(**wrong)


@pytest.mark.parametrize("wrong", [{"seed": -1}, {"resamples": -1}])
def test_a_comparison_refuses_a_seed_that_is_none(wrong):
    phase = np.tile(LEVELS, (30, 1))
    with pytest.raises(SessionError, match="must be 0 or more"):
        compare_phases(phase, phase, 15.0, **wrong)


def test_a_picture_whose_quality_was_not_measured_keeps_its_faces():
    report = FrameReport(0, 0.0, "ok", (make_face(LEVELS),))
    sample = Sample.of(report, 1.5)
    assert (sample.time_s, len(sample.faces)) == (1.5, 1)
    assert np.isnan(sample.brightness) and np.isnan(sample.blur_score)


def test_a_head_turns_to_either_side_and_eyes_in_one_point_tell_no_turn():
    turns = [
        Sample.of(make_report(0.0, [make_face(LEVELS, yaw=yaw)]), 0.0).faces[0].turn_degrees
        for yaw in (-10.0, 0.0, 10.0)
    ]
    assert turns[0] == pytest.approx(-turns[2])
    assert turns[1] == 0 < turns[2] < 90
    for landmarks in (np.zeros((5, 2), np.float32), None):
        blind = replace(make_face(LEVELS), landmarks=landmarks)
        assert np.isnan(Sample.of(make_report(0.0, [blind]), 0.0).faces[0].turn_degrees)


def test_a_phase_without_a_frame_is_the_same_at_any_rate():
    empty = PhaseRecording.of([])
    assert empty.at_rate(5.0) is empty
    assert empty.fps == 0
    assert empty.trust.shape == (0,)


@pytest.mark.parametrize(
    ("break_it", "said"),
    [
        (lambda frames: frames["time_s"].reverse(), "time_s does not rise"),
        (lambda frames: frames["time_s"].pop(), "columns differ in length"),
        (lambda frames: frames["trust"].pop(), "columns differ in length"),
    ],
)
def test_a_session_file_whose_columns_do_not_fit_is_refused(tmp_path, break_it, said):
    document = json.loads(walked().record().to_json())
    break_it(document["phases"]["baseline"]["frames"])
    path = tmp_path / "session.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(SessionError, match=said):
        read_session(path)
