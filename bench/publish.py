"""Times the publication of a million people while somebody reads: `python bench/publish.py --people 1000000`.

Makes a warehouse of invented people (identifiers, sixty attributes, segments, scores, articles, orders), its rows in
the order in which the rooms leave them (or, with `--unsorted`, in none), and an empty PostgreSQL of its own. Publishes
it twice (the second replaces the first) while another process looks people up by identifier, one after the other, all
the time; prints seconds, processor seconds, memory, how long a look-up took in and out of the publication, and the
ratio to a bare COPY of the same rows as CSV into tables without an index.
"""

from __future__ import annotations

import argparse
import io
import multiprocessing
import os
import tempfile
import time
from datetime import UTC, date, datetime
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import psycopg

from parcours import flow
from parcours.engine import Warehouse, open_engine
from parcours.model import CONTRACTS
from parcours.project import load
from parcours.publication import sending
from parcours.state import Database
from parcours.testing import write_files
from parcours.testing.databases import fresh_database, postgres

TOML = '[project]\nname = "bench"\n[profiles]\npacks = []\n[segments]\npacks = []\n[scores]\npacks = []\n'
SEEN = "TIMESTAMP '2024-01-01 00:00:00' + to_seconds(i % 60000000)"
ID = "CAST(md5_number(CAST(i AS VARCHAR)) & 9223372036854775807 AS BIGINT)"
WIDE = ", ".join(
    [f"CAST(i * {n + 3} % 10007 AS BIGINT) AS amount_{n}" for n in range(25)]
    + [f"(i * {n + 7} % 1000) / 1000.0::DOUBLE AS share_{n}" for n in range(10)]
    + [f"CASE WHEN i % {n + 2} > 0 THEN DATE '2025-01-01' + CAST(i * {n + 1} % 400 AS INTEGER) END AS day_{n}"
       for n in range(10)]
    + [f"'category ' || (i * {n + 5} % 97) AS text_{n}" for n in range(10)]
    + [f"i % {n + 3} = 0 AS flag_{n}" for n in range(5)]
)  # fmt: skip
TABLES = {
    "persons": "SELECT {id} AS person_id, {id} AS household_id, TRUE AS known, 3 AS records, {seen} AS first_seen, "
               "{seen} AS last_seen, CAST(NULL AS BIGINT) AS merged_into FROM range({n}) AS t(i)",
    "record_persons": "SELECT md5_number('r' || i || '/' || k) & 9223372036854775807 AS record_id, {id} AS person_id, "
                      "{id} AS household_id FROM range({n}) AS t(i), range(3) AS u(k)",
    "identifiers": "SELECT md5_number('r' || i || '/' || k) & 9223372036854775807 AS record_id, 'crm' AS source, "
                   "['email', 'loyalty_card', 'cookie'][k + 1] AS kind, CASE k WHEN 0 THEN 'p' || i || '@shop.example' "
                   "ELSE 'v' || k || '-' || i END AS value, CAST(NULL AS VARCHAR) AS raw, FALSE AS verified, "
                   "{seen} AS first_seen, {seen} AS last_seen, TRUE AS usable, CAST(NULL AS VARCHAR) AS why_not "
                   "FROM range({n}) AS t(i), range(3) AS u(k)",
    "profiles": "SELECT {id} AS person_id, TRUE AS known, {wide} FROM range({n}) AS t(i)",
    "memberships": "SELECT 'segment_' || k AS segment, {id} AS person_id, DATE '2026-01-01' AS since "
                   "FROM range({n}) AS t(i), range(12) AS u(k) WHERE (i * 31 + k * 7) % 12 < 4",
    "person_values": "SELECT 'value' AS score, {id} AS person_id, 365 AS days, 0.5 AS alive, 2.5 AS orders, 1.0 AS "
                     "orders_low, 4.0 AS orders_high, 5000 AS money, 2000 AS money_low, 9000 AS money_high, "
                     "CAST(NULL AS BIGINT) AS margin FROM range({n}) AS t(i)",
    "propensities": "SELECT 'buys' AS score, {id} AS person_id, (i % 1000) / 1000.0 AS probability, "
                    "i % 10 + 1 AS decile, '[]' AS reasons FROM range({n}) AS t(i)",
    "tastes": "SELECT 'categories' AS score, {id} AS person_id, 'category ' || k AS item, 0.2 AS share, "
              "0.1 AS base_share, k + 1 AS place FROM range({n}) AS t(i), range(3) AS u(k)",
    "recommendations": "SELECT 'articles' AS score, {id} AS person_id, 'A' || (i * 13 + k) % 30000 AS product_id, "
                       "k + 1 AS place, 0.3 AS worth, '{{}}' AS reason FROM range({n}) AS t(i), range(12) AS u(k)",
    "orders": "SELECT i * 4 + k AS row_id, 'till' AS source, md5_number('r' || i || '/1') & 9223372036854775807 AS "
              "record_id, 'T' || i || '-' || k AS order_id, 'store' AS channel, "
              "{seen} + to_days(CAST(k AS INTEGER)) AS order_time, CAST({seen} AS DATE) AS order_date, "
              "'S' || i % 50 AS store_id, NULL AS till_id, NULL AS staff_id, NULL AS tender, "
              " 'completed' AS status, NULL AS coupon, 'EUR' AS currency, 2 AS lines, 2.0 AS "
              "units, 2500 AS gross_amount, 0 AS discount_amount, 0 AS tax_amount, 0 AS shipping_amount, 2500 AS "
              "net_amount, 0 AS returned_amount, 2500 AS original_net_amount, TRUE AS is_purchase "
              "FROM range({n}) AS t(i), range(4) AS u(k)",
}  # fmt: skip
ORDER = {"profiles": "person_id", "memberships": "segment, person_id", "person_values": "person_id",
         "propensities": "person_id", "tastes": "person_id, place", "recommendations": "person_id, place",
         "identifiers": "record_id, kind, value, source", "orders": "order_time, row_id"}  # fmt: skip
TYPES = {"text": "VARCHAR", "integer": "BIGINT", "number": "DOUBLE", "boolean": "BOOLEAN", "date": "DATE",
         "time": "TIMESTAMP"}  # fmt: skip
LOOK = ("SELECT p.* FROM publications AS n JOIN identifiers AS i ON i.publication = n.publication JOIN people AS p ON "
        "p.publication = i.publication AND p.person_id = i.person_id WHERE n.current AND i.key = %s")  # fmt: skip


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--people", type=int, default=1_000_000)
    arguments.add_argument("--unsorted", action="store_true")
    people, unsorted = vars(arguments.parse_args()).values()
    with (
        tempfile.TemporaryDirectory() as folder,
        postgres(Path(folder) / "state") as url,
        fresh_database(url) as database,
    ):
        project = write_files(Path(folder) / "shop", {"parcours.toml": TOML})
        make(project, people, day=1, unsorted=unsorted)
        flow.publish(load(project, flow.kinds()), database)
        make(project, people, day=2, unsorted=unsorted)
        reader = Reader(database)
        time.sleep(5)
        Path("/proc/self/clear_refs").write_text("5")  # the peak of memory begins here
        before, work, served = time.perf_counter(), time.process_time(), processor_seconds(database)
        done = flow.publish(load(project, flow.kinds()), database)
        after, work = time.perf_counter(), time.process_time() - work
        served, memory, took = processor_seconds(database) - served, peak_memory(), after - before
        time.sleep(5)
        at, looked = reader.stop().T
        during = looked[(at >= before) & (at <= after)]
        otherwise = looked[(at < before) | (at > after)]
        size, bare = bare_copy(database)
        print(f"{done.people:,} people published in {took:.1f} s ({size / 2**20:,.0f} MB); peak memory {memory:.1f} GB")
        print(f"processor seconds: {work:.1f} of ours, {served:.1f} of PostgreSQL's (with the reader's); load of the "
              f"machine {os.getloadavg()[0]:.1f}")  # fmt: skip
        print(f"bare COPY of the same rows, beside which nobody reads: {bare:.1f} s; ratio {took / bare:.2f}")
        for name, found in (("while publishing", during), ("otherwise", otherwise)):
            print(f"a look-up {name}: {len(found):,} of them, median {np.median(found):.2f} ms, "
                  f"p99 {np.percentile(found, 99):.2f} ms, longest {max(found):.1f} ms")  # fmt: skip


def peak_memory() -> float:
    """The most memory of this process since it was last reset, in GB."""
    (line,) = (each for each in Path("/proc/self/status").read_text().splitlines() if each.startswith("VmHWM"))
    return int(line.split()[1]) / 2**20


def processor_seconds(database: Database) -> float:
    """What all processes of the server have used; it runs on this machine."""
    with psycopg.connect(database.url) as connection:
        ours = _stat(connection.info.backend_pid)
        server = int(ours[1])
    told = [_stat(int(each.name)) for each in Path("/proc").iterdir() if each.name.isdigit()]
    ticks = sum(sum(map(int, each[11:13])) for each in told if each and int(each[1]) == server)
    return (ticks + sum(map(int, _stat(server)[11:15]))) / os.sysconf("SC_CLK_TCK")


def _stat(process: int) -> list[str]:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def make(folder: Path, people: int, *, day: int, unsorted: bool = False) -> None:
    """Publishes a version of the warehouse as rooms would leave it; each day the orders' amounts are others."""
    project = load(folder, flow.kinds())
    engine = open_engine("duckdb", memory="2GB", threads=2, temporary=folder / "temporary")
    with Warehouse(project.warehouse, engine).draft(now=datetime(2026, 1, day, tzinfo=UTC)) as draft:
        for name, text in TABLES.items():
            told = text.format(id=ID, seen=SEEN, n=people, wide=WIDE).replace("5000 AS money", f"{5000 + day} AS money")
            columns = CONTRACTS[name].columns if name in CONTRACTS else {}
            cast = ", ".join(f"CAST({column} AS {TYPES[word]}) AS {column}" for column, word in columns.items()) or "*"
            order = "" if unsorted or name not in ORDER else f"ORDER BY {ORDER[name]}"
            text = f"SELECT {cast} FROM ({told}) AS made {order}"
            draft.put(
                name, lambda text=text: engine.connection.cursor().execute(text).to_arrow_reader(), settings=[text]
            )
        draft.publish({flow.AS_OF: str(date(2026, 1, day))})
    engine.close()


class Reader:
    """A process that looks people up, one after the other, and remembers when, and how long each took."""

    def __init__(self, database: Database) -> None:
        with database.connection() as connection:
            rows = connection.execute("SELECT key FROM identifiers TABLESAMPLE SYSTEM (1) LIMIT 20000").fetchall()
        context = multiprocessing.get_context("spawn")
        self._end, theirs = context.Pipe()
        self._process = context.Process(target=look_up, args=(database.url, [row["key"] for row in rows], theirs))
        self._process.start()
        self._end.recv()  # it has begun

    def stop(self) -> np.ndarray:
        """When each look-up began, in seconds of the machine's clock, and the milliseconds it took."""
        self._end.send(None)
        told = np.array(self._end.recv())
        self._process.join()
        return told


def look_up(url: str, keys: list[int], end: Connection) -> None:
    took = []
    with psycopg.connect(url, autocommit=True) as connection:
        end.send(None)
        while not end.poll(0.002):  # some hundred a second, as a site asks
            before = time.perf_counter()
            rows = connection.execute(LOOK, [keys[len(took) % len(keys)]], prepare=True).fetchall()
            took.append((before, (time.perf_counter() - before) * 1000))
            assert len(rows) == 1
    end.send(took)


def bare_copy(database: Database) -> tuple[int, float]:
    """The size of what was published, and how long PostgreSQL takes to copy it into tables without an index."""
    with psycopg.connect(database.url, autocommit=True) as connection:
        told: dict[str, bytes] = {}
        for table in sending.TABLES:
            columns = connection.execute(
                "SELECT string_agg(attname, ', ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = %s::regclass AND "
                "attnum > 0", [table]).fetchone()  # fmt: skip
            made = io.BytesIO()
            text = f"COPY (SELECT {columns[0]} FROM {table}) TO STDOUT (FORMAT CSV)"
            with connection.cursor().copy(text) as copy:
                for block in copy:
                    made.write(block)
            told[table] = made.getvalue()
        before = time.perf_counter()
        for table, block in told.items():
            connection.execute(f"CREATE TABLE bare_{table} (LIKE {table})")
            with connection.cursor().copy(f"COPY bare_{table} FROM STDIN (FORMAT CSV)") as copy:
                for at in range(0, len(block), 2**20):
                    copy.write(block[at : at + 2**20])
        return sum(map(len, told.values())), time.perf_counter() - before


if __name__ == "__main__":
    main()
