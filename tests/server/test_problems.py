"""A fault of the database is told as one that passes, whatever was asked."""

from __future__ import annotations

import asyncio
from typing import Any

import psycopg
from fastapi import FastAPI

from parcours.server.problems import told_as_problems


def ask(app: FastAPI, path: str) -> tuple[int, dict[bytes, bytes], bytes]:
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
             "path": path, "raw_path": path.encode(), "query_string": b"", "headers": []}  # fmt: skip
    asyncio.run(app(scope, receive, send))
    return sent[0]["status"], dict(sent[0]["headers"]), b"".join(message.get("body", b"") for message in sent[1:])


def test_a_database_that_does_not_answer_is_told_with_when_to_come_again() -> None:
    app = FastAPI()
    told = told_as_problems(app)

    @app.get("/asked")
    async def asked() -> None:
        raise psycopg.OperationalError("connection to ana@example.com failed")

    status, headers, body = ask(app, "/asked")
    assert (status, headers[b"retry-after"]) == (503, b"5")
    assert b"no_database" in body and b"ana@" not in body
    assert told == {"no_database": 1}
