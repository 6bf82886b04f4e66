"""A clock in the picture that stops while pixels move, or jumps, is told of."""

from __future__ import annotations

from core.frame.liveness_clock import ClockWatch


def shown(seconds: float) -> str:
    seconds = int(seconds) % 86400
    return f"CAM 1 {seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def test_a_clock_that_runs_is_no_incident_over_midnight_too() -> None:
    watch = ClockWatch()
    assert not any(watch.update(shown(86390 + s), float(s), 0.02) for s in range(30))


def test_a_clock_that_stops_while_pixels_move_is_an_incident_until_it_runs() -> None:
    watch = ClockWatch()
    events = []
    for second in range(20):
        stopped = 8 <= second < 15
        events += watch.update(shown(36000 + (8 if stopped else second)), float(second), 0.02)
    assert [event.change for event in events] == ["opened", "closed"]
    assert events[0].incident.kind == "clock"
    assert events[0].incident.onset_s == 8.0


def test_a_clock_that_stops_with_its_picture_is_left_to_the_freeze() -> None:
    watch = ClockWatch()
    assert not any(watch.update(shown(36000), float(s), 0.0) for s in range(20))


def test_a_clock_that_jumps_is_an_incident_and_a_digit_misread_once_is_not() -> None:
    jumped, misread = ClockWatch(), ClockWatch()
    events = []
    for second in range(12):
        events += jumped.update(shown(36000 + second - 600 * (second >= 6)), float(second), 0.02)
        assert not misread.update(shown(36000 + second + 4000 * (second == 6)), float(second), 0.02)
    assert [event.change for event in events] == ["opened", "closed"]


def test_text_without_a_clock_says_nothing() -> None:
    watch = ClockWatch()
    assert not any(watch.update("CAMERA 7 12.5 km", float(s), 0.02) for s in range(10))
