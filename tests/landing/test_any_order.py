"""However the same rows are cut into files, overlapping and delivered again, the tables are the same."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .shop import Landed, Shop

SOURCE = """
    kind: files
    path: data/*.csv
    tables:
      orders:
        key: [ticket]
        columns: {order_id: ticket, order_time: at, channel: {value: store}}
        identifiers: {loyalty_card: card}
      order_lines:
        KEY
        columns: {order_id: ticket, line_id: line, order_time: at, product_id: article, quantity: n}
      customer_records:
        key: [card]
        columns: {record_key: card}
        identifiers: {loyalty_card: card}
"""
HEAD = "ticket,line,at,article,n,card\n"
MONTHS = ("2026-01-31T23:30:00Z", "2026-02-01", "2026-03-15")

rows = st.lists(st.tuples(st.integers(1, 5), st.integers(1, 3)), min_size=1, max_size=14, unique=True)


def text(ticket: int, line: int) -> str:
    """A row whose every value follows from its key, so that no order of delivery can matter."""
    return f"{ticket},{line},{MONTHS[ticket % 3]},A{line},{line},{'' if ticket % 2 else f'C{ticket % 4}'}\n"


def same(landed: Landed) -> Any:
    keep = {
        table: sorted(({k: v for k, v in row.items() if not k.startswith("_")} for row in landed.rows(table)), key=repr)
        for table in ("orders", "order_lines", "customer_records")
    }
    return keep


def deliver(key: str, runs: list[list[list[tuple[int, int]]]]) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        shop = Shop(Path(folder) / "shop")
        shop.source("till", SOURCE.replace("KEY", key))
        number = 0
        for files in runs:
            for held in files:
                shop.write(f"till{number}.csv", HEAD + "".join(text(*row) for row in held))
                number += 1
            landed = shop.run()
        return same(landed)


@pytest.mark.parametrize("key", ["key: [ticket, line]", "repeats: number"])
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(rows=rows, data=st.data())
def test_any_cut_overlap_and_order_gives_the_same_tables(
    key: str, rows: list[tuple[int, int]], data: st.DataObject
) -> None:
    expected = deliver(key, [[rows]])
    some = st.lists(st.sampled_from(rows), max_size=len(rows), unique=True)
    runs = [
        [list(data.draw(some)) for _ in range(data.draw(st.integers(0, 2)))]
        for _ in range(data.draw(st.integers(0, 2)))
    ]
    missing = [row for row in rows if not any(row in held for files in runs for held in files)]
    again = data.draw(st.permutations(missing + data.draw(some)))
    runs.append([list(dict.fromkeys(again))] if again else [])
    assert deliver(key, runs) == expected
