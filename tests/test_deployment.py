"""What is written down for hosting holds what docs/deploy.md promises."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent


def compose() -> dict[str, Any]:
    return dict(yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8")))


def instructions(name: str) -> list[str]:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    return [line.split(None, 1)[1] for line in text.splitlines() if line.startswith(f"{name} ")]


def test_the_image_runs_as_nobody_in_particular_and_says_how_it_is() -> None:
    assert instructions("USER") == ["10001"]
    assert "/health" in instructions("HEALTHCHECK")[0]
    stages = instructions("FROM")
    assert len(stages) == 2
    assert all("slim" in stage for stage in stages)


def test_everything_the_image_copies_is_there_and_not_ignored() -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    kept = {line.removeprefix("!") for line in ignored if line.startswith("!")}
    for line in instructions("COPY"):
        if line.startswith("--from"):
            continue
        for name in line.split()[:-1]:
            assert (ROOT / name).exists()
            assert name in kept


def test_what_faces_visitors_can_write_nowhere_but_where_it_must() -> None:
    for name in ("app", "mlflow"):
        service = compose()["services"][name]
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert "no-new-privileges:true" in service["security_opt"]
        assert all(volume.endswith(":/data") for volume in service["volumes"])
    assert set(compose()["volumes"]) >= {"app-data", "mlflow-data"}


def test_what_asks_for_no_password_is_reached_from_this_machine_only() -> None:
    services = compose()["services"]
    assert all(port.startswith("127.0.0.1:") for port in services["mlflow"]["ports"])
    assert "ports" not in services["postgres"]
    assert services["postgres"]["profiles"] == ["postgres"]


def test_the_space_starts_what_is_there_with_the_gradio_that_is_asked_for() -> None:
    front = (ROOT / "README.md").read_text(encoding="utf-8").split("---\n")[1]
    matter = yaml.safe_load(front)
    assert matter["sdk"] == "gradio"
    assert (ROOT / matter["app_file"]).is_file()
    major, minor, _ = matter["sdk_version"].split(".")
    wanted = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    assert f"gradio>={major}.{minor},<{int(major) + 1}" in wanted
