"""What a person can choose: each purpose on each channel, as it stands, and what they change of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import psycopg
from psycopg.rows import DictRow

from parcours.consent.declared import Allowance, Declared
from parcours.consent.ledger import Statement, checked, write
from parcours.consent.permission import YES, Permission, permissions
from parcours.consent.secret import Secret
from parcours.state import queries
from parcours.state.database import rows

SAID_NO = ("denied", "withdrawn", "objected")
_QUERIES = queries("consent")

Place = tuple[str, str | None]  # a purpose and a channel
Read = tuple[str, str]  # the version of a text, and the language it was read in


@dataclass(frozen=True)
class Choice:
    """One purpose on one channel: whether it is on, and the code of why or why not, addresses included."""

    purpose: str
    channel: str | None
    on: bool
    code: str


@dataclass(frozen=True, kw_only=True)
class Change:
    """What a person changed, and where: what they turned on (and the text they read) and off."""

    on: Mapping[Place, Read] = field(default_factory=dict)
    off: Collection[Place] = ()
    stop: bool = False  # all of it, for every channel there is or will be
    source: str
    proof: str | None = None


@dataclass(frozen=True)
class Choosing:
    """The choices of one person, within a transaction in which nobody else changes them."""

    connection: psycopg.Connection[DictRow]
    person: int
    declared: Declared
    secret: Secret
    now: datetime

    def alone(self) -> None:
        """Waits until nobody else changes what this person said."""
        rows(self.connection, _QUERIES["alone"], {"person": self.person})

    def choices(self) -> list[Choice]:
        """Everything the person has a say in, in the order of consents.yaml."""
        return [
            Choice(purpose, channel, found.consent in YES, found.code)
            for purpose, channel, _ in _asked(self.declared)
            for found in [self._standing(purpose, channel)]
        ]

    def change(self, change: Change) -> int:
        """Writes down what changed; how many statements were new. Raises NotSaid."""
        self.alone()
        said = [*self._stopped(change)] if change.stop else [*self._on(change), *self._off(change)]
        return write(self.connection, [checked(one, self.declared, now=self.now) for one in said], now=self.now)

    def refuse(self, purpose: str, channel: str | None, *, subject: int | None, source: str, proof: str) -> int:
        """Says no for a person to what a message was sent for; nothing new when they had said so before."""
        self.alone()
        allowance = self.declared.purposes[purpose].on(channel) if purpose in self.declared.purposes else None
        if allowance is not None and self._standing(purpose, channel).consent in SAID_NO:
            return 0
        said = Statement(person=self.person, subject=subject, purpose=purpose, channel=channel, state=_no(allowance),
                         at=self.now, source=source, proof=proof)  # fmt: skip
        return write(self.connection, [said], now=self.now)

    def _standing(self, purpose: str, channel: str | None) -> Permission:
        found = permissions(self.connection, [self.person], purpose=purpose, channel=channel, at=self.now,
                            declared=self.declared, secret=self.secret)  # fmt: skip
        return found[self.person]

    def _on(self, change: Change) -> Iterator[Statement]:
        for (purpose, channel), (version, language) in change.on.items():
            yield Statement(person=self.person, purpose=purpose, channel=channel, state="granted", at=self.now,
                            source=change.source, text_version=version, language=language,
                            proof=change.proof)  # fmt: skip

    def _off(self, change: Change) -> Iterator[Statement]:
        for purpose, channel in change.off:
            known = self.declared.purposes.get(purpose)
            yield from self._no(purpose, channel, _no(known.on(channel) if known else None), change)

    def _stopped(self, change: Change) -> Iterator[Statement]:
        for purpose, known in self.declared.purposes.items():
            if known.asks:
                yield from self._no(purpose, None, "objected", change)

    def _no(self, purpose: str, channel: str | None, state: str, change: Change) -> Iterator[Statement]:
        """A no is the person's and their addresses': should they turn out to be two people, it stands for both."""
        for subject in self._addresses(channel) or [None]:
            yield Statement(person=self.person, subject=subject, purpose=purpose, channel=channel, state=state,
                            at=self.now, source=change.source, proof=change.proof)  # fmt: skip

    def _addresses(self, channel: str | None) -> list[int | None]:
        known = rows(self.connection, _QUERIES["addresses"], {"person": self.person})
        used = {way.address for name, way in self.declared.channels.items() if channel in (None, name)}
        return [row["subject"] for row in known if row["kind"] in used]


def _no(allowance: Allowance | None) -> str:
    """How no is said to what people had to agree to, and to what they may object to."""
    return "objected" if allowance is not None and allowance.needs == "no_objection" else "denied"


def _asked(declared: Declared) -> Iterable[tuple[str, str | None, Allowance]]:
    """Everything people have a say in."""
    for name, purpose in declared.purposes.items():
        for channel in purpose.places():
            allowance = purpose.on(channel)
            if allowance is not None and allowance.needs != "nothing":
                yield name, channel, allowance
