from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from parcours.engine import open_engine
from tests.segments.world import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    engine = open_engine(temporary=tmp_path / "temporary", threads=1)
    yield World(tmp_path, engine)
    engine.close()
