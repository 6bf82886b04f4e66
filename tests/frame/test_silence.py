"""How long a source has to say nothing until it is frozen."""

from __future__ import annotations

import numpy as np

from core.frame.silence import UNHEARD_S, WINDOW_S, SilenceWatch

FPS = 25


def told_s(changes: list[float], *, cut_at: int | None = None) -> float | None:
    """When a source is frozen whose frames change by so many luma steps a pixel."""
    watch = SilenceWatch(lambda: 0.0)
    for index, change in enumerate(changes):
        if index == cut_at:
            watch.note_cut(index / FPS)
        if watch.look(change, index / FPS, is_predicted=True):
            return index / FPS
    return None


def test_a_still_scene_that_was_only_cut_to_stays_in_doubt_though_a_block_stirs() -> None:
    """Noise that comes through for a moment is not life that could end."""
    refined = list(0.6 * np.exp(-np.arange(44) / 8) + 0.012)
    silence = [0.0, 0.0, 0.0, 0.001] * 75
    stirring = [*silence[:16], *[0.002] * 5, *silence]
    changes = [3.0] * 50 + [70.0] + refined + [2.5] + stirring
    scene_s = (50 + 1 + len(refined) + 1) / FPS

    told = told_s(changes, cut_at=50)
    assert told is None or told >= scene_s + UNHEARD_S


def test_a_crowd_that_falls_silent_has_stopped_though_it_did_so_before() -> None:
    changes = [3.0] * 50 + [0.0] * 6 + [3.0] * 25 + [0.0] * 25
    told = told_s(changes)
    assert told is not None
    assert 0 < told - 81 / FPS <= WINDOW_S + 1 / FPS
