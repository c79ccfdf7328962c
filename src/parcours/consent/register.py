"""The register: all that is asked of consent, over one database."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from parcours.consent import links, suppression
from parcours.consent.choices import Change, Choice, Choosing
from parcours.consent.declared import Declared
from parcours.consent.ledger import Statement, checked, write
from parcours.consent.links import Link
from parcours.consent.permission import Permission, permissions, permissions_now
from parcours.consent.secret import Secret
from parcours.consent.subject import subject
from parcours.state import Database, StateFault, queries
from parcours.state.database import rows

_QUERIES = queries("consent")


@dataclass(frozen=True)
class Register:
    """Who agreed to what, and what that allows."""

    database: Database
    declared: Declared
    secret: Secret

    # -- may we?

    def may_contact(self, people: Iterable[int], *, purpose: str, channel: str, at: datetime) -> dict[int, Permission]:
        """For each person whether they may be written to for a purpose on a channel, and why or why not.

        The only door to the world, for one person and for a million. Raises NotDeclared.
        """
        return self._allowed(people, purpose, channel, at)

    def may_use(self, people: Iterable[int], *, purpose: str, at: datetime) -> dict[int, Permission]:
        """For each person whether a purpose that writes to nobody (profiling) may use their data."""
        return self._allowed(people, purpose, None, at)

    async def may_use_now(
        self, connection: psycopg.AsyncConnection, people: Iterable[int], *, purpose: str, at: datetime
    ) -> bool:
        """Whether a purpose may use the data of somebody who is being answered, whoever they were before."""
        found = await permissions_now(connection, people, purpose=purpose, at=at, declared=self.declared,
                                      secret=self.secret)  # fmt: skip
        return all(one.may for one in found.values())

    def _allowed(self, people: Iterable[int], purpose: str, channel: str | None, at: datetime) -> dict[int, Permission]:
        with self.database.asking() as connection:
            return permissions(connection, people, purpose=purpose, channel=channel, at=at, declared=self.declared,
                               secret=self.secret)  # fmt: skip

    # -- what was said

    def say(self, statements: Sequence[Statement], *, now: datetime) -> int:
        """Writes statements down, all or none; how many were new. Raises NotSaid."""
        found = [checked(one, self.declared, now=now) for one in statements]
        with self.database.connection() as connection:
            return write(connection, found, now=now)

    def statements(self, person: int) -> list[dict[str, Any]]:
        """Everything said by or for a person, in order, with the texts word for word and what proves it."""
        return self.database.run(_QUERIES["statements"], {"person": self.now(person)})

    def choices(self, person: int, *, now: datetime) -> list[Choice]:
        """Everything a person has a say in, as it stands."""
        with self._choosing(person, now) as choosing:
            return choosing.choices()

    def change(self, person: int, change: Change, *, now: datetime) -> int:
        """Writes down what a person changed; how many statements were new. Raises NotSaid."""
        with self._choosing(person, now) as choosing:
            return choosing.change(change)

    # -- who

    def now(self, person: int) -> int:
        """Who a person is now, should they have been found to be somebody else."""
        with self.database.asking() as connection:
            found = rows(connection, _QUERIES["person"], {"person": person})
        return int(found[0]["person"]) if found else person

    def found(self, kinds: Iterable[str], value: str) -> list[int]:
        """The people who have an identifier of one of these kinds."""
        keys = [subject(kind, value) for kind in kinds]
        return [row["person"] for row in self.database.run(_QUERIES["found"], {"keys": keys})]

    # -- links

    def preference_link(self, person: int, *, at: datetime, language: str = "") -> str:
        """The address of the page on which a person chooses, for a message of that moment. Raises StateFault."""
        link = Link(person=person, until=at + self.declared.link_for.delta, language=language)
        return f"{self._public()}/preferences/{self.page_of(link)}"

    def questionnaire_link(self, name: str, person: int, *, at: datetime, language: str = "") -> str:
        """The address of a questionnaire for one person, for a message of that moment. Raises StateFault."""
        link = Link(person=person, until=at + self.declared.link_for.delta, language=language)
        return f"{self._public()}/questionnaires/{name}/{self.page_of(link)}"

    def reached(self, person: int) -> dict[str, str]:
        """Where a person was last reached: a value of each kind of address that they have."""
        return {row["kind"]: row["value"] for row in self.database.run(_QUERIES["reached"], {"person": person})}

    def page_of(self, link: Link) -> str:
        """The link itself, as the last part of its page's address."""
        return links.signed(link, self.secret)

    def unsubscribe_headers(
        self, person: int, *, purpose: str, channel: str, subject: int | None, at: datetime, language: str = ""
    ) -> dict[str, str]:
        """The headers of a mail with which mailboxes show their own button to unsubscribe (RFC 8058).

        `subject` is the hash of the address it goes to (Permission.subject). DKIM must cover both. Raises StateFault.
        """
        link = Link(person=person, until=at + self.declared.link_for.delta, language=language, purpose=purpose,
                    channel=channel, subject=subject)  # fmt: skip
        return {
            "List-Unsubscribe": f"<{self._public()}/unsubscribe/{links.signed(link, self.secret)}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }

    def read(self, link: str, *, now: datetime | None) -> Link:
        """What a link says, with `now` while it lasts. Raises WrongLink."""
        return links.read(link, self.secret, now=now)

    def unsubscribe(self, text: str, *, source: str, now: datetime) -> Link:
        """Says no to what a message was sent for; the same again changes nothing. Raises WrongLink.

        A link that is over still says no: that is never too late.
        """
        link = links.read(text, self.secret, now=None)
        with self._choosing(link.person, now) as choosing:
            choosing.refuse(link.purpose, link.channel, subject=link.subject, source=source, proof=proof_of(text))
        return link

    def _public(self) -> str:
        if self.declared.public_url is None:
            raise StateFault("consents.yaml does not say where people reach this server: write 'public_url' there")
        return self.declared.public_url.rstrip("/")

    # -- suppression

    def suppress(self, lines: Iterable[str], *, reason: str, source: str, now: datetime) -> suppression.Suppressed:
        """Has the addresses of a list not written to again."""
        with self.database.connection() as connection:
            return suppression.suppress(connection, lines, secret=self.secret, country=self.declared.country,
                                        reason=reason, source=source, now=now)  # fmt: skip

    def release(self, lines: Iterable[str], *, because: str, by: str, now: datetime) -> suppression.Released:
        """Has the addresses of a list written to again, with the reason; what they said themselves still holds."""
        with self.database.connection() as connection:
            return suppression.release(connection, lines, secret=self.secret, country=self.declared.country,
                                       because=because, by=by, now=now)  # fmt: skip

    @contextmanager
    def _choosing(self, person: int, now: datetime) -> Iterator[Choosing]:
        who = self.now(person)
        with self.database.asking() as connection:
            yield Choosing(connection, who, self.declared, self.secret, now)


def proof_of(link: str) -> str:
    """What is kept of a link that was used: its hash, so that the ledger opens nothing."""
    return f"link {hashlib.sha256(link.encode()).hexdigest()[:16]}"


def keep_texts(database: Database, declared: Declared, *, now: datetime) -> None:
    """Keeps the texts as people read them from now on. Raises StateFault for one that was changed since it was read."""
    with database.connection() as connection:
        known = {(row["purpose"], row["version"], row["language"]): row["words"]
                 for row in rows(connection, _QUERIES["texts"])}  # fmt: skip
        for name, purpose in declared.purposes.items():
            for version, text in purpose.texts.items():
                for language, words in text.words.items():
                    if known.get((name, version, language), words) != words:
                        raise StateFault(
                            f"the text {version!r} of {name!r} in consents.yaml is not the one that people have read: "
                            "write it back, and give the new words a version of their own"
                        )
                    rows(connection, _QUERIES["show_text"], {"purpose": name, "version": version, "language": language,
                                                             "words": words, "since": now})  # fmt: skip
