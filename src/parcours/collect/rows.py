"""Messages as rows of PostgreSQL's binary COPY (manual, COPY, "Binary Format")."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from struct import Struct

from parcours.collect.message import Collected

REMEMBERED = 10_000  # short texts whose bytes need not be made again
_BEGIN = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
_END = b"\xff\xff"
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_KEY = Struct("!hi16s")  # how many columns, then the first
_NUMBERS = Struct("!iqiqiq")  # subject, event_time, received_at
_LENGTH = Struct("!i")
_NULL = _LENGTH.pack(-1)


def rows(messages: Iterable[tuple[Collected, str]]) -> bytes:
    """The rows of messages, each with what the server saw of the caller, in the order of the query `take`."""
    parts = [_BEGIN]
    for one, seen in messages:
        body = one.body.encode()
        parts += (
            _KEY.pack(9, 16, one.digest),
            _text(one.source),
            _text(one.kind),
            _text(one.name),
            _NUMBERS.pack(8, one.subject, 8, (one.event_time - _EPOCH) // _MICROSECOND, 8, _time(one.received_at)),
            _text(seen),
            _LENGTH.pack(len(body)),
            body,
        )
    parts.append(_END)
    return b"".join(parts)


@lru_cache(REMEMBERED)
def _text(text: str | None) -> bytes:
    if text is None:
        return _NULL
    written = text.encode()
    return _LENGTH.pack(len(written)) + written


@lru_cache(REMEMBERED)
def _time(time: datetime) -> int:
    """Microseconds; what came in one request came at one time."""
    return (time - _EPOCH) // _MICROSECOND
