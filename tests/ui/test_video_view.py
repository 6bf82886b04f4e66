from __future__ import annotations

from types import SimpleNamespace

import pytest

from ui import video_view


def test_progress_shows_share_speed_and_time_left():
    progress = SimpleNamespace(frames_done=300, frames_total=1200, fps=50.0, eta_s=78.0)
    page = video_view.running("en", "clip.mp4", progress)
    assert 'aria-valuenow="25"' in page
    assert "300 of 1,200 frames" in page
    assert "50 <small>fps" in page
    assert "1:18 <small>left" in page


def test_progress_without_a_known_length_claims_no_share():
    progress = SimpleNamespace(frames_done=300, frames_total=None, fps=50.0, eta_s=None)
    page = video_view.running("en", "clip.mp4", progress)
    assert "aria-valuenow" not in page
    assert "300 frames so far" in page


@pytest.mark.parametrize(
    ("seconds", "exact", "written"),
    [
        (0, False, "0:00"),
        (59.96, True, "1:00.0"),
        (59.94, True, "0:59.9"),
        (7384, False, "2:03:04"),
    ],
)
def test_times_are_written_as_a_player_writes_them(seconds, exact, written):
    assert video_view.clock(seconds, exact=exact) == written
