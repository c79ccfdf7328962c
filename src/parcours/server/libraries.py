"""What browsers ask before they send: our own script, and the settings of others' libraries, which name this server."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from parcours.server.door import Door
from parcours.server.keys import from_header


def routes(door: Door) -> APIRouter:
    """Our script, and the addresses where libraries read their settings: Segment's by key, RudderStack's by name."""
    router = APIRouter(tags=["collect"])

    @router.get("/parcours.js", summary="The script that fills slots of pages.", response_class=Response,
                responses={200: {"content": {"text/javascript": {}}}, 304: {"description": "Same."}})  # fmt: skip
    async def script(request: Request) -> Response:
        text, tag = _script()
        headers = {"ETag": tag, "Cache-Control": "public, max-age=3600", "X-Content-Type-Options": "nosniff",
                   "Cross-Origin-Resource-Policy": "cross-origin"}  # fmt: skip
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        return Response(text, media_type="text/javascript", headers=headers)

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


@cache
def _script() -> tuple[bytes, str]:
    """Our script, and what tells this version of it from others."""
    text = (files("parcours.server") / "static" / "parcours.js").read_bytes()
    return text, f'"{hashlib.sha256(text).hexdigest()[:16]}"'


_ANSWERS: dict[int | str, dict[str, Any]] = {
    401: {"description": "The key is missing or not valid."},
    403: {"description": "The key may not collect, or not from this site."},
}
