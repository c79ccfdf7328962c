"""Where pages, apps and mailing tools ask what to show somebody: one call for all slots of a page."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from fastapi import APIRouter, Request
from fastapi.responses import Response

from parcours.deciding import Asked, NoSuchSlot
from parcours.identity.recognised import Given
from parcours.server.asked import answers, asks, body_of, key_of, person_of
from parcours.server.collecting import LONGEST_ID
from parcours.server.door import Door
from parcours.server.keys import from_header
from parcours.server.people import Identifier
from parcours.server.problems import Problem

LARGEST = 64 * 1024  # bytes of a call
MOST_SLOTS = 20
MOST_EXCLUDED = 1_000
_Name = Annotated[str, msgspec.Meta(max_length=64)]
_Id = Annotated[str, msgspec.Meta(max_length=LONGEST_ID)]


class Ask(msgspec.Struct, rename="camel"):
    """Which slots, for whom, and what is known of the moment."""

    slots: Annotated[list[_Name], msgspec.Meta(min_length=1, max_length=MOST_SLOTS)]
    person_id: str | None = None
    anonymous_id: _Id | None = None
    user_id: _Id | None = None
    identifier: Identifier | None = None
    context: dict[str, Any] = {}
    exclude: dict[str, Annotated[list[_Id], msgspec.Meta(max_length=MOST_EXCLUDED)]] = {}
    consent: dict[str, bool] = {}
    write_key: str | None = None


def routes(door: Door) -> APIRouter:
    """The address of decisions."""
    router = APIRouter(tags=["decisions"])
    described = {**answers("What stands in each slot."), 404: {"description": "There is no such slot."}}

    @router.post("/v1/decide", summary="What to show somebody in some slots, now.", responses=described,
                 openapi_extra=asks(Ask))  # fmt: skip
    async def decide(request: Request) -> Response:
        asked = await body_of(request, Ask, largest=LARGEST)
        given = from_header(request.headers.get("authorization")) or asked.write_key
        key = await door.key(given, "decide", origin=request.headers.get("origin"))
        try:
            told = await door.live.deciding.answer(
                _asked(asked, request, door), source=key.source, now=datetime.now(UTC)
            )
        except NoSuchSlot as no:
            raise Problem(404, "no_such_slot", f"There is no slot {str(no)[:64]!r}.") from None
        return Response(msgspec.json.encode(told), media_type="application/json")

    @router.get("/v1/decisions/{decision}", summary="Why a slot showed what it did, and what came of it.",
                responses={**answers("The decision with everything it was chosen from."),
                           404: {"description": "There is no such decision."}},
                openapi_extra={"security": [{"writeKey": []}]})  # fmt: skip
    async def explained(request: Request, decision: str) -> Response:
        reader, now = (await key_of(door, request, "read")).key_id, datetime.now(UTC)
        try:
            number = UUID(decision)
        except ValueError:
            raise Problem(422, "no_decision_id", "This is not the id of a decision.") from None
        found = await door.live.deciding.explained(number, reader=reader, now=now)
        if found is None:
            raise Problem(404, "no_such_decision", "There is no such decision.")
        return Response(msgspec.json.encode(found), media_type="application/json")

    return router


def _asked(asked: Ask, request: Request, door: Door) -> Asked:
    own = asked.identifier
    return Asked(
        asked.slots,
        person_id=person_of(asked.person_id) if asked.person_id else None,
        anonymous_id=asked.anonymous_id,
        user_id=asked.user_id,
        identifier=Given(own.kind, own.value.replace("\x00", "").strip(), True) if own else None,
        here={**_seen(request, door), **asked.context},
        exclude=asked.exclude,
        may_use=all(asked.consent.values()),
    )


def _seen(request: Request, door: Door) -> dict[str, Any]:
    """What the server sees itself: the device and the country of who asks."""
    address = request.client.host if request.client else None
    found = msgspec.json.decode(door.live.eyes.seen(address, request.headers.get("user-agent")))
    return {name: found.get(name) for name in ("device", "country", "region")}
