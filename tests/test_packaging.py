"""What ``pip install .`` takes along: every package and every file that one of them reads."""

from __future__ import annotations

import importlib
import subprocess
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
SHIPPED = PROJECT["tool"]["setuptools"]["packages"]
NOT_SHIPPED = {"models.training"}
"""What only who trains needs."""

FOR_READERS = {".md", ".svg"}
"""Endings of what stands beside the models for people who read the repository."""


def packages() -> list[str]:
    """Every package of the program, dotted."""
    found = [
        path.parent.relative_to(ROOT)
        for top in ("core", "ui", "models", "catalog")
        for path in (ROOT / top).rglob("__init__.py")
    ]
    return sorted(".".join(folder.parts) for folder in found)


def test_every_package_is_shipped() -> None:
    assert sorted(SHIPPED) == [name for name in packages() if name not in NOT_SHIPPED]


def test_every_data_file_of_a_package_is_shipped() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "core", "ui", "models", "catalog"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("not a git checkout: which files belong to it is unknown")
    globs = PROJECT["tool"]["setuptools"]["package-data"]
    left_out = []
    for name in listed.stdout.split():
        path = Path(name)
        owner = max(
            (shipped for shipped in SHIPPED if path.is_relative_to(shipped.replace(".", "/"))),
            key=len,
        )
        inside = path.relative_to(owner.replace(".", "/")).as_posix()
        training = path.is_relative_to("models/training")
        for_readers = path.parent == Path("models") and path.suffix in FOR_READERS
        if path.suffix == ".py" or training or for_readers:
            continue
        if not any(fnmatch(inside, pattern) for pattern in globs.get(owner, [])):
            left_out.append(name)
    assert left_out == []


@pytest.mark.parametrize(("script", "target"), PROJECT["project"]["scripts"].items())
def test_a_command_that_is_installed_can_be_called(script: str, target: str) -> None:
    module, _, name = target.partition(":")
    with pytest.raises(SystemExit) as ended:
        getattr(importlib.import_module(module), name)(["--help"])
    assert ended.value.code == 0
