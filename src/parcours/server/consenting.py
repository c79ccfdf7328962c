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
from parcours.server.door import Door
from parcours.server.keys import from_header
from parcours.server.problems import Problem
from parcours.state import StateFault

LARGEST = 512 * 1024  # bytes of a body
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
                 openapi_extra=_body(Saying), responses=_answers("How many statements were new."))  # fmt: skip
    async def say(request: Request) -> Response:
        key = _key(door, request, "consent")
        saying = await _read(request, Saying)
        now = datetime.now(UTC)
        statements = list(_statements(saying, key.source, now))
        written = await run_in_threadpool(_told, lambda: door.live.register.say(statements, now=now))
        return JSONResponse({"written": written})

    @router.get("/v1/people/{person}/consents", summary="What a person has a say in, as it stands.",
                responses=_answers("Each purpose on each channel."))  # fmt: skip
    def standing(request: Request, person: str) -> Response:
        _key(door, request, "read")
        register, number = door.live.register, _person(person)
        found = register.choices(number, now=datetime.now(UTC))
        return JSONResponse({"person": people.show(register.now(number)), "consents": [
            {"purpose": one.purpose, "channel": one.channel, "on": one.on, "code": one.code} for one in found
        ]})  # fmt: skip

    @router.post("/v1/people/{person}/preference-link", summary="Makes the link to a person's preference page.",
                 openapi_extra=_body(Language), responses=_answers("The link."))  # fmt: skip
    async def link(request: Request, person: str) -> Response:
        _key(door, request, "consent")
        number, asked = _person(person), await _read(request, Language)
        url = _told(lambda: door.live.register.preference_link(number, at=datetime.now(UTC), language=asked.language))
        return JSONResponse({"url": url})

    @router.post("/v1/may-contact", summary="Whether people may be written to, and why or why not.",
                 openapi_extra=_body(Asking), responses=_answers("Yes or no for each, with a code."))  # fmt: skip
    async def may(request: Request) -> Response:
        _key(door, request, "read")
        asking = await _read(request, Asking)
        found = await run_in_threadpool(_told, lambda: _allowed(door.live.register, asking))
        return JSONResponse({"people": found})

    return router


def _allowed(register: Register, asking: Asking) -> list[dict[str, Any]]:
    if len(asking.people) > MOST_PEOPLE:
        raise Problem(422, "too_many", f"Ask about at most {MOST_PEOPLE} people at once.")
    numbers = [_person(one) for one in asking.people]
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
    person = _person(saying.person) if saying.person is not None else None
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


def _person(text: str) -> int:
    try:
        number = people.parse(text)
    except ValueError:
        raise Problem(422, "no_person", "A person's id looks like per_0123456789abcdef.") from None
    if not 0 <= number < 2**63:
        raise Problem(422, "no_person", "There is no such id.")
    return number


def _time(at: datetime | None) -> datetime | None:
    """A time with its zone; UTC where none is written."""
    return at.replace(tzinfo=UTC) if at is not None and at.tzinfo is None else at


def _key(door: Door, request: Request, scope: str) -> Any:
    return door.key(from_header(request.headers.get("authorization")), scope, origin=request.headers.get("origin"))


async def _read(request: Request, shape: type[T]) -> T:
    """The body as it should be. Raises Problem for one that is too large or of another shape."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST:
            raise Problem(413, "too_large", f"A body has at most {LARGEST // 1024} KB.")
    try:
        return msgspec.json.decode(bytes(body) or b"{}", type=shape)
    except msgspec.ValidationError as error:
        raise Problem(422, "not_valid", str(error)) from None
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise Problem(400, "not_json", "This is not JSON.") from None


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


def _body(shape: type) -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": _schema(shape)}}},
            "security": [{"writeKey": []}]}  # fmt: skip


def _answers(done: str) -> dict[int | str, dict[str, Any]]:
    return {
        200: {"description": done, "content": {"application/json": {"schema": {"type": "object"}}}},
        400: {"description": "It is not JSON."},
        401: {"description": "The key is missing or not valid."},
        403: {"description": "The key may not do this, or not from this site."},
        413: {"description": "It is too large."},
        422: {"description": "It cannot be used; `code` and `detail` say why."},
        503: {"description": "It cannot be done here yet; `detail` says why."},
    }


def _schema(shape: type) -> Any:
    """The shape as OpenAPI tells it, what it is made of within."""
    (top,), parts = msgspec.json.schema_components([shape])

    def whole(node: Any) -> Any:
        if isinstance(node, dict):
            named = parts.get(str(node.get("$ref", "")).rpartition("/")[2])
            return whole(named) if named is not None else {key: whole(value) for key, value in node.items()}
        return [whole(each) for each in node] if isinstance(node, list) else node

    return whole(top)
