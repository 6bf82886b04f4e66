"""The reference that ``make docs`` writes from the docstrings can be built and is complete."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

import core

pdoc = pytest.importorskip("pdoc")


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page of the public face, as HTML."""
    folder: Path = tmp_path_factory.mktemp("reference")
    pdoc.render.configure(docformat="numpy")
    pdoc.pdoc("core", "!core.__main__", "!core.commands", output_directory=folder)
    return (folder / "core.html").read_text("utf-8")


@pytest.mark.parametrize("name", sorted(core.__all__))
def test_every_public_name_has_its_place(page: str, name: str) -> None:
    assert f'id="{name}"' in page


@pytest.mark.parametrize("name", sorted(core.__all__))
def test_every_public_class_and_function_says_what_it_is(name: str) -> None:
    value = getattr(core, name)
    if inspect.isclass(value) or inspect.isfunction(value):
        assert inspect.getdoc(value)
        # A dataclass without words of its own has its signature for a docstring.
        assert not inspect.getdoc(value).startswith(f"{name}(")
