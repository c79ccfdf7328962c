"""Puts the server together: its addresses, its errors, who may call from a browser."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI

from parcours import live as corridor
from parcours.consent import Register
from parcours.live import Live
from parcours.project import Project
from parcours.server import collecting, consenting, deciding, libraries, people, questionnaires, standing
from parcours.server.browsers import FromBrowsers
from parcours.server.door import Door
from parcours.server.problems import told_as_problems


def create(project: Project, register: Register, *pages: Callable[[Callable[[], Live]], APIRouter]) -> FastAPI:
    """The server's application over a database that is open; `pages` are those that people see."""
    door = Door()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with corridor.running(project, register) as door.live:
            gc.collect()
            gc.freeze()  # what is there now stays: to look through it again and again would stop the server each time
            yield

    app = FastAPI(title="Parcours", version="1", lifespan=lifespan, docs_url=None, redoc_url=None,
                  openapi_url="/v1/openapi.json", redirect_slashes=False)  # fmt: skip
    told = told_as_problems(app)
    app.include_router(libraries.routes(door))
    app.include_router(consenting.routes(door))
    app.include_router(people.routes(door))
    app.include_router(deciding.routes(door))
    app.include_router(questionnaires.routes(door))
    for page in pages:
        app.include_router(page(lambda: door.live))
    app.include_router(standing.routes(register.database, door, told))
    app.add_middleware(collecting.Collecting, door=door, told=told)
    app.add_middleware(FromBrowsers, door=door)
    app.openapi()["paths"] = {**collecting.paths(), **app.openapi()["paths"]}
    app.openapi()["components"] = {**app.openapi().get("components", {}), "securitySchemes": _KEYS}
    return app


_KEYS = {"writeKey": {"type": "http", "scheme": "basic", "description": "The key as user name, without a password."}}
