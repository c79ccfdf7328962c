"""A shop of the retailer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from parcours.model.table import table


@table("stores", key=("store_id",))
@dataclass(frozen=True)
class Store:
    """A shop of the retailer."""

    store_id: str
    source: str
    name: str | None
    kind: str | None
    street: str | None
    postcode: str | None
    city: str | None
    country: str | None
    latitude: float | None
    longitude: float | None
    opened_on: date | None
