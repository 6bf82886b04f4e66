import asyncio
import io
import json
import logging

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette
from starlette.testclient import TestClient

from core.errors import ModelError
from core.settings import Settings
from tests.ui.doubles import PlainPipeline
from ui import health
from ui.admission import Admission
from ui.health import Metrics, health_routes
from ui.logs import JsonLines, PlainLines, without_secrets
from ui.sessions import Sessions

START = {"type": "start_analysis", "mode": "live", "options": {}}


def client_of(make_pipeline=PlainPipeline, auth=None, **settings):
    admission = Admission(Sessions(Settings(workers=1, **settings), make_pipeline))
    app = Starlette(routes=health_routes(admission, Metrics(admission)))
    app.auth, app.tokens, app.cookie_id = auth, {}, "x"
    return TestClient(app), admission


def figures(client):
    text = client.get("/metrics").text
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_health_says_when_the_models_are_loaded(eventually):
    client, admission = client_of()
    assert client.get("/health").json()["status"] == "starting"
    admission.sessions.warm_up()
    eventually(lambda: admission.sessions.is_loaded)
    report = client.get("/health").json()
    assert report["status"] == "ok"
    assert report["workers"] == 1
    assert report["disk_free_mb"] > 0
    assert report["version"]


def test_health_fails_where_the_models_are_missing(eventually):
    def missing(settings, **options):
        raise ModelError("emotion.onnx: is not there")

    client, admission = client_of(missing)
    admission.sessions.warm_up()
    eventually(lambda: bool(admission.sessions.problem))
    answer = client.get("/health")
    assert answer.status_code == 503
    assert "emotion.onnx" in answer.json()["problem"]


def test_health_fails_where_loading_the_models_breaks_in_a_way_nobody_foresaw(eventually):
    def broken(settings, **options):
        raise RuntimeError("a library's own words")

    client, admission = client_of(broken)
    admission.sessions.warm_up()
    eventually(lambda: bool(admission.sessions.problem))
    answer = client.get("/health")
    assert (answer.status_code, answer.json()["status"]) == (503, "failing")
    assert "own words" not in answer.text


def test_health_fails_on_a_full_disk(monkeypatch):
    monkeypatch.setattr(health, "LOW_DISK_MB", 1e12)
    client, _ = client_of()
    assert client.get("/health").status_code == 503


def test_in_public_strangers_learn_that_it_is_well_and_no_more():
    client, _ = client_of(public=True)
    assert set(client.get("/health").json()) == {"status"}
    assert client.get("/metrics").status_code == 404


def test_behind_a_login_figures_are_for_users():
    client, _ = client_of(auth={"ann": "secret"})
    assert client.get("/metrics").status_code == 404
    assert set(client.get("/health").json()) == {"status"}


@pytest.mark.parametrize("given", ["", "Bearer", "Bearer guess", "Bearer hush ", "hush"])
def test_a_token_opens_the_figures_and_nothing_else_does(given):
    client, _ = client_of(public=True, metrics_token="hush")
    assert client.get("/metrics", headers={"Authorization": given}).status_code == 404
    assert client.get("/metrics", headers={"Authorization": "Bearer hush"}).status_code == 200


def test_figures_count_what_was_answered(framed):
    client, admission = client_of(max_sessions=1)

    async def play():
        applicant = admission.apply("")
        admission.apply("next")
        for message in (START, framed(1), framed(2), "rubbish"):
            await admission.answer(applicant.lane, message)

    asyncio.run(play())
    seen = figures(client)
    assert seen["framemood_frames_total", "ok"] == 2
    assert seen["framemood_errors_total", "bad_message"] == 1
    assert seen["framemood_frame_seconds_count",] == 2
    assert seen["framemood_sessions",] == 1
    assert seen["framemood_waiting",] == 1
    assert seen["process_resident_memory_bytes",] > 0


@pytest.mark.parametrize(
    "text",
    [
        "rtsp://ann:hush@camera:554/1",
        "http://x/a.mp4?token=hush&b=1",
        "password=hush",
        '{"api_key": "hush"}',
        "Authorization: Bearer hush-hush-hush",
        "METRICS_TOKEN: token=hush",
    ],
)
def test_secrets_do_not_reach_the_log(text):
    assert "hush" not in without_secrets(text)


def test_plain_words_reach_the_log_as_they_are():
    line = "clip.mp4: a damaged packet was skipped; see http://example.org/a?b=c"
    assert without_secrets(line) == line


@pytest.mark.parametrize("formatter", [JsonLines(), PlainLines()])
def test_what_is_raised_is_logged_without_its_secrets(formatter):
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    logger = logging.Logger("test")
    logger.addHandler(handler)
    try:
        raise ValueError("cannot open rtsp://ann:hush@camera/1")
    except ValueError:
        logger.exception("two\nlines of %s", "token=hush")
    assert "hush" not in stream.getvalue()
    if isinstance(formatter, JsonLines):
        (line,) = stream.getvalue().splitlines()
        entry = json.loads(line)
        assert entry["message"].startswith("two\nlines")
        assert "ValueError" in entry["traceback"]
        assert entry["time"].endswith("Z")


def test_an_incident_counts_once_in_each_analysis_where_it_begins():
    _, admission = client_of()
    metrics = Metrics(admission)

    def report(*onsets_s):
        incidents = [{"kind": "black", "onset_s": onset_s} for onset_s in onsets_s]
        return {"type": "report", "status": "ok", "system": None, "incidents": incidents}

    class Lane:
        pass

    one, two = Lane(), Lane()
    for lane, *onsets_s in ((one,), (one, 2.0), (one, 2.0), (two, 2.0), (one,), (one, 9.0)):
        metrics.saw(report(*onsets_s), lane)
    kinds = {
        sample.labels["kind"]: sample.value
        for family in metrics.registry.collect()
        for sample in family.samples
        if sample.name == "framemood_incidents_total"
    }
    assert kinds == {"black": 3}


def test_an_incident_that_lasts_over_frames_passed_over_counts_once():
    client, admission = client_of()
    seen = {"type": "report", "status": "ok", "incidents": [{"kind": "black", "onset_s": 1.0}]}
    for reply in (seen, {"type": "report", "status": "dropped"}, seen):
        admission.on_reply(reply, admission)
    assert figures(client)["framemood_incidents_total", "black"] == 1
