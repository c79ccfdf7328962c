"""A purchase in any channel."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from parcours.model.table import table


@table("orders", key=("row_id",), time="order_time")
@dataclass(frozen=True)
class Order:
    """A purchase in any channel; a till ticket is one, with its till, staff and tender."""

    row_id: int
    source: str
    record_id: int | None
    order_id: str
    channel: str | None
    order_time: datetime | None
    order_date: date | None
    store_id: str | None
    till_id: str | None
    staff_id: str | None
    tender: str | None
    status: str
    coupon: str | None
    currency: str
    lines: int
    units: float
    gross_amount: int | None
    discount_amount: int | None
    tax_amount: int | None
    shipping_amount: int | None
    net_amount: int | None
    returned_amount: int | None
    original_net_amount: int | None
    is_purchase: bool


@table("order_lines", key=("row_id",), time="order_time")
@dataclass(frozen=True)
class OrderLine:
    """One article of an order; a return is a line with a negative quantity."""

    row_id: int
    source: str
    record_id: int | None
    order_id: str
    line_id: str | None
    order_time: datetime | None
    order_date: date | None
    channel: str | None
    store_id: str | None
    product_id: str | None
    quantity: float
    unit_price: int | None
    gross_amount: int | None
    discount_amount: int | None
    tax_amount: int | None
    net_amount: int | None
    currency: str
    original_net_amount: int | None
    kind: str
    status: str
