"""The state: made from one file, brought up to date once, its queries checked before anybody asks."""

from __future__ import annotations

import psycopg
import pytest

from parcours.state import Database, StateFault, migrations, queries
from parcours.state import database as door
from parcours.state.database import ready
from parcours.state.queries import Query, nouns
from parcours.state.queries import _read as read


def test_a_second_opening_changes_nothing(database: Database) -> None:
    with database.connection() as connection:
        before = connection.execute("SELECT * FROM migrations").fetchall()
        assert migrations.migrate(connection) == []
        assert connection.execute("SELECT * FROM migrations").fetchall() == before


def test_every_query_has_a_sentence_and_is_parsed_by_the_server(database: Database) -> None:
    assert {"collected", "api_key"} <= set(nouns())
    for noun in nouns():
        for query in queries(noun).values():
            assert len(query.sentence.split()) > 3, f"{noun}: {query.name}"
    ready(database)


def test_a_query_that_the_server_does_not_understand_is_named(database: Database) -> None:
    with database.connection() as connection, pytest.raises(psycopg.Error, match="no_such_column"):
        door._check(connection, Query("wrong", "Wrong.", "SELECT no_such_column FROM collected WHERE key = %(key)s"))


def test_a_query_without_a_sentence_is_refused() -> None:
    with pytest.raises(ValueError, match=r"x\.sql: bare has no sentence"):
        list(read("-- name: bare\nSELECT 1", "x.sql"))


def test_two_queries_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match=r"x\.sql: two queries are called same"):
        list(read("-- name: same\n-- One.\nSELECT 1\n-- name: same\n-- Two.\nSELECT 2", "x.sql"))


def test_tables_of_a_newer_program_are_refused(database: Database) -> None:
    database.run(Query("n", "N.", "INSERT INTO migrations (name) VALUES ('999_before_the_future.sql')"))
    with pytest.raises(migrations.MigrationFault, match="999_before_the_future"):
        ready(database)


def test_an_error_undoes_all_of_a_transaction(database: Database) -> None:
    def half() -> None:
        with database.connection() as connection:
            connection.execute("INSERT INTO api_keys (key_id, hash, source, scopes) VALUES ('one', '', 'web', '{}')")
            raise KeyError("killed")

    with pytest.raises(KeyError):
        half()
    assert database.run(Query("keys", "Keys.", "SELECT key_id FROM api_keys")) == []


def test_a_server_that_does_not_answer_is_a_sentence() -> None:
    with pytest.raises(StateFault, match="does not answer"):
        door.connect("postgresql://nobody@127.0.0.1:1/none")


def test_times_are_utc_and_rows_are_dictionaries(database: Database) -> None:
    (row,) = database.run(Query("now", "Now.", "SELECT now() AS at, %(n)s::int AS n"), {"n": 3})
    assert row["n"] == 3
    assert row["at"].utcoffset().total_seconds() == 0
