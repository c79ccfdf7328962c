"""Connections for reading by the second: some that are kept open, each read in one snapshot."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg

MOST = 8  # connections of one process
# Each read is of a few keys among millions, which a planner cannot know of keys that are yet to be found: a hash of a
# whole table is never right here, an index always is. So there is one plan for any key, made once a connection.
_OPTIONS = (
    "-c timezone=UTC -c default_transaction_isolation=repeatable\\ read -c default_transaction_read_only=on -c jit=off"
    " -c enable_hashjoin=off -c enable_mergejoin=off -c enable_seqscan=off -c plan_cache_mode=force_generic_plan"
)


class Readers:
    """A few connections that many readers share; a broken one is opened anew."""

    def __init__(self, url: str, most: int = MOST) -> None:
        self._url, self._left = url, most
        self._idle: list[psycopg.AsyncConnection] = []
        self._turn = asyncio.Semaphore(most)

    @asynccontextmanager
    async def one(self) -> AsyncIterator[psycopg.AsyncConnection]:
        """A connection for one statement. Raises psycopg.OperationalError when nobody answers."""
        async with self._turn:
            found = self._idle.pop() if self._idle else await self._opened()
            try:
                yield found
            except psycopg.OperationalError:
                await self.close()  # the server went: all of them are broken
                raise
            finally:
                if not found.closed:
                    self._idle.append(found)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[psycopg.AsyncConnection]:
        """A connection in a transaction, whose statements see one moment."""
        async with self.one() as found, found.transaction():
            yield found

    async def close(self) -> None:
        """Closes the connections nobody uses."""
        while self._idle:
            await self._idle.pop().close()

    async def _opened(self) -> psycopg.AsyncConnection:
        return await psycopg.AsyncConnection.connect(
            self._url, autocommit=True, options=_OPTIONS, connect_timeout=5, prepare_threshold=0
        )
