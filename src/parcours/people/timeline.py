"""What one person did, the newest first, a page at a time: messages that were collected, and published orders."""

from __future__ import annotations

import base64
import hashlib
import struct
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg

from parcours.people.reading import Found, Happening, Skills, before

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST = (datetime(9999, 1, 1, tzinfo=UTC), UUID(int=2**128 - 1))
_PACKED = struct.Struct(">q16s4s")
Place = tuple[datetime, UUID]


class WrongCursor(ValueError):
    """A cursor that we did not give."""


async def page(
    connection: psycopg.AsyncConnection, found: Found, skills: Skills, *, cursor: str | None, most: int
) -> tuple[list[dict[str, Any]], str | None]:
    """A page of entries and the cursor of the next one (None: this is the last). Raises WrongCursor."""
    at, key = read_cursor(cursor, found.who.person_id) if cursor else _LAST
    told, looked = await before(connection, found.who, skills, at=at, key=key, most=most + 1)
    entries = {(each.at, each.key): _event(each) for each in told}
    for row in found.rows:
        entries |= {place: order for place, order in _orders(row["orders"]) if place < (at, key)}
    if looked is not None:  # an order older than this belongs to a later page
        entries = {place: entry for place, entry in entries.items() if place >= looked}
    places = sorted(entries, reverse=True)
    shown = places[:most]
    ended = shown[-1] if len(places) > most else looked
    following = write_cursor(ended, found.who.person_id) if ended is not None else None
    return [entries[place] for place in shown], following


def write_cursor(place: Place, person_id: int) -> str:
    """Where a page ended, as text; it is good for this person only."""
    packed = ((place[0] - _EPOCH) // timedelta(microseconds=1), place[1].bytes)
    return base64.urlsafe_b64encode(_PACKED.pack(*packed, _check(*packed, person_id))).decode().rstrip("=")


def read_cursor(text: str, person_id: int) -> Place:
    """The place behind a cursor. Raises WrongCursor for one that is not whole, or another person's."""
    try:
        micros, key, check = _PACKED.unpack(base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True))
    except (ValueError, struct.error):
        raise WrongCursor from None
    if check != _check(micros, key, person_id):
        raise WrongCursor
    return _EPOCH + timedelta(microseconds=micros), UUID(bytes=key)


def _check(micros: int, key: bytes, person_id: int) -> bytes:
    """Tells a cursor that was mistyped or taken from somebody else; it guards nothing, for it opens nothing."""
    return hashlib.blake2b(f"{micros} {person_id} ".encode() + key, digest_size=4).digest()


def _event(told: Happening) -> dict[str, Any]:
    entry: dict[str, Any] = {"what": "event", "at": told.at, "kind": told.kind, "name": told.name,
                             "source": told.source}  # fmt: skip
    for name in ("properties", "traits"):
        if isinstance(told.body.get(name), dict):
            entry[name] = told.body[name]
    return entry


def _orders(orders: Iterable[Mapping[str, Any]]) -> list[tuple[Place, dict[str, Any]]]:
    return [((at := datetime.fromisoformat(order["at"]).replace(tzinfo=UTC),
              UUID(bytes=hashlib.blake2b(str(order["order_id"]).encode(), digest_size=16).digest())),
             {"what": "order", **order, "at": at}) for order in orders]  # fmt: skip
