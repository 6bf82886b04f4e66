"""Weights are used only when every byte is right, and fetched so that they become so."""

from __future__ import annotations

import hashlib
import json
import os
import re
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from core.errors import ModelError
from core.settings import Settings
from models import __main__ as command_line
from models import registry as registry_module
from models.download import fetch
from models.registry import MANIFEST, Registry, describe, resolve

WEIGHTS = bytes(range(256)) * 1200  # 307,200 bytes: several pieces on the way
FLIPPED = WEIGHTS[:1000] + bytes([WEIGHTS[1000] ^ 1]) + WEIGHTS[1001:]


@dataclass
class Host:
    """A file server on this machine that can be told to misbehave."""

    body: bytes = WEIGHTS
    status: int = 200
    knows_range: bool = True
    claims: int | None = None
    cut_after: int | None = None
    ranges: list[str | None] = field(default_factory=list)
    url: str = ""

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        wanted = request.headers.get("Range")
        self.ranges.append(wanted)
        if self.status != 200:
            request.send_error(self.status)
            return
        start = 0
        if wanted and self.knows_range:
            start = int(wanted.removeprefix("bytes=").rstrip("-"))
            claimed = start if self.claims is None else self.claims
            request.send_response(206)
            end, size = len(self.body) - 1, len(self.body)
            request.send_header("Content-Range", f"bytes {claimed}-{end}/{size}")
        else:
            request.send_response(200)
        rest = self.body[start:]
        request.send_header("Content-Length", str(len(rest)))
        request.end_headers()
        request.wfile.write(rest[: self.cut_after])
        request.close_connection = True


@pytest.fixture
def host() -> Iterator[Host]:
    behaviour = Host()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            behaviour.answer(self)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        behaviour.url = f"http://127.0.0.1:{server.server_port}/weights.onnx"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield behaviour
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "*")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(models_dir=tmp_path / "fetched")


def entry(**changes: Any) -> dict[str, Any]:
    return {
        "file": "weights.onnx",
        "size_bytes": len(WEIGHTS),
        "sha256": hashlib.sha256(WEIGHTS).hexdigest(),
        "licence": "MIT",
        "source": "made for this test",
        "url": "",
        "input": "x",
        "output": "y",
        "measured": {},
    } | changes


def registry_of(folder: Path, **entries: dict[str, Any]) -> Registry:
    manifest = folder / "manifest.json"
    manifest.write_text(json.dumps(entries), "utf-8")
    return Registry(manifest)


@pytest.fixture
def registry(tmp_path: Path, host: Host) -> Registry:
    """One model to fetch from the host, one that ships."""
    return registry_of(tmp_path, far=entry(url=host.url), near=entry(file="near.onnx"))


def partial(settings: Settings) -> Path:
    return settings.models_dir / "weights.onnx.part"


def test_a_fetched_model_is_whole_and_where_resolve_finds_it(
    registry: Registry, settings: Settings
) -> None:
    told: list[tuple[int, int]] = []
    path = fetch("far", settings, registry=registry, on_progress=lambda *done: told.append(done))
    assert path.read_bytes() == WEIGHTS
    assert path == registry.resolve("far", settings) == settings.models_dir / "weights.onnx"
    assert not partial(settings).exists()
    assert told[-1] == (len(WEIGHTS), len(WEIGHTS))


def test_a_model_that_is_here_is_not_fetched_again(
    registry: Registry, settings: Settings, host: Host
) -> None:
    fetch("far", settings, registry=registry)
    fetch("far", settings, registry=registry)
    assert len(host.ranges) == 1


def test_a_fetch_that_was_cut_off_goes_on_where_it_stopped(
    registry: Registry, settings: Settings, host: Host
) -> None:
    host.cut_after = 100_000
    with pytest.raises(ModelError, match=r"cut off at [\d,]+ of 307,200 bytes.*models fetch far"):
        fetch("far", settings, registry=registry)
    here = partial(settings).stat().st_size
    assert 0 < here <= 100_000
    assert not (settings.models_dir / "weights.onnx").exists()
    host.cut_after = None
    assert fetch("far", settings, registry=registry).read_bytes() == WEIGHTS
    assert host.ranges == [None, f"bytes={here}-"]


def test_a_server_that_cannot_go_on_sends_all_again(
    registry: Registry, settings: Settings, host: Host
) -> None:
    host.knows_range = False
    settings.models_dir.mkdir()
    partial(settings).write_bytes(WEIGHTS[:5000])
    assert fetch("far", settings, registry=registry).read_bytes() == WEIGHTS


def test_a_part_that_does_not_fit_is_thrown_away_and_fetched_anew(
    registry: Registry, settings: Settings, host: Host
) -> None:
    settings.models_dir.mkdir()
    partial(settings).write_bytes(FLIPPED[:5000])
    assert fetch("far", settings, registry=registry).read_bytes() == WEIGHTS
    assert host.ranges == ["bytes=5000-", None]


@pytest.mark.parametrize("left", [WEIGHTS, FLIPPED, WEIGHTS + b"more"])
def test_a_part_of_full_size_or_more_ends_as_the_right_file(
    registry: Registry, settings: Settings, left: bytes
) -> None:
    settings.models_dir.mkdir()
    partial(settings).write_bytes(left)
    assert fetch("far", settings, registry=registry).read_bytes() == WEIGHTS


def test_a_server_that_goes_on_from_elsewhere_is_not_believed(
    registry: Registry, settings: Settings, host: Host
) -> None:
    host.claims = 17
    settings.models_dir.mkdir()
    partial(settings).write_bytes(WEIGHTS[:5000])
    with pytest.raises(ModelError):
        fetch("far", settings, registry=registry)
    assert not (settings.models_dir / "weights.onnx").exists()


@pytest.mark.parametrize(
    "body", [FLIPPED, b"<html>sign in first</html>".ljust(len(WEIGHTS))], ids=["bit", "page"]
)
def test_other_bytes_of_the_right_size_are_refused_and_not_kept(
    registry: Registry, settings: Settings, host: Host, body: bytes
) -> None:
    host.body = body
    with pytest.raises(ModelError, match="other bytes than the manifest names"):
        fetch("far", settings, registry=registry)
    assert list(settings.models_dir.iterdir()) == []


def test_more_bytes_than_the_manifest_names_are_refused(
    registry: Registry, settings: Settings, host: Host
) -> None:
    host.body = WEIGHTS * 4
    with pytest.raises(ModelError, match="more than its 307,200 bytes"):
        fetch("far", settings, registry=registry)
    assert not (settings.models_dir / "weights.onnx").exists()
    assert not partial(settings).exists() or partial(settings).stat().st_size <= len(WEIGHTS)


@pytest.mark.parametrize("status", [404, 403, 416, 500, 503])
def test_a_server_that_refuses_is_named_with_its_answer(
    registry: Registry, settings: Settings, host: Host, status: int
) -> None:
    host.status = status
    with pytest.raises(ModelError, match=f"'far'.*answered {status}"):
        fetch("far", settings, registry=registry)


def test_offline_the_error_names_the_model_the_address_and_the_mend(
    tmp_path: Path, settings: Settings
) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))  # bound, but nobody listens
        url = f"http://127.0.0.1:{held.getsockname()[1]}/weights.onnx"
        registry = registry_of(tmp_path, far=entry(url=url))
        with pytest.raises(
            ModelError, match=rf"'far'.*{re.escape(url)}.*check the network"
        ) as info:
            fetch("far", settings, registry=registry)
    assert "\n" not in str(info.value)


def test_a_damaged_model_is_replaced_by_fetching_it(registry: Registry, settings: Settings) -> None:
    settings.models_dir.mkdir()
    (settings.models_dir / "weights.onnx").write_bytes(FLIPPED)
    assert fetch("far", settings, registry=registry).read_bytes() == WEIGHTS


def test_a_place_that_cannot_be_written_is_named(registry: Registry, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file where a folder should be")
    settings = Settings(models_dir=tmp_path / "taken")
    with pytest.raises(ModelError, match=r"cannot be written to .*taken"):
        fetch("far", settings, registry=registry)


def test_a_model_that_ships_cannot_be_fetched(registry: Registry, settings: Settings) -> None:
    with pytest.raises(ModelError, match="install the program again"):
        fetch("near", settings, registry=registry)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (None, "is not here"),
        (b"", "0 of 307,200 bytes"),
        (WEIGHTS[:-1], "307,199 of 307,200 bytes"),
        (FLIPPED, "SHA-256"),
    ],
)
def test_weights_that_are_missing_or_damaged_are_never_resolved(
    registry: Registry, settings: Settings, tmp_path: Path, body: bytes | None, says: str
) -> None:
    if body is not None:
        (tmp_path / "near.onnx").write_bytes(body)
    with pytest.raises(ModelError, match=f"'near'.*{says}"):
        registry.resolve("near", settings)


def test_a_file_is_hashed_once_and_again_after_it_changed(
    registry: Registry, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[Path] = []

    def counting(path: Path) -> dict[str, int | str]:
        hashed.append(path)
        return describe(path)

    monkeypatch.setattr(registry_module, "describe", counting)
    weights = tmp_path / "near.onnx"
    weights.write_bytes(WEIGHTS)
    for _ in range(3):
        assert registry.resolve("near", settings) == weights
    assert hashed == [weights]
    before_ns = weights.stat().st_mtime_ns
    weights.write_bytes(FLIPPED)
    # Two writes within one tick of the clock would look like none.
    os.utime(weights, ns=(before_ns + 1, before_ns + 1))
    with pytest.raises(ModelError, match="SHA-256"):
        registry.resolve("near", settings)


def test_a_sealed_file_resolves_and_the_other_entries_stay(
    registry: Registry, settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "near.onnx").write_bytes(b"new weights")
    registry.seal("near", {"top-1": 0.86})
    again = Registry(tmp_path / "manifest.json")
    assert again.resolve("near", settings).read_bytes() == b"new weights"
    assert again.model("near").measured == {"top-1": 0.86}
    assert again.model("far") == registry.model("far")


def test_only_our_own_models_are_sealed(registry: Registry) -> None:
    with pytest.raises(ModelError, match="seal only our own"):
        registry.seal("far")


def test_a_model_that_was_never_sealed_is_not_used(tmp_path: Path, settings: Settings) -> None:
    (tmp_path / "weights.onnx").write_bytes(WEIGHTS)
    with pytest.raises(ModelError, match="models seal raw"):
        registry_of(tmp_path, raw=entry(sha256="")).resolve("raw", settings)


@pytest.mark.parametrize(
    "changes",
    [
        {"file": "../weights.onnx"},
        {"file": "/etc/weights.onnx"},
        {"file": "weights.pkl"},
        {"sha256": "8f23"},
        {"sha256": "A" * 64},
        {"size_bytes": "many"},
        {"licence": None},
        {"measured": 3},
    ],
)
def test_an_entry_that_is_wrong_is_refused_by_name(tmp_path: Path, changes: dict[str, Any]) -> None:
    with pytest.raises(ModelError, match=f"'odd': .*{next(iter(changes))}"):
        registry_of(tmp_path, odd=entry(**changes))


@pytest.mark.parametrize("text", ["", "[]", '{"a": 1}', "{"])
def test_a_manifest_that_is_no_manifest_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "manifest.json"
    path.write_text(text)
    with pytest.raises(ModelError, match=r"manifest\.json"):
        Registry(path)


def test_an_unknown_model_is_answered_with_those_there_are(settings: Settings) -> None:
    with pytest.raises(ModelError, match=r"choose one of emotion, .*yunet, emotion-ferplus-8"):
        resolve("vgg", settings)


def test_the_models_that_ship_are_what_the_manifest_says(settings: Settings) -> None:
    registry = Registry()
    shipped = [name for name in registry.names if not registry.model(name).is_fetched]
    assert "emotion" in shipped
    for name in shipped:
        assert registry.resolve(name, settings).parent == MANIFEST.parent


def test_fetched_models_come_over_https_with_size_digest_and_licence() -> None:
    registry = Registry()
    for model in map(registry.model, registry.names):
        assert model.licence
        assert model.size_bytes > 0
        assert len(model.sha256) == 64
        assert not model.is_fetched or model.url.startswith("https://")


def test_nothing_is_unpickled() -> None:
    folder = Path(registry_module.__file__).parent
    for path in folder.glob("*.py"):
        assert not re.search(r"\bpickle\b|torch\.load|allow_pickle=True", path.read_text("utf-8"))


def test_the_command_line_lists_verifies_and_tells_what_is_missing(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MODELS_DIR", str(settings.models_dir))
    assert command_line.main(["list", "--json"]) == 0
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    assert rows["emotion"]["state"] == "ok"
    assert rows["yunet"]["state"] == "not fetched"
    assert command_line.main(["list"]) == 0
    assert "emotion-ferplus-8  35.04 MB  MIT  not fetched" in capsys.readouterr().out
    assert command_line.main(["verify"]) == 0
    assert command_line.main(["verify", "yunet"]) == 1
    assert "python -m models fetch yunet" in capsys.readouterr().err
    assert command_line.main(["verify", "vgg"]) == 1
    errors = capsys.readouterr().err
    assert errors.count("\n") == 1
    assert "'vgg' is not known" in errors
    with pytest.raises(SystemExit, match="2"):
        command_line.main(["burn"])


def test_the_command_line_fetches_and_seals(
    registry: Registry,
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("MODELS_DIR", str(settings.models_dir))
    monkeypatch.setattr(command_line, "Registry", lambda: registry)
    assert command_line.main(["fetch", "far"]) == 0
    assert (settings.models_dir / "weights.onnx").read_bytes() == WEIGHTS
    (tmp_path / "near.onnx").write_bytes(b"new weights")
    assert command_line.main(["seal", "near"]) == 0
    assert command_line.main(["verify", "near", "far"]) == 0
    assert "near: ok" in capsys.readouterr().out
