"""What the network is trained towards and judged by."""

from __future__ import annotations

import numpy as np
import pytest

from models.training import data
from models.training.degrade import KINDS, degrade


def votes(**counts: int) -> np.ndarray:
    names = "neutral happiness surprise sadness anger disgust fear contempt unknown nothing"
    return np.array([[counts.get(name, 0) for name in names.split()]], np.uint8)


def test_the_vote_of_a_single_tagger_is_dropped_from_the_target() -> None:
    targets, usable = data.soft_targets(votes(happiness=6, neutral=3, fear=1))
    assert usable[0]
    assert targets[0, 1] == pytest.approx(6 / 9)
    assert targets[0, 0] == pytest.approx(3 / 9)
    assert targets[0, 6] == 0


def test_a_face_that_most_call_unknown_is_not_trained_on() -> None:
    _, usable = data.soft_targets(votes(unknown=6, neutral=4))
    assert not usable[0]


def test_plurality_takes_the_most_frequent_vote_and_strict_majority_over_half() -> None:
    split = votes(neutral=4, sadness=3, fear=3)
    assert data.plurality(split)[1][0]
    assert not data.strict_majority(split)[1][0]
    clear = votes(neutral=8, sadness=2)
    label, keep = data.strict_majority(clear)
    assert (label[0], keep[0]) == (0, True)


@pytest.mark.parametrize("kind", KINDS[1:])
def test_a_degraded_face_is_a_gray_picture_that_differs(kind: str) -> None:
    face = np.tile(np.arange(48, dtype=np.uint8) * 5, (48, 1))
    face[12:36, 12:36] = 20
    worse = degrade(face, kind, 0.8, np.random.default_rng(0))
    assert worse.dtype == np.uint8
    assert worse.ndim == 2
    assert worse.shape != face.shape or (worse != face).any()
