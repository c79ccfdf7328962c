"""What a message says of who sent it, by the second: the values that join, judged as the batch judges them.

The very expressions that judge a batch's identifiers (`usable.judged`) are read for each value; what was judged is
remembered, so that a browser that comes back costs nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from parcours.identity.one_row import reading
from parcours.identity.rules import Kind, known_below, ranked
from parcours.identity.usable import joining_values
from parcours.project import Project
from parcours.project.definitions import IdentifierRules

REMEMBERED = 200_000  # values whose judgement is remembered
SEPARATOR = "\x1f"

Normalised = Callable[[str, str], str | None]


@dataclass(frozen=True)
class Given:
    """A value somebody is recognised by, as it was sent."""

    kind: str
    raw: str
    verified: bool = False


@dataclass(frozen=True)
class Said:
    """That a record (what was sent under the same values) holds a value: the hashes of both, and since when.

    `described` says that it told something of the customer (identify, alias), as a customer record does.
    """

    record: int
    key: int
    kind: str
    verified: bool
    described: bool
    source: str
    at: datetime


def hash63(text: str) -> int:
    """63 bits of MD5, as the engine's `hash63`."""
    return int.from_bytes(hashlib.md5(text.encode(), usedforsecurity=False).digest()[:8], "little") & (2**63 - 1)


def founded(record: int) -> int:
    """The id of the person that a record founds, as the batch gives it."""
    return hash63(f"person {record}")


def record_of(given: Iterable[Given], *, described: bool) -> int:
    """The record that these values make together."""
    values = SEPARATOR.join(sorted(f"{each.kind}={each.raw}" for each in given))
    return hash63(f"described {values}" if described else values)


def recogniser(project: Project, normalised: Normalised) -> Callable[[Given], int | None]:
    """Gives the hash of a value that joins by the project's rules; None for one that may not.

    `normalised` writes a kind's value in its one form, None where it is not valid.
    """
    judged = {tree.alias: reading(tree) for tree in joining_values(project).tree.expressions
              if tree.alias in ("value", "why_not")}  # fmt: skip

    @lru_cache(maxsize=REMEMBERED)
    def key(given: Given) -> int | None:
        value = normalised(given.kind, given.raw)
        row = {"kind": given.kind, "value": value or given.raw, "raw": given.raw, "verified": given.verified,
               "usable": value is not None}  # fmt: skip
        if judged["why_not"](row) is not None:
            return None
        return hash63(f"{given.kind}={judged['value'](row)}")

    return key


@dataclass(frozen=True)
class Rules:
    """What each kind of identifier may do, as the batch ranks them."""

    kinds: dict[str, Kind]
    known_below: int

    @classmethod
    def of(cls, project: Project) -> Rules:
        """The rules of a project, for every kind there can be."""
        identity = project.identity
        kinds = ranked(identity, {*identity.order, *identity.kinds, "external_id"})
        return cls({kind.name: kind for kind in kinds}, known_below(identity))

    def kind(self, name: str) -> Kind:
        """A kind by name; one of which the project says nothing comes last and does what is usual."""
        return self.kinds.get(name) or Kind(name, 999, 999, IdentifierRules.usual(name))
