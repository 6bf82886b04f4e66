import json

import gradio as gr
import pytest
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from core.settings import Settings
from ui import security
from ui.security import security_middleware

PAGE = "<html><script>one()</script><SCRIPT>two()</SCRIPT><script src='x.js'></script></html>"


def client_of(settings, **routes):
    async def echo(request):
        return PlainTextResponse(str(len(await request.body())))

    async def page(request):
        return HTMLResponse(PAGE)

    async def anything(request):
        return JSONResponse({"path": request.url.path})

    return TestClient(
        Starlette(
            routes=[
                Route("/", page),
                Route("/gradio_api/queue/join", echo, methods=["POST"]),
                Route("/gradio_api/upload", echo, methods=["POST"]),
                Route("/{path:path}", anything),
            ],
            middleware=security_middleware(settings),
        )
    )


@pytest.fixture
def client():
    return client_of(Settings.from_environment({"PUBLIC": "1"}))


def test_only_scripts_of_this_very_answer_run(client):
    answers = [client.get("/") for _ in range(2)]
    policies = [answer.headers["content-security-policy"] for answer in answers]
    nonces = [
        next(part for part in policy.split() if "nonce-" in part)[7:-1] for policy in policies
    ]
    assert nonces[0] != nonces[1]
    for answer, nonce in zip(answers, nonces, strict=True):
        assert answer.text.count(f'<script nonce="{nonce}"') == 2
        assert "<SCRIPT>two" in answer.text
        assert answer.headers["cache-control"] == "no-store"
        assert int(answer.headers["content-length"]) == len(answer.content)
    rules = dict(rule.split(" ", 1) for rule in policies[0].split("; "))
    assert "'unsafe-inline'" not in rules["script-src"]
    assert rules["object-src"] == "'none'"
    assert rules["frame-ancestors"] == "'self'"


def test_every_answer_says_how_it_may_be_used(client):
    for path in ("/", "/some/file.js", "/gradio_api/info"):
        headers = client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "SAMEORIGIN"
        assert "default-src 'self'" in headers["content-security-policy"]
        assert "camera=(self)" in headers["permissions-policy"]


def test_a_space_may_be_framed_by_its_site_and_by_nobody_else():
    answer = client_of(Settings.from_environment({"SPACE_ID": "a/b"})).get("/")
    assert (
        "frame-ancestors 'self' https://huggingface.co" in answer.headers["content-security-policy"]
    )
    assert "x-frame-options" not in answer.headers


PROGRAMS = ["/gradio_api/info", "/gradio_api/call/x", "/gradio_api/run/x", "/docs", "/openapi.json"]
NEVER = [
    "/gradio_api/file=http://169.254.169.254/latest",
    "/gradio_api/file=HTTPS://example.org/",
    "/gradio_api/proxy=http://x/",
    "/monitoring",
    "/monitoring/summary",
    "/gradio_api/vibe-code",
    "/gradio_api/run-history/records",
]


@pytest.mark.parametrize("path", PROGRAMS + NEVER)
def test_in_public_what_the_page_does_not_need_is_shut(client, path):
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("path", PROGRAMS + NEVER)
def test_at_home_programs_may_call_and_nothing_is_fetched(path):
    expected = 200 if path in PROGRAMS else 404
    assert client_of(Settings()).get(path).status_code == expected


def test_doors_stay_shut_below_the_prefix_of_a_proxy():
    client = TestClient(client_of(Settings(allow_api=False)).app, root_path="/sub")
    assert client.get("/gradio_api/info").status_code == 404
    assert client.get("/sub/gradio_api/info").status_code == 404


@pytest.mark.parametrize("path", ["http://127.0.0.1/x", "HTTPS://x/", " http://x/"])
def test_a_file_that_is_an_address_is_not_handed_to_gradio(client, path):
    hidden = json.dumps({"data": [[{"a": {"path": path}}]]})
    escaped = hidden.replace("h", "\\u0068").replace("H", "\\u0048")
    for body in (hidden, escaped):
        assert client.post("/gradio_api/queue/join", content=body).status_code == 403


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[" * 100_000, b'{"path": "/tmp/a", "url": "http://x/"}', b"\xff\xfehttp"]
)
def test_other_bodies_come_through_whole(client, body):
    answer = client.post("/gradio_api/queue/join", content=body)
    assert (answer.status_code, answer.text) == (200, str(len(body)))


@pytest.mark.parametrize("told", [True, False])
def test_a_body_has_an_end(client, told):
    body = bytes(security.MAX_BODY_BYTES + 1)
    parts = body if told else iter([body[:1000], body[1000:]])
    assert client.post("/gradio_api/queue/join", content=parts).status_code == 413


def test_no_upload_is_taken_that_would_fill_the_disk(client, monkeypatch):
    assert client.post("/gradio_api/upload", content=b"x").status_code == 200
    monkeypatch.setattr(security, "free_disk_mb", lambda: 10.0)
    assert client.post("/gradio_api/upload", content=b"x").status_code == 507


def test_uploads_at_once_are_counted_and_counted_off(client, monkeypatch):
    monkeypatch.setattr(security, "UPLOADS_AT_ONCE", 1)
    for _ in range(3):
        assert client.post("/gradio_api/upload", content=b"x").status_code == 200
    monkeypatch.setattr(security, "UPLOADS_AT_ONCE", 0)
    assert client.post("/gradio_api/upload", content=b"x").status_code == 429


def test_where_gradio_puts_uploads_there_is_a_disk():
    assert security.free_disk_mb() > 0


def test_gradio_still_offers_what_is_shut_here():
    # Should Gradio rename its routes, the list of doors must be gone over again.
    with gr.Blocks(analytics_enabled=False) as blocks:
        gr.Markdown("a page")
    blocks.auth = blocks.auth_message = blocks.max_file_size = None
    client = TestClient(gr.routes.App.create_app(blocks))
    assert client.get("/gradio_api/info").status_code == 200
    for path in ("/gradio_api/upload", "/gradio_api/queue/join"):
        assert client.post(path).status_code != 404
