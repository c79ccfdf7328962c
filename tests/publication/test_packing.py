"""Rows go to PostgreSQL as its own bytes, and are there what they were."""

from __future__ import annotations

from datetime import UTC, datetime

import psycopg
import pyarrow as pa
import pytest

from parcours.publication.packing import END, HEAD, packed
from parcours.state import Database

COLUMNS = {
    "number": (pa.int64(), "bigint", [0, -1, 2**63 - 1, None]),
    "small": (pa.int32(), "bigint", [7, None, -7, 0]),
    "yes": (pa.bool_(), "boolean", [True, False, None, True]),
    "at": (pa.timestamp("us"), "timestamptz",
           [datetime(2026, 3, 1, 10, 0, 0, 123456), datetime(1999, 12, 31, 23, 59, 59), None, datetime(2000, 1, 1)]),
    "text": (pa.string(), "text", ["", 'é € 😀 "quoted" \\ back\tslash\n', None, "\\N"]),
    "wide": (pa.large_string(), "text", [None, "a", "", "x" * 300_000]),
    "many": (pa.large_list(pa.int64()), "bigint[]", [[], [1], [2**62, -5, 0], None]),
}  # fmt: skip


def batch() -> pa.RecordBatch:
    return pa.record_batch({name: pa.array(values, kind) for name, (kind, _, values) in COLUMNS.items()})


def sent(database: Database, *pieces: pa.RecordBatch) -> list[tuple[object, ...]]:
    columns = ", ".join(f"{name} {kind}" for name, (_, kind, _) in COLUMNS.items())
    with psycopg.connect(database.url, options="-c timezone=UTC") as connection, connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMP TABLE arrived (turn bigint GENERATED ALWAYS AS IDENTITY, {columns})".encode())
        with cursor.copy(f"COPY arrived ({', '.join(COLUMNS)}) FROM STDIN (FORMAT BINARY)".encode()) as copy:
            copy.write(HEAD)
            for piece in pieces:
                copy.write(memoryview(packed(piece)))
            copy.write(END)
        return cursor.execute(f"SELECT {', '.join(COLUMNS)} FROM arrived ORDER BY turn".encode()).fetchall()


def rows() -> list[tuple[object, ...]]:
    told = [
        [value.replace(tzinfo=UTC) if isinstance(value, datetime) else value for value in values]
        for _, _, values in COLUMNS.values()
    ]
    return list(zip(*told))


def test_every_value_arrives_as_it_was(database: Database) -> None:
    assert sent(database, batch()) == rows()


def test_a_part_of_a_table_is_packed_as_that_part(database: Database) -> None:
    whole = batch()
    assert sent(database, whole.slice(1, 2), whole.slice(3), whole.slice(0, 0)) == [*rows()[1:3], rows()[3]]


def test_a_type_that_is_not_known_is_refused() -> None:
    with pytest.raises(TypeError, match="a column of type double is not sent"):
        packed(pa.record_batch({"share": pa.array([0.5])}))
