"""Since when a picture stands still, where its codec goes on saying something."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.frame.liveness_light import FreezeWatch
from core.frame.liveness_view import History, view_of
from core.frame.quality import QualityMeter
from tests.frame.scenes import view

NOW_S, FPS = 5.6, 15


@pytest.mark.parametrize("fades_s", [0.3, 0.5])
def test_a_freeze_of_a_dim_scene_began_where_its_codec_began_to_say_less(fades_s: float) -> None:
    plane = np.uint8(0.2 * view())
    reading = QualityMeter().measure_luma(plane, 0.0)
    random, history, watch, onset_s = np.random.default_rng(2), History(), FreezeWatch(), 3.0
    finding = None
    for index in range(round(NOW_S * FPS)):
        time_s = index / FPS
        life = 0.03 / 255 * float(random.uniform(0.5, 1.5))
        said = life * np.exp(-max(0.0, time_s - onset_s) / fades_s)
        is_frozen = time_s >= NOW_S - 0.9
        told = replace(reading, change=float(said), is_frozen=is_frozen)
        each = view_of(told, plane, time_s, limited_range=False)
        finding = watch.look(each, history)
        history.add(each)
    assert finding is not None
    assert finding.onset_s == pytest.approx(onset_s, abs=0.5)
