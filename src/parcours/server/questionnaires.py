"""Where sites and apps that draw a questionnaire themselves get its questions, and send what was answered."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response

from parcours.answering import NoSuchQuestionnaire, Respondent
from parcours.collect.keeping import Busy
from parcours.collect.message import LONGEST_ID, Refusal
from parcours.model.value import Title
from parcours.project.questionnaire import Question, Questionnaire
from parcours.server.asked import answers, asks, body_of
from parcours.server.door import Door
from parcours.server.keys import from_header
from parcours.server.problems import Problem

_Id = Annotated[str, msgspec.Meta(max_length=LONGEST_ID)]
_WRONG = {
    "missing": "it must be answered",
    "unknown_question": "there is no such question",
    "unknown_choice": "it is none of the choices",
    "one_choice": "only one may be chosen",
    "out_of_range": "it is out of range",
    "too_long": "it is too long",
    "markup": "it holds HTML, which is not taken",
    "not_a_number": "it is not a number",
    "not_a_date": "it is not a day such as 2026-01-31",
}


class Given(msgspec.Struct, rename="camel"):
    """Who answers, and what: a value for each question, or several in a list."""

    answers: dict[str, str | int | float | list[str] | None]
    anonymous_id: _Id | None = None
    user_id: _Id | None = None
    message_id: _Id | None = None
    write_key: str | None = None


def routes(door: Door) -> APIRouter:
    """The addresses of questionnaires."""
    router = APIRouter(tags=["questionnaires"])
    described = {**answers("The questionnaire."), 404: {"description": "There is no such questionnaire."}}

    @router.get("/v1/questionnaires/{name}", summary="The questions of a questionnaire, in one language.",
                responses=described, openapi_extra={"security": [{"writeKey": []}]})  # fmt: skip
    async def questions(
        request: Request,
        name: str,
        language: Annotated[str, Query(max_length=5, description="`en` or `fr`.")] = "",
        write_key: Annotated[str | None, Query(alias="writeKey", description="The key, from a browser.")] = None,
    ) -> Response:
        given = from_header(request.headers.get("authorization")) or write_key
        await door.key(given, "collect", origin=request.headers.get("origin"))
        declared = door.live.register.declared
        asked = _found(door, name)
        purpose = declared.purposes.get(asked.purpose)
        text = purpose.text(language or declared.language)[1] if purpose else ""
        return JSONResponse({**_told(asked, language or declared.language), "purpose_text": text})

    @router.post("/v1/questionnaires/{name}", summary="Keeps what somebody answered, all of it or nothing.",
                 openapi_extra=asks(Given),
                 responses={**answers("It is on disk."), 404: described[404],
                            429: {"description": "Too much at once."}})  # fmt: skip
    async def answer(request: Request, name: str) -> Response:
        given = await body_of(request, Given)
        sent = from_header(request.headers.get("authorization")) or given.write_key
        key = await door.key(sent, "collect", origin=request.headers.get("origin"))
        asked = _found(door, name)
        if not (given.anonymous_id or given.user_id):
            raise Problem(422, "nobody", "Name an 'anonymousId' or a 'userId'.")
        who = Respondent(anonymous_id=given.anonymous_id, user_id=given.user_id)
        try:
            done = await door.live.answering.answer(asked, _texts(given), who, now=datetime.now(UTC),
                                                    source=key.source, once=given.message_id)  # fmt: skip
        except Refusal as refusal:
            raise Problem(refusal.status, refusal.code, refusal.detail) from None
        except Busy as busy:
            again = {"Retry-After": str(busy.after)}
            raise Problem(429, "busy", "More arrives than can be kept: send it again.", again) from None
        for question, code in done.wrong.items():
            where = f"'{question}': " if question in asked.questions else ""
            raise Problem(422, code, f"The answer cannot be used: {where}{_WRONG[code]}.")
        return JSONResponse({"success": True, "answered": list(done.answers)})

    return router


def _found(door: Door, name: str) -> Questionnaire:
    try:
        return door.live.answering.find(name)
    except NoSuchQuestionnaire:
        raise Problem(404, "no_such_questionnaire", "There is no questionnaire of that name.") from None


def _texts(given: Given) -> dict[str, list[str]]:
    """Answers as a form would send them."""
    told = {name: value if isinstance(value, list) else [value] for name, value in given.answers.items()}
    return {name: [_text(each) for each in values if each is not None] for name, values in told.items()}


def _text(value: str | int | float) -> str:
    return value if isinstance(value, str) else f"{value:.15g}"


def _told(asked: Questionnaire, language: str) -> dict[str, Any]:
    questions = [_question(one, language) for one in asked.questions.values()]
    return {"questionnaire": asked.name, "title": asked.title.in_(language), "intro": _in(asked.intro, language),
            "thanks": _in(asked.thanks, language), "purpose": asked.purpose, "questions": questions}  # fmt: skip


def _question(one: Question, language: str) -> dict[str, Any]:
    kind = one.kind
    told: dict[str, Any] = {"name": one.name, "kind": one.kind_name, "ask": one.ask.in_(language),
                            "help": _in(one.help, language), "required": one.required}  # fmt: skip
    if one.kind_name == "choices":
        listed = [{"value": value, "title": title} for value, title in kind.named(language)]
        told |= {"choices": listed, "several": kind.several}
    if one.kind_name in ("scale", "number"):
        told |= {"from": kind.lowest, "to": kind.highest}
    if one.kind_name == "date":
        told |= {"from": kind.first.isoformat(), "to": kind.last.isoformat()}
    if one.kind_name == "text":
        told |= {"longest": kind.longest}
    return told


def _in(title: Title | None, language: str) -> str | None:
    return title.in_(language) if title is not None else None
