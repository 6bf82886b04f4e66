"""The meter's rate is what its definition says, and its load is within bounds."""

from __future__ import annotations

import threading

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.frame.system import SystemMeter


@given(st.lists(st.floats(0.001, 2.0), min_size=1, max_size=80))
def test_fps_is_intervals_over_time_of_the_last_thirty_frames(steps_s: list[float]) -> None:
    meter, times_s = SystemMeter(), [0.0]
    for step_s in steps_s:
        times_s.append(times_s[-1] + step_s)
    for time_s in times_s:
        reading = meter.read(1.0, {}, now_s=time_s)
    last = times_s[-30:]
    assert reading.fps == pytest.approx((len(last) - 1) / (last[-1] - last[0]))


def test_fps_is_zero_until_there_is_an_interval() -> None:
    meter = SystemMeter()
    assert meter.read(1.0, {}, now_s=5.0).fps == 0.0
    assert meter.read(1.0, {}, now_s=5.0).fps == 0.0
    assert meter.read(1.0, {}, now_s=5.5).fps == pytest.approx(4.0)


def test_a_pause_is_forgotten_after_a_reset() -> None:
    meter = SystemMeter()
    meter.read(1.0, {}, now_s=0.0)
    meter.reset()
    meter.read(1.0, {}, now_s=100.0)
    assert meter.read(1.0, {}, now_s=100.1).fps == pytest.approx(10.0)


def test_load_is_within_its_units_and_stages_are_a_copy() -> None:
    stages = {"faces": 3.0}
    reading = SystemMeter().read(7.5, stages)
    stages["faces"] = 0.0
    assert reading.latency_ms == 7.5
    assert reading.stage_ms == {"faces": 3.0}
    assert 0 <= reading.cpu_percent <= 100
    assert 0 < reading.memory_percent <= 100
    own_mb = psutil.Process().memory_info().rss / 2**20
    assert reading.rss_mb == pytest.approx(own_mb, rel=0.5)


def test_the_load_is_asked_for_at_most_twice_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    from core.frame import system

    asked, now_s = [], [1000.0]
    monkeypatch.setattr(system.time, "monotonic", lambda: now_s[0])
    monkeypatch.setattr(system.psutil, "cpu_percent", lambda: asked.append(now_s[0]) or 1.0)
    monkeypatch.setattr(system, "_load", system._Load())
    asked.clear()
    for _ in range(400):
        SystemMeter().read(1.0, {})
        now_s[0] += 0.01
    assert 6 <= len(asked) <= 8


def test_meters_may_be_read_from_many_threads() -> None:
    readings = []

    def read() -> None:
        meter = SystemMeter()
        readings.extend(meter.read(1.0, {}) for _ in range(50))

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(readings) == 200
    assert all(0 <= reading.cpu_percent <= 100 for reading in readings)
