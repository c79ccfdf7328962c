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
PUBLISHED = """
INSERT INTO publications (content, version, as_of, attributes, current) VALUES ('one', 1, '2026-03-09', '{}', true);
CREATE TABLE people_1 PARTITION OF people FOR VALUES IN (1);
CREATE TABLE identifiers_1 PARTITION OF identifiers FOR VALUES IN (1);
CREATE TABLE addresses_1 PARTITION OF addresses FOR VALUES IN (1);
CREATE TABLE delivered_consents_1 PARTITION OF delivered_consents FOR VALUES IN (1);
"""
EMPTIED = Query(
    "emptied",
    "Empties.",
    "TRUNCATE consent_ledger, suppressions, addresses, people, delivered_consents,"
    " identifiers, live_identifiers, live_people",
)
LIVES = Query(
    "lives", "An address.", "INSERT INTO addresses VALUES (1, %(person)s, %(kind)s, %(value)s, %(key)s, NULL)"
)
KNOWN = Query("known", "A person.", """INSERT INTO people
    VALUES (1, %(person)s, %(merged_into)s, true, NULL, NULL, NULL, %(keys)s, %(merged)s, %(bought_at)s,
            '', '', '', '', '', '', '', '')""")  # fmt: skip
LEADS = Query("leads", "A value.", "INSERT INTO identifiers VALUES (1, %(key)s, %(person)s, 'login', %(shared)s)")
SENT = Query("sent", "What was sent together.", """INSERT INTO live_identifiers
    SELECT %(record)s, unnest(%(keys)s::bigint[]), 'login', true, true, 'web', now()""")  # fmt: skip
DELIVERED = Query("delivered", "What a source says.", """INSERT INTO delivered_consents
    VALUES (1, %(person)s, 1, 'marketing', 'email', %(granted)s, %(at)s, 'v1', 'crm', 'row 1')""")  # fmt: skip


@pytest.fixture(scope="module")
def made(postgres_url: str) -> Iterator[Register]:
    with fresh_database(postgres_url) as database:
        with database.connection() as connection:
            connection.execute(PUBLISHED.encode())
        yield register_of(database)


@pytest.fixture
def register(made: Register) -> Register:
    made.database.run(EMPTIED)
    lives(made.database, ANA, "email", "ana@example.com")
    return made


def lives(database: Database, person: int, kind: str, value: str) -> int:
    """Gives a person an address; the number under which something is said of it."""
    number = subject(kind, value)
    database.run(LIVES, {"person": person, "kind": kind, "value": value, "key": number})
    return number


def known(database: Database, person: int, **more: object) -> None:
    """A person as they are published."""
    database.run(KNOWN, {"person": person, "merged_into": None, "keys": [], "merged": [], "bought_at": None, **more})


def leads(database: Database, key: int, person: int, *, shared: bool = False) -> None:
    """A value that leads to a person, as published."""
    database.run(LEADS, {"key": key, "person": person, "shared": shared})


def sent(database: Database, record: int, *keys: int) -> None:
    """Values that were sent together since the publication."""
    database.run(SENT, {"record": record, "keys": list(keys)})
