"""What sources delivered, and what became of every row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from parcours.model.table import table


@table("deliveries", key=("source", "file", "content_hash"))
@dataclass(frozen=True)
class Delivery:
    """A file (or a pull) that a source delivered, and how many of its rows landed.

    `modified` (nanoseconds), `definition` and `cursor` are for landing's own use: whether the file has changed since,
    under which mapping it landed, and where the next pull begins.
    """

    source: str
    file: str
    bytes: int
    content_hash: str
    batch: str
    received: int
    landed: int
    rejected: int
    set_aside: int
    repeated: int
    corrected: int
    watermark: datetime | None
    landed_at: datetime
    modified: int
    definition: str
    cursor: str | None


@table("rejected", key=("source", "file", "line"))
@dataclass(frozen=True)
class Rejected:
    """A row that could not land: the rule it broke, the reason and the original."""

    source: str
    file: str
    line: int | None
    rule: str
    column_name: str | None
    reason: str
    original: str | None


@table("faults", key=("table_name", "source", "rule", "detail"))
@dataclass(frozen=True)
class TableFault:
    """Rows of a table that do not agree with another table, counted."""

    table_name: str
    source: str
    rule: str
    detail: str | None
    rows: int
