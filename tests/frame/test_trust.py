"""Trust falls as the picture of a face gets worse, and says why."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage import data

from core.frame.trust import frontality, read_trust
from core.types import Box, Detection

REASONS = {"", "too_small", "too_dark", "too_bright", "blurred", "noisy", "turned_away", "covered"}
Gray = np.ndarray


def face() -> Gray:
    return cv2.cvtColor(data.astronaut(), cv2.COLOR_RGB2GRAY)[75:180, 170:275]


def small(crop: Gray, level: float) -> Gray:
    side = round(100 - 100 * level)
    return cv2.resize(crop, (side, side), interpolation=cv2.INTER_AREA)


def dark(crop: Gray, level: float) -> Gray:
    noise = np.random.default_rng(0).normal(0, 2, crop.shape)
    return np.clip(crop * (1 - 0.97 * level) + noise, 0, 255).astype(np.uint8)


def blurred(crop: Gray, level: float) -> Gray:
    return cv2.GaussianBlur(crop, (0, 0), 0.1 + 9 * level)


def noisy(crop: Gray, level: float) -> Gray:
    noise = np.random.default_rng(0).normal(0, 120 * level, crop.shape)
    return np.clip(crop + noise, 0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    ("degrade", "reason"),
    [(small, "too_small"), (dark, "too_dark"), (blurred, "blurred"), (noisy, "noisy")],
)
def test_the_worse_the_picture_the_less_trust_and_the_reason_is_named(
    degrade: Callable[[Gray, float], Gray], reason: str
) -> None:
    trusts = [read_trust(degrade(face(), level)) for level in (0.0, 0.5, 0.9)]
    assert trusts[0].value > trusts[2].value
    assert trusts[0].value >= trusts[1].value - 0.02
    assert trusts[0].reason == ""
    assert trusts[2].reason == reason


def landmarks(yaw: float) -> np.ndarray:
    """Five points of a head turned by ``yaw`` radians, as a camera far away sees them."""
    points = np.array([[-30, -30, 0], [30, -30, 0], [0, 0, 35], [-22, 30, 5], [22, 30, 5]])
    x = points[:, 0] * np.cos(yaw) + points[:, 2] * np.sin(yaw)
    return np.stack([x + 50, points[:, 1] + 50], axis=1).astype(np.float32)


def test_a_head_turned_away_is_trusted_less() -> None:
    values = [
        read_trust(face(), Detection(Box(0, 0, 100, 100), 1.0, landmarks(np.radians(turn))))
        for turn in (0, 30, 60)
    ]
    assert values[0].value > values[1].value > values[2].value
    assert values[2].reason == "turned_away"


def test_a_level_tilt_is_no_turn() -> None:
    straight = landmarks(0.0)
    turn = np.radians(40)
    matrix = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    assert frontality((straight @ matrix.T).astype(np.float32)) == pytest.approx(1.0, abs=1e-3)


@settings(max_examples=60, deadline=None)
@given(
    shape=st.tuples(st.integers(1, 200), st.integers(1, 200)),
    low=st.integers(0, 255),
    seed=st.integers(0, 2**16),
)
def test_any_crop_has_a_trust_in_range(shape: tuple[int, int], low: int, seed: int) -> None:
    crop = np.random.default_rng(seed).integers(low, 256, shape, dtype=np.uint8)
    trust = read_trust(crop)
    assert 0.0 <= trust.value <= 1.0
    assert trust.reason in REASONS
