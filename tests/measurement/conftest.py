from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from parcours.engine import Warehouse, open_engine
from parcours.engine.types import schema
from parcours.measurement import Figures, overview
from parcours.model import CONTRACTS
from parcours.model.kind import kinds_in
from parcours.project import load
from parcours.scores import kinds as score_kinds
from parcours.testing import write_files

Row = dict[str, Any]
Count = Callable[..., Figures]

AS_OF = date(2026, 3, 31)
KINDS = {"score": kinds_in(score_kinds)}
PROJECT = """
    [project]
    name = "tiny"
    title = {en = "The tiny shop", fr = "La petite boutique"}
    currency = "EUR"
    zone = "Europe/Paris"
    [profiles]
    packs = []
    [segments]
    packs = []
    [scores]
    packs = []
    """


@pytest.fixture
def count(tmp_path: Path) -> Iterator[Count]:
    """Counts the figures of a shop whose tables a test writes down: `count(orders=[...], persons=[...])`."""
    engine = open_engine(temporary=tmp_path / "temporary")

    def counted(*, files: dict[str, str] | None = None, as_of: date = AS_OF, **tables: list[Row]) -> Figures:
        project = load(write_files(tmp_path / "shop", {"parcours.toml": PROJECT, **(files or {})}), KINDS)
        warehouse = Warehouse(tmp_path / "warehouse", engine)
        with warehouse.draft(now=datetime(2026, 4, 1, tzinfo=UTC)) as draft:
            for name, rows in tables.items():
                draft.put(name, lambda name=name, rows=rows: _arrow(name, rows), settings=repr(rows))
            draft.publish({"as_of": as_of.isoformat()})
        version = warehouse.current()
        assert version is not None
        with version:
            return overview.figures(version, project)

    yield counted
    engine.close()


def _arrow(table: str, rows: list[Row]) -> pa.Table:
    """Rows as a table of the model; what a test does not say of a row is empty."""
    columns = CONTRACTS[table.removesuffix("_before")].columns
    return pa.Table.from_pylist([{name: row.get(name) for name in columns} for row in rows], schema(columns))
