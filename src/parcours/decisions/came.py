"""What came of decisions in any channel: orders at the till, and those that a web shop exports."""

from __future__ import annotations

import io
from datetime import date, datetime, timedelta
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.csv

from parcours.decisions.heard import LONGEST
from parcours.engine import Version, sql
from parcours.state import queries

READS = ("record_persons", "products")
DAYS = 35  # an export that comes later than that is no longer looked through
_HEAD = pyarrow.csv.WriteOptions(include_header=False)
_QUERIES = sql.load(__package__, "came.sql")
_STATE = queries("decision")


def came(version: Version, connection: psycopg.Connection[Any], *, as_of: date, now: datetime) -> int:
    """Tells what came of decisions by the orders that a version knows, each once however often it is asked; how many.

    The publication that readers see must be of this version. Needs a transaction of its own.
    """
    since = as_of - timedelta(DAYS)
    version.read(*READS)
    for table in ("orders", "order_lines"):
        known = version.table(table).parts if version.has(table) else {}
        months = [month for month in known if month >= f"{since:%Y-%m}"]
        version.read_parts(table, months, as_name=f"came_{table.removeprefix('order_')}")
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute(_STATE["came_none"].text.encode())
        with cursor.copy(_STATE["came"].text.encode()) as copy:
            for batch in version.engine.batches(_QUERIES["orders"].bind(since=since)):
                copy.write(_lines(batch))
        cursor.execute(_STATE["came_of"].text.encode(), {"longest": LONGEST, "now": now})
        told = cursor.rowcount
        cursor.execute(_STATE["came_none"].text.encode())
    return told


def _lines(batch: pa.RecordBatch) -> bytes:
    into = io.BytesIO()
    pyarrow.csv.write_csv(batch, into, _HEAD)
    return into.getvalue()
