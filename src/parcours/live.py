"""The corridor by the second: what is sent is collected, and kept before it is acknowledged."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address, ip_network

from parcours.collect import Collected, Rejected, read_batch, read_call
from parcours.collect.keeping import Arrival, Keeper
from parcours.state import Database


@dataclass(frozen=True)
class Caller:
    """What the server saw of who sent something: the network it came from, and the program."""

    address: str | None = None
    program: str | None = None

    def seen(self) -> str:
        """What is kept of it, as JSON: the address is cut, so that it leads to a town at most."""
        return json.dumps({"address": cut(self.address), "program": (self.program or "")[:500] or None})


def cut(address: str | None) -> str | None:
    """An address without what tells one house from another: three numbers of IPv4, 48 bits of IPv6."""
    if not address:
        return None
    try:
        bits = 24 if ip_address(address).version == 4 else 48
    except ValueError:
        return None
    return str(ip_network(f"{address}/{bits}", strict=False).network_address)


class Live:
    """What a server process does between two requests and its database."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.keeper = Keeper(database.url)

    async def collect(self, body: bytes, kind: str, *, source: str, caller: Caller, now: datetime) -> None:
        """Keeps one call. Raises Refusal when it cannot be read, Busy when it cannot be kept now."""
        await self.keeper.keep(Arrival([read_call(body, kind, source=source, now=now)], seen=caller.seen()))

    async def collect_batch(self, body: bytes, *, source: str, caller: Caller, now: datetime) -> None:
        """Keeps the messages of a batch; those that cannot be read are kept as rejected, with the reason."""
        found = list(read_batch(body, source=source, now=now))
        await self.keeper.keep(
            Arrival(
                [one for one in found if isinstance(one, Collected)],
                [one for one in found if isinstance(one, Rejected)],
                seen=caller.seen(),
            )
        )


@asynccontextmanager
async def running(database: Database) -> AsyncIterator[Live]:
    """The corridor, open; at the end it keeps what waits."""
    live = Live(database)
    live.keeper.start()
    try:
        yield live
    finally:
        await live.keeper.close()
