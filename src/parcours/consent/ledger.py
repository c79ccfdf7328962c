"""The ledger: what people said of the use of their data, when, to which text, and what proves it. It is only added to.

What holds now is the latest by the time it was said, whatever came in first; of two at the same moment, no beats yes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import DictRow

from parcours.consent.declared import Declared
from parcours.state import queries
from parcours.state.database import rows

STATES = ("granted", "denied", "objected")
AHEAD = timedelta(minutes=5)  # how far the clock of who tells us may run ahead of ours
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LONGEST = 255  # characters of a source, a version, a language
LONGEST_PROOF = 2000
_QUERIES = queries("consent")


class NotSaid(ValueError):
    """A statement that cannot be written down. `code` is for programs; the message is a sentence."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


@dataclass(frozen=True, kw_only=True)
class Statement:
    """What somebody said: a person, or whoever an identifier belongs to (`subject` is its hash), or both.

    Without a channel it is of all channels of the purpose. `state` is granted, denied or objected.
    """

    person: int | None = None
    subject: int | None = None
    purpose: str
    channel: str | None = None
    state: str
    at: datetime
    source: str
    text_version: str | None = None
    language: str | None = None
    proof: str | None = None

    @property
    def key(self) -> UUID:
        """What tells this statement from others: the hash of all of it."""
        said = [self.person, self.subject, self.purpose, self.channel, self.state, self.at.isoformat(), self.source,
                self.text_version, self.language, self.proof]  # fmt: skip
        return UUID(bytes=hashlib.blake2b(json.dumps(said).encode(), digest_size=16).digest())


def checked(statement: Statement, declared: Declared, *, now: datetime) -> Statement:
    """The statement as it is written down: never in the future. Raises NotSaid for what the project does not know."""
    purpose = declared.purposes.get(statement.purpose)
    if purpose is None:
        raise NotSaid("unknown_purpose", f"There is no such purpose. There is {', '.join(declared.purposes)}.")
    if statement.channel is not None and statement.channel not in purpose.channels:
        raise NotSaid("unknown_channel", "This purpose does not use such a channel. "
                      f"There is {', '.join(purpose.channels) or 'none'}.")  # fmt: skip
    if statement.state not in STATES:
        raise NotSaid("unknown_state", f"A state is one of {', '.join(STATES)}.")
    if statement.text_version is not None and statement.text_version not in purpose.texts:
        raise NotSaid("unknown_text", "This purpose has no text of this version. "
                      f"There is {', '.join(purpose.texts) or 'none'}.")  # fmt: skip
    if statement.state == "granted" and statement.text_version is None:
        raise NotSaid("no_text", "Who agrees agrees to a text: give its 'text_version'.")
    if statement.at > now + AHEAD:
        raise NotSaid("future", "This has not happened yet: 'at' is in the future.")
    if statement.at < EARLIEST:
        raise NotSaid("too_early", "'at' is before the year 2000.")
    return replace(_plain(statement), at=min(statement.at, now).astimezone(UTC))


def _plain(statement: Statement) -> Statement:
    """The statement without what no table can hold. Raises NotSaid for what is too long."""
    texts = {"source": LONGEST, "text_version": LONGEST, "language": LONGEST, "proof": LONGEST_PROOF}
    found: dict[str, Any] = {}
    for name, longest in texts.items():
        text = getattr(statement, name)
        if text is not None:
            if len(text) > longest:
                raise NotSaid("too_long", f"'{name}' has at most {longest} characters.")
            found[name] = text.replace("\x00", "").encode("utf-8", "replace").decode()
    return replace(statement, **found)


async def write_beside(cursor: psycopg.AsyncCursor[Any], statements: Sequence[Statement], *, now: datetime) -> None:
    """Writes down what came with collected messages, within their commit."""
    await cursor.execute(_QUERIES["say"].text.encode(), columns(statements, now), prepare=True)


def columns(statements: Sequence[Statement], now: datetime) -> dict[str, Any]:
    """Statements as the query `say` takes them, a list a column."""
    names = ("key", "person", "subject", "purpose", "channel", "state", "text_version", "language", "source", "proof",
             "at")  # fmt: skip
    return {name: [getattr(one, name) for one in statements] for name in names} | {"recorded_at": now}


def write(connection: psycopg.Connection[DictRow], statements: Sequence[Statement], *, now: datetime) -> int:
    """Writes checked statements down; how many were new."""
    return len(rows(connection, _QUERIES["say"], columns(statements, now))) if statements else 0
