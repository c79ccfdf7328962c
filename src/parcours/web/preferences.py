"""The pages people reach from a message without a log-in: what they choose, and one button to unsubscribe.

Reading a page changes nothing; programs that look at mail follow links. What is chosen is written down when the form
is sent, or when a mailbox sends `List-Unsubscribe=One-Click` (RFC 8058).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import HTTP
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

import psycopg
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.concurrency import run_in_threadpool

from parcours.consent import Change, Choice, Link, NotSaid, Register, WrongLink
from parcours.consent.choices import Place, Read
from parcours.consent.register import proof_of
from parcours.live import Live
from parcours.state import StateFault
from parcours.web.words import LANGUAGES, Words, words

ONE_CLICK = ("List-Unsubscribe", "One-Click")
LARGEST = 32 * 1024  # bytes of a form
STYLES = ("tokens.css", "preferences.css")
STATUS = {"wrong_link": 404, "link_over": 410, "not_one_click": 400, "too_large": 413, "not_now": 503}
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
    "Cache-Control": "no-store",
}


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
        form = await _form(request)
        return await run_in_threadpool(_page, live().register, request, link, lambda visit: visit.chosen(_whole(form)))

    @router.api_route("/unsubscribe/{link}", methods=["GET", "HEAD"])
    def ask(request: Request, link: str) -> Response:
        return _page(live().register, request, link, lambda visit: visit.ask(), ends=False)

    @router.post("/unsubscribe/{link}")
    async def unsubscribe(request: Request, link: str) -> Response:
        form = await _form(request)
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
        self.language = _language(request, self.link.language, register.declared.language)
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
        return _html(template, words(self.language), status, shop=self.register.declared.title.in_(self.language),
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
    language = _language(request, "", declared.language)
    return _html("link.html", words(language), STATUS[code], shop=declared.title.in_(language), code=code)


def _html(template: str, w: Words, status: int, **values: Any) -> Response:
    return HTMLResponse(_environment().get_template(template).render(w=w, say=w.say, **values), status, HEADERS)


@cache
def _environment() -> Environment:
    return Environment(loader=PackageLoader("parcours.web"), autoescape=True, undefined=StrictUndefined,
                       trim_blocks=True, lstrip_blocks=True)  # fmt: skip


@cache
def _style() -> str:
    folder = files("parcours.web") / "static"
    return "".join((folder / name).read_text(encoding="utf-8") for name in STYLES)


def _language(request: Request, own: str, usual: str) -> str:
    """The language asked for, else the person's own, else the browser's, else the shop's."""
    accepted = [part.partition(";") for part in request.headers.get("accept-language", "").split(",")[:20]]
    wished = [part for part in accepted if _weight(part[2]) > 0]
    by_wish = sorted(wished, key=lambda part: -_weight(part[2]))
    asked = [request.query_params.get("language", ""), own, *(part[0].strip()[:2].lower() for part in by_wish), usual]
    return next((language for language in asked if language in LANGUAGES), "en")


def _weight(parameter: str) -> float:
    try:
        return float(parameter.strip().removeprefix("q=") or 1)
    except ValueError:
        return 0


def _parts(value: str) -> tuple[Place, Read]:
    """`marketing:email:2026-01:en`: a purpose on a channel, and the text that was read; empty where it is missing."""
    purpose, channel, version, language = [*value.split(":", 3), "", "", ""][:4]
    return (purpose, channel or None), (version, language)


def _whole(form: dict[str, list[str]] | None) -> dict[str, list[str]]:
    if form is None:
        raise _Told("too_large")
    return form


async def _form(request: Request) -> dict[str, list[str]] | None:
    """The fields of a form, however it was sent (RFC 8058 allows both ways); None for one that is too large."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST:
            return None
    kind = request.headers.get("content-type", "")
    if not kind.startswith("multipart/form-data"):
        return parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=1000)
    parts = message_from_bytes(b"Content-Type: " + kind.encode("latin-1") + b"\r\n\r\n" + bytes(body), policy=HTTP)
    fields: dict[str, list[str]] = {}
    for part in parts.iter_parts():  # type: ignore[attr-defined]
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(content, bytes):
            fields.setdefault(name, []).append(content.decode("utf-8", "replace").strip())
    return fields
