"""Keeps what was collected: everybody who waits shares one commit, and is told only when it is on disk.

A message and the key that tells it from others are one row, in one commit: what is acknowledged is there exactly
once, whatever is sent again. When more waits than can be kept soon, callers are told to come again (Busy) and are not
left waiting.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import psycopg

from parcours.collect.message import Collected, Rejected
from parcours.consent import ledger
from parcours.consent.ledger import Statement
from parcours.state import queries

WAITING = 50_000  # messages that may wait; with more, callers are told to come again
AT_ONCE = 10_000  # messages in one commit
PATIENCE = 5.0  # seconds that a message may wait for a database that does not answer
AGAIN = 0.2  # seconds between tries
COLUMNS = {"key": "uuid", "source": "text", "kind": "text", "name": "text", "subject": "int8",
           "event_time": "timestamptz", "received_at": "timestamptz", "seen": "text", "body": "text"}  # fmt: skip
_QUERIES = queries("collected")
_SAY = queries("live_identifier")["say"]


def _columns(rows: Sequence[Any]) -> dict[str, list[Any]]:
    return {"records": [each.record for each in rows], "keys": [each.key for each in rows],
            "kinds": [each.kind for each in rows], "verified": [each.verified for each in rows],
            "described": [each.described for each in rows], "sources": [each.source for each in rows],
            "times": [each.at for each in rows]}  # fmt: skip


class Busy(Exception):
    """More waits than can be kept soon, or the database does not answer: try again `after` seconds."""

    def __init__(self, after: int) -> None:
        super().__init__(f"try again after {after} s")
        self.after = after


@dataclass(frozen=True)
class Arrival:
    """What came with one request, and what the server saw of the caller."""

    collected: Sequence[Collected]
    rejected: Sequence[Rejected] = ()
    seen: str | None = None
    said: Sequence[Statement] = ()  # what the messages say of consent
    recognised: Sequence[Any] = ()  # which values were sent together: rows of live_identifiers

    def __len__(self) -> int:
        return len(self.collected) + len(self.rejected)


@dataclass
class Kept:
    """What was kept since the start: messages that were new, those seen before, those rejected, and commits."""

    new: int = 0
    repeated: int = 0
    rejected: int = 0
    commits: int = 0


@dataclass
class Keeper:
    """Writes arrivals to PostgreSQL, all that wait in one commit."""

    url: str
    kept: Kept = field(default_factory=Kept)
    _waiting: list[tuple[Arrival, asyncio.Future[None]]] = field(default_factory=list)
    _count: int = 0
    _awake: asyncio.Event = field(default_factory=asyncio.Event)
    _connection: psycopg.AsyncConnection | None = None
    _closing: bool = False
    _task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begins to keep, in the running event loop."""
        self._task = asyncio.create_task(self._run())

    async def keep(self, arrival: Arrival) -> None:
        """Returns when the arrival is on disk. Raises Busy when it could not be kept."""
        if self._closing or self._count + len(arrival) > WAITING:
            raise Busy(after=1 if not self._closing else 5)
        told: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((arrival, told))
        self._count += len(arrival)
        self._awake.set()
        await told

    async def close(self) -> None:
        """Keeps what waits, and ends."""
        self._closing = True
        self._awake.set()
        if self._task is not None:
            await self._task
        if self._connection is not None:
            await self._connection.close()

    async def _run(self) -> None:
        while self._waiting or not self._closing:
            await self._awake.wait()
            self._awake.clear()
            while self._waiting:
                await self._flush(self._take())

    def _take(self) -> list[tuple[Arrival, asyncio.Future[None]]]:
        taken, count = 0, 0
        while taken < len(self._waiting) and (not taken or count + len(self._waiting[taken][0]) <= AT_ONCE):
            count += len(self._waiting[taken][0])
            taken += 1
        found, self._waiting = self._waiting[:taken], self._waiting[taken:]
        self._count -= count
        return found

    async def _flush(self, taken: list[tuple[Arrival, asyncio.Future[None]]]) -> None:
        arrivals = [arrival for arrival, _ in taken]
        until = asyncio.get_running_loop().time() + PATIENCE
        while True:
            try:
                await self._write(arrivals)
                break
            except psycopg.OperationalError:
                await self._leave()
                if asyncio.get_running_loop().time() > until:
                    for _, told in taken:
                        if not told.done():
                            told.set_exception(Busy(after=5))
                    return
                await asyncio.sleep(AGAIN)
        for _, told in taken:
            if not told.done():
                told.set_result(None)

    async def _write(self, arrivals: list[Arrival]) -> None:
        connection = await self._connected()
        async with connection.transaction(), connection.cursor() as cursor:
            async with cursor.copy(_QUERIES["arriving"].text.encode()) as copy:
                copy.set_types(list(COLUMNS.values()))
                for arrival in arrivals:
                    for one in arrival.collected:
                        await copy.write_row((one.key, one.source, one.kind, one.name, one.subject, one.event_time,
                                              one.received_at, arrival.seen, one.body))  # fmt: skip
            await cursor.execute(_QUERIES["keep"].text.encode(), prepare=True)
            new = cursor.rowcount
            rejected = [asdict(one) for arrival in arrivals for one in arrival.rejected]
            if rejected:
                await cursor.executemany(_QUERIES["reject"].text.encode(), rejected)
            if said := [one for arrival in arrivals for one in arrival.said]:
                latest = max(one.received_at for arrival in arrivals for one in arrival.collected)
                await ledger.write_beside(cursor, said, now=latest)
            recognised = {(each.record, each.key): each for one in arrivals for each in one.recognised}
            if recognised:  # in one order, so that two processes never wait for each other
                await cursor.execute(_SAY.text.encode(), _columns([recognised[at] for at in sorted(recognised)]))
        self.kept.new += new
        self.kept.repeated += sum(len(arrival.collected) for arrival in arrivals) - new
        self.kept.rejected += len(rejected)
        self.kept.commits += 1

    async def _connected(self) -> psycopg.AsyncConnection:
        if self._connection is None or self._connection.closed:
            self._connection = await psycopg.AsyncConnection.connect(self.url, autocommit=True, connect_timeout=5)
            await self._connection.execute(_QUERIES["arrivals"].text.encode())
        return self._connection

    async def _leave(self) -> None:
        if self._connection is not None:
            await self._connection.close()
            self._connection = None
