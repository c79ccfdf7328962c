"""Segments on Spark: the same tables as on DuckDB, with people who enter, leave, are merged and come back."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from parcours.engine import open_engine

from .test_stages import bought
from .world import World, living, merged, project

pytestmark = pytest.mark.spark

MONDAY, TUESDAY = date(2026, 3, 2), date(2026, 3, 3)
TABLES = {
    "memberships": ("segment", "person_id", "since"),
    "membership_changes": ("segment", "person_id", "change", "at", "reason"),
    "segment_counts": ("segment", "people", "at"),
    "segment_overlaps": ("segment", "other", "people"),
    "stages": ("person_id", "rfm_r", "rfm_f", "rfm_m", "rfm_cell", "life_cycle", "rhythm_days"),
    "stage_bounds": ("measure", "score", "at_least"),
}
WHO = {
    "vip": {"spend": {"at_least": "500 EUR"}},
    "lapsing": {"all": [{"in_segment": "vip"}, {"last_order": {"longer_ago_than": "30 days"}}]},
    "others": {"not": {"any": [{"in_segment": "lapsing"}, {"city": {"contains": "o"}}]}},
    "birthday": {"last_order": {"on_day_of_year_within": "7 days"}},
    "cooling": {"life_cycle": {"in": ["cooling", "sleeping", "lost"]}},
}


def tables(folder: Path, kind: str) -> dict[str, list[Any]]:
    engine = open_engine(kind, memory="1GB", temporary=folder / "temporary")
    world, shop = World(folder, engine), project(folder, WHO)
    orders = [{**bought(1 + n % 5, 3 * n, money=n), "row_id": n, "order_id": str(n)} for n in range(40)]
    owners = [{"record_id": 10 * person, "person_id": person} for person in range(1, 7)]
    first = [{"person_id": n, "spend": n * 12500, "last_order": date(2025, 3, n), "city": "Lyon"} for n in range(1, 7)]
    second = [{**row, "spend": row["spend"] + 12500, "city": None} for row in first[1:]] + [{"person_id": 9}]
    people = [merged(1, into=5), *[living(row["person_id"]) for row in second]]
    world.run(MONDAY, shop, profiles=first, orders=orders, record_persons=owners)
    world.run(TUESDAY, shop, profiles=second, orders=orders, record_persons=owners, persons=people)
    found = {name: world.rows(name, *columns) for name, columns in TABLES.items()}
    engine.close()
    return found


def test_every_table_is_the_same_on_spark(tmp_path: Path) -> None:
    here, there = (tables(tmp_path / kind, kind) for kind in ("duckdb", "spark"))
    for name, rows in here.items():
        assert rows, name
        assert there[name] == rows, name
