"""Who read personal data: each read is a row before it is answered, all that wait in one commit.

The commit is not waited for on disk: what a server answered is in PostgreSQL whatever becomes of the server.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime

import psycopg

from parcours.state import queries

_QUERIES = queries("read")
_OPTIONS = "-c timezone=UTC -c synchronous_commit=off"
REMEMBERED = 50_000  # visitors of whom is known that they are written down


@dataclass(frozen=True)
class Read:
    """One read: which key, what, of whom (None: nobody was found). `founder` is the value that founded a visitor of
    whom no publication tells, so that they are found again by their id."""

    at: datetime
    key_id: str
    what: str
    person_id: int | None
    founder: int | None = None


class Audit:
    """Writes reads down as they come."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._waiting: list[tuple[Read, asyncio.Future[None]]] = []
        self._task: asyncio.Task[None] | None = None
        self._founded = set[tuple[int, int]]()  # visitors that are written down
        self._connection: psycopg.AsyncConnection | None = None

    async def note(self, read: Read) -> None:
        """Returns when the read is written down. Raises psycopg.OperationalError when it cannot be."""
        told: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((read, told))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())
        await told

    async def close(self) -> None:
        """Writes what waits, and ends."""
        if self._task is not None:
            await self._task
        if self._connection is not None:
            await self._connection.close()

    async def _run(self) -> None:
        while self._waiting:
            taken, self._waiting = self._waiting, []
            try:
                await self._write([read for read, _ in taken])
            except psycopg.Error as error:
                self._connection = None
                for _, told in taken:
                    if not told.done():
                        told.set_exception(psycopg.OperationalError(str(error)))
            for _, told in taken:
                if not told.done():
                    told.set_result(None)

    async def _write(self, reads: list[Read]) -> None:
        if self._connection is None or self._connection.closed:
            self._connection = await psycopg.AsyncConnection.connect(
                self._url, autocommit=True, options=_OPTIONS, connect_timeout=5
            )
        noted = {"times": [read.at for read in reads], "key_ids": [read.key_id for read in reads],
                 "people": [read.person_id for read in reads], "whats": [read.what for read in reads]}  # fmt: skip
        await self._connection.execute(_QUERIES["note"].text.encode(), noted, prepare=True)
        founded = sorted({(read.person_id, read.founder) for read in reads if read.person_id and read.founder}
                         - self._founded)  # fmt: skip
        if founded:
            values = {"people": [person for person, _ in founded], "keys": [key for _, key in founded]}
            await self._connection.execute(_QUERIES["found"].text.encode(), values, prepare=True)
            if len(self._founded) > REMEMBERED:
                self._founded.clear()
            self._founded.update(founded)
