from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from parcours.engine import Warehouse, open_engine


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Warehouse]:
    engine = open_engine("duckdb", memory="500MB", threads=1, temporary=tmp_path / "temporary")
    yield Warehouse(tmp_path / "warehouse", engine)
    engine.close()
