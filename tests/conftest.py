"""What tests of several rooms share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from parcours.state import Database
from parcours.testing.databases import fresh_database, postgres


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with postgres(tmp_path_factory.mktemp("state")) as url:
        yield url


@pytest.fixture
def database(postgres_url: str) -> Iterator[Database]:
    with fresh_database(postgres_url) as made:
        yield made
