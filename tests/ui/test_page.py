import re
import subprocess
import sys

import gradio as gr
import pytest
from starlette.testclient import TestClient

from core.settings import Settings
from ui.page import build
from ui.shell import STATIC_PATH


@pytest.fixture(scope="module")
def launched():
    blocks, options = build(Settings(language="ko"))
    blocks.launch(
        **options, server_name="127.0.0.1", prevent_thread_lock=True, quiet=True, _frontend=False
    )
    yield blocks
    blocks.close()


@pytest.fixture
def client(launched):
    return TestClient(launched.app)


def test_the_page_begins_with_its_language_and_its_colours(client):
    html = client.get("/").text
    boot = html.index(f"{STATIC_PATH}/boot.js")
    assert boot < html.index("gradio_config")
    assert html.index(f"{STATIC_PATH}/styles.css") < boot
    assert 'data-language="ko"' in html


def test_what_the_page_links_to_is_there_and_is_asked_about_again(client):
    links = re.findall(rf'(?:href|src)="({STATIC_PATH}/[^"]+)"', client.get("/").text)
    assert len(links) >= 4
    for link in links:
        answer = client.get(f"/{link}")
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-cache"


def test_links_hold_under_the_sub_path_of_a_proxy(client):
    html = client.get("/").text
    assert f'"/{STATIC_PATH}' not in html


def test_files_are_found_behind_a_proxy_that_strips_its_prefix(client):
    stripped = TestClient(client.app, root_path="/sub")
    assert stripped.get(f"/{STATIC_PATH}/boot.js").status_code == 200


def test_files_beside_the_static_ones_are_not_served(client):
    for path in ("..%2fpage.py", "../page.py", "%2e%2e/page.py", "/etc/passwd"):
        assert client.get(f"/{STATIC_PATH}/{path}").status_code == 404


def test_the_page_names_no_other_host_for_its_fonts_and_styles(client):
    sheets = client.get("/theme.css").text + "".join(
        client.get(f"/{link}").text
        for link in re.findall(rf'href="({STATIC_PATH}/[^"]+\.css[^"]*)"', client.get("/").text)
    )
    assert "@import" not in sheets
    assert not re.findall(r"url\(\s*['\"]?(?:https?:)?//", sheets)


def test_nothing_of_a_visit_is_kept_by_gradio(launched):
    assert launched.run_history is False
    assert launched.analytics_enabled is False


def test_starting_the_page_does_not_load_what_it_may_never_need():
    program = (
        "import sys; from core.settings import Settings; import ui.page;"
        "print([name for name in ('torch','mlflow','sklearn','easyocr','dask')"
        " if name in sys.modules])"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=120
    )
    assert answer.stdout.strip() == "[]"


def test_gradio_finds_the_page_whole(launched):
    assert isinstance(launched, gr.Blocks)
    assert launched.ssr_mode is False
