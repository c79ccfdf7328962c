"""Where sites, tills and agents' tools ask about one person, now. Nothing personal is ever in an address."""

from __future__ import annotations

import re
from collections.abc import Awaitable
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from parcours.people import WrongCursor
from parcours.person import Unknown
from parcours.server.asked import answers, asks, body_of, key_of, person_of
from parcours.server.door import Door
from parcours.server.problems import Problem

MOST = 200  # entries on a page
LONGEST = 320  # characters of an identifier's value
_HASH = re.compile(r"[0-9a-f]{16}")


class Identifier(msgspec.Struct):
    """A value that recognises somebody."""

    kind: Annotated[str, msgspec.Meta(max_length=64)]
    value: Annotated[str, msgspec.Meta(max_length=LONGEST)]


class LookUp(msgspec.Struct):
    """Whom to look up: by a value that recognises them, or by its hash (16 hexadecimal digits)."""

    identifier: Identifier | None = None
    hash: str | None = None


def routes(door: Door) -> APIRouter:
    """The addresses about people."""
    router = APIRouter(tags=["people"])
    described = {**answers("The person as known now."), 404: {"description": "There is no such person."}}
    read: dict[str, Any] = {"security": [{"writeKey": []}]}

    @router.get("/v1/people/{person}", summary="A person as known now, or who that turned out to be.",
                responses=described, openapi_extra=read)  # fmt: skip
    async def person(request: Request, person: str) -> Response:
        reader, now = (await key_of(door, request, "read")).key_id, datetime.now(UTC)
        return await _answer(door.live.people.by_id(person_of(person), reader=reader, now=now))

    @router.post("/v1/people/look-up", summary="The person whom a value recognises; the value stands in the body.",
                 responses=described, openapi_extra=asks(LookUp))  # fmt: skip
    async def look_up(request: Request) -> Response:
        reader, now = (await key_of(door, request, "read")).key_id, datetime.now(UTC)
        asked = await body_of(request, LookUp)
        if (asked.identifier is None) == (asked.hash is None):
            raise Problem(422, "nobody", "Name one of 'identifier' and 'hash'.")
        people = door.live.people
        if asked.identifier is not None:
            kind, value = asked.identifier.kind, asked.identifier.value.replace("\x00", "")
            return await _answer(people.by_identifier(kind, value, reader=reader, now=now))
        return await _answer(people.by_hash(_hash(asked.hash or ""), reader=reader, now=now))

    @router.get("/v1/people/{person}/timeline", summary="What a person did, the newest first, a page at a time.",
                responses={**described, 200: {"description": "A page, and the cursor of the next."}},
                openapi_extra=read)  # fmt: skip
    async def timeline(
        request: Request,
        person: str,
        cursor: Annotated[str | None, Query(max_length=64, description="`next` of the page before.")] = None,
        limit: Annotated[int, Query(ge=1, le=MOST, description="Entries on a page.")] = 50,
    ) -> Response:
        reader, now = (await key_of(door, request, "read")).key_id, datetime.now(UTC)
        asked = door.live.people.timeline(person_of(person), cursor=cursor, most=limit, reader=reader, now=now)
        return await _answer(asked)

    return router


async def _answer(asked: Awaitable[dict[str, Any]]) -> Response:
    """What was asked for, as JSON; what cannot be answered is told as a problem."""
    try:
        told = await asked
    except Unknown:
        raise Problem(404, "no_such_person", "Nobody is known by that, or several people are.") from None
    except WrongCursor:
        raise Problem(400, "wrong_cursor", "This cursor is not one of ours: begin again without it.") from None
    return Response(msgspec.json.encode(told), media_type="application/json")


def _hash(text: str) -> int:
    if not _HASH.fullmatch(text) or int(text, 16) >= 2**63:
        raise Problem(422, "no_hash", "A hash is 16 hexadecimal digits in small letters.")
    return int(text, 16)
