"""A value by which a customer is recognised."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from parcours.model.table import table


@table("identifiers", key=("record_id", "kind", "value"))
@dataclass(frozen=True)
class Identifier:
    """A value by which a customer is recognised, as one record gave it."""

    record_id: int
    source: str
    kind: str
    value: str
    raw: str | None
    verified: bool
    first_seen: datetime | None
    last_seen: datetime | None
    usable: bool
    why_not: str | None
