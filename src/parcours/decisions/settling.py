"""What came of decisions is counted: each once, whichever process counts it, and told apart where it cannot be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from parcours.decisions.learning.delay import EDGES
from parcours.project.slot import Slot
from parcours.state import queries

_QUERIES = queries("decision")


@dataclass(frozen=True)
class Reward:
    """Something that came of a decision: which of what it showed (None: the first), what, and how much of it."""

    key: UUID
    decision: UUID
    arm: str | None
    kind: str
    value: float
    at: datetime
    received_at: datetime


def rewarded(rewards: Sequence[Reward]) -> Mapping[str, list[Any]]:
    """The values of the query `reward`."""
    return {"keys": [each.key for each in rewards], "decisions": [each.decision for each in rewards],
            "arms": [each.arm for each in rewards], "kinds": [each.kind for each in rewards],
            "values": [each.value for each in rewards], "times": [each.at for each in rewards],
            "received": [each.received_at for each in rewards]}  # fmt: skip


async def settle(connection: psycopg.AsyncConnection, slots: Iterable[Slot], *, now: datetime) -> dict[str, int]:
    """Counts what came since, for what the slots call success; how many ended each way. Nothing if another does it.

    The connection commits by itself; everything is counted in one transaction.
    """
    asked = [row for slot in slots for row in _asked(slot)]
    columns = [list(column) for column in zip(*asked)] or [[], [], [], [], []]
    values = {**dict(zip(("slots", "versions", "kinds", "within", "measures"), columns)), "now": now,
              "edges": list(EDGES[:-1])}  # fmt: skip
    async with connection.transaction(), connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(_QUERIES["alone"].text.encode())
        (found,) = await cursor.fetchall()
        if not found["alone"]:
            return {}
        await cursor.execute(_QUERIES["settle"].text.encode(), values)
        return {row["outcome"]: row["rewards"] for row in await cursor.fetchall()}


async def earlier(
    connection: psycopg.AsyncConnection, slot: str, numbers: Sequence[int], since: datetime
) -> list[tuple[str, datetime, bool]]:
    """What a slot showed somebody before: what, when, and whether it was clicked."""
    cursor = connection.cursor(row_factory=dict_row)
    values = {"slot": slot, "numbers": list(numbers), "since": since}
    await cursor.execute(_QUERIES["earlier"].text.encode(), values)
    return [(key, row["at"], key in row["clicked"]) for row in await cursor.fetchall() for key in row["shown"]]


def _asked(slot: Slot) -> Iterable[tuple[str, str, str, float, int]]:
    for measure, success in ((1, slot.success), (2, slot.guard)):
        if success is not None:
            yield slot.name, slot.version, success.by, float(success.within.seconds), measure
