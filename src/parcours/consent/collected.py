"""What a cookie banner says on collected events (`context.consent`, as Segment's spec writes it), as statements."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from parcours.consent.declared import Declared
from parcours.consent.ledger import Statement


@dataclass(frozen=True, kw_only=True)
class Heard:
    """The consent that came with an event: whose it is, when, where from, and yes or no by category."""

    subject: int
    at: datetime
    source: str
    message: str  # the key of the event
    categories: Mapping[str, bool]


def statements(heard: Heard, declared: Declared) -> Iterator[Statement]:
    """What is said of our purposes; of categories that no purpose names, nothing.

    Every event of a visit says it again. A yes is written once a minute, at its beginning, so that the ledger does not
    grow with each click and is the same in whatever order events come; a no is written each time, as it is said.
    """
    said = {category.lower(): answer for category, answer in heard.categories.items()}
    for category, purpose, channel in declared.categories():
        answer = said.get(category.lower())
        if answer is not None:
            yield Statement(
                subject=heard.subject,
                purpose=purpose,
                channel=channel,
                state="granted" if answer else "denied",
                at=heard.at.replace(second=0, microsecond=0) if answer else heard.at,
                source=f"collected: {heard.source}",
                proof=f"category {category}" if answer else f"category {category}, message {heard.message}",
            )
