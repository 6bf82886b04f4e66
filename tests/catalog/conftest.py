from __future__ import annotations

from collections.abc import Iterator

import pytest
from fake_tmdb import FakeTmdb


@pytest.fixture
def fake() -> Iterator[FakeTmdb]:
    server = FakeTmdb()
    yield server
    server.close()
