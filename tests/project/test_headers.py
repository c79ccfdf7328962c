"""What `check` says of columns that a source's files do not have: all that is wrong, and nothing that is not."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from parcours import flow
from parcours.project import load
from parcours.project.headers import Looked, look

Write = Callable[[Mapping[str, str]], Path]

ORDERS = """
    source: web
    kind: files
    path: data/web/*.jsonl
    tables:
      orders:
        columns: {order_id: number, order_time: placed_at, net_amount: total}
        identifiers: {email: customer.email}
      order_lines:
        key: [number, "refunds[].id"]
        columns: {order_id: number, product_id: "refunds[].sku"}
"""
SITE = """
    source: site
    kind: ga4
    path: data/*.jsonl
"""


def looked(write: Write, source: str, *rows: Any) -> Looked:
    name = "web/orders.jsonl" if source == ORDERS else "events.jsonl"
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    folder = write({"sources/one.yaml": source, f"data/{name}": lines})
    return look(load(folder, flow.kinds()), now=datetime(2026, 3, 1, tzinfo=UTC))


def notes(found: Looked) -> list[str]:
    assert not found.faults
    return [f"{note.message} {note.hint}".strip() for note in found.notes]


def order(**more: Any) -> dict[str, Any]:
    """An order as the web shop writes it."""
    return {"number": 1, "placed_at": "2026-02-01T10:00:00Z", "total": 5, "customer": {"email": "a@b.fr"}, **more}


def test_nothing_is_said_of_what_an_empty_array_would_hold(write: Write) -> None:
    assert notes(looked(write, ORDERS, order(refunds=[], items=[{"id": 1, "sku": "s"}]))) == []


def test_a_column_of_an_array_that_has_elements_is_missed(write: Write) -> None:
    assert notes(looked(write, ORDERS, order(refunds=[{"ident": 1, "sku": "s"}, {"skus": 1, "i": 1}]))) == [
        "no column 'refunds[].id' in data/web/orders.jsonl. Did you mean 'refunds[].i'?"
    ]


def test_a_name_almost_right_is_told(write: Write) -> None:
    found = looked(write, ORDERS, order(refunds=[], customer={"emails": "a@b.fr"}))
    assert notes(found) == ["no column 'customer.email' in data/web/orders.jsonl. Did you mean 'customer.emails'?"]


def ga4(**more: Any) -> dict[str, Any]:
    return {"event_name": "page_view", "event_timestamp": "1773342000000000", "event_date": "20260312",
            "event_params": [{"key": "page_location", "value": {"string_value": "https://shop.fr/"}}],
            "user_pseudo_id": "1.1", "items": [], **more}  # fmt: skip


def test_a_mapping_that_we_ship_is_not_doubted_for_what_a_day_did_not_hold(write: Write) -> None:
    assert notes(looked(write, SITE, ga4())) == []


def test_a_file_that_is_no_ga4_export_is_told_at_the_source(write: Write) -> None:
    found = looked(write, SITE, {"event": "page", "timestamp": 1})
    assert notes(found) == [
        "no column 'event_name' in data/events.jsonl.",
        "no column 'event_timestamp' in data/events.jsonl.",
    ]
    assert {note.place.file for note in found.notes} == {"sources/one.yaml"}


def test_a_column_of_one_s_own_mapping_of_ga4_is_looked_for(write: Write) -> None:
    own = SITE + "    tables: {events: {columns: {name: event_nam, event_time: event_timestamp}}}\n"
    assert notes(looked(write, own, ga4())) == [
        "no column 'event_nam' in data/events.jsonl. Did you mean 'event_name'?"
    ]
