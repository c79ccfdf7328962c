"""What the pages that people open without a log-in have in common: their headers, language, and forms."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import HTTP
from functools import cache
from typing import Any
from urllib.parse import parse_qs

from fastapi import Request
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, PackageLoader, StrictUndefined

from parcours.web.words import LANGUAGES, Words

LARGEST = 32 * 1024  # bytes of a form
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
    "Cache-Control": "no-store",
}


def html(template: str, w: Words, status: int, **values: Any) -> Response:
    """A page in a language."""
    return HTMLResponse(_environment().get_template(template).render(w=w, say=w.say, **values), status, HEADERS)


@cache
def _environment() -> Environment:
    return Environment(loader=PackageLoader("parcours.web"), autoescape=True, undefined=StrictUndefined,
                       trim_blocks=True, lstrip_blocks=True)  # fmt: skip


def language_of(request: Request, own: str, usual: str) -> str:
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


async def form_of(request: Request) -> dict[str, list[str]] | None:
    """The fields of a form, however it was sent (RFC 8058 allows both ways); None for one that is too large."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST:
            return None
    kind = request.headers.get("content-type", "")
    if not kind.startswith("multipart/form-data"):
        try:
            return parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=1000)
        except ValueError:  # more fields than any form of ours has
            return None
    parts = message_from_bytes(b"Content-Type: " + kind.encode("latin-1") + b"\r\n\r\n" + bytes(body), policy=HTTP)
    fields: dict[str, list[str]] = {}
    for part in parts.iter_parts():  # type: ignore[attr-defined]
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(content, bytes):
            fields.setdefault(name, []).append(content.decode("utf-8", "replace").strip())
    return fields
