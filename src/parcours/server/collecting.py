"""Where sites, apps and servers send what happens: Segment's HTTP API, as its libraries and RudderStack's speak it."""

from __future__ import annotations

import zlib
from datetime import UTC, datetime
from typing import Any

import msgspec
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from parcours.collect.keeping import Busy
from parcours.collect.message import CALLS, LARGEST_BATCH, LONGEST_ID, Refusal
from parcours.live import Caller, Live
from parcours.model.api_key import ApiKey
from parcours.server.door import Door
from parcours.server.keys import from_header
from parcours.server.problems import Problem

SHORT = {"i": "identify", "t": "track", "p": "page", "s": "screen", "g": "group", "a": "alias"}
BATCHES = ("batch", "b", "import")
_DONE = {"success": True}
_INFLATED = LARGEST_BATCH + 1  # no more than this is ever unpacked, or kept in memory
_HEARD_OUT = 64 * 1024 * 1024  # bytes up to which a caller is heard out, so that the answer is heard too


class _WriteKey(msgspec.Struct, rename="camel"):
    write_key: str | None = None


_write_key = msgspec.json.Decoder(_WriteKey)


def routes(door: Door) -> APIRouter:
    """The addresses that collect."""
    router = APIRouter(tags=["collect"])

    async def call(request: Request, live: Live, key: ApiKey, body: bytes, kind: str) -> None:
        await live.collect(body, kind, source=key.source, caller=_caller(request, key), now=datetime.now(UTC))

    async def batch(request: Request, live: Live, key: ApiKey, body: bytes, _: str) -> None:
        await live.collect_batch(body, source=key.source, caller=_caller(request, key), now=datetime.now(UTC))

    def address(path: str, kind: str, does: Any, *, shown: bool) -> None:
        async def collect(request: Request) -> Response:
            body = await _body(request)
            key = door.key(_given(request, body), "collect", origin=request.headers.get("origin"))
            try:
                await does(request, door.live, key, body, kind)
            except Refusal as refusal:
                raise Problem(refusal.status, refusal.code, refusal.detail) from None
            except Busy as busy:
                raise Problem(
                    429, "busy", "More arrives than can be kept: send it again.", {"Retry-After": str(busy.after)}
                ) from None
            return JSONResponse(_DONE)

        summary = f"Keeps {'a batch of calls' if kind == 'batch' else f'one {kind} call'}."
        router.add_api_route(path, collect, methods=["POST"], summary=summary, include_in_schema=shown, name=path,
                             openapi_extra=_told(_BATCH if kind == "batch" else _CALL), responses=_ANSWERS)  # fmt: skip

    for kind in CALLS:
        address(f"/v1/{kind}", kind, call, shown=True)
    for short, kind in SHORT.items():
        address(f"/v1/{short}", kind, call, shown=False)
    for name in BATCHES:
        address(f"/v1/{name}", "batch", batch, shown=name == "batch")
    address("/beacon/v1/batch", "batch", batch, shown=False)
    return router


_TEXT = {"type": "string"}
_ID = {"type": ["string", "number", "null"], "maxLength": LONGEST_ID}
_CALL: dict[str, Any] = {
    "type": "object",
    "properties": {
        **dict.fromkeys(("userId", "anonymousId", "previousId", "groupId"), _ID),
        **dict.fromkeys(("messageId", "event", "name"), _TEXT),
        **{time: {"type": "string", "format": "date-time"} for time in ("timestamp", "sentAt", "originalTimestamp")},
        **{name: {"type": "object"} for name in ("properties", "traits", "context", "integrations")},
    },
    "anyOf": [{"required": ["userId"]}, {"required": ["anonymousId"]}],
}
_EACH = {**_CALL, "properties": {**_CALL["properties"], "type": {"enum": list(CALLS)}}, "required": ["type"]}
_BATCH = {
    "type": "object",
    "properties": {"batch": {"type": "array", "items": _EACH}, "sentAt": {"type": "string", "format": "date-time"}},
    "required": ["batch"],
}


def _told(schema: dict[str, Any]) -> dict[str, Any]:
    return {
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
        "security": [{"writeKey": []}],
    }


_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"description": "It is on disk.", "content": {"application/json": {"example": _DONE}}},
    400: {"description": "It cannot be read, or it is too large."},
    401: {"description": "The key is missing or not valid."},
    403: {"description": "The key may not collect, or not from this site."},
    429: {"description": "Too much at once: send it again after `Retry-After` seconds."},
}


def _given(request: Request, body: bytes) -> str | None:
    """The write key: in the header, in the address (beacons), or in the body (the browser's library)."""
    found = from_header(request.headers.get("authorization")) or request.query_params.get("writeKey")
    if found:
        return found
    try:
        return _write_key.decode(body).write_key
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


async def _body(request: Request) -> bytes:
    """The body, unpacked; never more than a batch may hold. Raises Problem for one that is larger."""
    received = bytearray()
    length = 0
    async for chunk in request.stream():
        length += len(chunk)
        if length <= _INFLATED:
            received += chunk
        elif length > _HEARD_OUT:
            break
    if length > _INFLATED:
        raise _too_large()
    if "gzip" not in request.headers.get("content-encoding", ""):
        return bytes(received)
    unpack = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        body = unpack.decompress(bytes(received), _INFLATED)
    except zlib.error:
        raise Problem(400, "not_gzip", "The body says it is gzip and is not.") from None
    if len(body) >= _INFLATED:
        raise _too_large()
    return body


def _too_large() -> Problem:
    return Problem(400, "too_large", "A call is at most 32 KB, a batch at most 500 KB.")


def _caller(request: Request, key: ApiKey) -> Caller:
    return Caller(key.key_id, request.client.host if request.client else None, request.headers.get("user-agent"))
