"""What every address asks first: which key is this, and may it?"""

from __future__ import annotations

import asyncio
import time

import psycopg
from starlette.concurrency import run_in_threadpool

from parcours.live import Live
from parcours.model.api_key import ApiKey
from parcours.server import keys
from parcours.server.problems import Problem, no_database
from parcours.state import StateFault

FRESH = 10.0  # seconds that keys are remembered: a key that was revoked works no longer than this
SOON = 0.5  # and read again for an unknown key no more often than this
PATIENCE = 0.02  # seconds that a caller waits for keys to be read again where others are known


class Door:
    """The corridor behind the server, and the keys to it."""

    live: Live

    def __init__(self) -> None:
        self._keys: dict[bytes, ApiKey] = {}
        self._read_at = float("-inf")  # when the reading of the keys we know began
        self._reading: asyncio.Task[None] | None = None

    async def key(self, given: str | None, scope: str, *, origin: str | None = None) -> ApiKey:
        """The key that was given. Raises Problem when it is none, or may not do this, or not from there."""
        if not given:
            raise Problem(401, "no_key", "Send your key as the user name of basic authentication.",
                          {"WWW-Authenticate": 'Basic realm="parcours"'})  # fmt: skip
        key = await self._found(given)
        if key is None:
            raise Problem(401, "wrong_key", "There is no such key, or it was revoked.",
                          {"WWW-Authenticate": 'Basic realm="parcours"'})  # fmt: skip
        if scope not in key.scopes:
            raise Problem(403, "not_allowed", f"This key may not do this: it has no scope '{scope}'.")
        if origin is not None and not key.allows_origin(origin):
            raise Problem(403, "wrong_site", "This key may not be used from this site.")
        return key

    async def allows_origin(self, origin: str) -> bool:
        """Whether any key may be used from a site: what a browser asks before it shows its key."""
        await self._fresh()
        return any(key.allows_origin(origin) for key in self._keys.values())

    async def _found(self, given: str) -> ApiKey | None:
        await self._fresh()
        hashed = keys.digest(given)
        if hashed not in self._keys and self._age() > SOON:  # it may have been made since
            await self._read()
        return self._keys.get(hashed)

    async def _fresh(self) -> None:
        """Has the keys read again when they are half as old as they may be; waits only when they are older.

        A database that hangs is not waited for: the keys we know are good for now.
        """
        age = self._age()
        if age > FRESH and not self._keys:
            await self._read()
        elif age > FRESH:
            await asyncio.wait({self._reading or self._begin()}, timeout=PATIENCE)
        elif age > FRESH / 2 and self._reading is None:
            self._begin()

    async def _read(self) -> None:
        """Reads the keys as they are now: what another began to read may be older."""
        begun = time.monotonic()
        while self._read_at < begun:
            await asyncio.shield(self._reading or self._begin())

    def _begin(self) -> asyncio.Task[None]:
        self._reading = asyncio.create_task(self._renew())
        return self._reading

    async def _renew(self) -> None:
        begun = time.monotonic()
        try:
            self._keys = await run_in_threadpool(keys.valid, self.live.database)
        except (StateFault, psycopg.Error):  # it may be starting again: the keys we know are good for now
            if not self._keys:
                raise no_database() from None
        finally:
            self._reading = None
        self._read_at = begun

    def _age(self) -> float:
        return time.monotonic() - self._read_at
