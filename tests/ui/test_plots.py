from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.types import EMOTIONS
from ui import plots
from ui.thinning import BINS, thin


def metrics(count: int, fps: float = 30.0, **columns: object) -> pd.DataFrame:
    rows = {
        "index": np.arange(count, dtype=float),
        "time_s": np.arange(count) / fps,
        "blur_score": np.full(count, 0.2),
        "brightness": np.full(count, 127.5),
        "noise_level": np.full(count, 0.1),
        "quality_score": np.full(count, 0.9),
    }
    return pd.DataFrame({**rows, **columns})


def faces(
    indices: list[int], face_id: int = 1, fps: float = 30.0, **columns: float
) -> pd.DataFrame:
    values = {"trust": 0.8, "happiness": 1.0, **columns}
    rows = {name: np.full(len(indices), values.get(name, 0.0)) for name in plots.FACE_COLUMNS}
    rows["index"] = np.array(indices, dtype=float)
    rows["time_s"] = rows["index"] / fps
    rows["face_id"] = np.full(len(indices), float(face_id))
    return pd.DataFrame(rows)


NOBODY = faces([])


@given(
    st.lists(st.floats(-1, 1, allow_nan=False), min_size=1, max_size=6000),
    st.floats(0.01, 100),
)
def test_thinning_keeps_the_extremes_and_bounds_the_points(values: list[float], step_s: float):
    points = np.array(values)
    times = np.arange(points.size) * step_s
    line = thin("quality", times, points, float(times[-1] + step_s), step_s)
    drawn = [value for value in line.values if value is not None]
    assert len(drawn) <= 2 * BINS
    assert max(drawn) == pytest.approx(points.max(), abs=1e-4)
    assert min(drawn) == pytest.approx(points.min(), abs=1e-4)
    assert list(line.time_s) == sorted(line.time_s)
    assert None not in line.values


def test_a_spike_of_one_frame_in_two_hours_is_still_drawn():
    score = np.full(216_000, 0.9)
    score[123_456] = 0.05
    shown = plots.charts(metrics(score.size, quality_score=score), NOBODY, (), 0.5)
    (quality,) = (line for line in shown.quality if line.key == "quality")
    lowest = int(np.argmin(quality.values))
    assert quality.values[lowest] == pytest.approx(0.05)
    assert quality.time_s[lowest] == pytest.approx(123_456 / 30, abs=1e-3)
    assert len(quality.values) <= 2 * BINS
    assert len(json.dumps(plots.to_json(shown))) < 400_000


def test_a_line_is_broken_where_the_face_was_away():
    shown = plots.charts(metrics(300), faces([*range(60), *range(200, 300)]), (), 0.5)
    (trust,) = shown.trust
    assert trust.values.count(None) == 1
    assert trust.time_s[trust.values.index(None)] == pytest.approx(59 / 30, abs=1e-3)


def test_rows_without_a_reading_are_left_out_and_not_drawn_as_zero():
    score = np.full(30, 0.8)
    score[10:20] = np.nan
    shown = plots.charts(metrics(30, quality_score=score), NOBODY, (), 0.5)
    quality = shown.quality[0]
    assert quality.values.count(None) == 1
    assert min(value for value in quality.values if value is not None) == pytest.approx(0.8)
    assert shown.mean_quality == pytest.approx(0.8)


def test_incidents_are_read_as_they_were_recorded(tmp_path):
    path = tmp_path / "incidents.json"
    path.write_text(
        json.dumps([{"kind": "freeze", "onset_s": 5.0, "end_s": 7.0, "duration_s": 2.0}]), "utf-8"
    )
    assert plots.read_incidents(path) == (plots.Stretch("freeze", 5.0, 7.0),)
    assert plots.read_incidents(tmp_path / "none.json") == ()


def test_the_share_of_weak_frames_counts_measured_frames_only():
    score = np.full(300, 0.9)
    score[60:90] = 0.3
    score[200:] = np.nan
    shown = plots.charts(metrics(300, quality_score=score), NOBODY, (), 0.5)
    assert shown.weak_share == pytest.approx(30 / 200)


@given(
    st.lists(
        st.tuples(st.sampled_from(["weak", "freeze"]), st.floats(0, 7000), st.floats(0.5, 90)),
        max_size=800,
    )
)
def test_joined_stretches_cover_the_same_time_and_do_not_overlap(found):
    stretches = tuple(plots.Stretch(kind, start, start + length) for kind, start, length in found)
    joined = plots.join(stretches, 7200.0)
    for kind in ("weak", "freeze"):
        marks = [mark for mark in joined if mark.kind == kind]
        edges = [edge for mark in marks for edge in (mark.start_s, mark.end_s)]
        assert edges == sorted(edges)
        assert len(marks) <= BINS + 1
        for part in stretches:
            if part.kind == kind:
                assert any(m.start_s <= part.start_s and part.end_s <= m.end_s for m in marks)


def test_the_main_face_is_the_one_longest_on_screen():
    rows = pd.concat([faces(list(range(20)), 1), faces(list(range(90)), 7, sadness=0.9)])
    shown = plots.charts(metrics(90), rows, (), 0.5)
    assert [face.track_id for face in shown.faces] == [7, 1]
    assert shown.main_face.on_screen_s == pytest.approx(3.0)
    assert shown.faces[1].on_screen_s == pytest.approx(20 / 30)


def test_time_on_screen_counts_what_every_nth_frame_stands_for():
    table = metrics(10, index=np.arange(10.0) * 5, time_s=np.arange(10) * 5 / 30)
    shown = plots.charts(table, faces(list(range(0, 50, 5))), (), 0.5)
    assert shown.main_face.on_screen_s == pytest.approx(50 / 30)


def test_a_trusted_reading_outweighs_many_that_are_not():
    rows = pd.concat(
        [
            faces(list(range(80)), happiness=0.0, fear=1.0, trust=0.05),
            faces(list(range(80, 100)), happiness=1.0, trust=0.9),
        ]
    )
    (face,) = plots.charts(metrics(100), rows, (), 0.5).faces
    assert face.emotion == "happiness"
    assert sum(face.shares) == pytest.approx(1.0)
    assert face.trust == pytest.approx(0.22)


def test_faces_without_emotion_are_counted_but_named_nothing():
    rows = faces(list(range(30)))
    rows[list(EMOTIONS)] = np.nan
    shown = plots.charts(metrics(30), rows, (), 0.5)
    assert shown.main_face.emotion is None
    assert shown.main_face.on_screen_s == pytest.approx(1.0)
    assert shown.emotions == ()
    assert shown.trust == ()


def test_a_run_without_any_row_shows_nothing_and_does_not_fail(tmp_path):
    table = plots.read_rows(tmp_path / "metrics.csv", plots.METRIC_COLUMNS)
    people = plots.read_rows(tmp_path / "emotions.csv", plots.FACE_COLUMNS)
    shown = plots.charts(table, people, (), 0.5)
    assert shown.frames == 0
    assert shown.main_face is None
    assert plots.to_json(shown)["quality"] == []


def test_what_is_not_a_number_is_read_as_missing(tmp_path):
    path = tmp_path / "metrics.csv"
    path.write_text("index,time_s,brightness\n0,0.0,12.5\n1,0.1,\n2,0.2,broken\n", "utf-8")
    table = plots.read_rows(path, plots.METRIC_COLUMNS)
    assert table["brightness"][0] == 12.5
    assert table["brightness"].isna().tolist() == [False, True, True]
    assert table["quality_score"].isna().all()
