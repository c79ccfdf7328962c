"""The pages on which people answer questionnaires: by a link of their own, or as the visitor they are.

Reading a page changes nothing. It works without any script; what is wrong is said above, and beside each question.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import psycopg
from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from parcours.answering import Nobody, NoSuchQuestionnaire, Respondent
from parcours.collect.keeping import Busy
from parcours.consent import Link, WrongLink
from parcours.live import Live
from parcours.model.value import Title
from parcours.project.questionnaire import Question
from parcours.state import StateFault
from parcours.web.opened import HEADERS, form_of, html, language_of
from parcours.web.words import words

STATUS = {"wrong_link": 404, "link_over": 410, "no_questionnaire": 404, "too_large": 413, "not_yours": 409,
          "not_now": 503}  # fmt: skip
_ID = re.compile(r"[A-Za-z0-9._:-]{1,100}")
_OURS = ("visitor", "form")


def pages(live: Callable[[], Live]) -> APIRouter:
    """The addresses of the pages; none of them needs a key."""
    router = APIRouter(include_in_schema=False)

    @router.api_route("/questionnaires/{name}", methods=["GET", "HEAD"])
    async def ask(request: Request, name: str) -> Response:
        return await _told(live(), request, name, "", answers=False)

    @router.post("/questionnaires/{name}")
    async def answer(request: Request, name: str) -> Response:
        return await _told(live(), request, name, "", answers=True)

    @router.api_route("/questionnaires/{name}/{link}", methods=["GET", "HEAD"])
    async def ask_person(request: Request, name: str, link: str) -> Response:
        return await _told(live(), request, name, link, answers=False)

    @router.post("/questionnaires/{name}/{link}")
    async def answer_person(request: Request, name: str, link: str) -> Response:
        return await _told(live(), request, name, link, answers=True)

    return router


class _Visit:
    """One request of somebody who is asked. Raises NoSuchQuestionnaire, WrongLink."""

    def __init__(self, live: Live, request: Request, name: str, link: str) -> None:
        self.live, self.request, self.now, self.text = live, request, datetime.now(UTC), link
        self.asked = live.answering.find(name)
        self.link = live.register.read(link, now=self.now) if link else None
        own = self.link.language if self.link else ""
        self.language = language_of(request, own, live.register.declared.language)

    def form(self, wrong: dict[str, str] | None = None, given: dict[str, list[str]] | None = None) -> Response:
        """The questions, with what was answered so far."""
        given = given or {}
        visitor = _id(given, "visitor") or self.request.query_params.get("visitor", "")
        asked = [_shown(one, self.language, given.get(name, []), (wrong or {}).get(name, ""))
                 for name, one in self.asked.questions.items()]  # fmt: skip
        return self._page(422 if wrong else 200, thanks=False, asked=asked, wrong=bool(wrong),
                          visitor=visitor if _ID.fullmatch(visitor) else "",
                          form=_id(given, "form") or uuid4().hex)  # fmt: skip

    def thanks(self) -> Response:
        """What is shown to who has answered."""
        return self._page(200, thanks=True)

    async def answered(self, form: dict[str, list[str]]) -> Response:
        """Keeps the answers; else says what is wrong with them."""
        given = {name: texts for name, texts in form.items() if name not in _OURS}
        who = Respondent(person=self.link.person if self.link else None,
                         anonymous_id=_id(form, "visitor") or f"visitor-{uuid4()}")  # fmt: skip
        done = await self.live.answering.answer(self.asked, given, who, now=self.now, once=_id(form, "form") or None)
        if done.wrong:
            return self.form(dict(done.wrong), form)
        return RedirectResponse(f"{self.text or self.asked.name}?answered=yes&language={self.language}", 303, HEADERS)

    def _page(self, status: int, **values: Any) -> Response:
        declared = self.live.register.declared
        purpose = declared.purposes.get(self.asked.purpose)
        language, text = purpose.text(self.language) if purpose else ("", "")
        own = {"title": self.asked.title, "intro": self.asked.intro, "thanked": self.asked.thanks}
        titles = {name: _in(title, self.language) for name, title in own.items()}
        return html("questionnaire.html", words(self.language), status, shop=declared.title.in_(self.language),
                    up="../../" if self.link else "../", choices=self._choices(self.link), purpose_text=text,
                    purpose_title=purpose.title.in_(self.language) if purpose else "",
                    text_language=language, **titles, **values)  # fmt: skip

    def _choices(self, link: Link | None) -> str:
        return f"../../preferences/{self.text}" if link else ""


async def _told(live: Live, request: Request, name: str, link: str, *, answers: bool) -> Response:
    """What a visit shows; what goes wrong is a page too, with a code."""
    try:
        visit = _Visit(live, request, name, link)
        if not answers:
            return visit.thanks() if request.query_params.get("answered") == "yes" else visit.form()
        form = await form_of(request)
        if form is not None:
            return await visit.answered(form)
        code = "too_large"
    except NoSuchQuestionnaire:
        code = "no_questionnaire"
    except WrongLink as wrong:
        code = wrong.code
    except Nobody:
        code = "not_yours"
    except (Busy, StateFault, psycopg.OperationalError):
        code = "not_now"
    declared = live.register.declared
    language = language_of(request, "", declared.language)
    return html("link.html", words(language), STATUS[code], shop=declared.title.in_(language), code=code,
                up="../../" if link else "../")  # fmt: skip


def _shown(question: Question, language: str, given: list[str], wrong: str) -> dict[str, Any]:
    """A question as its page shows it."""
    kind = question.kind
    shown = {"name": question.name, "kind": question.kind_name, "ask": question.ask.in_(language),
             "help": _in(question.help, language), "required": question.required,
             "given": given, "wrong": wrong, "of": kind}  # fmt: skip
    if question.kind_name == "choices":
        shown["choices"] = kind.named(language)
    if question.kind_name == "scale":
        shown |= {"low": _in(kind.low, language), "high": _in(kind.high, language)}
    return shown


def _in(title: Title | None, language: str) -> str:
    return title.in_(language) if title is not None else ""


def _id(form: dict[str, list[str]], name: str) -> str:
    """An id out of a form; empty where it is none."""
    found = "".join(form.get(name, ())[:1])
    return found if _ID.fullmatch(found) else ""
