"""What the browser's libraries ask before they send: their settings, which name this server as the place to send to."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from parcours.server.door import Door
from parcours.server.keys import from_header


def routes(door: Door) -> APIRouter:
    """The addresses where libraries read their settings: Segment's by key, RudderStack's by name."""
    router = APIRouter(tags=["collect"])

    @router.get("/v1/projects/{key}/settings", summary="The settings of Segment's library for browsers.",
                responses=_ANSWERS)  # fmt: skip
    async def segment(request: Request, key: str) -> dict[str, Any]:
        await door.key(key, "collect", origin=request.headers.get("origin"))
        here = request.url
        sends = {"apiKey": key, "apiHost": f"{here.netloc}/v1", "protocol": here.scheme}
        return {"integrations": {"Segment.io": sends}, "plan": {}}

    @router.get("/sourceConfig", summary="The settings of RudderStack's library for browsers.", responses=_ANSWERS)
    @router.get("/sourceConfig/", include_in_schema=False)
    async def rudderstack(request: Request) -> dict[str, Any]:
        given = from_header(request.headers.get("authorization")) or request.query_params.get("writeKey")
        key = await door.key(given, "collect", origin=request.headers.get("origin"))
        source = {"id": key.key_id, "name": key.source, "workspaceId": "parcours", "enabled": True,
                  "config": {"statsCollection": {"errors": {"enabled": False}, "metrics": {"enabled": False}}},
                  "destinations": []}  # fmt: skip
        return {"source": source}

    return router


_ANSWERS: dict[int | str, dict[str, Any]] = {
    401: {"description": "The key is missing or not valid."},
    403: {"description": "The key may not collect, or not from this site."},
}
