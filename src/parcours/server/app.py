"""Puts the server together: its addresses, its errors, who may call from a browser."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import psycopg
from fastapi import APIRouter, FastAPI
from fastapi.responses import PlainTextResponse

from parcours import live as corridor
from parcours.consent import Register
from parcours.live import Live
from parcours.project import Project
from parcours.server import collecting, consenting, libraries, people
from parcours.server.browsers import FromBrowsers
from parcours.server.door import Door
from parcours.server.problems import Problem, told_as_problems
from parcours.state import Database, queries


def create(project: Project, register: Register, *pages: Callable[[Callable[[], Live]], APIRouter]) -> FastAPI:
    """The server's application over a database that is open; `pages` are those that people see."""
    door = Door()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with corridor.running(project, register) as door.live:
            yield

    app = FastAPI(title="Parcours", version="1", lifespan=lifespan, docs_url=None, redoc_url=None,
                  openapi_url="/v1/openapi.json", redirect_slashes=False)  # fmt: skip
    told_as_problems(app)
    app.include_router(collecting.routes(door))
    app.include_router(libraries.routes(door))
    app.include_router(consenting.routes(door))
    app.include_router(people.routes(door))
    for page in pages:
        app.include_router(page(lambda: door.live))
    _standing(app, register.database, door)
    app.add_middleware(FromBrowsers, door=door)
    app.openapi()["components"] = {**app.openapi().get("components", {}), "securitySchemes": _KEYS}
    return app


_KEYS = {"writeKey": {"type": "http", "scheme": "basic", "description": "The key as user name, without a password."}}


def _standing(app: FastAPI, database: Database, door: Door) -> None:
    @app.get("/health", tags=["standing"], summary="Whether the process runs.")
    def health() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/ready", tags=["standing"], summary="Whether what is sent can be kept.",
             responses={503: {"description": "The database does not answer."}})  # fmt: skip
    def ready() -> dict[str, str]:
        try:
            database.run(queries("standing")["answers"])
        except (RuntimeError, psycopg.Error):
            raise Problem(503, "no_database", "The database does not answer.", {"Retry-After": "5"}) from None
        return {"status": "ok"}

    @app.get("/metrics", tags=["standing"], summary="Counts since the start, for Prometheus.",
             response_class=PlainTextResponse)  # fmt: skip
    def metrics() -> str:
        kept = door.live.keeper.kept
        told = {"new": kept.new, "repeated": kept.repeated, "rejected": kept.rejected}
        lines = ["# HELP parcours_messages_total Messages collected since the start, by what became of them.",
                 "# TYPE parcours_messages_total counter"]  # fmt: skip
        lines += [f'parcours_messages_total{{what="{what}"}} {count}' for what, count in told.items()]
        lines += ["# HELP parcours_commits_total Commits of collected messages.",
                  "# TYPE parcours_commits_total counter", f"parcours_commits_total {kept.commits}", ""]  # fmt: skip
        return "\n".join(lines)
