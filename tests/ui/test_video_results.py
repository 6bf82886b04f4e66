from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path
from types import SimpleNamespace
from typing import get_args

import pytest

from core.incidents import IncidentKind
from core.types import EMOTIONS
from ui import plots, video_results, video_view
from ui.texts import LANGUAGES, text
from ui.thinning import Series
from ui.video_faces import FaceSummary
from ui.video_job import Job, Request

HOSTILE = '<img src=x onerror="alert(1)">"\'.mp4'


def finished(directory: Path, name: str = "clip.mp4", **options: bool) -> Job:
    job = Job(Request(source=name, name=name, **options), directory, state="done")
    job.began_s, job.ended_s = 10.0, 12.0
    for file in video_results.DOWNLOADS:
        (directory / file).write_bytes(b"0" * 2000)
    return job


def shown(**changes: object) -> plots.Charts:
    line = Series("quality", (0.0, 1.0), (0.9, 0.3))
    face = FaceSummary(3, 1.0, 2.5, "happiness", 0.7, (0.0, 0.0, 0.0, 0.9, 0.0, 0.0, 0.1))
    values: dict[str, object] = {
        "duration_s": 8.0,
        "threshold": 0.5,
        "quality": (line,),
        "emotions": tuple(Series(name, (0.0, 1.0), (0.1, 0.2)) for name in EMOTIONS),
        "trust": (Series("trust", (0.0, 1.0), (0.8, 0.7)),),
        "stretches": (plots.Stretch("weak", 2.0, 3.2), plots.Stretch("freeze", 5.0, 7.0)),
        "faces": (face,),
        "frames": 200,
        "mean_quality": 0.6,
        "weak_share": 0.125,
    }
    return plots.Charts(**{**values, **changes})


@pytest.mark.parametrize("language", LANGUAGES)
def test_results_show_every_file_and_every_figure_with_its_unit(tmp_path, language):
    job = finished(tmp_path)
    page = video_results.player(language, job, shown()) + video_results.details(
        language, job, shown()
    )
    for name in video_results.DOWNLOADS:
        assert f'download="{name}"' in page
    assert re.search(r"0\.60 <small>", page)
    assert text("common.happiness", language) in page
    assert f"12 <small>{text('video.unit_percent', language)}</small>" in page
    assert "0:05.0 – 0:07.0" in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_hostile_name_is_text_and_never_markup(tmp_path, language):
    progress = SimpleNamespace(frames_done=1, frames_total=9, fps=3.0, eta_s=2.0)
    pages = [
        video_view.running(language, HOSTILE, progress),
        video_view.failed(language, HOSTILE),
        video_view.empty(language, HOSTILE),
        video_results.player(language, finished(tmp_path, HOSTILE), shown(), HOSTILE, HOSTILE),
    ]
    for page in pages:
        assert "<img" not in page


def test_the_numbers_of_the_charts_survive_the_markup(tmp_path):
    page = video_results.details("en", finished(tmp_path), shown())
    numbers = json.loads(unescape(re.search(r'data-charts="([^"]*)"', page).group(1)))
    assert numbers == json.loads(json.dumps(plots.to_json(shown())))
    words = json.loads(unescape(re.search(r'data-words="([^"]*)"', page).group(1)))
    assert "3" in words["chart_emotions"]
    assert {"threshold", *EMOTIONS, "chart_hint", "chart_time"} <= words.keys()


def test_a_run_without_faces_or_quality_shows_neither(tmp_path):
    bare = shown(
        quality=(),
        emotions=(),
        trust=(),
        stretches=(),
        faces=(),
        mean_quality=None,
        weak_share=None,
    )
    job = finished(tmp_path, faces=False, emotion=False, quality=False)
    page = video_results.player("en", job, bare) + video_results.details("en", job, bare)
    assert "data-charts" not in page
    assert "<table" not in page
    assert "Picture quality" not in page
    assert "Downloads" in page


def test_a_crowd_is_cut_and_the_cut_is_said(tmp_path):
    faces = tuple(FaceSummary(number, 0.0, 1.0, None, 0.0, (0.0,) * 7) for number in range(1, 31))
    page = video_results.details("en", finished(tmp_path), shown(faces=faces))
    assert page.count("<tr>") == 1 + video_results.MOST_FACES
    assert "And 10 more" in page


@pytest.mark.parametrize(
    ("score", "word"), [(0.49, "poor"), (0.5, "fair"), (0.64, "fair"), (0.7, "good")]
)
def test_a_score_is_named_by_the_threshold(tmp_path, score, word):
    page = video_results.player("en", finished(tmp_path), shown(mean_quality=score))
    assert f"{score:.2f} <small>{word}</small>" in page


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", get_args(IncidentKind))
def test_every_kind_of_incident_is_listed_in_words_and_named_in_the_legend(
    tmp_path, kind, language
):
    charts = shown(stretches=(plots.Stretch(kind, 2.0, 3.2),))
    page = unescape(video_results.details(language, finished(tmp_path), charts))
    words = text(f"common.incident_{kind}", language)
    assert f"{words} <b>0:02.0 – 0:03.2</b>" in page
    assert f'"incident_{kind}":"{words}"' in page.replace('": "', '":"')
