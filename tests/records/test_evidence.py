"""Pictures of incidents: named after them, few enough, and shown in the report."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from core.errors import RecordError
from core.incidents import Incident
from core.records.evidence import (
    EVIDENCE_PX,
    Evidence,
    evidence_name,
    evidence_of,
    is_evidence,
    kept_evidence,
)
from core.records.recorder import RunRecorder
from core.records.report import report_html
from core.settings import Settings
from core.types import FrameReport

PICTURE = np.full((90, 160, 3), 40, np.uint8)


def shown(_: int) -> NDArray[np.uint8]:
    """Make the thumbnail of a small frame."""
    return PICTURE


def test_a_picture_is_found_by_the_row_of_its_incident_alone(tmp_path: Path) -> None:
    incident = Incident("black", 12.3996, 14.0)
    Evidence(tmp_path).look([incident], shown)
    kept = kept_evidence(tmp_path)
    name = evidence_of(incident.as_dict(), kept)
    assert name is not None
    assert cv2.imread(str(tmp_path / name)).shape == PICTURE.shape
    assert evidence_of(Incident("black", 12.9, 14.0).as_dict(), kept) is None
    assert evidence_of(Incident("freeze", 12.3996, 14.0).as_dict(), kept) is None


@pytest.mark.parametrize(
    "row",
    [
        {},
        {"kind": "black"},
        {"kind": "../../x", "onset_s": 1.0},
        {"kind": "black", "onset_s": "soon"},
        {"kind": "black", "onset_s": float("nan")},
        {"kind": "black", "onset_s": float("inf")},
    ],
)
def test_a_row_that_is_none_has_no_picture(row: dict[str, object]) -> None:
    assert evidence_of(row, frozenset({evidence_name("black", 1.0)})) is None


@pytest.mark.parametrize(
    "name",
    [
        "evidence-black-1.png",
        "evidence-../x-1.jpg",
        "x/evidence-black-1.jpg",
        "evidence-black-.jpg",
    ],
)
def test_a_name_that_leads_elsewhere_is_no_evidence(name: str) -> None:
    assert is_evidence(evidence_name("noise_burst", 86_400.5))
    assert not is_evidence(name)


def test_a_camera_that_flickers_fills_no_disk(tmp_path: Path) -> None:
    evidence = Evidence(tmp_path, most=3)
    for second in range(9):
        evidence.look([Incident("black", float(second), second + 0.5)], shown)
    assert kept_evidence(tmp_path) == {evidence_name("black", second) for second in range(3)}


def test_a_place_that_cannot_be_written_is_an_error_of_records(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("in the way")
    with pytest.raises(RecordError, match="evidence-black"):
        Evidence(tmp_path / "run").look([Incident("black", 1.0, 2.0)], shown)


def test_only_the_picture_in_which_an_incident_begins_is_kept(tmp_path: Path) -> None:
    evidence, asked = Evidence(tmp_path / "run"), []
    for second in range(5):
        holds = [Incident("black", 1.0, float(second))] if second else []
        evidence.look(holds, lambda px, at=second: (asked.append((at, px)), PICTURE)[1])
    assert asked == [(1, EVIDENCE_PX)]


def test_the_report_holds_the_picture_itself(tmp_path: Path) -> None:
    black = Incident("black", 1.0, 3.0)
    with RunRecorder(Settings(), source="dock", kind="watch", run_dir=tmp_path) as run:
        for second in range(5):
            open_now = (black,) if 1 <= second <= 3 else ()
            run.add(FrameReport(second, float(second), "ok", incidents=open_now))
    assert "<img" not in report_html(tmp_path)
    Evidence(tmp_path).look([black], shown)
    (held,) = re.findall(r'<img src="data:image/jpeg;base64,([^"]+)"', report_html(tmp_path))
    assert base64.b64decode(held) == (tmp_path / evidence_name("black", 1.0)).read_bytes()
    assert "<img" not in report_html(tmp_path, pictures=False)
