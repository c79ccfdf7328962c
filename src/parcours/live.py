"""The corridor by the second: what is sent is collected, and kept before it is acknowledged."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address, ip_network

from parcours.collect import Collected, Rejected, read_batch, read_call
from parcours.collect.keeping import Keeper
from parcours.collect.line import Arrival
from parcours.consent import Register, Statement, collected, keep_texts, same_as_before, secret, subject
from parcours.person import People, reading
from parcours.project import Project
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

    def __init__(self, register: Register, people: People) -> None:
        self.database = register.database
        self.register = register
        self.people = people
        self.keeper = Keeper(register.database)

    async def collect(self, body: bytes, kind: str, *, source: str, caller: Caller, now: datetime) -> None:
        """Keeps one call. Raises Refusal when it cannot be read, Busy when it cannot be kept now."""
        user = self.people.hearing.user_kind(source)
        await self._keep([read_call(body, kind, source=source, now=now, user=user)], [], caller)

    async def collect_batch(self, body: bytes, *, source: str, caller: Caller, now: datetime) -> None:
        """Keeps the messages of a batch; those that cannot be read are kept as rejected, with the reason."""
        user = self.people.hearing.user_kind(source)
        found = list(read_batch(body, source=source, now=now, user=user))
        good = [one for one in found if isinstance(one, Collected)]
        bad = [one for one in found if isinstance(one, Rejected)]
        await self._keep(good, bad, caller)

    async def _keep(self, good: list[Collected], bad: list[Rejected], caller: Caller) -> None:
        recognised = self.people.hearing.heard(good)
        await self.keeper.keep(Arrival(good, bad, seen=caller.seen(), said=self._said(good), recognised=recognised))
        self.people.hearing.written(recognised)

    def _said(self, found: Iterable[Collected]) -> list[Statement]:
        """What messages say of consent: by the browser, and by who is logged in there."""
        heard = [
            collected.Heard(subject=subject(kind, value), at=min(one.event_time, one.received_at), source=one.source,
                            message=str(one.key), categories=one.consent)
            for one in found
            if one.consent
            for kind, value in (("cookie", one.anonymous_id), ("login", one.user_id))
            if value is not None
        ]  # fmt: skip
        return [said for one in heard for said in collected.statements(one, self.register.declared)]


def register_of(project: Project, database: Database, *, now: datetime) -> Register:
    """Who agreed to what in a project. Raises StateFault when its secret or a text is not what it was."""
    given = project.consent_secret.reveal() if project.consent_secret is not None else None
    found = same_as_before(database, secret(given, project.state))
    keep_texts(database, project.consents, now=now)
    return Register(database, project.consents, found)


@asynccontextmanager
async def running(project: Project, register: Register) -> AsyncIterator[Live]:
    """The corridor, open; at the end it keeps what waits."""
    async with reading(project, register.database) as people:
        live = Live(register, people)
        live.keeper.start()
        try:
            yield live
        finally:
            await live.keeper.close()
