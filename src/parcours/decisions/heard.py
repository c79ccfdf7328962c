"""What messages tell of decisions: a click on what was shown, an article put into the cart, an order."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from parcours.decisions.settling import Reward

LONGEST = timedelta(days=30)  # how long after a decision an order may still be of it
# Events by what they mean; an event that names a decision and means nothing of this is kept as an event, and no more.
MEANS = {
    "decision clicked": "click",
    "product clicked": "click",
    "promotion clicked": "click",
    "product added": "add",
    "order completed": "order",
}
_ORDER = "order completed"


class Message(Protocol):
    """What is read of a message."""

    @property
    def digest(self) -> bytes: ...
    @property
    def kind(self) -> str: ...
    @property
    def name(self) -> str | None: ...
    @property
    def subject(self) -> int: ...
    @property
    def event_time(self) -> datetime: ...
    @property
    def received_at(self) -> datetime: ...
    @property
    def properties(self) -> Mapping[str, Any] | None: ...


@dataclass(frozen=True)
class Ordered:
    """An order that names no decision: of whoever was there under this hash."""

    key: UUID
    subject: int
    margin: float | None
    at: datetime
    received_at: datetime


def rewards(messages: Iterable[Message]) -> Iterator[Reward]:
    """What messages tell of the decisions they name."""
    for one in messages:
        properties = one.properties
        if one.kind != "track" or not properties or "decision_id" not in properties:
            continue
        means, decision = MEANS.get((one.name or "").lower()), _uuid(properties["decision_id"])
        if means is None or decision is None:
            continue
        arm = properties.get("key", properties.get("product_id"))
        arm = str(arm)[:200] if isinstance(arm, str | int) and means != "order" else None
        at = min(one.event_time, one.received_at)
        yield Reward(UUID(bytes=hashlib.blake2b(one.digest, digest_size=16, person=means.encode()).digest()), decision,
                     arm, means, 1.0, at, one.received_at)  # fmt: skip


def orders(messages: Iterable[Message]) -> Iterator[Ordered]:
    """Orders that name no decision: they are of the latest one about those who ordered."""
    for one in messages:
        if one.kind == "track" and (one.name or "").lower() == _ORDER and "decision_id" not in (one.properties or {}):
            key = UUID(bytes=_order_key(one))
            yield Ordered(key, one.subject, None, min(one.event_time, one.received_at), one.received_at)


def ordered(found: Sequence[Ordered]) -> dict[str, Any]:
    """The values of the query `ordered`."""
    return {"keys": [each.key for each in found], "subjects": [each.subject for each in found],
            "margins": [each.margin for each in found], "times": [each.at for each in found],
            "received": [each.received_at for each in found], "longest": LONGEST}  # fmt: skip


def _order_key(one: Message) -> bytes:
    """The same order told twice is one, where it has a number."""
    number = (one.properties or {}).get("order_id")
    told = f"order:{number}".encode() if isinstance(number, str | int) else one.digest
    # As in decisions/came.sql: the export of the web shop may bring the same order.
    return hashlib.md5(told, usedforsecurity=False).digest()


def _uuid(value: Any) -> UUID | None:
    try:
        return UUID(value) if isinstance(value, str) and len(value) <= 40 else None
    except ValueError:
        return None
