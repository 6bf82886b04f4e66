"""A run has a name of its own, and its files are whole or not there."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.errors import RecordError
from core.records.run import new_run_id, write_json


def test_run_ids_sort_by_time_and_never_meet() -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    ids = {new_run_id(moment) for _ in range(50)}
    assert len(ids) == 50
    assert all(each.startswith("20260102-030405-") for each in ids)


def test_a_json_file_is_whole_or_not_there(tmp_path: Path) -> None:
    path = tmp_path / "summary.json"
    write_json(path, {"name": "얼굴", "value": 0.5})
    assert json.loads(path.read_text("utf-8")) == {"name": "얼굴", "value": 0.5}
    with pytest.raises(TypeError):
        write_json(path, {"value": object()})
    assert json.loads(path.read_text("utf-8"))["value"] == 0.5
    assert [each.name for each in tmp_path.iterdir()] == ["summary.json"]


def test_a_json_file_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="cannot be written"):
        write_json(tmp_path / "missing" / "a.json", {})
