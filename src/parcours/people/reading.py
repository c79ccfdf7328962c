"""Finds one person, by id or by a value that recognises them: what was published, and what was said together since."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
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
class Found:
    """Somebody who was found: who they are, what was published of them (a row for each whom a publication has apart),
    their newest messages, and which of these no publication knows."""

    who: Together
    as_of: date | None
    rows: Sequence[Mapping[str, Any]]
    messages: Sequence[Happening]
    fresh: frozenset[UUID]


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


async def look(
    connection: psycopg.AsyncConnection, skills: Skills, *, person_id: int | None = None, key: int | None = None,
    since: datetime,
) -> Found | None:  # fmt: skip
    """The person of an id (or whoever that turned out to be), or the one whom a value leads to; None for nobody.

    Of visitors whom no publication knows all messages are read, of others those since a moment.
    """
    values = {"person_id": person_id, "key": key, "since": since, "most": MOST}
    (told,) = await _rows(connection, "now", values)
    people = {row["person_id"]: row for row in told["people"] or ()}
    if told["asked"] is None and not told["start"]:
        return None
    if told["asked"] is None and not (told["said"] or people or told["messages"]):
        return None
    around = {
        "said": [tuple(each) for each in told["said"] or ()],
        "led": [tuple(each) for each in told["led"] or ()],
        "people": {person: (row["known"], _seconds(row["first_seen"])) for person, row in people.items()},
    }
    who = skills.together(told["start"] or (), around, person=told["asked"])
    messages = mine(told["messages"] or (), who, skills)
    horizons = told["horizons"] or {}
    fresh = (one.key for one in messages if one.subject in who.new or one.written >= horizons.get(one.source, 0))
    rows = [_read(people[person], told["attributes"]) for person in who.people if person in people]
    return Found(who, told["as_of"], rows, messages, frozenset(fresh))


def _seconds(time: str | None) -> float | None:
    return datetime.fromisoformat(time).timestamp() if time else None


async def before(
    connection: psycopg.AsyncConnection, who: Together, skills: Skills, *, at: datetime, key: UUID, most: int
) -> tuple[list[Happening], tuple[datetime, UUID] | None]:
    """What somebody did before a moment, the newest first, and how far this looked (None: to the beginning)."""
    values = {"subjects": sorted(who.subjects | who.contested), "before": at, "before_key": key, "most": most}
    told = await _rows(connection, "page", values)
    looked = (told[-1]["event_time"], told[-1]["key"]) if len(told) == most else None
    return mine((tuple(row.values()) for row in told), who, skills), looked


def mine(told: Iterable[Sequence[Any]], who: Together, skills: Skills) -> list[Happening]:
    """The messages that are theirs: on a browser that several use, those that name them."""
    made = []
    for key, kind, name, source, subject, at, written, text in told:
        if subject not in who.subjects and subject not in who.contested:
            continue
        body = msgspec.json.decode(text)
        if subject in who.contested and skills.login(source, body.get("userId")) not in who.keys:
            continue
        known = key if isinstance(key, UUID) else UUID(key)
        time = at if isinstance(at, datetime) else datetime.fromisoformat(at)
        made.append(Happening(known, kind, name, source, subject, time, written, body))
    return made


async def _rows(connection: psycopg.AsyncConnection, name: str, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    cursor = connection.cursor(row_factory=dict_row, binary=True)
    await cursor.execute(_QUERIES[name].text.encode(), values)
    return await cursor.fetchall()


def _read(row: dict[str, Any], attributes: Sequence[str]) -> dict[str, Any]:
    """A published row with its lists read."""
    values, propensities = msgspec.json.decode(row["scores"])
    lists = {name: _dicts(columns, msgspec.json.decode(row[name])) for name, columns in _LISTS.items()}
    profile = dict(zip(attributes, msgspec.json.decode(row["profile"])))
    scores = {"values": _dicts(_VALUES, values), "propensities": _dicts(_PROPENSITIES, propensities)}
    return {**row, **lists, "profile": profile, "scores": scores}


def _dicts(columns: tuple[str, ...], listed: list[list[Any]]) -> list[dict[str, Any]]:
    return [dict(zip(columns, each)) for each in listed]
