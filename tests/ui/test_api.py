import csv
import tempfile

import cv2
import gradio as gr
import numpy as np
import pytest
from gradio_client import Client, handle_file

from core.errors import FramemoodError
from core.frame import addresses
from core.settings import Settings
from core.types import EMOTIONS
from tests.frame.test_reachable import OUTSIDE, serve
from tests.ui.doubles import PlainPipeline
from ui import api
from ui.context import Context
from ui.sessions import Sessions


def page_of(settings):
    context = Context(settings, Sessions(settings, PlainPipeline))
    with gr.Blocks(analytics_enabled=False) as blocks:
        gr.Markdown("a page")
        api.build(context)
    return blocks


@pytest.fixture(scope="module")
def client():
    blocks = page_of(Settings())
    _, url, _ = blocks.launch(
        server_name="127.0.0.1", prevent_thread_lock=True, quiet=True, _frontend=False
    )
    yield Client(url, verbose=False)
    blocks.close()


@pytest.fixture(scope="module")
def photo(astronaut, tmp_path_factory):
    path = tmp_path_factory.mktemp("photo") / "face.png"
    cv2.imwrite(str(path), astronaut)
    return path


@pytest.fixture(scope="module")
def recordings(tmp_path_factory):
    """Two emotions.csv of 20 s at 10 Hz: a plain face, then a happy one."""
    folder, chance = tmp_path_factory.mktemp("phases"), np.random.default_rng(0)
    for name, strong in (("first", "neutral"), ("second", "happiness")):
        with (folder / f"{name}.csv").open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["time_s", "face_id", "trust", *EMOTIONS])
            for number in range(200):
                weights = chance.uniform(0.02, 0.06, len(EMOTIONS))
                weights[EMOTIONS.index(strong)] = 0.8 + chance.uniform(-0.1, 0.1)
                writer.writerow([number / 10, 1, 0.9, *(weights / weights.sum())])
    return folder / "first.csv", folder / "second.csv"


def test_every_endpoint_is_named_and_documented(client):
    found = client.view_api(return_format="dict", print_info=False)["named_endpoints"]
    assert set(found) == {"/analyze_image", "/analyze_video", "/recommend", "/session"}
    for endpoint in found.values():
        assert endpoint["description"]
        assert all(parameter["type"] for parameter in endpoint["parameters"])
    wanted = [entry["parameter_name"] for entry in found["/recommend"]["parameters"]]
    assert wanted == ["primary", "secondary", "top", "goal", "language"]


def test_in_public_there_is_none():
    blocks = page_of(Settings.from_environment({"PUBLIC": "1"}))
    assert blocks.get_api_info()["named_endpoints"] == {}


def test_a_picture_comes_back_as_faces_and_quality(client, photo):
    found = client.predict(image=handle_file(str(photo)), api_name="/analyze_image")
    assert (found["width"], found["height"]) == (512, 512)
    (face,) = found["faces"]
    assert set(face["probabilities"]) == set(EMOTIONS)
    assert sum(face["probabilities"].values()) == pytest.approx(1, abs=1e-3)
    assert 0 <= found["quality"]["quality_score"] <= 1


def test_a_video_comes_back_summed_up(client, clip):
    found = client.predict(
        video=handle_file(str(clip)), every=5, quality=False, api_name="/analyze_video"
    )
    assert found["frames"] == 5
    assert found["mean_quality"] is None
    assert "/" not in found["source"]


def test_two_recordings_come_back_as_a_verdict(client, recordings):
    first, second = (handle_file(str(path)) for path in recordings)
    found = client.predict(first=first, second=second, language="ko", api_name="/session")
    assert found["primary_emotion"] == "happiness"
    assert found["sentence"]


def test_films_come_back_best_first(client):
    found = client.predict(
        primary="happiness", secondary=["surprise", "neutral"], top=7, api_name="/recommend"
    )
    assert len(found) == 7
    scores = [film["score"] for film in found]
    assert scores == sorted(scores, reverse=True)
    assert all(film["title"] and film["reason"] for film in found)


@pytest.mark.parametrize(
    ("endpoint", "given", "words"),
    [
        ("/recommend", {"primary": "joy"}, "is no emotion"),
        ("/recommend", {"primary": "fear", "secondary": ["fear"]}, "each once"),
        ("/recommend", {"primary": "fear", "top": 0}, "whole number"),
        ("/recommend", {"primary": "fear", "goal": "win"}, "goal"),
        ("/recommend", {"primary": "fear", "language": "tlh"}, "language"),
        ("/analyze_image", {"image": {"path": "/etc/hostname"}}, "no uploaded file"),
        ("/analyze_image", {"image": None}, "a file is missing"),
        ("/analyze_video", {"video": {"path": "../../etc/hostname"}}, "no uploaded file"),
        ("/analyze_image", {"url": "http://127.0.0.1/a.jpg"}, "127.0.0.1"),
        ("/analyze_video", {"url": "http://[::1]/a.mp4"}, "::1"),
        ("/analyze_video", {"url": "/etc/hostname"}, "is no address"),
    ],
)
def test_a_bad_input_is_named_in_one_line(client, endpoint, given, words):
    with pytest.raises(Exception, match=words) as refused:
        client.predict(**given, api_name=endpoint)
    assert "Traceback" not in str(refused.value)


def test_what_is_no_picture_is_refused(client, tmp_path):
    path = tmp_path / "words.png"
    path.write_text("<script>alert(1)</script>")
    with pytest.raises(Exception, match=r"words\.png: no picture can be decoded"):
        client.predict(image=handle_file(str(path)), api_name="/analyze_image")


def test_a_picture_behind_an_address_is_read_and_its_copy_goes(photo, tmp_path, monkeypatch):
    copy = tmp_path / "fetched.png"
    copy.write_bytes(photo.read_bytes())
    monkeypatch.setattr("core.frame.fetch.fetch", lambda url, name, limits: copy)
    context = Context(Settings(), Sessions(Settings(), PlainPipeline))
    found = api.analyze_image(context, None, "https://example.org/face.png")
    assert (found["width"], len(found["faces"])) == (512, 1)
    assert not copy.exists()


@pytest.fixture
def outside(monkeypatch):
    """A server that counts as one of the open internet."""
    really = addresses.is_public
    monkeypatch.setattr(addresses, "is_public", lambda text: text == OUTSIDE or really(text))
    yield from serve(OUTSIDE)


def test_a_video_behind_an_address_comes_back_as_the_same_one_uploaded(
    client, outside, clip, tmp_path, monkeypatch
):
    asked = {"every": 5, "emotion": False, "api_name": "/analyze_video"}
    uploaded = client.predict(video=handle_file(str(clip)), **asked)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    outside.answers["/a.mp4"] = (302, {"Location": "/b?key=secret"}, b"")
    outside.answers["/b?key=secret"] = (200, {}, clip.read_bytes())
    fetched = client.predict(url=f"http://{OUTSIDE}:{outside.port}/a.mp4", **asked)
    assert outside.asked == ["/a.mp4", "/b?key=secret"]
    assert "secret" not in str(fetched)
    # The copy was a visitor's: it is gone with the answer.
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
    for figure in ("frames", "duration_s", "mean_quality", "min_quality", "incidents"):
        assert fetched[figure] == uploaded[figure]
    assert fetched["frames"] == 5


def test_addresses_are_as_shut_for_programs_as_for_visitors(photo):
    settings = Settings(allow_urls=False)
    context = Context(settings, Sessions(settings, PlainPipeline))
    for endpoint, ending in ((api.analyze_image, "png"), (api.analyze_video, "mp4")):
        with pytest.raises(FramemoodError, match="switched off here"):
            endpoint(context, url=f"https://example.org/a.{ending}")
    with pytest.raises(FramemoodError, match="not both"):
        api.analyze_image(context, {"path": str(photo)}, "https://example.org/a.png")
