"""What the learned quality is fitted on: faults that grow with their level, a fair teacher."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray
from skimage import data

from models.training.full_reference import haarpsi, mdsi
from models.training.picture_faults import FAULTS, apply

Image = NDArray[np.uint8]


def photograph() -> Image:
    return np.ascontiguousarray(data.astronaut()[:240, 100:420, ::-1])


@pytest.mark.parametrize("fault", FAULTS)
def test_the_teacher_finds_a_stronger_fault_worse(fault: str) -> None:
    clean = photograph()
    damaged = [apply(fault, clean, level, seed=3) for level in (0.1, 0.5, 0.9)]
    assert all(a > b for a, b in pairwise(haarpsi(clean, image) for image in damaged))
    assert all(a < b for a, b in pairwise(mdsi(clean, image) for image in damaged))


@pytest.mark.parametrize("fault", FAULTS)
def test_the_same_seed_gives_the_same_picture(fault: str) -> None:
    clean = photograph()
    assert np.array_equal(apply(fault, clean, 0.5, seed=1), apply(fault, clean, 0.5, seed=1))


def test_the_teacher_finds_nothing_wrong_with_the_clean_picture() -> None:
    clean = photograph()
    assert haarpsi(clean, clean) > 0.99
    # The deviation is pooled through a fourth root, which magnifies the rounding of float32:
    # 0.005 stands for 6e-10 before it.
    assert mdsi(clean, clean) == pytest.approx(0, abs=0.005)
