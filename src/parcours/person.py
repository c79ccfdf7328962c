"""The corridor of one person, now: who they are, what was published of them, what they did since."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

import psycopg

from parcours import people, surveys
from parcours.canonical import SILENCE
from parcours.consent import subject
from parcours.identity.recognised import SEPARATOR, Given, Rules, hash63, recogniser
from parcours.identity.said import Hearing
from parcours.identity.together import Together, Told, together
from parcours.landing.identifiers import one_normalised
from parcours.model.person import show
from parcours.people import Audit, Found, Happening, Read, Skills
from parcours.profiles import happenings, live
from parcours.profiles.visit import cart, visit
from parcours.project import Project
from parcours.rules import Moment
from parcours.segments import live as segments
from parcours.state import Database
from parcours.state.readers import Readers


class Unknown(LookupError):
    """There is nobody of that id, or nobody whom that value recognises alone."""


@dataclass(frozen=True)
class Key:
    """By what somebody is looked for: their id, or the hash of a value that recognises them."""

    person_id: int | None = None
    value: int | None = None


@dataclass(frozen=True)
class Met:
    """One person now, as other rooms need them.

    Who, and who they were before; under which hashes they were there, which hashed values are theirs; the values of
    their attributes, their segments and since when; what was published of them; their newest events and messages.
    """

    person_id: int
    people: Sequence[int]
    subjects: frozenset[int]
    keys: frozenset[int]
    values: Mapping[str, Any]
    segments: Mapping[str, Any]
    published: Mapping[str, Any]
    events: Sequence[Mapping[str, Any]]
    messages: Sequence[Any]


class People:
    """Whom a server process can tell of, and who hears in messages who is who."""

    def __init__(self, project: Project, database: Database) -> None:
        country = project.identity.country or project.country
        self.key = recogniser(project, lambda kind, text: one_normalised(kind, text, country))
        self.hearing = Hearing(project, self.key)
        self._project, self._rules = project, Rules.of(project)
        self._readers, self._audit = Readers(database.url), Audit(database.url)
        self._skills = Skills(self._together, self._login)
        self._names = {one.kind.keys: name for name, one in project.sources.items() if one.kind_name == "collected"}
        self._live = live.live(project.attributes)
        self._columns = live.columns(self._live, "events")
        read = {"date": date.fromisoformat, "time": datetime.fromisoformat}
        self._typed = {name: read[subject.type] for name, subject in project.subjects.items() if subject.type in read}
        self._touched = lru_cache(1024)(self._touched_by)

    def subjects(self, kind: str, value: str) -> set[int]:
        """Under which numbers something is said of a value: that which joins, and the address in its one form."""
        country = self._project.identity.country or self._project.country
        form = one_normalised(kind, value, country) or value
        found = {self.key(Given(kind, value, True)), subject(kind, form)}
        return {each for each in found if each is not None}

    async def by_id(self, person_id: int, *, reader: str, now: datetime) -> dict[str, Any]:
        """The person of an id as known now, or who that turned out to be. Raises Unknown."""
        return await self._told(person_id, None, reader=reader, now=now)

    async def by_identifier(self, kind: str, value: str, *, reader: str, now: datetime) -> dict[str, Any]:
        """The person whom a value recognises, by the rules of the batch. Raises Unknown."""
        return await self._told(None, self.key(Given(kind, value.strip(), True)), reader=reader, now=now)

    async def by_hash(self, key: int, *, reader: str, now: datetime) -> dict[str, Any]:
        """The person whom the hash of `kind=value` recognises. Raises Unknown."""
        return await self._told(None, key, reader=reader, now=now)

    async def timeline(
        self, person_id: int, *, cursor: str | None, most: int, reader: str, now: datetime
    ) -> dict[str, Any]:
        """A page of what a person did, the newest first. Raises Unknown, and people.WrongCursor."""
        async with self._readers.reading() as connection:
            found = await people.look(connection, self._skills, person_id=person_id, since=now, most=1)
            told: tuple[Any, Any] = ([], None)
            if found is not None:
                told = await people.page(connection, found, self._skills, cursor=cursor, most=most)
        await self._note(found, "timeline", asked=person_id, reader=reader, now=now)
        if found is None:
            raise Unknown
        return {"person_id": show(found.who.person_id), "entries": told[0], "next": told[1]}

    async def note(self, person_id: int | None, what: str, *, reader: str, now: datetime) -> None:
        """Writes down that something else was read of a person."""
        await self._audit.note(Read(now, reader, what, person_id))

    async def close(self) -> None:
        """Writes down the reads that wait, and ends."""
        await self._audit.close()
        await self._readers.close()

    async def _told(self, person_id: int | None, key: int | None, *, reader: str, now: datetime) -> dict[str, Any]:
        moment, found = Moment.of(now, self._project.zone), None
        if person_id is not None or key is not None:
            since = live.since(self._live, moment).replace(tzinfo=UTC)
            async with self._readers.one() as connection:
                found = await people.look(connection, self._skills, person_id=person_id, key=key, since=since)
        await self._note(found, "person", asked=person_id, reader=reader, now=now)
        if found is None:
            raise Unknown
        return self._answer(found, moment)

    async def _note(self, found: Found | None, what: str, *, asked: int | None, reader: str, now: datetime) -> None:
        whom = asked if found is None else found.who.person_id
        founder = None if found is None else found.who.founder
        await self._audit.note(Read(now, reader, what, whom, founder))

    async def met(self, connection: psycopg.AsyncConnection, key: Key, moment: Moment) -> Met | None:
        """Whoever has an id, or is recognised by a value: what other rooms need of them. None for nobody."""
        since = live.since(self._live, moment).replace(tzinfo=UTC)
        found = await people.look(connection, self._skills, person_id=key.person_id, key=key.value, since=since)
        return None if found is None else self._met(found, moment)

    def _answer(self, found: Found, moment: Moment) -> dict[str, Any]:
        met = self._met(found, moment)
        told: dict[str, Any] = {
            "person_id": show(found.who.person_id),
            "known": any(row["known"] for row in found.rows),
            "also": [show(person) for person in found.who.people[1:]],
            "as_of": found.as_of,
            "attributes": met.values,
            "segments": [{"segment": name, "since": since} for name, since in sorted(met.segments.items())],
            "visit": visit(met.events, moment.instant, silence=SILENCE),
            "cart": cart(met.events),
        }
        for name in ("tastes", "recommendations", "coupons", "consents", "orders"):
            told[name] = met.published.get(name, [])
        return {**told, "scores": met.published.get("scores", {"values": [], "propensities": []})}

    def _met(self, found: Found, moment: Moment) -> Met:
        rows, recent = found.rows, self._recent(found)
        before = self._before(rows)
        said = surveys.declared(found.messages, self._project.questionnaires)
        values = {**before, **live.now(self._live, before, recent, moment), **said.values}
        first = people.published(rows)
        inside = {each["segment"]: each["since"] for each in first.get("segments", ())}
        changed = frozenset(name for name in (*self._live, *said.values) if before.get(name) != values[name])
        inside = segments.now(self._project.segments, self._touched(changed), values, inside, moment)
        if said.tastes:
            first = {**first, "tastes": surveys.tastes(first.get("tastes", []), said)}
        return Met(found.who.person_id, found.who.people, found.who.subjects, found.who.keys, values, inside, first,
                   recent.everything["events"], found.messages)  # fmt: skip

    def _before(self, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """What was published of somebody; of several who are one now, the first one's, counts and sums of all."""
        told = [self._read(row["profile"]) for row in rows]
        if len(told) < 2:
            return told[0] if told else {}
        adding = [name for name, one in self._live.items() if live.adds(one)]
        added = {name: sum(each.get(name) or 0 for each in told) for name in adding}
        return {**told[0], **added}

    def _read(self, profile: dict[str, Any]) -> dict[str, Any]:
        """Published values as what they are: dates and times as such."""
        for name, read in self._typed.items():
            if isinstance(value := profile.get(name), str):
                profile[name] = read(value)
        return profile

    def _touched_by(self, changed: frozenset[str]) -> list[str]:
        """The segments that what changed may have changed."""
        return segments.touched(self._project.segments, changed, self._project.attributes) if changed else []

    def _recent(self, found: Found) -> live.Recent:
        zone, currency = self._project.zone, self._project.currency
        messages, fresh, rows = found.messages, found.fresh, found.rows
        told_apart = [(self._row_id(one), one) for one in messages]
        seen = happenings.events(told_apart, zone=zone, currency=currency, silence=SILENCE, columns=self._columns,
                                 ways=self._project.acquisition)  # fmt: skip
        known = [order for row in rows for order in happenings.published_orders(row["orders"], zone=zone)]
        there = {order["order_id"] for order in known}
        told = happenings.orders((one for one in messages if one.key in fresh), zone=zone, currency=currency)
        new = [order for order in told if order["order_id"] not in there]
        numbers = {row_id for row_id, one in told_apart if one.key in fresh}
        return live.Recent(
            {"events": seen, "orders": [*known, *new]},
            {"events": [row for row in seen if row["row_id"] in numbers], "orders": new},
        )

    def _row_id(self, message: Happening) -> int:
        """The id that a message's row has in the batch."""
        source = self._names.get(message.source, message.source)
        return hash63(SEPARATOR.join((source, "events", str(message.key))))

    def _together(self, start: Any, around: Mapping[str, Any], *, person: int | None = None) -> Together:
        told = Told(around["said"], around["led"], around["people"], around["alone"])
        return together(start, told, self._rules, person=person)

    def _login(self, source: str, user: Any) -> int | None:
        if user is None or isinstance(user, bool | dict | list):
            return None
        return self.key(Given(self.hearing.user_kind(source), str(user).replace("\x00", "").strip(), True))


@asynccontextmanager
async def reading(project: Project, database: Database) -> AsyncIterator[People]:
    """The corridor, open; at the end every read is written down."""
    found = People(project, database)
    try:
        yield found
    finally:
        with suppress(psycopg.Error):
            await found.close()
