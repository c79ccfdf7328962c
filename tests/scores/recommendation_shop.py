"""A small shop for recommendations: tables as the canonical rooms leave them, laid before the kinds."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa

from parcours.engine import Engine
from parcours.engine.types import schema
from parcours.model import CONTRACTS
from parcours.scores.recommendations.shop import READS
from parcours.scores.world import World

AS_OF = date(2026, 3, 1)
SWITCHED = 80  # days ago
EACH = 25  # articles of a sort, and one


@dataclass(frozen=True)
class Line:
    """One article bought (or, below zero, brought back) by one customer, `ago` days before the day spoken of."""

    person: int
    ago: int
    product: str
    quantity: float = 1
    store: str | None = None

    @property
    def order(self) -> str:
        """A basket a customer and day."""
        return f"{self.person}-{self.ago}"


@dataclass
class Tables:
    """What stands in the tables; persons are numbered from 1."""

    persons: int
    lines: list[Line]
    products: list[dict[str, Any]] = field(default_factory=list)
    stock: list[dict[str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)

    def world(self, engine: Engine, folder: Path | None = None) -> World:
        """These tables as a world."""
        for name, rows in self._rows().items():
            columns = schema(CONTRACTS[name].columns)
            whole = [dict.fromkeys(columns.names) | row for row in rows]
            engine.register(name, pa.Table.from_pylist(whole, schema=columns))
        draft = SimpleNamespace(engine=engine, read=lambda *_: None)
        return World(draft, AS_OF, "EUR", folder=folder)  # type: ignore[arg-type]

    def _rows(self) -> dict[str, list[dict[str, Any]]]:
        numbers = range(1, self.persons + 1)
        baskets = {line.order: line for line in self.lines if line.quantity > 0}
        told: dict[str, list[dict[str, Any]]] = {
            "persons": [{"person_id": one, "known": True, "records": 1} for one in numbers],
            "record_persons": [{"record_id": one, "person_id": one} for one in numbers],
            "products": [{"source": "shop", "active": True, **row} for row in self.products],
            "stock": [{"source": "shop", **row} for row in self.stock],
            "events": [{"row_id": row, "source": "site", **one} for row, one in enumerate(self.events)],
            "order_lines": [
                {
                    "row_id": row, "source": "till", "record_id": line.person, "order_id": line.order,
                    "order_date": AS_OF - timedelta(line.ago), "product_id": line.product, "quantity": line.quantity,
                    "store_id": line.store, "kind": "sale" if line.quantity > 0 else "return", "status": "completed",
                }
                for row, line in enumerate(self.lines)
            ],
            "orders": [
                {
                    "row_id": row, "source": "till", "record_id": line.person, "order_id": order, "is_purchase": True,
                    "order_date": AS_OF - timedelta(line.ago), "store_id": line.store,
                }
                for row, (order, line) in enumerate(sorted(baskets.items()))
            ],
        }  # fmt: skip
        assert set(told) == set(READS)
        return told


def catalogue(*ids: str, **told: Any) -> list[dict[str, Any]]:
    """Articles of the catalogue, called by their ids: `tea 1` is of the category tea."""
    return [{"product_id": each, "name": each, "category_1": each.split()[0], **told} for each in ids]


def regulars(people: int, *, seed: int = 5, days: int = 200) -> list[Line]:
    """Customers who each come every tenth day, buy one of their two favourites, which they once change, and one other.

    Those of an even number like teas and their biscuits, the others wines and their cheeses: two tastes that
    neighbours can tell apart where popularity cannot.
    """
    chance = np.random.default_rng(seed)
    lines = []
    for person in range(1, people + 1):
        first, second = ("tea", "biscuit") if person % 2 == 0 else ("wine", "cheese")
        before, since = ([f"{sort} {chance.integers(1, EACH)}" for sort in (first, second)] for _ in range(2))
        for ago in range(int(chance.integers(0, 10)), days, 10):
            own = since if ago < SWITCHED else before
            new = f"{(first, second)[chance.integers(2)]} {chance.integers(1, EACH)}"
            lines += [Line(person, ago, own[int(chance.integers(2))]), Line(person, ago, new)]
    return lines
