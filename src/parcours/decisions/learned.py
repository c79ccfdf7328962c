"""What slots have learned, as choices read it; renewed every second from what all processes counted."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any

import numpy as np
import psycopg
from psycopg.rows import dict_row

from parcours.decisions.learning.counts import Counts, counted
from parcours.decisions.learning.delay import BUCKETS, Delay, exposure, learn
from parcours.decisions.learning.linear import Moments
from parcours.project.slot import Slot
from parcours.state import queries

_QUERIES = queries("decision")
HOUR = 3600


@dataclass(frozen=True)
class Learned:
    """What was counted of one version of a slot until `now` (hours since 1970, with its fraction).

    `guard` holds the same counts with what the guard measured, `moments` the sums over features where the choice looks
    at any. `kept` is for choices: what they work out once.
    """

    counts: Counts
    guard: Counts
    delay: Delay
    now: float
    moments: Moments | None = None
    kept: dict[Any, Any] = field(default_factory=dict, compare=False)

    @cached_property
    def known(self) -> frozenset[str]:
        """The arms that were ever shown."""
        return frozenset(self.counts.arms)


async def read(connection: psycopg.AsyncConnection, slots: Sequence[Slot], *, now: float) -> dict[str, Learned]:
    """What these slots have learned, by slot; `now` in seconds since 1970."""
    asked = {"slots": [slot.name for slot in slots], "versions": [slot.version for slot in slots]}
    rows, delays = await _rows(connection, "learned", asked), await _rows(connection, "delays", asked)
    by_slot: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        by_slot[row["slot"]].append(row)
    histogram: dict[str, Any] = defaultdict(lambda: np.zeros(BUCKETS))
    for row in delays:
        histogram[row["slot"]][row["bucket"]] += row["rewarded"]
    found = {slot.name: learned(slot, by_slot[slot.name], histogram[slot.name], now=now) for slot in slots}
    sums: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in await _rows(connection, "moments_learned", asked):
        sums[row["slot"]].append(row)
    return {name: replace(one, moments=moments(sums[name])) for name, one in found.items()}


def now(url: str, slots: Sequence[Slot], *, now: datetime) -> dict[str, Learned]:
    """The same on a connection of its own, for who does not wait for others meanwhile."""

    async def asked() -> dict[str, Learned]:
        async with await psycopg.AsyncConnection.connect(url, options="-c timezone=UTC", connect_timeout=10) as found:
            return await read(found, slots, now=now.timestamp())

    return asyncio.run(asked())


def moments(rows: Sequence[Mapping[str, Any]]) -> Moments | None:
    """What the rows of slot_moments say; None for none."""
    if not rows:
        return None
    arms = tuple(dict.fromkeys(row["arm"] for row in rows))
    days = np.unique([row["day"] for row in rows]).astype(np.int64)
    wide = len(rows[0]["b"])
    shape = len(days), len(arms)
    a, b = np.zeros((*shape, wide, wide)), np.zeros((*shape, wide))
    shown, total, squares = (np.zeros(shape) for _ in range(3))
    for row in rows:
        at = int(np.searchsorted(days, row["day"])), arms.index(row["arm"])
        a[at], b[at] = np.reshape(row["a"], (wide, wide)), row["b"]
        shown[at], total[at], squares[at] = row["shown"], row["total"], row["squares"]
    return Moments(arms, days, a, b, shown, total, squares)


def learned(slot: Slot, rows: Iterable[Mapping[str, Any]], delays: Any, *, now: float) -> Learned:
    """What the rows of slot_counts and slot_delays say of a slot; `now` in seconds since 1970."""
    found = list(rows)
    arms = tuple(dict.fromkeys([*slot.variants, *(row["arm"] for row in found)]))
    counts = counted(arms, [(row["arm"], row["hour"], row["shown"], row["rewarded"], row["total"], row["squares"])
                            for row in found])  # fmt: skip
    guard = counted(arms, [(row["arm"], row["hour"], row["shown"], row["guard_rewarded"], row["guard_total"],
                            row["guard_squares"]) for row in found])  # fmt: skip
    hours = now / HOUR
    within = slot.success.within.seconds / HOUR
    return Learned(counts, guard, learn(delays, within, old_enough=exposure(counts, hours)), hours)


async def _rows(connection: psycopg.AsyncConnection, name: str, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(_QUERIES[name].text.encode(), values)
    return await cursor.fetchall()
