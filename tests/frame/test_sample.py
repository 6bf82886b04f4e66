"""The sample clip shows a face and everything that the program is there to notice."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.errors import RecordError
from core.frame import sample
from core.frame.sample import BLURRED_S, DARK_S, FROZEN_S, sample_clip
from core.frame.sources import open_source
from core.frame.video import analyze_video


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sample_clip(tmp_path_factory.mktemp("sample"))


def test_it_has_the_length_and_size_it_says(made: Path) -> None:
    with open_source(made) as source:
        assert (source.width, source.height, source.fps) == (640, 480, 25.0)
        assert source.frame_count == 500
        assert source.codec == "h264"


def test_it_is_made_once_and_leaves_nothing_else(made: Path) -> None:
    before = made.stat().st_mtime_ns
    assert sample_clip(made.parent) == made
    assert made.stat().st_mtime_ns == before
    assert list(made.parent.iterdir()) == [made]


def test_its_troubles_are_where_they_are_said_to_be(made: Path, tmp_path: Path) -> None:
    summary = analyze_video(made, tmp_path, faces=False, annotate=False)
    (freeze,) = summary.freezes
    # It pans and zooms all along, which is no push of the camera.
    assert [incident.kind for incident in summary.incidents] == ["freeze"]
    assert FROZEN_S[0] <= freeze.onset_s <= FROZEN_S[0] + 1.0
    assert FROZEN_S[1] <= freeze.end_s <= FROZEN_S[1] + 0.5
    table = np.genfromtxt(tmp_path / "metrics.csv", delimiter=",", names=True, dtype=None)
    time_s, blur = table["time_s"], table["blur_score"]

    def during(span: tuple[float, float]) -> np.ndarray:
        return (time_s > span[0] + 0.6) & (time_s < span[1] - 0.6)

    fine = time_s < BLURRED_S[0]
    assert blur[during(BLURRED_S)].min() > blur[fine].max()
    assert table["brightness"][during(DARK_S)].max() < 0.5 * table["brightness"][fine].min()
    assert table["noise_level"][during(DARK_S)].min() > table["noise_level"][fine].max()


def test_its_face_smiles_and_is_one_person(made: Path) -> None:
    summary = analyze_video(made, every=10)
    assert max(summary.emotions, key=lambda name: summary.emotions[name]) == "happiness"
    assert summary.frames_by_status.get("ok", 0) > 0.7 * summary.frames


def test_a_place_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", "utf-8")
    with pytest.raises(RecordError, match="sample clip cannot be written"):
        sample_clip(tmp_path / "file")


def test_a_half_made_clip_is_never_taken_for_a_whole_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(path: Path) -> None:
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(sample, "_encode", die)
    with pytest.raises(RecordError, match="No space left"):
        sample_clip(tmp_path)
    assert list(tmp_path.iterdir()) == []
