"""Connections that are kept open are the same for the next who asks, and never one that is broken or half at work."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from parcours.state import Database
from parcours.state.kept import MOST
from parcours.state.queries import Query

OPEN = Query("open", "Who is connected.", "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND "
             "pid <> pg_backend_pid() AND backend_type = 'client backend'")  # fmt: skip
END = Query("end", "Ends a connection.", "SELECT pg_terminate_backend(%(pid)s, 10000) AS ended")


def asked(database: Database) -> int:
    with database.asking() as connection:
        return connection.info.backend_pid


def test_the_next_asks_on_the_same_connection(database: Database) -> None:
    assert asked(database) == asked(database)
    database.close()
    assert database.run(OPEN) == []


def test_a_connection_that_was_ended_is_opened_anew(database: Database) -> None:
    first = asked(database)
    database.run(END, {"pid": first})
    assert asked(database) != first


def test_what_fails_is_undone_and_its_connection_is_not_used_again(database: Database) -> None:
    first = asked(database)
    with pytest.raises(psycopg.errors.DivisionByZero), database.asking() as connection:
        connection.execute("CREATE TABLE half_done (n int)")
        connection.execute("SELECT 1 / 0")
    assert asked(database) != first
    with database.asking() as connection:
        assert connection.execute("SELECT to_regclass('half_done') AS made").fetchall() == [{"made": None}]


def test_many_may_ask_at_once_and_few_connections_stay(database: Database) -> None:
    with ThreadPoolExecutor(3 * MOST) as threads:
        assert len(list(threads.map(lambda _: asked(database), range(40)))) == 40
    assert 1 <= len(database.run(OPEN)) <= MOST
