"""The one door to PostgreSQL: opens it, brings its tables up to date, runs queries by name."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import DictRow, dict_row

from parcours.state import migrations
from parcours.state.embedded import Cluster, cluster, is_made
from parcours.state.kept import Kept
from parcours.state.queries import Query, nouns, queries

URL = "PARCOURS_DATABASE_URL"
OLDEST = 150000  # PostgreSQL 15
_USUAL = "-c timezone=UTC"
_KEPT = f"{_USUAL} -c jit=off -c plan_cache_mode=force_generic_plan"  # to plan takes longer than what is asked there
_VALUE = re.compile(r"%\((\w+)\)[sbt]")


class StateFault(RuntimeError):
    """The state cannot be used: what is wrong, and what to do."""


@dataclass(frozen=True)
class Database:
    """Where the state is kept. Safe to share between threads and processes: each asks for connections of its own."""

    url: str
    cluster: Cluster | None = None  # the one that came with us
    started: bool = False  # whether we started it, and stop it
    _kept: Kept = field(default_factory=Kept, repr=False, compare=False)

    @contextmanager
    def connection(self) -> Iterator[psycopg.Connection[DictRow]]:
        """One connection in a transaction: committed at the end, undone by an error."""
        with connect(self.url) as found:
            yield found

    @contextmanager
    def asking(self) -> Iterator[psycopg.Connection[DictRow]]:
        """The same on a connection that is kept open for whoever asks next: nothing of its session may be changed."""
        with self._kept.connection(lambda: connect(self.url, _KEPT, autocommit=True)) as found:
            yield found

    def run(self, query: Query, values: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """The rows of one query in a transaction of its own; none for one that gives no rows."""
        with self.connection() as connection:
            return rows(connection, query, values)

    def awake(self) -> None:
        """Starts the PostgreSQL that came with us, where it was killed; another's is for others to start."""
        if self.cluster is not None:
            self.cluster.start()

    def close(self) -> None:
        """Stops the PostgreSQL that this started; another's goes on."""
        self._kept.close()
        if self.cluster is not None and self.started:
            self.cluster.stop()

    def __enter__(self) -> Database:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def has_state(folder: Path) -> bool:
    """Whether a project keeps a state: a server is named, or one of its own was started once."""
    return bool(os.environ.get(URL)) or is_made(folder)


def open_database(folder: Path) -> Database:
    """The state of a project: on the server that PARCOURS_DATABASE_URL names, else in a folder of the project.

    Brings the tables up to date and has every query checked. Raises StateFault or NoPostgres.
    """
    url = os.environ.get(URL, "")
    own = None if url else cluster(folder)
    database = Database(url) if own is None else Database(own.url, own, started=own.start())
    try:
        return ready(database)
    except BaseException:
        database.close()
        raise


def ready(database: Database) -> Database:
    """The same database, its tables up to date and every query checked. Raises StateFault."""
    with database.connection() as connection:
        _check_server(connection)
        migrations.migrate(connection)
        _check_queries(connection)
    return database


def connect(url: str, options: str = _USUAL, *, autocommit: bool = False) -> psycopg.Connection[DictRow]:
    """A connection whose rows are dictionaries and whose times are UTC. Raises StateFault when nobody answers."""
    try:
        return psycopg.connect(url, row_factory=dict_row, options=options, connect_timeout=10, autocommit=autocommit)
    except psycopg.OperationalError as error:
        said = str(error).strip().splitlines()[-1]
        raise StateFault(f"PostgreSQL does not answer ({said}): is it running, and is {URL} right?") from None


def rows(
    connection: psycopg.Connection[DictRow], query: Query, values: Mapping[str, Any] | None = None
) -> list[dict[str, Any]]:
    """The rows of a query within the transaction of a connection."""
    cursor = connection.execute(query.text, values, prepare=True)
    return cursor.fetchall() if cursor.description else []


def _check_server(connection: psycopg.Connection[DictRow]) -> None:
    version = connection.info.server_version
    if version < OLDEST:
        raise StateFault(f"PostgreSQL {OLDEST // 10000} or newer is needed; {URL} leads to {version // 10000}")


def _check_queries(connection: psycopg.Connection[DictRow]) -> None:
    """Has the server parse every query, so that a wrong one fails at the start and not at the thousandth visitor."""
    with connection.transaction(force_rollback=True):
        for noun in nouns():
            for query in queries(noun).values():
                try:
                    _check(connection, query)
                except psycopg.Error as error:
                    raise StateFault(f"state/queries/{noun}.sql: {query.name}: {error}") from error


def _check(connection: psycopg.Connection[DictRow], query: Query) -> None:
    if not query.text.startswith("COPY"):
        connection.execute(f"PREPARE checked AS {_numbered(query.text)}".encode())
        connection.execute(b"DEALLOCATE checked")


def _numbered(text: str) -> str:
    """A query with `$1` for its first value, and so on, as PREPARE wants it."""
    parts = _VALUE.split(text.replace("%%", "%"))
    seen = list(dict.fromkeys(parts[1::2]))
    return "".join(part if at % 2 == 0 else f"${seen.index(part) + 1}" for at, part in enumerate(parts))
