"""What one source says of one customer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from parcours.model.table import table


@table("customer_records", key=("record_id",))
@dataclass(frozen=True)
class CustomerRecord:
    """What one source says of one customer."""

    record_id: int
    source: str
    record_key: str
    first_name: str | None
    last_name: str | None
    title: str | None
    gender: str | None
    birth_date: date | None
    email: str | None
    phone: str | None
    street: str | None
    street_number: str | None
    postcode: str | None
    city: str | None
    state: str | None
    country: str | None
    language: str | None
    created_at: datetime | None
    updated_at: datetime | None
    properties: str | None
