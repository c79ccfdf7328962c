"""Errors as RFC 9457 tells them: what is wrong, in a sentence, and what to do; nothing of what was sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import psycopg
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

MEDIA_TYPE = "application/problem+json"
TITLES = {
    400: "This request cannot be used.",
    401: "Who are you?",
    403: "This key may not do that.",
    404: "There is no such thing.",
    405: "Not this way.",
    413: "This is too large.",
    422: "This request cannot be used.",
    429: "Too much at once.",
    500: "Something went wrong on our side.",
    503: "Not now.",
}


class Problem(Exception):
    """An answer that is an error. `code` is for programs, `detail` for people."""

    def __init__(self, status: int, code: str, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail, self.headers = status, code, detail, dict(headers or {})

    def response(self) -> Response:
        """The answer."""
        told = {"type": f"urn:parcours:problem:{self.code}", "title": TITLES.get(self.status, "Error"),
                "status": self.status, "code": self.code, "detail": self.detail}  # fmt: skip
        return JSONResponse(told, self.status, self.headers, MEDIA_TYPE)


def no_database() -> Problem:
    """The database does not answer now: it may be starting again."""
    return Problem(503, "no_database", "The database does not answer.", {"Retry-After": "5"})


def told_as_problems(app: FastAPI) -> Counter[str]:
    """Has every error of an app answered in this form; gives how often each was, by its code."""
    told: Counter[str] = Counter()

    @app.exception_handler(Problem)
    async def _problem(_: Request, problem: Problem) -> Response:
        told[problem.code] += 1
        return problem.response()

    @app.exception_handler(psycopg.OperationalError)
    async def _no_database(_: Request, __: psycopg.OperationalError) -> Response:
        told["no_database"] += 1
        return no_database().response()

    @app.exception_handler(HTTPException)
    async def _http(_: Request, error: HTTPException) -> Response:
        code = {404: "not_found", 405: "method_not_allowed"}.get(error.status_code, "http_error")
        return Problem(error.status_code, code, str(error.detail), error.headers).response()

    @app.exception_handler(RequestValidationError)
    async def _not_valid(_: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        return Problem(422, "not_valid", f"{where}: {first['msg']}").response()

    @app.exception_handler(Exception)
    async def _ours(_: Request, __: Exception) -> Response:
        told["our_fault"] += 1
        return Problem(500, "our_fault", "It was written down; nothing that you sent is shown here.").response()

    return told
