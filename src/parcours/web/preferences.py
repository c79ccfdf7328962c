"""The pages people reach from a message without a log-in: what they choose, and one button to unsubscribe.

Reading a page changes nothing; programs that look at mail follow links. What is chosen is written down when the form
is sent, or when a mailbox sends `List-Unsubscribe=One-Click` (RFC 8058).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from parcours.consent import Change, Choice, Link, NotSaid, Register, WrongLink
from parcours.consent.choices import Place, Read
from parcours.consent.register import proof_of
from parcours.live import Live
from parcours.state import StateFault
from parcours.web.opened import HEADERS, form_of, html, language_of
from parcours.web.words import words

ONE_CLICK = ("List-Unsubscribe", "One-Click")
STYLES = ("tokens.css", "preferences.css")
STATUS = {"wrong_link": 404, "link_over": 410, "not_one_click": 400, "too_large": 413, "not_now": 503}


class _Told(Exception):
    """A page that says why not, under a code."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def pages(live: Callable[[], Live]) -> APIRouter:
    """The addresses of the pages; none of them needs a key."""
    router = APIRouter(include_in_schema=False)

    @router.get("/preferences.css")
    def style() -> Response:
        return Response(_style(), media_type="text/css", headers={"Cache-Control": "public, max-age=3600",
                                                                  "X-Content-Type-Options": "nosniff"})  # fmt: skip

    @router.api_route("/preferences/{link}", methods=["GET", "HEAD"])
    def choose(request: Request, link: str) -> Response:
        return _page(live().register, request, link, lambda visit: visit.choices())

    @router.post("/preferences/{link}")
    async def chosen(request: Request, link: str) -> Response:
        form = await form_of(request)
        return await run_in_threadpool(_page, live().register, request, link, lambda visit: visit.chosen(_whole(form)))

    @router.api_route("/unsubscribe/{link}", methods=["GET", "HEAD"])
    def ask(request: Request, link: str) -> Response:
        return _page(live().register, request, link, lambda visit: visit.ask(), ends=False)

    @router.post("/unsubscribe/{link}")
    async def unsubscribe(request: Request, link: str) -> Response:
        form = await form_of(request)
        return await run_in_threadpool(
            _page, live().register, request, link, lambda visit: visit.unsubscribe(_whole(form)), ends=False
        )

    return router


class _Visit:
    """One request of somebody who holds a link. Raises _Told for a link that opens nothing."""

    def __init__(self, register: Register, request: Request, link: str, *, ends: bool) -> None:
        self.register, self.text, self.now = register, link, datetime.now(UTC)
        try:
            self.link = register.read(link, now=self.now if ends else None)
        except WrongLink as wrong:
            raise _Told(wrong.code) from None
        self.language = language_of(request, self.link.language, register.declared.language)
        self.saved = request.query_params.get("saved", "")

    def choices(self, told: str = "", status: int = 200) -> Response:
        """What there is to choose."""
        found = self.register.choices(self.link.person, now=self.now)
        until = self.link.until.astimezone(ZoneInfo(self.register.declared.zone)).date()
        said = told or {"yes": "preferences.saved", "stop": "preferences.stopped"}.get(self.saved, "")
        return self._shown("preferences.html", status, purposes=self._purposes(found), until=until, told=said)

    def chosen(self, form: dict[str, list[str]]) -> Response:
        """Writes down what was changed between the page that was shown and the form that was sent."""
        on = dict(map(_parts, form.get("on", ())))
        was = {place for place, _ in map(_parts, form.get("was", ()))}
        stop = form.get("do") == ["stop"]
        change = Change(
            on={place: read for place, read in on.items() if place not in was},
            off=sorted(was - on.keys(), key=str),
            stop=stop,
            source="preference page",
            proof=proof_of(self.text),
        )
        try:
            self.register.change(self.link.person, change, now=self.now)
        except NotSaid:  # consents.yaml was changed since the page was shown
            return self.choices("preferences.changed", 409)
        saved = f"saved={'stop' if stop else 'yes'}&language={self.language}"
        return RedirectResponse(f"{self.text}?{saved}", 303, HEADERS)

    def ask(self) -> Response:
        """Asks before anything is done."""
        return self._shown("unsubscribe.html", done=False, **self._what())

    def unsubscribe(self, form: dict[str, list[str]]) -> Response:
        """Unsubscribes, when it is that what was sent."""
        if form.get(ONE_CLICK[0]) != [ONE_CLICK[1]]:
            raise _Told("not_one_click")
        by = "unsubscribe page" if "page" in form else "one-click unsubscribe"
        self.register.unsubscribe(self.text, source=by, now=self.now)
        return self._shown("unsubscribe.html", done=True, **self._what())

    def _what(self) -> dict[str, Any]:
        declared, link = self.register.declared, self.link
        purpose, channel = declared.purposes.get(link.purpose), declared.channels.get(link.channel)
        what = purpose.title.in_(self.language) if purpose else link.purpose
        return {
            "what": f"{what} ({channel.title.in_(self.language)})" if channel else what,
            "choices": "" if link.until <= self.now else self._choices(link),
        }

    def _choices(self, link: Link) -> str:
        return self.register.page_of(Link(person=link.person, until=link.until, language=link.language))

    def _purposes(self, found: list[Choice]) -> list[dict[str, Any]]:
        declared, told = self.register.declared, []
        for name, purpose in declared.purposes.items():
            rows = [one for one in found if one.purpose == name]
            if rows:
                language, text = purpose.text(self.language)
                told.append({"name": name, "title": purpose.title.in_(self.language), "text": text, "rows": rows,
                             "text_language": language, "version": purpose.text_version})  # fmt: skip
        return told

    def _shown(self, template: str, status: int = 200, **values: Any) -> Response:
        titles = {name: one.title.in_(self.language) for name, one in self.register.declared.channels.items()}
        return html(template, words(self.language), status, shop=self.register.declared.title.in_(self.language),
                     titles=titles, **values)  # fmt: skip


def _page(
    register: Register, request: Request, link: str, act: Callable[[_Visit], Response], *, ends: bool = True
) -> Response:
    """What a visit shows; what goes wrong is a page too, with a code."""
    try:
        return act(_Visit(register, request, link, ends=ends))
    except _Told as told:
        code = told.code
    except (psycopg.OperationalError, StateFault):
        code = "not_now"
    declared = register.declared
    language = language_of(request, "", declared.language)
    return html("link.html", words(language), STATUS[code], shop=declared.title.in_(language), code=code)


@cache
def _style() -> str:
    folder = files("parcours.web") / "static"
    return "".join((folder / name).read_text(encoding="utf-8") for name in STYLES)


def _parts(value: str) -> tuple[Place, Read]:
    """`marketing:email:2026-01:en`: a purpose on a channel, and the text that was read; empty where it is missing."""
    purpose, channel, version, language = [*value.split(":", 3), "", "", ""][:4]
    return (purpose, channel or None), (version, language)


def _whole(form: dict[str, list[str]] | None) -> dict[str, list[str]]:
    if form is None:
        raise _Told("too_large")
    return form
