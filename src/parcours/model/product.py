"""An article of the catalogue."""

from __future__ import annotations

from dataclasses import dataclass

from parcours.model.table import table


@table("products", key=("product_id",))
@dataclass(frozen=True)
class Product:
    """An article of the catalogue, with the path of its category."""

    product_id: str
    source: str
    name: str | None
    brand: str | None
    category_1: str | None
    category_2: str | None
    category_3: str | None
    category_path: str | None
    list_price: int | None
    cost: int | None
    currency: str | None
    gtin: str | None
    size: str | None
    color: str | None
    active: bool | None
    properties: str | None
