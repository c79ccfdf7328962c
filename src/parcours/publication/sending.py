"""Sends a publication to PostgreSQL: into tables of its own, which readers see all at once, or never.

Each table is made and filled in one transaction (a killed one leaves nothing), then joined to what readers read in one
more, with the row that says which publication counts. What the last one left, whole or half, is removed afterwards.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from itertools import chain
from typing import Any

import psycopg
import pyarrow as pa
from psycopg import sql

from parcours.publication.ahead import ahead
from parcours.publication.packing import END, HEAD, packed
from parcours.state import Database, queries

# The tables of a publication, and what tells their rows apart.
TABLES = {"people": ("person_id",), "identifiers": ("key",), "addresses": ("person_id", "kind", "value"),
          "delivered_consents": ("person_id", "row_id"), "articles": ("product_id",),
          "article_lists": ("score", "root")}  # fmt: skip
LOCK = 7_276_002  # one publication at a time
PATIENCE = 10.0  # seconds
AHEAD = 4  # pieces that are made ahead of those being sent
_QUERIES = queries("publication")
_DECIDE = queries("live_identifier")["decide"]


class Underway(RuntimeError):
    """Another process is publishing to this database."""


@contextmanager
def alone(database: Database) -> Iterator[psycopg.Connection[Any]]:
    """A connection that holds the right to publish. Raises Underway when another does."""
    with psycopg.connect(database.url, autocommit=True, options="-c timezone=UTC") as connection:
        (held,) = connection.execute("SELECT pg_try_advisory_lock(%s)", [LOCK]).fetchall()
        if not held[0]:
            raise Underway("another process is publishing: wait for it to end")
        yield connection


def send(connection: psycopg.Connection[Any], table: str, publication: int, batches: Iterable[pa.RecordBatch]) -> int:
    """Makes the publication's own table and fills it; nobody reads it yet. Gives the number of rows."""
    rows = 0
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute(_said(_MAKE, table, publication))
        with closing(ahead(batches, AHEAD)) as pieces:
            first = next(pieces, None)
            if first is not None:
                names = sql.SQL(", ").join(sql.Identifier(name) for name in first.schema.names)
                with cursor.copy(_said(_COPY, table, publication, columns=names)) as copy:
                    copy.write(HEAD)
                    for piece in chain([first], pieces):
                        copy.write(memoryview(packed(piece)))
                        rows += len(piece)
                    copy.write(END)
        cursor.execute(_said(_KEY, table, publication))
    connection.execute(_said(_ANALYZE, table, publication))
    return rows


def show(connection: psycopg.Connection[Any], publication: int, *, people: int) -> None:
    """Has readers see this publication, all of it from one moment on.

    A question that was planned before the tables were joined does not know them: it must be over before they count.
    """
    with connection.transaction():
        for table in TABLES:
            connection.execute(_said(_ATTACH, table, publication))
    _outlast(connection)
    with connection.transaction():
        connection.execute(_DECIDE.text.encode(), {"publication": publication})
        connection.execute(_QUERIES["withdraw"].text.encode())
        connection.execute(_QUERIES["show"].text.encode(), {"publication": publication, "people": people})


def _outlast(connection: psycopg.Connection[Any]) -> None:
    """Waits until who reads in these tables now is done; not for one that goes on for longer than PATIENCE."""
    waits_for = {row[0] for row in connection.execute(_QUERIES["readers"].text.encode(), {"tables": list(TABLES)})}
    until = time.monotonic() + PATIENCE
    while waits_for and time.monotonic() < until:
        time.sleep(0.002)
        there = connection.execute(_QUERIES["readers"].text.encode(), {"tables": list(TABLES)})
        waits_for &= {row[0] for row in there}


def clear(connection: psycopg.Connection[Any]) -> None:
    """Removes the tables of publications that nobody sees, when the readers at work in them are done."""
    for name, parent, half in connection.execute(_QUERIES["leftovers"].text.encode()).fetchall():
        if parent is not None:
            connection.execute(sql.SQL(_FINISH if half else _DETACH).format(
                parent=sql.Identifier(parent), name=sql.Identifier(name)))  # fmt: skip
        connection.execute(sql.SQL("DROP TABLE {name}").format(name=sql.Identifier(name)))
    connection.execute(_QUERIES["forget"].text.encode())


# Rows of up to a page stay as they are: compressing those above 2 kB takes the server longer than all else it does.
_MAKE = "CREATE TABLE {name} (LIKE {table}, CHECK (publication = {publication})) WITH (toast_tuple_target = 8160)"
_COPY = "COPY {name} ({columns}) FROM STDIN (FORMAT BINARY, FREEZE)"
_KEY = "ALTER TABLE {name} ADD PRIMARY KEY (publication, {key})"
_ANALYZE = "ANALYZE {name}"
_ATTACH = "ALTER TABLE {table} ATTACH PARTITION {name} FOR VALUES IN ({publication})"
_DETACH = "ALTER TABLE {parent} DETACH PARTITION {name} CONCURRENTLY"
_FINISH = "ALTER TABLE {parent} DETACH PARTITION {name} FINALIZE"


def _said(text: str, table: str, publication: int, **more: sql.Composable) -> sql.Composed:
    name, row = sql.Identifier(f"{table}_{publication}"), sql.SQL(", ").join(map(sql.Identifier, TABLES[table]))
    number = sql.Literal(publication)
    return sql.SQL(text).format(name=name, table=sql.Identifier(table), publication=number, key=row, **more)
