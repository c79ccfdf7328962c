"""May we write to these people, for this purpose, on this channel, now? The only door to the world."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import DictRow, dict_row

from parcours.consent.declared import Allowance, Declared
from parcours.consent.secret import Secret
from parcours.consent.suppression import REASONS
from parcours.state import queries
from parcours.state.database import rows

# Why yes, and why not.
YES = ("granted", "soft_opt_in", "not_objected", "not_needed")
NO = ("no_consent", "denied", "withdrawn", "objected", "suppressed", "no_address", "quiet_hours")
_QUERIES = queries("consent")


@dataclass(frozen=True)
class Permission:
    """Whether one person may be written to, why or why not, and the address (its hash) that may be used.

    `consent` is what the person's own will says, whatever their addresses and the hour say.
    """

    person: int
    code: str
    consent: str
    subject: int | None = None

    @property
    def may(self) -> bool:
        return self.code in YES


class NotDeclared(LookupError):
    """A purpose, or a channel of it, that consents.yaml does not name: nobody may be written to for it."""


def permissions(
    connection: psycopg.Connection[DictRow],
    people: Iterable[int],
    *,
    purpose: str,
    channel: str | None,
    at: datetime,
    declared: Declared,
    secret: Secret,
) -> dict[int, Permission]:
    """For each person whether they may be written to. Without a channel: whether a purpose may use their data.

    One query, however many people. Raises NotDeclared.
    """
    values = {"people": list(dict.fromkeys(people)), **_asked(purpose, channel, at, declared), **secret.for_addresses()}
    found = rows(connection, _QUERIES["allowed"], values)
    return {row["person"]: _permission(row) for row in found}


async def permissions_now(
    connection: psycopg.AsyncConnection, people: Iterable[int], *, purpose: str, at: datetime, declared: Declared,
    secret: Secret,
) -> dict[int, Permission]:  # fmt: skip
    """The same for whoever is being answered: whether a purpose may use their data. Raises NotDeclared."""
    values = {"people": list(people), **_asked(purpose, None, at, declared), **secret.for_addresses()}
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(_QUERIES["allowed"].text.encode(), values)
    return {row["person"]: _permission(row) for row in await cursor.fetchall()}


def _permission(row: dict[str, Any]) -> Permission:
    return Permission(row["person"], row["code"], row["consent"], row["subject"] if row["code"] in YES else None)


def _asked(purpose: str, channel: str | None, at: datetime, declared: Declared) -> dict[str, Any]:
    allowance = _allowance(purpose, channel, declared)
    way = declared.channels[channel] if channel is not None else None
    soft = allowance.soft_opt_in
    return {
        "purpose": purpose,
        "channel": channel,
        "at": at,
        "ends_with": list(declared.purposes[purpose].ends_with),
        "needs": allowance.needs,
        "customers_since": at - soft.delta if soft is not None else None,
        "address": way.address if way is not None else None,
        "reasons": ["bounced"] if allowance.needs == "nothing" else list(REASONS),
        "quiet": way is not None and allowance.needs != "nothing" and way.is_quiet(at, declared.zone),
    }


def _allowance(purpose: str, channel: str | None, declared: Declared) -> Allowance:
    known = declared.purposes.get(purpose)
    allowance = known.on(channel) if known is not None else None
    if allowance is None:
        where = f" on the channel {channel!r}" if channel is not None else ""
        raise NotDeclared(f"consents.yaml declares no purpose {purpose!r}{where}")
    return allowance
