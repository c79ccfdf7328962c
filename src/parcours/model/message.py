"""What became of a message sent to a customer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from parcours.model.table import table


@table("message_events", key=("row_id",), time="event_time")
@dataclass(frozen=True)
class MessageEvent:
    """What became of a message: sent, delivered, opened, clicked, bounced, unsubscribed, complained."""

    row_id: int
    source: str
    record_id: int | None
    message_id: str | None
    campaign_id: str | None
    channel: str | None
    event: str
    event_time: datetime
    event_date: date
    url: str | None
    reason: str | None
