"""Reads the calls of Segment's HTTP API: identify, track, page, screen, group, alias, alone or in a batch.

Source: Segment's spec (common fields, e-commerce) and its HTTP API's limits: 32 KB a call, 500 KB a batch. The clock of
who sends is mended: `timestamp = receivedAt - (sentAt - originalTimestamp)`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

import msgspec

from parcours.collect.seeing import cut

CALLS = ("identify", "track", "page", "screen", "group", "alias")
LARGEST_CALL = 32 * 1024  # bytes
LARGEST_BATCH = 500 * 1024
LONGEST_ID = 255  # characters of an identifier or of a name; messageId is cut nowhere, but hashed
AHEAD = timedelta(hours=1)  # how far a mended clock may run ahead of ours
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
REMEMBERED = 50_000  # senders whose number need not be worked out again
_NONE = timedelta(0)


class Refusal(Exception):
    """A request that is refused whole: nothing of it is kept. `code` names the sentence, `status` is HTTP's."""

    def __init__(self, code: str, detail: str, status: int = 400) -> None:
        super().__init__(detail)
        self.code, self.detail, self.status = code, detail, status


class Collected(msgspec.Struct, frozen=True, gc=False):
    """One message that is kept: who sent it when, what happened, and the message as it came."""

    digest: bytes  # what tells it from others: 16 bytes
    source: str
    kind: str
    name: str | None
    subject: int
    user_id: str | None
    anonymous_id: str | None
    event_time: datetime
    received_at: datetime
    body: str
    consent: Mapping[str, bool] | None = None  # yes or no by category, where the message says it
    properties: Mapping[str, Any] | None = None  # of an event, else the traits
    address: str | None = None  # the visitor's, where a server tells it: used to find the country, and not kept
    program: str | None = None  # likewise

    @property
    def key(self) -> UUID:
        """What tells it from others."""
        return UUID(bytes=self.digest)


@dataclass(frozen=True, slots=True)
class Rejected:
    """One message that cannot be kept: the reason, and the original."""

    key: UUID
    source: str
    reason: str
    detail: str
    received_at: datetime
    body: str


class Preferences(msgspec.Struct, rename="camel", gc=False):
    """What a cookie banner heard, by category."""

    category_preferences: dict[str, Any] | None = None


class Context(msgspec.Struct, gc=False):
    """What we look at of a message's context."""

    consent: Preferences | None = None
    ip: Any = None
    user_agent: Any = msgspec.field(default=None, name="userAgent")


class _Fields(msgspec.Struct, rename="camel", gc=False):
    type: str | None = None
    user_id: str | int | float | None = None
    anonymous_id: str | int | float | None = None
    message_id: str | int | None = None
    timestamp: str | None = None
    original_timestamp: str | None = None
    sent_at: str | None = None
    event: str | None = None
    name: str | None = None
    group_id: str | int | float | None = None
    previous_id: str | int | float | None = None
    properties: Any = None
    traits: Any = None


class Message(_Fields, gc=False):
    """What we look at of a message; the rest is kept unread."""

    context: Context | None = None


class _Odd(_Fields, gc=False):
    context: Any = None


class Batch(msgspec.Struct, rename="camel"):
    """Several messages, with the clock of who sends them."""

    batch: list[msgspec.Raw]
    sent_at: str | None = None


class _Wrong(Exception):
    def __init__(self, reason: str, detail: str) -> None:
        self.reason, self.detail = reason, detail


_ADDRESS = re.compile(r'("ip"\s*:\s*)"([^"\\]*)"')  # in what cannot be read as a message
_CANNOT_BE_READ = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
_message = msgspec.json.Decoder(Message)
_odd = msgspec.json.Decoder(_Odd)
_batch = msgspec.json.Decoder(Batch)
_NO_CONTEXT = Context()


def read_call(body: bytes, kind: str, *, source: str, now: datetime, user: str = "login") -> Collected:
    """One call, its kind named by the address it came to; `user` is the kind of identifier that `userId` is.

    Raises Refusal for what Segment's spec answers with 400.
    """
    if len(body) > LARGEST_CALL:
        raise Refusal("too_large", f"A call is at most 32 KB; this one has {len(body)} bytes.")
    try:
        return _read(body, kind, sent=None, source=source, now=now, user_kind=user)
    except _Wrong as wrong:
        raise Refusal(wrong.reason, wrong.detail) from None


def read_batch(body: bytes, *, source: str, now: datetime, user: str = "login") -> Iterator[Collected | Rejected]:
    """The messages of a batch, each kept or rejected on its own. Raises Refusal for a batch that cannot be read."""
    if len(body) > LARGEST_BATCH:
        raise Refusal("too_large", f"A batch is at most 500 KB; this one has {len(body)} bytes.")
    try:
        batch = _batch.decode(body)
    except _CANNOT_BE_READ as error:
        raise Refusal("not_json", _cannot_be_read(error)) from None
    return _each(batch, source, now, user)


def _each(batch: Batch, source: str, now: datetime, user: str) -> Iterator[Collected | Rejected]:
    sent = _time(batch.sent_at)
    for raw in batch.batch:
        body = bytes(raw)
        try:
            if len(body) > LARGEST_CALL:
                raise _Wrong("too_large", f"a message is at most 32 KB; this one has {len(body)} bytes")
            yield _read(body, None, sent=sent, source=source, now=now, user_kind=user)
        except _Wrong as wrong:
            text = body[:LARGEST_CALL].decode("utf-8", errors="replace").replace("\x00", "\ufffd")
            kept = _ADDRESS.sub(lambda found: f'{found[1]}"{cut(found[2]) or ""}"', text)
            yield Rejected(UUID(bytes=_digest(source, text.encode())), source, wrong.reason, wrong.detail, now, kept)


def _read(
    body: bytes, kind: str | None, *, sent: datetime | None, source: str, now: datetime, user_kind: str
) -> Collected:
    message, context, text = _decoded(body)
    kind = kind or message.type or ""
    if kind not in CALLS:
        raise _Wrong("unknown_type", f"'type' must be one of {', '.join(CALLS)}")
    user, anonymous = _identifier(message.user_id, "userId"), _identifier(message.anonymous_id, "anonymousId")
    _complete(message, kind, user, anonymous)
    name = message.event if kind == "track" else message.name if kind in ("page", "screen") else None
    ip, program = context.ip, context.user_agent
    return Collected(
        digest=_digest(source, body if message.message_id in (None, "") else str(message.message_id).encode()),
        source=source,
        kind=kind,
        name=None if name is None else name.replace("\x00", "")[:LONGEST_ID],
        subject=subject(f"cookie={anonymous}" if anonymous is not None else f"{user_kind}={user}"),
        user_id=user,
        anonymous_id=anonymous,
        event_time=_event_time(message, sent or _time(message.sent_at), now),
        received_at=now,
        body=_cut(text, ip) if isinstance(ip, str) else text,
        consent=_consent(context),
        properties=message.traits if kind in ("identify", "group") else message.properties,
        address=ip if isinstance(ip, str) else None,
        program=program if isinstance(program, str) else None,
    )


def _decoded(body: bytes) -> tuple[_Fields, Context, str]:
    """The message read, with what its context says, and as text."""
    try:
        text = body.decode("utf-8")
        try:
            message = _message.decode(body)
            return message, message.context or _NO_CONTEXT, text
        except msgspec.ValidationError:
            odd = _odd.decode(body)
            return odd, _told_oddly(odd.context), text
    except _CANNOT_BE_READ as error:
        raise _Wrong("not_json", _cannot_be_read(error)) from None


def _told_oddly(context: Any) -> Context:
    """A context that is not written as it should be: it says nothing of consent, and an address in it is still cut."""
    return Context(None, context.get("ip"), context.get("userAgent")) if isinstance(context, dict) else _NO_CONTEXT


def _consent(context: Context) -> dict[str, bool] | None:
    """What the message says of consent; what is not a plain yes or no says nothing."""
    if context.consent is None:
        return None
    said = context.consent.category_preferences
    return {name: answer for name, answer in (said or {}).items() if answer is True or answer is False}


def _cut(text: str, address: str) -> str:
    """A message in which a server tells its visitor's address, with the address cut."""
    short = cut(address)
    if short is not None and f'"{address}"' in text:
        return text.replace(f'"{address}"', f'"{short}"')
    body = msgspec.json.decode(text)  # not an address, or written in an unusual way
    body["context"]["ip"] = short
    return msgspec.json.encode(body).decode()


def _complete(message: _Fields, kind: str, user: str | None, anonymous: str | None) -> None:
    for name, told in (("properties", message.properties), ("traits", message.traits)):
        if told is not None and type(told) is not dict:
            raise _Wrong("not_an_object", f"'{name}' must be an object")
    if kind == "track" and not message.event:
        raise _Wrong("no_event", "a track call names its 'event'")
    if user is None and anonymous is None:
        raise _Wrong("no_identifier", "a call has a 'userId' or an 'anonymousId'")
    if kind == "alias" and (user is None or _identifier(message.previous_id, "previousId") is None):
        raise _Wrong("no_previous_id", "an alias call has a 'userId' and a 'previousId'")
    if kind == "group" and _identifier(message.group_id, "groupId") is None:
        raise _Wrong("no_group", "a group call has a 'groupId'")


def _identifier(value: str | int | float | None, name: str) -> str | None:
    """An identifier as text; none when it is empty. Raises _Wrong for one that is too long."""
    if value is None:
        return None
    text = (value if type(value) is str else str(value)).replace("\x00", "").strip()
    if len(text) > LONGEST_ID:
        raise _Wrong("identifier_too_long", f"'{name}' has at most {LONGEST_ID} characters")
    return text or None


def _event_time(message: _Fields, sent: datetime | None, now: datetime) -> datetime:
    """When it happened by our clock; a time that cannot be is the time it was received."""
    original = _time(message.original_timestamp)
    stated = _time(message.timestamp)
    if original is None and sent is not None:
        original = stated
    if original is not None and sent is not None:
        late = sent - original
        return now - late if _NONE <= late <= now - EARLIEST else now
    happened = stated or original or now
    return happened if EARLIEST <= happened <= now + AHEAD else now


def _time(text: str | None) -> datetime | None:
    """An ISO 8601 time; without a zone it is UTC. None when it is none."""
    if not text:
        return None
    try:
        time = datetime.fromisoformat(text)
        if time.tzinfo is UTC:
            return time
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


@lru_cache(REMEMBERED)
def subject(who: str) -> int:
    """The number under which what somebody sends is found again: the engine's `hash63` of `kind=value`.

    It is the id that the batch gives the record of what is sent under this value alone.
    """
    return int.from_bytes(hashlib.md5(who.encode(), usedforsecurity=False).digest()[:8], "little") & (2**63 - 1)


def _digest(source: str, what: bytes) -> bytes:
    return hashlib.blake2b(source.encode() + b"\x00" + what, digest_size=16).digest()


def _cannot_be_read(error: Exception) -> str:
    """What is wrong with some JSON, without any of it."""
    return f"this is not the JSON of a message: {str(error).splitlines()[0][:200]}"
