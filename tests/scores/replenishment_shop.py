"""A corner shop of regulars, for tastes and due dates: lines laid before a kind as the world gives them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from types import SimpleNamespace

import numpy as np
import pyarrow as pa

from parcours.engine import Engine, open_engine
from parcours.scores.world import World

AS_OF = date(2026, 3, 1)
FIRST = date(2025, 3, 2)  # 364 days before


@dataclass(frozen=True)
class Line:
    """One article bought by one customer on one day, `ago` days before the day spoken of."""

    person: int
    ago: int
    product: str
    category: str | None = None
    brand: str | None = None
    bought: float = 1
    returned: float = 0
    net: int = 100


@dataclass
class Lines(World):
    """A world that holds these lines and nothing else."""

    lines: list[Line] = field(default_factory=list)

    def have(self, *names: str) -> None:
        """Makes `world_lines` readable: those of the day spoken of and before, as the world does."""
        assert names == ("lines",)
        self.engine.register("world_lines", _table([line for line in self.lines if line.ago >= 0]))


def world(engine: Engine, lines: list[Line]) -> World:
    """The world of these lines."""
    return Lines(SimpleNamespace(engine=engine), AS_OF, "EUR", lines=lines)  # type: ignore[arg-type]


def an_engine() -> Iterator[Engine]:
    """An engine of one thread, closed after use."""
    engine = open_engine(memory="1GB", threads=1)
    yield engine
    engine.close()


def regulars(item: str, *, people: range, every: float, spread: float, seed: int = 1) -> list[Line]:
    """Customers who buy an item again and again for a year, about every so many days, each at their own pace."""
    chance = np.random.default_rng(seed)
    lines = []
    for person in people:
        pace = every * np.exp(chance.normal(0, 0.3))
        ago = 364 - chance.uniform(0, pace)
        while ago >= 0:
            lines.append(Line(person, int(ago), f"{item} 1", item))
            ago -= max(1.0, pace * np.exp(chance.normal(0, spread)))
    return lines


def _table(lines: list[Line]) -> pa.Table:
    return pa.table(
        {
            "person_id": pa.array([line.person for line in lines], pa.int64()),
            "day": pa.array([AS_OF - timedelta(line.ago) for line in lines], pa.date32()),
            "product_id": pa.array([line.product for line in lines], pa.string()),
            "category_1": pa.array([line.category for line in lines], pa.string()),
            "category_2": pa.array([line.category for line in lines], pa.string()),
            "category_3": pa.array([None for _ in lines], pa.string()),
            "brand": pa.array([line.brand for line in lines], pa.string()),
            "bought": pa.array([float(line.bought) for line in lines], pa.float64()),
            "returned": pa.array([float(line.returned) for line in lines], pa.float64()),
            "net_amount": pa.array([line.net for line in lines], pa.int64()),
            "discount_amount": pa.array([0 for _ in lines], pa.int64()),
        }
    )
