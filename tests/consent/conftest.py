"""A register over a database that is empty at the start of each test; Ana is person 1, her address is known."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from parcours.consent import Register, subject
from parcours.state import Database
from parcours.state.queries import Query
from parcours.testing.databases import fresh_database
from parcours.testing.served import register_of

NOW = datetime(2026, 3, 10, 11, 0, tzinfo=UTC)  # a Tuesday
ANA, BEN = 1, 2
EMPTIED = Query("emptied", "Empties.", "TRUNCATE consent_ledger, suppressions, addresses")
LIVES = Query(
    "lives", "An address.", "INSERT INTO addresses VALUES (%(person)s, %(kind)s, %(value)s, %(subject)s, NULL)"
)


@pytest.fixture(scope="module")
def made(postgres_url: str) -> Iterator[Register]:
    with fresh_database(postgres_url) as database:
        yield register_of(database)


@pytest.fixture
def register(made: Register) -> Register:
    made.database.run(EMPTIED)
    lives(made.database, ANA, "email", "ana@example.com")
    return made


def lives(database: Database, person: int, kind: str, value: str) -> int:
    """Gives a person an address; the number under which something is said of it."""
    number = subject(kind, value)
    database.run(LIVES, {"person": person, "kind": kind, "value": value, "subject": number})
    return number
