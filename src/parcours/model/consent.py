"""What a customer agreed to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from parcours.model.table import table


@table("consents", key=("row_id",), time="at")
@dataclass(frozen=True)
class Consent:
    """What a customer agreed to or withdrew: purpose, channel, the text they saw, and the proof."""

    row_id: int
    source: str
    record_id: int | None
    purpose: str
    channel: str | None
    granted: bool
    at: datetime
    text_version: str | None
    evidence: str | None
