"""Finds one person, by id or by a value that recognises them: what was published, and what was said together since."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Protocol
from uuid import UUID

import msgspec
import psycopg
from psycopg.rows import dict_row

from parcours.state import queries

MOST = 2000  # of a person's newest messages
_QUERIES = queries("person")
_LISTS = {
    "segments": ("segment", "since"),
    "tastes": ("score", "item", "share"),
    "recommendations": ("score", "product_id", "worth"),
    "coupons": ("allotment", "starts", "offer_id", "code"),
    "consents": ("purpose", "channel", "granted", "at"),
    "orders": ("order_id", "at", "channel", "store_id", "status", "net_amount", "units", "is_purchase"),
}
_VALUES = ("score", "days", "orders", "money", "low", "high")
_PROPENSITIES = ("score", "probability", "decile")


class Together(Protocol):
    """One person, as identity puts them together."""

    @property
    def person_id(self) -> int: ...
    @property
    def people(self) -> tuple[int, ...]: ...
    @property
    def keys(self) -> frozenset[int]: ...
    @property
    def subjects(self) -> frozenset[int]: ...
    @property
    def contested(self) -> frozenset[int]: ...
    @property
    def new(self) -> frozenset[int]: ...
    @property
    def founder(self) -> int | None: ...


@dataclass(frozen=True)
class Skills:
    """What reading needs of other rooms: to put people together, and to recognise the log-in of a message."""

    together: Callable[..., Together]
    login: Callable[[str, Any], int | None]  # the source and the `userId` of a message: the hash of the log-in


@dataclass(frozen=True)
class Published:
    """The publication that a reader sees; number 0 where there is none yet."""

    number: int = 0
    as_of: date | None = None
    at: datetime | None = None
    attributes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Found:
    """Somebody who was found, and whether anything was said of them since the publication."""

    published: Published
    who: Together
    asked: int | None = None  # the id that was asked for


@dataclass(frozen=True)
class Happening:
    """One message of theirs."""

    key: UUID
    kind: str
    name: str | None
    source: str
    subject: int
    at: datetime
    written: int
    body: Mapping[str, Any]


async def by_id(connection: psycopg.AsyncConnection, person_id: int, skills: Skills) -> Found | None:
    """The person of an id, or whoever that turned out to be; None when there is nobody."""
    published, row = await _published(connection, person_id)
    if row is not None and row["merged_into"] is not None:
        published, row = await _published(connection, row["merged_into"])
    if row is not None:
        around = await _around(connection, published, row["keys"], row)
        return Found(published, skills.together([], around, person=row["person_id"]), person_id)
    founders = await _rows(connection, "founder", {"person_id": person_id})
    if not founders:
        return None
    found = await _by_key(connection, published, founders[0]["key"], skills)
    return None if found is None else Found(published, found, person_id)


async def by_key(connection: psycopg.AsyncConnection, key: int, skills: Skills) -> Found | None:
    """The person whom a value leads to; None when nobody was ever heard of under it, or several hold it."""
    published, _ = await _published(connection, 0)
    found = await _by_key(connection, published, key, skills)
    return None if found is None else Found(published, found)


async def _by_key(connection: psycopg.AsyncConnection, published: Published, key: int, skills: Skills) -> Any:
    around = await _around(connection, published, [key], None)
    known = around["said"] or around["people"] or around["heard_of"]
    return skills.together([key], around) if known else None


async def _published(connection: psycopg.AsyncConnection, person_id: int) -> tuple[Published, dict[str, Any] | None]:
    found = await _rows(connection, "published", {"person_id": person_id})
    if not found:
        return Published(), None
    row = found[0]
    told = Published(row["publication"], row["as_of"], row["published_at"], tuple(row["attributes"]))
    return told, row if row["person_id"] is not None else None


async def _around(
    connection: psycopg.AsyncConnection, published: Published, keys: Sequence[int], row: dict[str, Any] | None
) -> dict[str, Any]:
    (found,) = await _rows(connection, "around", {"publication": published.number, "keys": list(keys)})
    people = {person: (known, first) for person, known, first in found["people"] or ()}
    if row is not None:
        people.setdefault(row["person_id"], (row["known"], None))
    return {"said": [tuple(each) for each in found["said"] or ()], "led": [tuple(each) for each in found["led"] or ()],
            "people": people, "heard_of": found["heard_of"]}  # fmt: skip


async def rows(connection: psycopg.AsyncConnection, found: Found) -> list[dict[str, Any]]:
    """What was published of this person: a row, or several where what was published apart is one person now."""
    if not found.who.people:
        return []
    values = {"publication": found.published.number, "people": list(found.who.people)}
    told = [_read(row, found.published) for row in await _rows(connection, "row", values)]
    return sorted(told, key=lambda row: found.who.people.index(row["person_id"]))


async def happened(
    connection: psycopg.AsyncConnection, found: Found, skills: Skills, *, since: datetime
) -> tuple[list[Happening], set[UUID]]:
    """What they did from a moment on (new visitors: at any time), and what of it no publication knows."""
    published = {"subjects": sorted(set(_subjects(found)) - found.who.new), "since": since, "most": MOST}
    told = await _rows(connection, "happened", published) if published["subjects"] else []
    if found.who.new:
        since = datetime(2000, 1, 1, tzinfo=UTC)
        told += await _rows(connection, "happened", {"subjects": sorted(found.who.new), "since": since, "most": MOST})
    horizons = {row["source"]: row["horizon"] for row in
                await _rows(connection, "horizons", {"publication": found.published.number})}  # fmt: skip
    theirs = mine(told, found, skills)
    fresh = {one.key for one in theirs
             if one.subject in found.who.new or one.written >= horizons.get(one.source, 0)}  # fmt: skip
    return theirs, fresh


async def before(
    connection: psycopg.AsyncConnection, found: Found, skills: Skills, *, at: datetime, key: UUID, most: int
) -> tuple[list[Happening], tuple[datetime, UUID] | None]:
    """What they did before a moment, the newest first, and how far this looked (None: to the beginning)."""
    values = {"subjects": _subjects(found), "before": at, "before_key": key, "most": most}
    told = await _rows(connection, "page", values)
    looked = (told[-1]["event_time"], told[-1]["key"]) if len(told) == most else None
    return mine(told, found, skills), looked


def _subjects(found: Found) -> list[int]:
    return sorted(found.who.subjects | found.who.contested)


def mine(told: Iterable[Mapping[str, Any]], found: Found, skills: Skills) -> list[Happening]:
    """The messages that are theirs: on a browser that several use, those that name them."""
    made = []
    for row in told:
        body = msgspec.json.decode(row["body"])
        if row["subject"] in found.who.contested and (
            skills.login(row["source"], body.get("userId")) not in found.who.keys
        ):
            continue
        made.append(Happening(row["key"], row["kind"], row["name"], row["source"], row["subject"], row["event_time"],
                              row["written"], body))  # fmt: skip
    return made


async def _rows(connection: psycopg.AsyncConnection, name: str, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    cursor = connection.cursor(row_factory=dict_row, binary=True)
    await cursor.execute(_QUERIES[name].text.encode(), values)
    return await cursor.fetchall()


def _read(row: dict[str, Any], published: Published) -> dict[str, Any]:
    """A published row with its lists read."""
    values, propensities = msgspec.json.decode(row["scores"])
    lists = {name: _dicts(columns, msgspec.json.decode(row[name])) for name, columns in _LISTS.items()}
    profile = dict(zip(published.attributes, msgspec.json.decode(row["profile"])))
    scores = {"values": _dicts(_VALUES, values), "propensities": _dicts(_PROPENSITIES, propensities)}
    return {**row, **lists, "profile": profile, "scores": scores}


def _dicts(columns: tuple[str, ...], listed: list[list[Any]]) -> list[dict[str, Any]]:
    return [dict(zip(columns, each)) for each in listed]
