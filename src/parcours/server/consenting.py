"""What the retailer's own programs say and ask of consent: the preference API, and whether people may be written to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from starlette.concurrency import run_in_threadpool

from parcours.consent import NotDeclared, NotSaid, Register, Statement, subject
from parcours.consent.suppression import in_one_form
from parcours.model import person as people
from parcours.server.asked import answers, asks, body_of, key_of, person_of
from parcours.server.door import Door
from parcours.server.problems import Problem
from parcours.state import StateFault

MOST = 1000  # statements at once
MOST_PEOPLE = 10_000
T = TypeVar("T")


class Who(msgspec.Struct):
    """An identifier of somebody: its kind and value."""

    kind: str
    value: str


class Said(msgspec.Struct):
    """One statement."""

    purpose: str
    state: str
    channel: str | None = None
    text_version: str | None = None
    language: str | None = None
    at: datetime | None = None
    proof: str | None = None


class Saying(msgspec.Struct):
    """What somebody said: a person by their id, or whoever an identifier belongs to."""

    consents: list[Said]
    person: str | None = None
    identifier: Who | None = None
    source: str | None = None


class Asking(msgspec.Struct):
    """Whether people may be written to; without a channel, whether the purpose may use their data."""

    people: list[str]
    purpose: str
    channel: str | None = None
    at: datetime | None = None


class Language(msgspec.Struct):
    """The language of a link's page."""

    language: str = ""


def routes(door: Door) -> APIRouter:
    """The addresses about consent."""
    router = APIRouter(tags=["consent"])

    @router.post("/v1/consents", summary="Writes down what somebody agreed to, refused or objected to.",
                 openapi_extra=asks(Saying), responses=answers("How many statements were new."))  # fmt: skip
    async def say(request: Request) -> Response:
        key = await key_of(door, request, "consent")
        saying = await body_of(request, Saying)
        now = datetime.now(UTC)
        statements = list(_statements(saying, key.source, now))
        written = await run_in_threadpool(_told, lambda: door.live.register.say(statements, now=now))
        return JSONResponse({"written": written})

    @router.get("/v1/people/{person}/consents", summary="What a person has a say in, as it stands.",
                responses=answers("Each purpose on each channel."))  # fmt: skip
    async def standing(request: Request, person: str) -> Response:
        reader, number, now = (await key_of(door, request, "read")).key_id, person_of(person), datetime.now(UTC)
        register = door.live.register
        found = await run_in_threadpool(register.choices, number, now=now)
        whom = await run_in_threadpool(register.now, number)
        await door.live.people.note(whom, "consents", reader=reader, now=now)
        return JSONResponse({"person": people.show(whom), "consents": [
            {"purpose": one.purpose, "channel": one.channel, "on": one.on, "code": one.code} for one in found
        ]})  # fmt: skip

    @router.post("/v1/people/{person}/preference-link", summary="Makes the link to a person's preference page.",
                 openapi_extra=asks(Language), responses=answers("The link."))  # fmt: skip
    async def link(request: Request, person: str) -> Response:
        await key_of(door, request, "consent")
        number, asked = person_of(person), await body_of(request, Language)
        url = _told(lambda: door.live.register.preference_link(number, at=datetime.now(UTC), language=asked.language))
        return JSONResponse({"url": url})

    @router.post("/v1/may-contact", summary="Whether people may be written to, and why or why not.",
                 openapi_extra=asks(Asking), responses=answers("Yes or no for each, with a code."))  # fmt: skip
    async def may(request: Request) -> Response:
        await key_of(door, request, "read")
        asking = await body_of(request, Asking)
        found = await run_in_threadpool(_told, lambda: _allowed(door.live.register, asking))
        return JSONResponse({"people": found})

    return router


def _allowed(register: Register, asking: Asking) -> list[dict[str, Any]]:
    if len(asking.people) > MOST_PEOPLE:
        raise Problem(422, "too_many", f"Ask about at most {MOST_PEOPLE} people at once.")
    numbers = [person_of(one) for one in asking.people]
    at = _time(asking.at) or datetime.now(UTC)
    found = (
        register.may_use(numbers, purpose=asking.purpose, at=at)
        if asking.channel is None
        else register.may_contact(numbers, purpose=asking.purpose, channel=asking.channel, at=at)
    )
    return [
        {"person": people.show(one), "may": found[one].may, "code": found[one].code} for one in dict.fromkeys(numbers)
    ]


def _statements(saying: Saying, source: str, now: datetime) -> list[Statement]:
    if (saying.person is None) == (saying.identifier is None):
        raise Problem(422, "nobody", "Name one of 'person' and 'identifier'.")
    if len(saying.consents) > MOST:
        raise Problem(422, "too_many", f"Send at most {MOST} statements at once.")
    person = person_of(saying.person) if saying.person is not None else None
    who = _subject(saying.identifier) if saying.identifier is not None else None
    return [
        Statement(person=person, subject=who, purpose=one.purpose, channel=one.channel, state=one.state,
                  at=_time(one.at) or now, source=saying.source or source, text_version=one.text_version,
                  language=one.language, proof=one.proof)
        for one in saying.consents
    ]  # fmt: skip


def _subject(who: Who) -> int:
    """The number of an identifier, an address in its one form. Raises Problem for an address that is none."""
    if who.kind not in ("email", "phone"):
        return subject(who.kind, who.value.strip())
    form = in_one_form(who.value, "")
    if form is None or form[0] != who.kind:
        raise Problem(422, "no_address", f"The identifier's value is no {who.kind} (a phone number begins with +).")
    return subject(*form)


def _time(at: datetime | None) -> datetime | None:
    """A time with its zone; UTC where none is written."""
    return at.replace(tzinfo=UTC) if at is not None and at.tzinfo is None else at


def _told(act: Callable[[], T]) -> T:
    """Does it; what consent refuses is told as a problem."""
    try:
        return act()
    except NotSaid as wrong:
        raise Problem(422, wrong.code, str(wrong)) from None
    except NotDeclared:
        raise Problem(422, "not_declared", "No such purpose is declared on such a channel.") from None
    except StateFault as fault:
        raise Problem(503, "not_set_up", str(fault)) from None
