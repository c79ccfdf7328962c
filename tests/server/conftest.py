"""A server over a database that is empty at the start of each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from parcours.server import door
from parcours.state.queries import Query
from parcours.testing.databases import fresh_database
from parcours.testing.served import Served, served

EMPTIED = Query("emptied", "Empties what tests fill.", "TRUNCATE collected, collected_rejected, consent_ledger")


@pytest.fixture(scope="module")
def running(postgres_url: str) -> Iterator[Served]:
    with fresh_database(postgres_url) as database, served(database) as server:
        yield server


@pytest.fixture
def shop(running: Served, monkeypatch: pytest.MonkeyPatch) -> Served:
    monkeypatch.setattr(door, "SOON", 0.0)  # a key that a test makes is known at once
    running.database.run(EMPTIED)
    return running
