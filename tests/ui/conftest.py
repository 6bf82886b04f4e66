import threading
import time
from collections.abc import Callable

import pytest
from hypothesis import settings

from tests.ui.doubles import encode, picture

# How long an example takes says how busy the machine is, not whether it is right.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture
def jpeg():
    return encode(picture())


@pytest.fixture
def framed(jpeg):
    """Make the binary message of a frame."""
    return lambda number, data=None: number.to_bytes(4, "big") + (data or jpeg)


@pytest.fixture
def eventually() -> Callable[[Callable[[], bool]], None]:
    """Wait until a condition holds, or fail."""

    def wait(holds, limit_s=20.0):
        end_s = time.monotonic() + limit_s
        while not holds():
            assert time.monotonic() < end_s, "the condition never held"
            threading.Event().wait(0.005)

    return wait
