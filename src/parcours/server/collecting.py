"""Where sites, apps and servers send what happens: Segment's HTTP API, as its libraries and RudderStack's speak it."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
from starlette.datastructures import QueryParams
from starlette.types import ASGIApp, Receive, Scope, Send

from parcours.collect.keeping import Busy
from parcours.collect.message import CALLS, LARGEST_BATCH, LONGEST_ID, Refusal
from parcours.live import Caller
from parcours.server.door import Door
from parcours.server.keys import from_header
from parcours.server.problems import Problem

SHORT = {"i": "identify", "t": "track", "p": "page", "s": "screen", "g": "group", "a": "alias"}
BATCHES = ("batch", "b", "import")
_KINDS = {
    f"/v1/{name}": kind
    for name, kind in (*((kind, kind) for kind in CALLS), *SHORT.items(), *((name, "batch") for name in BATCHES))
}
_KINDS["/beacon/v1/batch"] = "batch"
_INFLATED = LARGEST_BATCH + 1  # no more than this is ever unpacked, or kept in memory
_HEARD_OUT = 64 * 1024 * 1024  # bytes up to which a caller is heard out, so that the answer is heard too


class _WriteKey(msgspec.Struct, rename="camel"):
    write_key: str | None = None


_write_key = msgspec.json.Decoder(_WriteKey)


class Collecting:
    """Answers the addresses that collect, before anything else looks at a request: most requests are these."""

    def __init__(self, app: ASGIApp, door: Door, told: Counter[str]) -> None:
        self._app, self._door, self._told = app, door, told

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kind = _KINDS.get(scope["path"]) if scope["type"] == "http" else None
        if kind is None:
            await self._app(scope, receive, send)
            return
        try:
            if scope["method"] != "POST":
                raise Problem(405, "method_not_allowed", "Send this with POST.", {"Allow": "POST"})
            await self._collect(scope, receive, kind)
        except Problem as problem:
            self._told[problem.code] += 1
            await problem.response()(scope, receive, send)
            return
        await send({**_BEGUN})  # others add headers to it
        await send(_ENDED)

    async def _collect(self, scope: Scope, receive: Receive, kind: str) -> None:
        headers = dict(scope["headers"])
        body = await _body(receive, headers)
        key = await self._door.key(_given(scope, headers, body), "collect", origin=_header(headers, b"origin"))
        caller = Caller(key.key_id, scope["client"][0] if scope["client"] else None, _header(headers, b"user-agent"))
        live, now = self._door.live, datetime.now(UTC)
        try:
            if kind == "batch":
                await live.collect_batch(body, source=key.source, caller=caller, now=now)
            else:
                await live.collect(body, kind, source=key.source, caller=caller, now=now)
        except Refusal as refusal:
            raise Problem(refusal.status, refusal.code, refusal.detail) from None
        except Busy as busy:
            again = {"Retry-After": str(busy.after)}
            raise Problem(429, "busy", "More arrives than can be kept: send it again.", again) from None


_DONE = {"success": True}
_SAID = msgspec.json.encode(_DONE)
_BEGUN = {"type": "http.response.start", "status": 200,
          "headers": [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(_SAID))]}  # fmt: skip
_ENDED = {"type": "http.response.body", "body": _SAID}


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


_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"description": "It is on disk.", "content": {"application/json": {"example": _DONE}}},
    400: {"description": "It cannot be read, or it is too large."},
    401: {"description": "The key is missing or not valid."},
    403: {"description": "The key may not collect, or not from this site."},
    429: {"description": "Too much at once: send it again after `Retry-After` seconds."},
}


def paths() -> dict[str, Any]:
    """The addresses that collect, as OpenAPI tells them: those with their long names."""
    return {f"/v1/{kind}": {"post": _operation(kind)} for kind in (*CALLS, "batch")}


def _operation(kind: str) -> dict[str, Any]:
    schema = _BATCH if kind == "batch" else _CALL
    return {
        "tags": ["collect"],
        "summary": f"Keeps {'a batch of calls' if kind == 'batch' else f'one {kind} call'}.",
        "operationId": f"collect_{kind}",
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
        "security": [{"writeKey": []}],
        "responses": _ANSWERS,
    }


def _header(headers: Mapping[bytes, bytes], name: bytes) -> str | None:
    found = headers.get(name)
    return None if found is None else found.decode("latin-1")


def _given(scope: Scope, headers: Mapping[bytes, bytes], body: bytes) -> str | None:
    """The write key: in the header, in the address (beacons), or in the body (the browser's library)."""
    asked = scope["query_string"]
    found = from_header(_header(headers, b"authorization")) or (
        QueryParams(asked).get("writeKey") if asked else None
    )  # fmt: skip
    if found:
        return found
    try:
        return _write_key.decode(body).write_key
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


async def _body(receive: Receive, headers: Mapping[bytes, bytes]) -> bytes:
    """The body, unpacked; never more than a batch may hold. Raises Problem for one that is larger."""
    received = await _received(receive)
    if b"gzip" not in headers.get(b"content-encoding", b""):
        return received
    unpack = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        body = unpack.decompress(received, _INFLATED)
    except zlib.error:
        raise Problem(400, "not_gzip", "The body says it is gzip and is not.") from None
    if len(body) >= _INFLATED:
        raise _too_large()
    return body


async def _received(receive: Receive) -> bytes:
    """What was sent; who sends far too much is heard out, so that the answer is heard too."""
    parts, length, more = [], 0, True
    while more and length <= _HEARD_OUT:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Problem(400, "gone", "The caller went before all was sent.")
        chunk, more = message.get("body", b""), message.get("more_body", False)
        length += len(chunk)
        if length <= _INFLATED:
            parts.append(chunk)
    if length > _INFLATED:
        raise _too_large()
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _too_large() -> Problem:
    return Problem(400, "too_large", "A call is at most 32 KB, a batch at most 500 KB.")
