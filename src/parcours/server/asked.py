"""What is asked in an address and in a body of JSON, and how OpenAPI tells it."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec
from fastapi import Request

from parcours.model import person as people
from parcours.model.api_key import ApiKey
from parcours.server.door import Door
from parcours.server.keys import from_header
from parcours.server.problems import Problem

LARGEST = 512 * 1024  # bytes of a body
T = TypeVar("T")


def person_of(text: str) -> int:
    try:
        number = people.parse(text)
    except ValueError:
        raise Problem(422, "no_person", "A person's id looks like per_0123456789abcdef.") from None
    if not 0 <= number < 2**63:
        raise Problem(422, "no_person", "There is no such id.")
    return number


async def key_of(door: Door, request: Request, scope: str) -> ApiKey:
    return await door.key(
        from_header(request.headers.get("authorization")), scope, origin=request.headers.get("origin")
    )


async def body_of(request: Request, shape: type[T], *, largest: int = LARGEST) -> T:
    """The body as it should be. Raises Problem for one that is too large or of another shape."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > largest:
            raise Problem(413, "too_large", f"A body has at most {largest // 1024} KB.")
    try:
        return msgspec.json.decode(bytes(body) or b"{}", type=shape)
    except msgspec.ValidationError as error:
        raise Problem(422, "not_valid", str(error)) from None
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise Problem(400, "not_json", "This is not JSON.") from None


def asks(shape: type) -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": _schema(shape)}}},
            "security": [{"writeKey": []}]}  # fmt: skip


def answers(done: str) -> dict[int | str, dict[str, Any]]:
    return {
        200: {"description": done, "content": {"application/json": {"schema": {"type": "object"}}}},
        400: {"description": "It is not JSON."},
        401: {"description": "The key is missing or not valid."},
        403: {"description": "The key may not do this, or not from this site."},
        413: {"description": "It is too large."},
        422: {"description": "It cannot be used; `code` and `detail` say why."},
        503: {"description": "It cannot be done here yet; `detail` says why."},
    }


def _schema(shape: type) -> Any:
    """The shape as OpenAPI tells it, what it is made of within."""
    (top,), parts = msgspec.json.schema_components([shape])

    def whole(node: Any) -> Any:
        if isinstance(node, dict):
            named = parts.get(str(node.get("$ref", "")).rpartition("/")[2])
            return whole(named) if named is not None else {key: whole(value) for key, value in node.items()}
        return [whole(each) for each in node] if isinstance(node, list) else node

    return whole(top)
