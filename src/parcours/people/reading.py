"""Finds one person, by id or by a value that recognises them: what was published, and what was said together since."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol, TypeVar
from uuid import UUID

import msgspec
import psycopg
from psycopg.rows import dict_row

from parcours.state import queries

MOST = 2000  # of a person's newest messages
_HAPPENINGS = ("track", "page", "screen")
_QUERIES = queries("person")
T = TypeVar("T")
_LISTS = {
    "segments": ("segment", "since"),
    "tastes": ("score", "item", "share"),
    "recommendations": ("score", "product_id", "worth"),
    "coupons": ("allotment", "starts", "offer_id", "code"),
    "consents": ("purpose", "channel", "granted", "at"),
    "orders": ("order_id", "at", "channel", "store_id", "status", "net_amount", "units", "is_purchase"),
    "due": ("score", "item", "last_bought", "due_from", "due_on", "due_until"),
    "bought": ("product_id", "day"),
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


class _Row(msgspec.Struct, array_like=True):
    """A person as published, in the order of person_now (schema.sql)."""

    person_id: int
    known: bool
    first_seen: float | None
    profile: list[Any]
    segments: list[Any]
    scores: tuple[list[Any], list[Any]]
    tastes: list[Any]
    recommendations: list[Any]
    coupons: list[Any]
    consents: list[Any]
    orders: list[Any]
    due: list[Any]
    bought: list[Any]


Told = tuple[UUID, str, str | None, str, int, datetime, int, str]  # a message, its body unread
_people, _messages = msgspec.json.Decoder(list[_Row]), msgspec.json.Decoder(list[Told])
_said = msgspec.json.Decoder(list[tuple[int, int, str, bool, bool, float]])
_led = msgspec.json.Decoder(list[tuple[int, int | None, str, bool]])
_horizons = msgspec.json.Decoder(dict[str, int])


async def look(
    connection: psycopg.AsyncConnection, skills: Skills, *, person_id: int | None = None, key: int | None = None,
    since: datetime, most: int = MOST,
) -> Found | None:  # fmt: skip
    """The person of an id (or whoever that turned out to be), or the one whom a value leads to; None for nobody.

    Of visitors whom no publication knows all messages are read, of others those since a moment; the newest `most`.
    """
    values = {"person_id": person_id, "key": key, "since": since, "most": most}
    (told,) = await _rows(connection, "now", values)
    people = {row.person_id: row for row in _read(_people, told["people"])}
    if told["asked"] is None and not told["start"]:
        return None
    if told["asked"] is None and not (told["said"] or people or told["messages"]):
        return None
    sent = _read(_messages, told["messages"])
    around = {
        "said": _read(_said, told["said"]),
        "led": _read(_led, told["led"]),
        "people": {person: (row.known, row.first_seen) for person, row in people.items()},
        "alone": {} if people else _alone(sent),
    }
    who = skills.together(told["start"] or (), around, person=told["asked"])
    messages = mine(sent, who, skills)
    horizons = _horizons.decode(told["horizons"]) if told["horizons"] else {}
    fresh = (one.key for one in messages if one.subject in who.new or one.written >= horizons.get(one.source, 0))
    rows = [_row(people[person], told["attributes"]) for person in who.people if person in people]
    return Found(who, told["as_of"], rows, messages, frozenset(fresh))


def _read(decoder: msgspec.json.Decoder[list[T]], text: str | None) -> list[T]:
    return decoder.decode(text) if text else []


class _Senders(msgspec.Struct, rename="camel"):
    """By what a message names who sent it."""

    user_id: Any = None
    anonymous_id: Any = None


_senders = msgspec.json.Decoder(_Senders)


def _alone(sent: Iterable[Told]) -> dict[int, float]:
    """Since when something is told under a value alone: what founds a visitor of whom no publication tells."""
    since: dict[int, float] = {}
    for _, kind, _, _, subject, at, _, text in sent:
        if kind in _HAPPENINGS:
            who = _senders.decode(text)
            if who.user_id is None or who.anonymous_id is None:
                since[subject] = min(since.get(subject, at.timestamp()), at.timestamp())
    return since


async def before(
    connection: psycopg.AsyncConnection, who: Together, skills: Skills, *, at: datetime, key: UUID, most: int
) -> tuple[list[Happening], tuple[datetime, UUID] | None]:
    """What somebody did before a moment, the newest first, and how far this looked (None: to the beginning)."""
    values = {"subjects": sorted(who.subjects | who.contested), "before": at, "before_key": key, "most": most}
    told = await _rows(connection, "page", values)
    looked = (told[-1]["event_time"], told[-1]["key"]) if len(told) == most else None
    return mine((_told(row) for row in told), who, skills), looked


def mine(told: Iterable[Told], who: Together, skills: Skills) -> list[Happening]:
    """The messages that are theirs: on a browser that several use, those that name them."""
    made = []
    for key, kind, name, source, subject, at, written, text in told:
        if subject not in who.subjects and subject not in who.contested:
            continue
        body = msgspec.json.decode(text)
        if subject in who.contested and skills.login(source, body.get("userId")) not in who.keys:
            continue
        made.append(Happening(key, kind, name, source, subject, at, written, body))
    return made


def _told(row: Mapping[str, Any]) -> Told:
    return (row["key"], row["kind"], row["name"], row["source"], row["subject"], row["event_time"], row["written"],
            row["body"])  # fmt: skip


async def _rows(connection: psycopg.AsyncConnection, name: str, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    cursor = connection.cursor(row_factory=dict_row, binary=True)
    await cursor.execute(_QUERIES[name].text.encode(), values)
    return await cursor.fetchall()


def _row(row: _Row, attributes: Sequence[str]) -> dict[str, Any]:
    """A published row, its lists with the names of what stands in them."""
    values, propensities = row.scores
    lists = {name: _dicts(columns, getattr(row, name)) for name, columns in _LISTS.items()}
    scores = {"values": _dicts(_VALUES, values), "propensities": _dicts(_PROPENSITIES, propensities)}
    return {"known": row.known, "profile": dict(zip(attributes, row.profile)), "scores": scores, **lists}


def published(rows: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """What was published of somebody, of several who are one now: the first one's, and what any bought or will need."""
    if len(rows) < 2:
        return rows[0] if rows else {}
    due = _latest([each for row in rows for each in row["due"]], ("score", "item"), "last_bought")
    bought = _latest([each for row in rows for each in row["bought"]], ("product_id",), "day")
    return {**rows[0], "due": due, "bought": bought}


def _latest(listed: Sequence[Mapping[str, Any]], key: Sequence[str], by: str) -> list[Mapping[str, Any]]:
    """Of rows that speak of the same, the one of the latest day (as text: years first)."""
    found = {tuple(each[name] for name in key): each for each in sorted(listed, key=lambda each: each[by])}
    return list(found.values())


def _dicts(columns: tuple[str, ...], listed: list[list[Any]]) -> list[dict[str, Any]]:
    return [dict(zip(columns, each)) for each in listed]
