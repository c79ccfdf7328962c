"""A shop whose sales are known, for demand, trends and stock: units by day, as the world gives them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pyarrow as pa

from parcours.engine import Engine
from parcours.engine.types import schema
from parcours.model import CONTRACTS
from parcours.scores.world import World

AS_OF = date(2026, 3, 1)  # a Sunday


@dataclass(frozen=True)
class Sold:
    """Units of a product sold in a place, `ago` days before the day spoken of."""

    product: str
    ago: int
    units: float = 1
    place: str = "S1"


@dataclass
class Shop(World):
    """A world that holds these sales and nothing else."""

    sales: list[Sold] = field(default_factory=list)

    def have(self, *names: str) -> None:
        """Makes `world_sold` readable: what was sold up to the day spoken of."""
        assert names == ("sold",)
        rows = [one for one in self.sales if one.ago >= 0]
        self.engine.register(
            "world_sold",
            pa.table(
                {
                    "day": pa.array([AS_OF - timedelta(one.ago) for one in rows], pa.date32()),
                    "product_id": pa.array([one.product for one in rows], pa.string()),
                    "place": pa.array([one.place for one in rows], pa.string()),
                    "thousandths": pa.array([round(1000 * one.units) for one in rows], pa.int64()),
                }
            ),
        )


def shop(engine: Engine, sales: list[Sold], **tables: list[dict[str, Any]]) -> World:
    """The world of these sales, and of rows of other tables (`products=[{"product_id": ...}]`)."""

    def read(*names: str) -> None:
        for name in names:
            columns = CONTRACTS[name].columns
            rows = [{column: row.get(column) for column in columns} for row in tables.get(name, [])]
            engine.register(name, pa.Table.from_pylist(rows, schema(columns)))

    draft = SimpleNamespace(engine=engine, read=read, has=lambda name: name in tables)
    return Shop(draft, AS_OF, "EUR", sales=sales)  # type: ignore[arg-type]


def catalogue(**category: str | None) -> list[dict[str, Any]]:
    """Products by id with their category; the department is the category's first letter."""
    return [
        {"product_id": product, "category_1": name and name[0], "category_2": name}
        for product, name in category.items()
    ]
