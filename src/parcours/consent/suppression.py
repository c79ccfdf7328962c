"""Addresses that are not written to again, whoever has them: kept as keyed hashes, so that even erased ones stay."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

import phonenumbers
import psycopg
from psycopg.rows import DictRow

from parcours.consent.secret import Secret
from parcours.state import queries
from parcours.state.database import rows

# A bounced address is written to for no purpose; the others still get what needs no consent (their order's way).
REASONS = ("asked", "complained", "bounced", "erased", "imported")
AT_ONCE = 10_000
LONGEST = 254  # characters of an address (RFC 5321)
_HEADS = ("email", "e-mail", "phone", "address")
_BETWEEN = re.compile("[,;\t]")
_QUERIES = queries("consent")


@dataclass
class Suppressed:
    """What a list brought: addresses that are new, those known before, and the lines that are no address."""

    new: int = 0
    known: int = 0
    wrong: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Released:
    """What taking a list off brought: addresses that are free, those that were not on the list or stay, wrong lines."""

    released: int
    left: int
    wrong: list[int]


def in_one_form(text: str, country: str) -> tuple[str, str] | None:
    """An address as its kind and its one form, as identity writes it; None when it is none."""
    text = text.strip()
    if "@" in text:
        name, _, domain = text.lower().rpartition("@")
        plain = not any(sign.isspace() or sign in '",;<>' for sign in text)
        return ("email", f"{name}@{domain}") if name and "." in domain and plain and len(text) <= LONGEST else None
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return "phone", phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def suppress(
    connection: psycopg.Connection[DictRow],
    lines: Iterable[str],
    *,
    secret: Secret,
    country: str,
    reason: str,
    source: str,
    now: datetime,
) -> Suppressed:
    """Reads a list, an address a line, or a CSV whose column is called `email`, `phone` or `address`."""
    told = Suppressed()
    found = _hashes(_column(lines), secret, country, told)
    while part := list(dict.fromkeys(islice(found, AT_ONCE))):
        values = {"hashes": part, "reason": reason, "source": source, "at": now}
        before = told.new
        told.new += len(rows(connection, _QUERIES["suppress"], values))
        told.known += len(part) - (told.new - before)
    return told


def release(
    connection: psycopg.Connection[DictRow],
    lines: Iterable[str],
    *,
    secret: Secret,
    country: str,
    because: str,
    by: str,
    now: datetime,
) -> Released:
    """Takes the addresses of a list off the list of those not written to, and writes down who decided it and why.

    What they said themselves (the ledger) stays as it is. An erased address is not released: nobody could have asked.
    """
    told = Suppressed()
    found = list(dict.fromkeys(_hashes(_column(lines), secret, country, told)))
    values = {"hashes": found, "because": because, "released_by": by, "at": now}
    gone = len(rows(connection, _QUERIES["release"], values))
    return Released(gone, len(found) - gone, told.wrong)


def _hashes(column: Iterator[tuple[int, str]], secret: Secret, country: str, told: Suppressed) -> Iterator[bytes]:
    for line, text in column:
        address = in_one_form(text, country)
        if address is None:
            told.wrong.append(line)
        else:
            yield secret.address(*address)


def _column(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    """The addresses of a list with their lines; empty lines and comments are none."""
    place = 0
    for number, line in enumerate(lines, start=1):
        cells = [cell.strip().strip('"').strip() for cell in _BETWEEN.split(line.strip("\ufeff"))]
        if not any(cells) or cells[0].startswith("#"):
            continue
        heads = [cell.lower() for cell in cells]
        if number == 1 and (named := [name for name in _HEADS if name in heads]):
            place = heads.index(named[0])
            continue
        yield number, cells[place] if place < len(cells) else ""
