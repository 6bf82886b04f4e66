"""The statistics behind the learned score: finite on anything, equal at every size."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from skimage import data

from core.frame.luma import reduce_luma
from core.frame.naturalness import FEATURES, LearnedQuality, picture_features

Plane = NDArray[np.uint8]


def photograph(name: str) -> Plane:
    image = np.asarray(getattr(data, name)(), np.uint8)
    return image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)


@settings(max_examples=80, deadline=None)
@given(
    st.tuples(st.integers(1, 60), st.integers(1, 60)).flatmap(lambda s: arrays(np.uint8, s)),
    st.floats(0, 1),
    st.floats(0, 128),
    st.booleans(),
)
def test_any_picture_has_finite_statistics_and_a_score(
    plane: Plane, blur: float, noise: float, limited: bool
) -> None:
    features = picture_features(reduce_luma(plane, limited_range=limited), blur, noise, 110.0)
    assert features.shape == (len(FEATURES),)
    assert np.isfinite(features).all()
    assert 0 <= LearnedQuality()(features) <= 1


@pytest.mark.parametrize("name", ["astronaut", "camera", "coffee"])
def test_statistics_agree_at_360p_and_1080p(name: str) -> None:
    large = cv2.resize(photograph(name), (1920, 1080), interpolation=cv2.INTER_CUBIC)
    small = cv2.resize(large, (640, 360), interpolation=cv2.INTER_AREA)
    read = LearnedQuality()
    a, b = (picture_features(reduce_luma(plane), 0.3, 1.0, 110.0) for plane in (large, small))
    assert read(a) == pytest.approx(read(b), abs=0.05)


def test_limited_range_has_the_statistics_of_the_picture_it_stands_for() -> None:
    full = photograph("astronaut")
    limited = np.rint(16 + full * (219 / 255)).astype(np.uint8)
    a = picture_features(reduce_luma(full), 0.3, 1.0, 110.0)
    b = picture_features(reduce_luma(limited, limited_range=True), 0.3, 1.0, 110.0)
    assert a == pytest.approx(b, abs=0.1)


def test_less_light_alone_is_no_other_picture() -> None:
    light = photograph("astronaut")
    dim = np.rint(light * 0.5).astype(np.uint8)
    a = picture_features(reduce_luma(light), 0.3, 2.0, light.mean())
    b = picture_features(reduce_luma(dim), 0.3, 1.0, dim.mean())
    assert a == pytest.approx(b, abs=0.1)
