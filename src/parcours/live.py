"""The corridor by the second: what is sent is collected, and kept before it is acknowledged."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from parcours.answering import Answering
from parcours.collect import Collected, Refusal, Rejected, read_batch, read_call
from parcours.collect.declared import Declarations, Sifted
from parcours.collect.keeping import Busy, Keeper
from parcours.collect.line import Arrival, Beside
from parcours.collect.pace import Pace
from parcours.collect.seeing import Eyes
from parcours.collect.shapes import Shapes
from parcours.consent import Register, Statement, collected, keep_texts, same_as_before, secret
from parcours.deciding import Deciding, deciding
from parcours.decisions import heard
from parcours.decisions.settling import rewarded
from parcours.person import People, reading
from parcours.project import Project
from parcours.state import Database, queries

_DECISIONS = queries("decision")
REMEMBERED = 50_000  # statements of consent that need not be written again


@dataclass(frozen=True)
class Caller:
    """Who sends something: the key, and what the server saw of it, the network it came from and the program."""

    key_id: str
    address: str | None = None
    program: str | None = None


class Live:
    """What a server process does between two requests and its database."""

    answering: Answering

    def __init__(self, register: Register, people: People, deciding: Deciding, project: Project) -> None:
        self.database = register.database
        self.register = register
        self.people = people
        self.deciding = deciding
        self.eyes = Eyes(project.collect.places)
        self.pace = Pace(project.collect.per_second, project.collect.burst)
        self.declared = Declarations(project.sources.values())
        self._yes: set[object] = set()  # what was said in the last minutes, and is on disk
        self.shapes = Shapes(self.database.run(queries("collected_shape")["known"]))
        self.keeper = Keeper(register.database)

    async def collect(self, body: bytes, kind: str, *, source: str, caller: Caller, now: datetime) -> None:
        """Keeps one call. Raises Refusal when it cannot be read or is not as declared, Busy when it cannot be kept."""
        user = self.people.hearing.user_kind(source)
        sifted = self.declared.sift([read_call(body, kind, source=source, now=now, user=user)], source)
        await self._keep(sifted, [], source, caller)
        for one in sifted.refused:
            raise Refusal(one.reason, f"{one.detail}.")

    async def collect_batch(self, body: bytes, *, source: str, caller: Caller, now: datetime) -> None:
        """Keeps the messages of a batch; those that cannot be read are kept as rejected, with the reason."""
        user = self.people.hearing.user_kind(source)
        found = list(read_batch(body, source=source, now=now, user=user))
        good = [one for one in found if isinstance(one, Collected)]
        bad = [one for one in found if isinstance(one, Rejected)]
        await self._keep(self.declared.sift(good, source), bad, source, caller)

    async def answered(self, batch: bytes, source: str, now: datetime) -> None:
        """Keeps what somebody answered on a page of ours, or through its address. Raises Refusal, Busy."""
        await self.collect_batch(batch, source=source, caller=Caller("questionnaires"), now=now)

    async def _keep(self, sifted: Sifted, unread: list[Rejected], source: str, caller: Caller) -> None:
        good, bad = sifted.good, [*unread, *sifted.refused]
        if wait := self.pace.wait(caller.key_id, len(good) + len(bad), now=time.monotonic()):
            raise Busy(after=wait)
        recognised = self.people.hearing.heard(good)
        seen = [self.eyes.seen(one.address or caller.address, one.program or caller.program) for one in good]
        shapes, heard = self.shapes.new(good), self._heard(good)
        said = [each for one in heard.values() for each in self._said(one)]
        arrival = Arrival(good, bad, seen=seen, said=said, shapes=shapes, misfits=sifted.misfits,
                          recognised=recognised, beside=_beside(good))  # fmt: skip
        await self.keeper.keep(arrival)
        self.deciding.refusals.hear(said)
        self.shapes.written(shapes)
        self.declared.written(sifted, source)
        if len(self._yes) > REMEMBERED:
            self._yes.clear()
        self._yes.update(heard)
        self.people.hearing.written(recognised)

    def _heard(self, found: Iterable[Collected]) -> dict[object, Collected]:
        """The messages that say something of consent which is not on disk yet; the same yes once a minute."""
        heard: dict[object, Collected] = {}
        for one in found:
            if one.consent:
                which = _minute(one) if all(one.consent.values()) else one.digest
                same = (one.source, one.anonymous_id, one.user_id, *one.consent, which)
                if same not in self._yes:
                    heard.setdefault(same, one)
        return heard

    def _said(self, one: Collected) -> Iterator[Statement]:
        """What a message says of consent: by the browser, and by who is logged in there."""
        assert one.consent is not None
        given = (("cookie", one.anonymous_id), (self.people.hearing.user_kind(one.source), one.user_id))
        subjects = {each for kind, value in given if value is not None for each in self.people.subjects(kind, value)}
        for number in sorted(subjects):
            heard = collected.Heard(subject=number, at=min(one.event_time, one.received_at), source=one.source,
                                    message=str(one.key), categories=one.consent)  # fmt: skip
            yield from collected.statements(heard, self.register.declared)


def _beside(found: Sequence[Collected]) -> list[Beside]:
    """What messages tell of decisions, to be kept with them."""
    told, orders = list(heard.rewards(found)), list(heard.orders(found))
    kept = [Beside(_DECISIONS["reward"].text, rewarded(told))] if told else []
    return kept + ([Beside(_DECISIONS["ordered"].text, heard.ordered(orders))] if orders else [])


def _minute(one: Collected) -> int:
    """The minute in which something was said."""
    return int(min(one.event_time, one.received_at).timestamp()) // 60


def register_of(project: Project, database: Database, *, now: datetime) -> Register:
    """Who agreed to what in a project. Raises StateFault when its secret or a text is not what it was."""
    given = project.consent_secret.reveal() if project.consent_secret is not None else None
    found = same_as_before(database, secret(given, project.state))
    keep_texts(database, project.consents, now=now)
    return Register(database, project.consents, found)


@asynccontextmanager
async def running(project: Project, register: Register) -> AsyncIterator[Live]:
    """The corridor, open; at the end it keeps what waits."""
    async with reading(project, register.database) as people, deciding(project, register, people) as decisions:
        live = Live(register, people, decisions, project)
        live.answering = Answering(project, register, live.answered)
        live.keeper.start()
        try:
            yield live
        finally:
            await live.keeper.close()
            live.eyes.close()
