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


@dataclass(frozen=True)
class Rows:
    """The rows of slot_counts, slot_delays and slot_moments, by slot."""

    counts: Mapping[str, Sequence[Mapping[str, Any]]]
    delays: Mapping[str, Sequence[Mapping[str, Any]]]
    moments: Mapping[str, Sequence[Mapping[str, Any]]]


async def read(connection: psycopg.AsyncConnection, slots: Sequence[Slot], *, now: float) -> dict[str, Learned]:
    """What these slots have learned, by slot; `now` in seconds since 1970."""
    return of(slots, await rows(connection, slots), now=now)


async def rows(connection: psycopg.AsyncConnection, slots: Sequence[Slot]) -> Rows:
    """What was counted of these slots."""
    asked = {"slots": [slot.name for slot in slots], "versions": [slot.version for slot in slots]}
    return Rows(*[_by_slot(await _rows(connection, name, asked)) for name in ("learned", "delays", "moments_learned")])


def of(slots: Sequence[Slot], rows: Rows, *, now: float) -> dict[str, Learned]:
    """What rows say of slots, by slot; `now` in seconds since 1970."""
    found = {}
    for slot in slots:
        delays = np.zeros(BUCKETS)
        for row in rows.delays.get(slot.name, ()):
            delays[row["bucket"]] += row["rewarded"]
        one = learned(slot, rows.counts.get(slot.name, ()), delays, now=now)
        found[slot.name] = replace(one, moments=moments(rows.moments.get(slot.name, ())))
    return found


def _by_slot(rows: Iterable[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    found: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        found[row["slot"]].append(row)
    return found


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
