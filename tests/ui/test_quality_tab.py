import json
import re
from pathlib import Path
from types import SimpleNamespace

import plotly
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

import ui
from core.records.store import RUN_FILE, RUNS, RunInfo
from core.settings import Settings
from ui.quality import FILES_PATH, MOST_RUNS, PLOTLY_PATH, _Desk, routes
from ui.quality_shelf import Shelf
from ui.texts import strings
from ui.video_jobs import Jobs

STATIC = Path(ui.__file__).parent / "static"
SCRIPTS = sorted(STATIC.glob("quality*.js"))
ROWS = "run_id,index,time_s,quality_score,fps\n" + "".join(
    f"r,{index},{index / 25},0.{60 + index},25\n" for index in range(30)
)


def visitor(name="ann", language="en"):
    return SimpleNamespace(session_hash=name, cookies={"framemood-language": language}, headers={})


@pytest.fixture
def shelf(tmp_path):
    settings = Settings(records_dir=tmp_path / "records")
    jobs = Jobs(settings, lambda *_, **__: None)
    yield Shelf(settings, jobs, jobs)
    jobs.close()


@pytest.fixture
def desk(shelf):
    return _Desk(shelf, "auto")


@pytest.fixture
def bring(shelf, tmp_path):
    def put(name="metrics.csv", visitor="ann"):
        path = tmp_path / name
        path.write_text(ROWS, "utf-8")
        return shelf.bring(visitor, path, name)

    return put


@pytest.fixture
def client(shelf):
    return TestClient(Starlette(routes=routes(SimpleNamespace(shelf=shelf))))


def board(desk, keys, name="ann"):
    return desk._board(keys, name)


def test_a_run_is_shown_with_all_that_the_page_draws(desk, bring):
    shown = json.loads(json.dumps(board(desk, [bring()]), allow_nan=False))
    (run,) = shown["runs"]
    assert shown["state"] == "shown"
    assert (run["name"], run["kind"], run["running"]) == ("metrics.csv", "brought", False)
    assert len(run["lines"]["quality"]["t"]) == 30
    assert [name for name, _ in run["files"]] == ["metrics.csv"]


def test_nothing_chosen_says_what_to_do_and_a_run_that_is_gone_says_so(desk, bring):
    assert board(desk, []) == {"state": "empty"}
    assert board(desk, [bring()], "bob")["error"] == "gone"


def test_no_more_runs_are_shown_than_stand_beside_each_other(desk, bring):
    keys = [bring(f"run{number}.csv") for number in range(MOST_RUNS + 2)]
    assert len(board(desk, keys)["runs"]) == MOST_RUNS


def test_a_look_brings_only_what_is_new_and_a_zoom_the_rows_within(desk, bring):
    (run,) = board(desk, [bring()])["runs"]
    zoomed = desk.zoom({"ticket": run["ticket"], "from_s": 0.2, "to_s": 0.4})["lines"]["quality"]
    assert zoomed["t"][0] <= 0.2 and zoomed["t"][-1] >= 0.4
    assert len(zoomed["t"]) < 10
    assert desk.look({"ticket": run["ticket"], "mark": "old"})["key"] == run["key"]


@pytest.mark.parametrize(
    "call", [{}, {"ticket": 7}, {"ticket": "guessed"}, "x", None, {"ticket": ["a"]}]
)
def test_rubbish_and_guesses_are_answered_with_nothing(desk, bring, call):
    bring()
    assert desk.look(call) == {"gone": True}
    assert desk.zoom(call) == {"gone": True}


def test_a_zoom_to_no_place_is_answered_with_nothing(desk, bring):
    (run,) = board(desk, [bring()])["runs"]
    assert desk.zoom({"ticket": run["ticket"], "from_s": "x", "to_s": 1}) == {"gone": True}


def test_choices_are_named_in_the_visitors_language(desk, bring):
    key = bring()
    for language, words in (("en", "brought along"), ("ko", "올린 파일")):
        offered = desk.offer([key], visitor(language=language))
        assert offered["choices"] == [(f"metrics.csv · {words}", key)]
    assert desk.offer([key], visitor("bob"))["value"] == []


def test_what_is_on_offer_undoes_no_choice_that_was_made_meanwhile(desk, bring):
    key = bring()
    for chosen in ([], [key]):
        assert "value" not in desk.offer(chosen, visitor())
        assert "value" not in desk.open(chosen, visitor())
    assert desk.open(["gone", key], visitor())["value"] == [key]


def test_files_are_given_for_a_ticket_only(client, desk, bring):
    (run,) = board(desk, [bring()])["runs"]
    address = f"{FILES_PATH}/{run['ticket']}"
    answer = client.get(f"{address}/metrics.csv")
    assert answer.text == ROWS
    assert answer.headers["content-disposition"].startswith("attachment")
    for path in (
        f"{FILES_PATH}/guessed/metrics.csv",
        f"{address}/emotions.csv",
        f"{address}/..%2F..%2Fetc%2Fpasswd",
        f"{address}/run.json",
    ):
        assert client.get(path).status_code == 404


def test_the_picture_of_an_incident_is_for_whoever_may_see_the_run(
    client, desk, bring, shelf, tmp_path
):
    incident = {"kind": "black", "onset_s": 0.4, "end_s": 0.8, "severity": 1.0}
    key = bring()
    directory = shelf.find("ann", key).directory
    (directory / "incidents.json").write_text(json.dumps([incident]), "utf-8")
    assert board(desk, [key])["runs"][0]["incidents"][0]["picture"] is None
    (directory / "evidence-black-400.jpg").write_bytes(b"a picture")
    (run,) = board(desk, [key])["runs"]
    assert run["incidents"][0]["picture"] == "evidence-black-400.jpg"
    answer = client.get(f"{FILES_PATH}/{run['ticket']}/evidence-black-400.jpg")
    assert (answer.status_code, answer.content) == (200, b"a picture")
    assert answer.headers["content-disposition"].startswith("inline")
    assert answer.headers["cache-control"] == "no-store"
    # Another visitor has the run by no key, and its picture by no ticket.
    other = bring(visitor="bob")
    (others,) = board(desk, [other], "bob")["runs"]
    assert board(desk, [key], "bob")["error"] == "gone"
    assert client.get(f"{FILES_PATH}/{others['ticket']}/evidence-black-400.jpg").status_code == 404
    desk.leave(visitor())
    gone = client.get(f"{FILES_PATH}/{run['ticket']}/evidence-black-400.jpg")
    assert gone.status_code == 404


def test_a_report_that_somebody_brought_is_never_shown_as_a_page_of_ours(
    client, desk, bring, shelf
):
    key = bring()
    (shelf.find("ann", key).directory / "report.html").write_text("<script>1</script>", "utf-8")
    (run,) = board(desk, [key])["runs"]
    answer = client.get(f"{FILES_PATH}/{run['ticket']}/report.html")
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_the_library_of_the_charts_comes_from_this_server(client):
    answer = client.get(PLOTLY_PATH)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/javascript")
    assert plotly.__version__.split(".")[0] >= "6"
    for path in SCRIPTS:
        assert not re.search(r"https?://[a-z]", path.read_text("utf-8")), path.name


def test_the_scripts_ask_for_no_text_that_is_not_there():
    source = "".join(path.read_text("utf-8") for path in SCRIPTS)
    asked = set(re.findall(r"""["'`]((?:quality|common)\.[a-z_0-9]+)["'`]""", source))
    assert len(asked) > 40
    assert asked <= set(strings())


def test_every_text_that_is_put_together_is_there():
    known = set(strings())
    source = "".join(path.read_text("utf-8") for path in SCRIPTS)
    prefixes = set(re.findall(r"`(quality\.[a-z_]+_)\$\{", source))
    assert {"quality.line_", "quality.absent_", "quality.error_", "quality.figure_"} <= prefixes
    for prefix in prefixes:
        assert any(key.startswith(prefix) for key in known), prefix
    for line in ("quality", "sharpness", "brightness", "noise", "fps", "ocr", "risk", "risk_now"):
        for prefix in ("line", "tip", "unit"):
            assert f"quality.{prefix}_{line}" in known
    for figure in re.findall(
        r'\["(\w+)", -?\d', (STATIC / "quality_compare.js").read_text("utf-8")
    ):
        assert f"quality.figure_{figure}" in known
        assert f"quality.tip_figure_{figure}" in known


def test_every_error_has_its_line():
    raised = set(
        re.findall(
            r'DropError\("(\w+)"', (Path(ui.__file__).parent / "quality_drop.py").read_text("utf-8")
        )
    )
    raised |= set(
        re.findall(
            r'_failed\("(\w+)"', (Path(ui.__file__).parent / "quality.py").read_text("utf-8")
        )
    )
    assert len(raised) > 6
    for key in raised:
        assert f"quality.error_{key}" in strings()


def test_a_run_that_goes_on_is_looked_at_again_until_it_ends(desk, shelf):
    directory = shelf.settings.records_dir / RUNS / "20260301-120000-abc"
    directory.mkdir(parents=True)

    def record(rows, state):
        info = RunInfo(directory.name, "live", "door", "", rows, rows / 25, 0.7, directory, state)
        (directory / RUN_FILE).write_text(json.dumps(info.as_dict()), "utf-8")
        lines = ROWS.splitlines(keepends=True)
        (directory / "metrics.csv").write_text("".join(lines[: rows + 1]), "utf-8")

    record(10, "running")
    (run,) = board(desk, [f"record/{directory.name}"])["runs"]
    assert run["running"]
    assert run["figures"]["frames"] == 10
    call = {"ticket": run["ticket"], "mark": run["mark"]}
    assert desk.look(call) == {"same": True}
    record(20, "running")
    assert desk.look(call)["figures"]["frames"] == 20
    record(20, "done")
    assert not desk.look(call | {"mark": desk.look(call)["mark"]})["running"]
