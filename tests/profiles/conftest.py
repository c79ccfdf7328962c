from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from parcours.engine import Draft, Warehouse, open_engine


@pytest.fixture
def draft(tmp_path: Path) -> Iterator[Draft]:
    engine = open_engine(temporary=tmp_path / "temporary")
    with Warehouse(tmp_path / "warehouse", engine).draft(now=datetime(2026, 3, 1, tzinfo=UTC)) as draft:
        yield draft
    engine.close()
