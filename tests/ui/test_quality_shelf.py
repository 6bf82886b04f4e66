import threading
import zipfile
from dataclasses import replace

import pytest

from core.records.recorder import RunRecorder
from core.settings import Settings
from core.types import FrameReport, QualityReading
from ui import quality_shelf
from ui.quality_drop import DropError
from ui.quality_shelf import MOST_BROUGHT, SAMPLE, Shelf
from ui.video_job import Request
from ui.video_jobs import Jobs

HEADER = "run_id,index,time_s,quality_score,fps\n"
ROWS = HEADER + "r,0,0.0,0.8,25\nr,1,0.04,0.7,25\n"


def analysis(source, directory, **_):
    """Stand in for ``analyze_video``: two rows and no more."""
    (directory / "metrics.csv").write_text(ROWS, "utf-8")


@pytest.fixture
def shelf_of():
    """Make a shelf for some settings."""
    made = []

    def make(**given):
        settings = replace(Settings(), **given)
        jobs, samples = Jobs(settings, analysis), Jobs(settings, analysis)
        made.extend([jobs, samples])
        return Shelf(settings, jobs, samples)

    yield make
    for jobs in made:
        jobs.close()


@pytest.fixture
def shelf(shelf_of, tmp_path):
    return shelf_of(records_dir=tmp_path / "records")


@pytest.fixture
def record():
    """Record a run of two frames into a directory."""

    def make(records_dir, source="door"):
        settings = replace(Settings(), records_dir=records_dir)
        with RunRecorder(settings, source=source, kind="live") as recorder:
            for index in range(2):
                reading = QualityReading(0.2, 100.0, 0.1, 0.05, False, 0.8)
                recorder.add(FrameReport(index, index / 25, "ok", quality=reading), 0.04)
        return recorder.run_id

    return make


@pytest.fixture
def brought(tmp_path):
    """Write a file that a visitor brings."""

    def write(name="metrics.csv", text=ROWS):
        path = tmp_path / name
        path.write_text(text, "utf-8")
        return path, name

    return write


def zipped(path, files):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path, path.name


def kinds(shelf, visitor):
    return [run.kind for run in shelf.runs(visitor)]


def test_a_visitor_sees_the_own_analysis_and_nobody_else_does(shelf):
    job = shelf._jobs.start("ann", Request("clip.mp4", "clip.mp4"))
    assert job.finished.wait(20)
    (own,) = shelf.runs("ann")
    assert (own.kind, own.name, own.is_running) == ("own", "clip.mp4", False)
    assert shelf.runs("bob") == []
    assert shelf.find("bob", own.key) is None


def test_what_a_visitor_brought_is_on_no_other_shelf(shelf, brought):
    key = shelf.bring("ann", *brought())
    assert kinds(shelf, "ann") == ["brought"]
    assert shelf.find("bob", key) is None
    assert shelf.find("ann", key).name == "metrics.csv"


def test_records_are_on_offer_where_no_stranger_is_served(shelf, record):
    run_id = record(shelf.settings.records_dir, "door")
    (run,) = shelf.runs("ann")
    assert (run.kind, run.name, run.key) == ("live", "door", f"record/{run_id}")
    assert shelf.cache.read(run.directory)[1].measures["quality"] == pytest.approx([0.8, 0.8])


@pytest.mark.parametrize("given", [{"public": True}, {"hosted": True}, {"allow_records": False}])
def test_records_are_never_on_offer_to_strangers(shelf_of, record, tmp_path, given):
    run_id = record(tmp_path / "records")
    shelf = shelf_of(records_dir=tmp_path / "records", **given)
    assert shelf.runs("ann") == []
    assert shelf.find("ann", f"record/{run_id}") is None
    assert shelf.of_ticket(shelf.ticket("ann", f"record/{run_id}")) is None


@pytest.mark.parametrize("name", ["..", ".", "", "../runs", "a/b", "/etc"])
def test_a_key_cannot_lead_out_of_the_records(shelf, record, name):
    record(shelf.settings.records_dir)
    assert shelf.find("ann", f"record/{name}") is None


def test_a_ticket_opens_one_run_until_its_visitor_leaves(shelf, brought):
    key = shelf.bring("ann", *brought())
    directory = shelf.find("ann", key).directory
    ticket = shelf.ticket("ann", key)
    assert shelf.ticket("ann", key) == ticket != shelf.ticket("bob", key)
    assert shelf.of_ticket(ticket).directory == directory
    assert shelf.of_ticket("guessed") is None
    # Another's ticket for the same key opens nothing.
    assert shelf.of_ticket(shelf.ticket("bob", key)) is None
    shelf.forget("ann")
    assert shelf.of_ticket(ticket) is None
    assert not directory.exists()


def test_the_oldest_that_was_brought_makes_room(shelf, brought):
    keys = [shelf.bring("ann", *brought()) for _ in range(MOST_BROUGHT + 1)]
    assert [run.key for run in shelf.runs("ann")] == keys[:0:-1]


def test_the_sample_is_read_once_for_all_and_then_on_every_shelf(shelf, monkeypatch, tmp_path):
    monkeypatch.setattr(quality_shelf, "sample_clip", lambda: tmp_path / "sample.mp4")
    jobs = []
    threads = [threading.Thread(target=lambda: jobs.append(shelf.sample())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(job) for job in jobs}) == 1
    assert jobs[0].finished.wait(20)
    assert kinds(shelf, "ann") == kinds(shelf, "bob") == [SAMPLE]
    shelf.forget("ann")
    assert kinds(shelf, "bob") == [SAMPLE]


def test_the_folder_of_a_run_comes_as_a_zip(shelf, tmp_path):
    files = {
        "run/metrics.csv": ROWS,
        "run/incidents.json": "[]",
        "run/evil.sh": "rm",
        "run/deep/metrics.csv": "x",
    }
    key = shelf.bring("ann", *zipped(tmp_path / "run.zip", files))
    directory = shelf.find("ann", key).directory
    assert {path.name for path in directory.iterdir()} == {"metrics.csv", "incidents.json"}
    assert (directory / "metrics.csv").read_text("utf-8") == ROWS


def test_a_zip_cannot_write_outside_its_folder(shelf, tmp_path):
    files = {"../../metrics.csv": ROWS, "../../incidents.json": "[]"}
    key = shelf.bring("ann", *zipped(tmp_path / "run.zip", files))
    directory = shelf.find("ann", key).directory
    assert {path.name for path in directory.iterdir()} == {"metrics.csv", "incidents.json"}
    assert not (directory.parent.parent / "metrics.csv").exists()


def test_a_zip_that_unpacks_to_too_much_is_refused_and_leaves_nothing(shelf_of, tmp_path):
    shelf = shelf_of(max_upload_mb=1, records_dir=tmp_path / "records")
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("metrics.csv", ROWS)
        archive.writestr("report.html", b"\0" * 3_000_000)
    with pytest.raises(DropError) as refused:
        shelf.bring("ann", tmp_path / "bomb.zip", "bomb.zip")
    assert refused.value.key == "too_large"
    assert shelf.runs("ann") == []
    assert list(shelf._root.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "text", "key"),
    [
        ("photo.png", "x", "kind"),
        ("run.zip", "not a zip", "damaged"),
        ("metrics.csv", "", "no_rows"),
        ("metrics.csv", "name,age\nann,7\n", "no_rows"),
        ("metrics.csv", HEADER, "no_rows"),
        ("metrics.csv", HEADER + "r,0,0.0,,\n", "no_rows"),
        ("metrics.csv", HEADER + "r,0,0.0,0.8,25\nq,0,0.0,0.8,25\n", "several_runs"),
    ],
)
def test_what_is_no_run_is_refused_by_name(shelf, brought, name, text, key):
    with pytest.raises(DropError) as refused:
        shelf.bring("ann", *brought(name, text))
    assert (refused.value.key, refused.value.name) == (key, name)
    assert shelf.runs("ann") == []


def test_a_zip_without_a_table_is_refused(shelf, tmp_path):
    with pytest.raises(DropError) as refused:
        shelf.bring("ann", *zipped(tmp_path / "run.zip", {"notes.txt": "x"}))
    assert refused.value.key == "no_metrics"


def test_bytes_that_are_no_table_are_refused(shelf, tmp_path):
    path = tmp_path / "metrics.csv"
    path.write_bytes(bytes(range(256)) * 64)
    with pytest.raises(DropError):
        shelf.bring("ann", path, path.name)


def test_no_timer_is_left_of_what_is_gone(shelf, brought, eventually):
    before = set(threading.enumerate())

    def timers():
        return [
            each
            for each in threading.enumerate()
            if isinstance(each, threading.Timer) and each not in before
        ]

    path, name = brought()
    for _ in range(MOST_BROUGHT + 2):
        shelf.bring("ann", path, name)
    eventually(lambda: len(timers()) == MOST_BROUGHT)
    shelf.forget("ann")
    eventually(lambda: not timers())


def test_a_zip_whose_packing_is_damaged_is_refused_and_leaves_nothing(shelf, tmp_path):
    path = tmp_path / "run.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("metrics.csv", ROWS * 200)
    data = bytearray(path.read_bytes())
    begin = data.index(b"metrics.csv") + len("metrics.csv") + 9
    data[begin : begin + 12] = b"\xff" * 12
    path.write_bytes(data)
    with pytest.raises(DropError) as refused:
        shelf.bring("ann", path, "run.zip")
    assert refused.value.key == "damaged"
    assert not any(shelf._root.iterdir())
