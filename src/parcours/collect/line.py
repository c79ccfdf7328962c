"""One line to PostgreSQL, on which the messages of many callers are kept in one commit."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict, astuple, dataclass
from typing import Any
from uuid import UUID

import psycopg

from parcours.collect.declared import Misfit
from parcours.collect.message import Collected, Rejected
from parcours.collect.rows import rows
from parcours.collect.shapes import Shape
from parcours.consent import ledger
from parcours.consent.ledger import Statement
from parcours.state import Database, queries

_KNOWN, _TAKE, _REJECT = (queries("collected")[name].text.encode() for name in ("known", "take", "reject"))
_LEARN, _MISFIT = (queries("collected_shape")[name].text.encode() for name in ("learn", "misfit"))
_SAY = queries("live_identifier")["say"].text.encode()


LOOKS = 20  # commits that look first what is there, after one that met with something known


@dataclass(frozen=True)
class Beside:
    """A query and its values, run in the commit that keeps the messages they come from."""

    query: str
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Arrival:
    """What came with one request, and what the server saw of the sender of each message that is kept."""

    collected: Sequence[Collected]
    rejected: Sequence[Rejected] = ()
    seen: Sequence[str] = ()
    said: Sequence[Statement] = ()  # what the messages say of consent
    shapes: Sequence[Shape] = ()  # how messages are built, where it was not known
    misfits: Sequence[Misfit] = ()  # what does not fit what is declared
    recognised: Sequence[Any] = ()  # which values were sent together: rows of live_identifiers
    beside: Sequence[Beside] = ()  # what other rooms keep in the same commit

    def seen_last_first(self) -> Iterator[tuple[Collected, str]]:
        """The messages with what was seen of their senders; of several with one key the first then counts."""
        return zip(reversed(self.collected), reversed(self.seen), strict=True)

    def __len__(self) -> int:
        return len(self.collected) + len(self.rejected)


class Line:
    """A connection that is made when it is needed, and again when it is lost.

    Nearly every message is new, so that all are written without a look at what is there. Where one is not, nothing is
    written: then, and for some commits more, it is looked first, for what was sent again comes in floods.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: psycopg.AsyncConnection | None = None
        self._looks = 0  # how many commits more look first

    async def write(self, arrivals: Sequence[Arrival]) -> int:
        """Keeps arrivals in one commit, and says how many messages were new. Raises psycopg's errors, NoPostgres.

        UniqueViolation means that one of them is there: nothing was written; written again, it is known.
        """
        connection = await self._connected()
        sent = {one.digest: (one, seen) for arrival in reversed(arrivals) for one, seen in arrival.seen_last_first()}
        if self._looks:
            self._looks -= 1
            keys = [UUID(bytes=digest) for digest in sent]
            for (key,) in await (await connection.execute(_KNOWN, {"keys": keys}, binary=True)).fetchall():
                del sent[key.bytes]
        try:
            await _kept(connection, rows(reversed(sent.values())) if sent else b"", arrivals)
        except psycopg.errors.UniqueViolation:
            self._looks = LOOKS
            raise
        return len(sent)

    async def close(self) -> None:
        """Ends the connection, if there is one."""
        if self._connection is not None:
            await self._connection.close()
            self._connection = None

    async def _connected(self) -> psycopg.AsyncConnection:
        if self._connection is None or self._connection.closed:
            await asyncio.to_thread(self._database.awake)
            self._connection = await psycopg.AsyncConnection.connect(
                self._database.url, autocommit=True, connect_timeout=5
            )
        return self._connection


async def _kept(connection: psycopg.AsyncConnection, new: bytes, arrivals: Sequence[Arrival]) -> None:
    """Writes rows and what came beside them, in one commit."""
    plain = not any(one.rejected or one.said or one.shapes or one.misfits or one.recognised or one.beside
                    for one in arrivals)  # fmt: skip
    async with nullcontext() if plain else connection.transaction(), connection.cursor() as cursor:
        if new:
            async with cursor.copy(_TAKE) as copy:
                await copy.write(new)
        if rejected := [asdict(one) for arrival in arrivals for one in arrival.rejected]:
            await cursor.executemany(_REJECT, rejected)
        await _beside(cursor, arrivals)


async def _beside(cursor: psycopg.AsyncCursor, arrivals: Sequence[Arrival]) -> None:
    """What messages say of consent, and of who is whom, in the commit that keeps them."""
    if said := [one for arrival in arrivals for one in arrival.said]:
        latest = max(one.received_at for arrival in arrivals for one in arrival.collected)
        await ledger.write_beside(cursor, said, now=latest)
    if shapes := sorted({shape for arrival in arrivals for shape in arrival.shapes}, key=astuple):
        await cursor.execute(_LEARN, _shaped(shapes))
    if misfits := sorted({misfit for arrival in arrivals for misfit in arrival.misfits}):
        await cursor.execute(_MISFIT, _misfits(misfits))
    recognised = {(each.record, each.key): each for one in arrivals for each in one.recognised}
    if recognised:  # in one order, so that two processes never wait for each other
        await cursor.execute(_SAY, _columns([recognised[at] for at in sorted(recognised)]))
    for beside in (each for one in arrivals for each in one.beside):
        await cursor.execute(beside.query.encode(), beside.values)


def _shaped(rows: Sequence[Shape]) -> dict[str, list[Any]]:
    return {"sources": [each.source for each in rows], "events": [each.event for each in rows],
            "properties": [each.property for each in rows], "types": [each.type for each in rows],
            "times": [each.since for each in rows], "changes": [each.change for each in rows]}  # fmt: skip


def _misfits(rows: Sequence[Misfit]) -> dict[str, list[Any]]:
    """One row for each misfit, the latest: several callers may tell of the same."""
    latest = list({(each.source, each.event, each.property, each.code): each for each in rows}.values())
    return {"sources": [each.source for each in latest], "events": [each.event for each in latest],
            "properties": [each.property for each in latest], "codes": [each.code for each in latest],
            "times": [each.at for each in latest], "refused": [each.refused for each in latest]}  # fmt: skip


def _columns(rows: Sequence[Any]) -> dict[str, list[Any]]:
    return {"records": [each.record for each in rows], "keys": [each.key for each in rows],
            "kinds": [each.kind for each in rows], "verified": [each.verified for each in rows],
            "described": [each.described for each in rows], "sources": [each.source for each in rows],
            "times": [each.at for each in rows]}  # fmt: skip
