"""The names that others may rely on are the documented ones, and cost nothing until used."""

from __future__ import annotations

import subprocess
import sys

import pytest

import core

DOCUMENTED = {
    "EMOTIONS",
    "EmotionClassifier",
    "FERPLUS_EMOTIONS",
    "Frame",
    "FramePipeline",
    "FrameReport",
    "FramemoodError",
    "Pick",
    "QualityMeter",
    "RunSummary",
    "SessionResult",
    "Settings",
    "__version__",
    "analyze_video",
    "compare_phases",
    "delta_e_2000",
    "rank_films",
}


def test_the_exported_names_are_the_documented_ones() -> None:
    assert set(core.__all__) == DOCUMENTED
    assert len(core.__all__) == len(DOCUMENTED)
    assert set(dir(core)) == DOCUMENTED


@pytest.mark.parametrize("name", sorted(DOCUMENTED))
def test_every_name_is_there(name: str) -> None:
    assert getattr(core, name) is not None


def test_another_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = core.nothing


def test_importing_core_loads_nothing_heavy() -> None:
    code = (
        "import core, sys; "
        "print([m for m in ('numpy', 'cv2', 'av', 'onnxruntime') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_analyzing_loads_neither_page_nor_torch() -> None:
    code = (
        "import core, sys; core.analyze_video; core.FramePipeline; "
        "print([m for m in ('gradio', 'torch', 'mlflow', 'sklearn', 'pandas') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
