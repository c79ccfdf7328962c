"""Lets pages of the retailer's sites call from a browser (CORS): from the sites that a key names, else from any."""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from parcours.server.door import Door
from parcours.server.problems import Problem

_PREFLIGHT = {"Access-Control-Allow-Methods": "GET, POST, OPTIONS", "Access-Control-Max-Age": "86400"}


class FromBrowsers:
    """Answers what browsers ask before a call, and says whose pages may read the answer."""

    def __init__(self, app: ASGIApp, door: Door) -> None:
        self._app, self._door = app, door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        origin = Headers(scope=scope).get("origin") if scope["type"] == "http" else None
        if origin is None:
            await self._app(scope, receive, send)
        elif scope["method"] == "OPTIONS" and "access-control-request-method" in Headers(scope=scope):
            await (await self._preflight(scope, origin))(scope, receive, send)
        else:
            await self._app(scope, receive, self._told(send, origin))

    async def _preflight(self, scope: Scope, origin: str) -> Response:
        if not await self._door.allows_origin(origin):
            return Problem(403, "wrong_site", "No key may be used from this site.").response()
        asked = Headers(scope=scope).get("access-control-request-headers", "")
        return Response(
            status_code=204, headers={**_PREFLIGHT, "Access-Control-Allow-Headers": asked, **_readable(origin)}
        )

    def _told(self, send: Send, origin: str) -> Send:
        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_readable(origin))
            await send(message)

        return told


def _readable(origin: str) -> dict[str, str]:
    return {"Access-Control-Allow-Origin": origin, "Access-Control-Allow-Credentials": "true", "Vary": "Origin"}
