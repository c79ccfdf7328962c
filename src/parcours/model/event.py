"""Something a visitor did on the site or in the app."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from parcours.model.table import table


@table("events", key=("row_id",), time="event_time")
@dataclass(frozen=True)
class Event:
    """Something a visitor did on the site or in the app, under Segment's e-commerce names."""

    row_id: int
    source: str
    record_id: int | None
    session_id: int | None
    name: str
    event_time: datetime
    event_date: date
    channel: str | None
    product_id: str | None
    category: str | None
    brand: str | None
    order_id: str | None
    value: int | None
    quantity: float | None
    query: str | None
    page_url: str | None
    page_path: str | None
    referrer: str | None
    utm_source: str | None
    utm_medium: str | None
    utm_campaign: str | None
    traffic_source: str | None
    acquisition: str | None
    device: str | None
    country: str | None
    region: str | None
    store_id: str | None
    consent_marketing: bool | None
    properties: str | None
