import csv
import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from core.errors import RecordError
from core.records.columns import EMOTION_COLUMNS, METRIC_COLUMNS
from core.settings import Settings
from ui.quality_data import MOST_DOTS, figures, incident_json, lines, run_json
from ui.quality_rows import RowsCache, read_run

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


def table(path, columns, rows):
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.DictWriter(file, columns, restval="")
        out.writeheader()
        out.writerows(rows)


def metric(index, step_s=1.0, **more):
    return {
        "run_id": "r",
        "index": index,
        "time_s": index * step_s,
        "status": "ok",
        "blur_score": 0.2,
        "brightness": 102,
        "noise_level": 0.1,
        "change": 0.05,
        "is_frozen": 0,
        "quality_score": 0.8,
        "fps": 24.5,
        "wall_time_utc": (START + timedelta(seconds=2 * index * step_s)).isoformat(),
        **more,
    }


@pytest.fixture
def run(tmp_path):
    """Write a run: ``run(rows, faces, incidents)`` gives its folder."""

    def write(rows, faces=None, incidents=None):
        table(tmp_path / "metrics.csv", METRIC_COLUMNS, rows)
        if faces is not None:
            table(tmp_path / "emotions.csv", EMOTION_COLUMNS, faces)
        if incidents is not None:
            (tmp_path / "incidents.json").write_text(json.dumps(incidents), "utf-8")
        return tmp_path

    return write


def read(directory):
    return read_run(directory, Settings())


def test_readings_come_back_in_the_units_that_are_drawn(run):
    rows = read(run([metric(index, ocr_confidence=0.9) for index in range(5)]))
    assert rows.time_s.tolist() == [0, 1, 2, 3, 4]
    drawn = {"quality": 0.8, "sharpness": 0.8, "brightness": 0.4, "noise": 0.1, "fps": 24.5}
    for name, value in {**drawn, "ocr": 0.9}.items():
        assert rows.measures[name] == pytest.approx(np.full(5, value)), name
    assert rows.wall_s[1] - rows.wall_s[0] == pytest.approx(2)
    assert rows.wall_s[0] == pytest.approx(START.timestamp())


def test_the_trust_of_a_frame_is_the_mean_of_its_faces(run):
    faces = [
        {"index": 0, "time_s": 0, "face_id": 1, "trust": 0.2},
        {"index": 0, "time_s": 0, "face_id": 2, "trust": 0.6},
        {"index": 2, "time_s": 2, "face_id": 1, "trust": 0.9},
        {"index": 1, "time_s": 1, "face_id": 1, "trust": ""},
    ]
    trust = read(run([metric(index) for index in range(3)], faces)).measures["trust"]
    assert trust == pytest.approx([0.4, np.nan, 0.9], nan_ok=True)


def test_what_was_recorded_as_risk_is_shown_as_it_is(run):
    risks = [metric(i, risk_now=0.1, risk_within_30_s=i / 10) for i in range(4)]
    rows = read(run(risks))
    assert rows.measures["risk"] == pytest.approx([0, 0.1, 0.2, 0.3])
    assert figures(rows, 0.5)["risk"] == pytest.approx(0.3)


def test_media_time_that_begins_anew_is_put_in_order(run):
    rows = read(run([metric(index) for index in (0, 2, 3, 1)]))
    assert rows.time_s.tolist() == [0, 1, 2, 3]


def test_no_spike_of_a_long_run_is_lost(run):
    count = 20_000
    values = np.full(count, 0.8)
    spikes = [37, 5_003, 11_111, 19_990]
    values[spikes] = [0.01, 0.02, 0.03, 0.04]
    rows = read(run([metric(i, quality_score=values[i]) for i in range(count)]))
    line = lines(rows, 0.0, float(count))["quality"]
    assert len(line["t"]) < 2_000
    for spike in spikes:
        assert line["v"][line["t"].index(float(spike))] == pytest.approx(values[spike])


def test_a_zoom_shows_every_row_within_it(run):
    rows = read(run([metric(i, quality_score=0.5 + i % 7 / 100) for i in range(10_000)]))
    line = lines(rows, 5_000.0, 5_060.0)["quality"]
    assert [time for time in line["t"] if 5_000 <= time <= 5_060] == list(range(5_000, 5_061))
    assert line["v"][line["t"].index(5_003.0)] == pytest.approx(0.5 + 5_003 % 7 / 100)


def test_rows_that_are_missing_break_the_line(run):
    rows = read(run([metric(i) for i in [*range(10), *range(50, 60)]]))
    assert None in lines(rows, 0.0, 60.0)["quality"]["v"]


def test_text_that_is_read_once_a_second_is_one_line(run):
    shown = [metric(i, 0.04, ocr_confidence=0.8 if i % 25 == 0 else "") for i in range(500)]
    line = lines(read(run(shown)), 0.0, 20.0)["ocr"]
    assert None not in line["v"]
    assert len(line["v"]) == 20


def test_what_was_not_measured_is_left_out_and_has_no_figure(run):
    bare = {"quality_score": "", "blur_score": "", "brightness": "", "noise_level": ""}
    found = run_json(read(run([metric(i, wall_time_utc="", **bare) for i in range(30)])), 0.5)
    assert set(found["lines"]) == {"fps"}
    assert found["wall"] is None
    assert found["ocr"] is None and found["trust"] is None
    for name in ("quality", "weak", "lowest", "ocr", "trust"):
        assert found["figures"][name] is None
    json.dumps(found, allow_nan=False)


def test_a_run_without_a_row_yet_is_no_error(run):
    found = run_json(read(run([])), 0.5)
    assert found["figures"]["frames"] == 0
    assert found["lines"] == {}
    json.dumps(found, allow_nan=False)


def test_figures_count_what_they_say(run):
    scores = [0.9, 0.9, 0.3, 0.1]
    incidents = [
        {"kind": "weak", "onset_s": 0.5, "end_s": 2.5},
        {"kind": "freeze", "onset_s": 2.0, "end_s": 3.0},
    ]
    rows = read(run([metric(i, quality_score=scores[i]) for i in range(4)], None, incidents))
    found = figures(rows, 0.5)
    assert found["quality"] == pytest.approx(0.55)
    assert (found["lowest"], found["weak"]) == (0.1, 0.5)
    assert (found["frames"], found["duration"], found["incidents"]) == (4, 4.0, 2)
    # 0.5 to 3.0 of 4 s: where two hold at once, time is counted once.
    assert found["troubled"] == pytest.approx(2.5 / 4)


def test_a_run_that_does_not_say_its_incidents_is_not_said_to_have_none(run):
    rows = [metric(0), metric(1)]
    assert figures(read(run(rows)), 0.5)["incidents"] is None
    assert figures(read(run(rows)), 0.5)["troubled"] is None
    none = figures(read(run(rows, None, [])), 0.5)
    assert (none["incidents"], none["troubled"]) == (0, 0.0)


def test_a_scatter_is_sampled_but_its_rho_rests_on_all_rows(run):
    rng = np.random.default_rng(0)
    quality = rng.random(3_000)
    rows = [
        metric(i, quality_score=round(quality[i], 5), ocr_confidence=round(quality[i] ** 2, 5))
        for i in range(3_000)
    ]
    found = run_json(read(run(rows)), 0.5)["ocr"]
    assert len(found["x"]) == len(found["y"]) == len(found["t"]) <= MOST_DOTS
    assert found["pairs"] == 3_000
    assert found["rho"] > 0.99


def test_incidents_have_their_words_in_both_languages_whoever_wrote_them():
    found = incident_json({"kind": "freeze", "onset_s": 1, "end_s": 2.5, "words": {"en": "Hi"}})
    assert set(found["words"]) == set(found["advice"]) == {"en", "ko"}
    assert found["words"]["en"] != "Hi"
    later = incident_json({"kind": "seen_by_a_later_version", "onset_s": 1, "end_s": 2})
    assert later["words"] is None and later["kind"] == "seen_by_a_later_version"


@pytest.mark.parametrize(
    "broken", [{"kind": "freeze"}, {"kind": "freeze", "onset_s": "x", "end_s": 1}, {"onset_s": 1}]
)
def test_an_incident_without_its_place_is_left_out(run, broken):
    whole = {"kind": "black", "onset_s": 1, "end_s": 2}
    rows = read(run([metric(0), metric(1)], None, [broken, whole]))
    assert [each["kind"] for each in rows.incidents] == ["black"]


def test_a_run_is_read_again_only_when_its_files_change(run, monkeypatch):
    directory = run([metric(0), metric(1)])
    cache = RowsCache(Settings())
    mark, rows = cache.read(directory)
    assert cache.read(directory)[1] is rows
    run([metric(0), metric(1), metric(2)])
    later, more = cache.read(directory)
    assert later != mark
    assert len(more) == 3


def test_the_cache_lets_go_of_what_was_read_longest_ago(tmp_path):
    cache = RowsCache(Settings(), most_rows=5)
    folders = [tmp_path / name for name in ("one", "two")]
    for folder in folders:
        folder.mkdir()
        table(folder / "metrics.csv", METRIC_COLUMNS, [metric(i) for i in range(3)])
    first = cache.read(folders[0])[1]
    second = cache.read(folders[1])[1]
    assert cache.read(folders[1])[1] is second
    assert cache.read(folders[0])[1] is not first


def test_a_folder_without_a_table_is_an_error_that_names_it(tmp_path):
    with pytest.raises(RecordError, match=tmp_path.name):
        RowsCache(Settings()).read(tmp_path)
