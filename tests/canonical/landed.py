"""Landing tables made by hand: what a source would have left for the canonical room to read."""

from __future__ import annotations

from datetime import datetime
from types import SimpleNamespace
from typing import Any

import pyarrow as pa

from parcours import canonical
from parcours.engine import Draft
from parcours.engine.types import ARROW
from parcours.model import CONTRACTS
from parcours.project.acquisition import usual_acquisition

IDENTIFIER = {"id": "text", "raw": "text", "verified": "boolean"}


def project(**tables: list[str]) -> Any:
    """What the canonical room asks of a project: which source feeds which tables, zone, currency and rates."""
    rates = (SimpleNamespace(currency="CHF", since=None, rate=1.05),)
    sources = {name: SimpleNamespace(tables=dict.fromkeys(fed)) for name, fed in tables.items()}
    return SimpleNamespace(sources=sources, zone="Europe/Paris", currency="EUR", exchange_rates=rates,
                           acquisition=usual_acquisition())  # fmt: skip


def land(draft: Draft, source: str, part: str, rows: list[dict[str, Any]]) -> None:
    """Lands rows given as `{"orders__order_id": ...}`; `_seq` counts up from the row's place unless given."""
    names = {name for row in rows for name in row}
    columns = {name: _word(name) for name in sorted(names | {"_seq", "_rule"})}
    table = pa.table(
        {
            name: pa.array([_value(name, row, at) for at, row in enumerate(rows)], ARROW[word])
            for name, word in columns.items()
        }
    )
    draft.put(f"landing_{source}", lambda: table, partition=part, settings=[part, repr(rows)])


def void(draft: Draft, source: str, month: str, *rows: tuple[str, int, int]) -> None:
    """Makes rows (table, row_id, seq) of a month void, as a later delivery does."""
    made = [
        {"source": source, "table_name": table, "row_id": row, "partition": month, "seq": seq}
        for table, row, seq in rows
    ]
    draft.put("superseded", lambda: pa.Table.from_pylist(made), partition=f"{month}/{source}/2", settings=made)


def build(draft: Draft, shop: Any) -> None:
    canonical.build(draft, shop, progress=lambda *_, **__: None)


def rows(draft: Draft, query: str, *tables: str) -> list[dict[str, Any]]:
    draft.read(*tables)
    return draft.engine.rows(query)


def _word(name: str) -> str:
    if name in ("_seq",):
        return "integer"
    table, _, column = name.partition("__")
    what = column.split("__")[0]
    if not column:
        return "text"
    if what in IDENTIFIER:
        return IDENTIFIER[what]
    return CONTRACTS[table].columns.get(column, "integer")


def _value(name: str, row: dict[str, Any], at: int) -> Any:
    value = row.get(name)
    return at if name == "_seq" and value is None else value


def line(ticket: int, number: int, price: int, quantity: float = 1, **more: Any) -> dict[str, Any]:
    """A line of a till ticket as it lands: the ticket itself is landed with its first line."""
    at = more.pop("at", datetime(2026, 1, 31, 12))
    status = more.pop("status", None)
    row = {
        "orders__row_id": ticket if number == 1 else None,
        "orders__order_id": f"t{ticket}",
        "orders__order_time": at,
        "orders__channel": "store",
        "orders__status": status,
        "orders__currency": more.pop("currency", None),
        "order_lines__row_id": ticket * 100 + number,
        "order_lines__order_id": f"t{ticket}",
        "order_lines__line_id": str(number),
        "order_lines__order_time": at,
        "order_lines__unit_price": price,
        "order_lines__quantity": float(quantity),
        "order_lines__discount_amount": None,
        "order_lines__kind": None,
        "order_lines__product_id": None,
    }
    return row | {name if name == "_seq" else f"order_lines__{name}": value for name, value in more.items()}
