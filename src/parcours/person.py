"""The corridor of one person, now: who they are, what was published of them, what they did since."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from typing import Any

import psycopg

from parcours import people
from parcours.identity.recognised import Given, Rules, recogniser
from parcours.identity.said import Hearing
from parcours.identity.together import Together, Told, together
from parcours.landing.identifiers import one_normalised
from parcours.model.person import show
from parcours.people import Audit, Found, Read, Skills
from parcours.project import Project
from parcours.state import Database
from parcours.state.readers import Readers


class Unknown(LookupError):
    """There is nobody of that id, or nobody whom that value recognises alone."""


class People:
    """Whom a server process can tell of, and who hears in messages who is who."""

    def __init__(self, project: Project, database: Database) -> None:
        country = project.identity.country or project.country
        self.key = recogniser(project, lambda kind, text: one_normalised(kind, text, country))
        self.hearing = Hearing(project, self.key)
        self._project, self._rules = project, Rules.of(project)
        self._readers, self._audit = Readers(database.url), Audit(database.url)
        self._skills = Skills(self._together, self._login)

    async def by_id(self, person_id: int, *, reader: str, now: datetime) -> dict[str, Any]:
        """The person of an id as known now, or who that turned out to be. Raises Unknown."""
        return await self._told(lambda connection: people.by_id(connection, person_id, self._skills),
                                asked=person_id, reader=reader, now=now)  # fmt: skip

    async def by_identifier(self, kind: str, value: str, *, reader: str, now: datetime) -> dict[str, Any]:
        """The person whom a value recognises, by the rules of the batch. Raises Unknown."""
        key = self.key(Given(kind, value.strip(), True))
        return await self._told(lambda connection: self._by_key(connection, key), asked=None, reader=reader, now=now)

    async def by_hash(self, key: int, *, reader: str, now: datetime) -> dict[str, Any]:
        """The person whom the hash of `kind=value` recognises. Raises Unknown."""
        return await self._told(lambda connection: self._by_key(connection, key), asked=None, reader=reader, now=now)

    async def timeline(
        self, person_id: int, *, cursor: str | None, most: int, reader: str, now: datetime
    ) -> dict[str, Any]:
        """A page of what a person did, the newest first. Raises Unknown, and people.WrongCursor."""
        async with self._readers.reading() as connection:
            found = await people.by_id(connection, person_id, self._skills)
            told: tuple[Any, Any] = ([], None)
            if found is not None:
                told = await people.page(connection, found, self._skills, cursor=cursor, most=most)
        await self._note(found, "timeline", asked=person_id, reader=reader, now=now)
        if found is None:
            raise Unknown
        return {"person_id": show(found.who.person_id), "entries": told[0], "next": told[1]}

    async def close(self) -> None:
        """Writes down the reads that wait, and ends."""
        await self._audit.close()
        await self._readers.close()

    async def _told(self, find: Any, *, asked: int | None, reader: str, now: datetime) -> dict[str, Any]:
        async with self._readers.reading() as connection:
            found = await find(connection)
            rows = [] if found is None else await people.rows(connection, found)
        if found is None or (found.who.people and not rows):  # published anew between two looks
            async with self._readers.reading() as connection:
                found = await find(connection)
                rows = [] if found is None else await people.rows(connection, found)
        await self._note(found, "person", asked=asked, reader=reader, now=now)
        if found is None:
            raise Unknown
        return self._answer(found, rows)

    async def _by_key(self, connection: psycopg.AsyncConnection, key: int | None) -> Found | None:
        return None if key is None else await people.by_key(connection, key, self._skills)

    async def _note(self, found: Found | None, what: str, *, asked: int | None, reader: str, now: datetime) -> None:
        whom = asked if found is None else found.who.person_id
        founder = None if found is None else found.who.founder
        await self._audit.note(Read(now, reader, what, whom, founder))

    def _answer(self, found: Found, rows: list[dict[str, Any]]) -> dict[str, Any]:
        first: Mapping[str, Any] = rows[0] if rows else {}
        told: dict[str, Any] = {
            "person_id": show(found.who.person_id),
            "known": any(row["known"] for row in rows),
            "also": [show(person) for person in found.who.people[1:]],
            "as_of": found.published.as_of,
            "attributes": first.get("profile", {}),
        }
        for name in ("segments", "tastes", "recommendations", "coupons", "consents", "orders"):
            told[name] = first.get(name, [])
        return {**told, "scores": first.get("scores", {"values": [], "propensities": []})}

    def _together(self, start: Any, around: Mapping[str, Any], *, person: int | None = None) -> Together:
        told = Told(around["said"], around["led"], around["people"])
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
