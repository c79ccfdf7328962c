"""Identifiers put together from what changed months say are those that all months give."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parcours.canonical import identifiers
from parcours.engine import Draft, Warehouse, open_engine, sql
from parcours.engine.types import schema
from parcours.project import Project

SEEN = {"record_id": "integer", "source": "text", "kind": "text", "value": "text", "raw": "text",
        "verified": "boolean", "first_seen": "time", "last_seen": "time", "usable": "boolean",
        "why_not": "text"}  # fmt: skip
FIRST = datetime(2026, 1, 1)
MONTHS = ("orders/2026-01", "orders/2026-02", "events/2026-02", "customer_records/undated")
ROW = st.tuples(st.integers(1, 6), st.sampled_from(["till", "web"]), st.sampled_from(["email", "cookie"]),
                st.sampled_from(["a", "b"]), st.booleans(), st.integers(0, 9))  # fmt: skip
DAYS = st.lists(st.dictionaries(st.sampled_from(MONTHS), st.lists(ROW, max_size=6), min_size=1), min_size=2, max_size=4)


def told(row: tuple[Any, ...]) -> dict[str, Any]:
    record, source, kind, value, verified, day = row
    seen = FIRST + timedelta(days=day)
    return {"record_id": record, "source": source, "kind": kind, "value": value, "raw": value.upper(),
            "verified": verified, "first_seen": seen, "last_seen": seen, "usable": True, "why_not": None}  # fmt: skip


def run(draft: Draft, months: dict[str, list[tuple[Any, ...]]]) -> None:
    for month, rows in months.items():
        unique = {row[:4]: told(row) for row in rows}
        table = pa.Table.from_pylist(list(unique.values()), schema=schema(SEEN))
        draft.put("identifiers_seen", lambda table=table: table, settings=repr(rows), partition=month)
    identifiers.build(draft, cast(Project, SimpleNamespace(sources={})))


@pytest.mark.parametrize("share", [0.0, 1.0], ids=["all together", "only what changed"])
@settings(max_examples=12, deadline=None)
@given(days=DAYS)
def test_identifiers_of_a_later_day_are_those_that_all_months_give(
    share: float, tmp_path_factory: pytest.TempPathFactory, days: list[dict[str, list[tuple[Any, ...]]]]
) -> None:
    identifiers.WORTHWHILE = share
    folder: Path = tmp_path_factory.mktemp("warehouse")
    engine = open_engine("duckdb", memory="200MB", temporary=folder / "temporary")
    whole = sql.load("parcours.canonical", "identifiers.sql")["together"]
    months: dict[str, list[tuple[Any, ...]]] = {}
    try:
        for number, day in enumerate(days):
            months |= day
            with Warehouse(folder, engine).draft(now=datetime(2026, 3, 1 + number, tzinfo=UTC)) as draft:
                run(draft, months)
                draft.read("identifiers_seen")
                expected = engine.arrow(draft.fitted("identifiers", whole, identifiers.KEY)).to_pylist()
                draft.read("identifiers")
                assert engine.rows("SELECT * FROM identifiers") == expected
                draft.publish({})
    finally:
        identifiers.WORTHWHILE = 0.5
        engine.close()
