"""How many of an article a store holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from parcours.model.table import table


@table("stock", key=("source", "product_id", "store_id", "as_of"))
@dataclass(frozen=True)
class Stock:
    """How many of an article a store holds on a day."""

    source: str
    product_id: str
    store_id: str | None
    as_of: date | None
    quantity: float
