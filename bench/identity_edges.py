"""Times the identity room on ten million identifier edges, beside plain connected components of the same edges.

An edge is a record that holds a value: a ticket with a loyalty card, a visit with a cookie, an order with an e-mail.
The generated shop has households that share a phone, tablets that many log in on, and a filler phone number, so that
the guards have work. The alternative joins every record that shares any value (DuckDB for dense ids, SciPy for the
components): no guards, no reasons, no persons that stay. Each runs in a process of its own; memory is sampled.

    python bench/identity_edges.py --edges 10000000
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import duckdb
import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

import main_job

EDGES_PER_CUSTOMER = 8
NOW = datetime(2026, 4, 2, 6, tzinfo=UTC)
# Of each customer: a customer record with a card, an e-mail and a phone; a web login; three browsers; a guest order.
EDGES = """
COPY (
  WITH customers AS (SELECT i, hash(i, 7) % 1000 AS luck FROM range({customers}) AS r(i)),
  held AS (
    SELECT i * 10 AS record_id, 'loyalty_card' AS kind, 'L' || i AS value FROM customers
    UNION ALL SELECT i * 10, 'email', 'p' || CASE WHEN luck < 20 THEN i // 2 ELSE i END || '@example.org' FROM customers
    UNION ALL SELECT i * 10, 'phone', CASE WHEN luck < 100 THEN '+33600000000' ELSE '+336' || i // 2 END FROM customers
    UNION ALL SELECT i * 10 + 1, 'email', 'p' || i || '@example.org' FROM customers
    UNION ALL SELECT i * 10 + 1, 'login', 'u' || i FROM customers
    UNION ALL SELECT i * 10 + 2, 'login', 'u' || i FROM customers
    UNION ALL SELECT i * 10 + 2, 'cookie', CASE WHEN luck < 30 THEN 'tablet' || i % 50 ELSE 'c' || i END FROM customers
    UNION ALL SELECT i * 10 + 3, 'cookie', CASE WHEN luck < 30 THEN 'tablet' || i % 50 ELSE 'c' || i END FROM customers
  )
  SELECT CAST(record_id AS BIGINT) AS record_id, 'shop' AS source, kind, value, value AS raw, FALSE AS verified,
    TIMESTAMP '2025-01-01' AS first_seen, TIMESTAMP '2026-03-01' AS last_seen, TRUE AS usable,
    CAST(NULL AS VARCHAR) AS why_not
  FROM held ORDER BY record_id, kind, value
) TO '{file}' (FORMAT parquet)
"""


def main() -> None:
    """Reads the arguments, makes the edges, runs both and prints what they took."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--edges", type=int, default=10_000_000)
    arguments.add_argument("--worker", nargs=2, metavar=("WHICH", "FOLDER"), help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.worker:
        print(json.dumps(WORKERS[given.worker[0]](Path(given.worker[1]))))
        return
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "edges.parquet"
        duckdb.sql(EDGES.format(customers=given.edges // EDGES_PER_CUSTOMER, file=file))
        print(f"{given.edges:,} edges")
        ours, plain = (measured(which, Path(folder)) for which in ("room", "plain"))
    print(f"  ratio of the room to plain components: {ours / plain:.1f}")


def measured(which: str, folder: Path) -> float:
    """Runs one of the two in a process of its own; prints and gives its seconds."""
    started = time.monotonic()
    command = [sys.executable, __file__, "--worker", which, str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    peak = [0]

    def watch() -> None:
        while process.poll() is None:
            peak[0] = max(peak[0], main_job.resident(process.pid))
            time.sleep(0.1)

    threading.Thread(target=watch, daemon=True).start()
    said, _ = process.communicate()
    if process.returncode:
        raise SystemExit(f"{which} failed")
    took = json.loads(said)
    print(f"  {which:<6} {took['seconds']:>7.1f} s of {time.monotonic() - started:.1f} s with its start"
          f" {peak[0] / 1e9:>6.2f} GB {took['groups']:>12,} groups, {took['refused']:,} values refused")  # fmt: skip
    return float(took["seconds"])


def room(folder: Path) -> dict[str, float]:
    """The identity room over the edges, all of its tables written."""
    from parcours import identity
    from parcours.engine import Warehouse, open_engine
    from parcours.model.value import Place
    from parcours.project.definitions import Identity

    project = SimpleNamespace(
        identity=Identity(place=Place("identity.yaml", 1)), folder=folder, warehouse=folder / "warehouse",
        engine=SimpleNamespace(memory="3GB", threads=0),
    )  # fmt: skip
    engine = open_engine("duckdb", memory="3GB", temporary=folder / "temporary")
    with Warehouse(folder / "warehouse", engine).draft(now=NOW) as draft:
        engine.register("edges", [folder / "edges.parquet"])
        draft.build("identifiers", "SELECT * FROM edges", settings="edges")
        draft.declare("customer_records")
        started = time.monotonic()
        identity.resolve(draft, project, progress=lambda *_: None)  # type: ignore[arg-type]
        seconds = time.monotonic() - started
        rows = {
            name: sum(part.rows for part in draft.table(name).parts.values()) for name in ("persons", "refused_links")
        }
    engine.close()
    return {"seconds": seconds, "groups": rows["persons"], "refused": rows["refused_links"]}


def plain(folder: Path) -> dict[str, float]:
    """Every record that shares any value with another is in its group."""
    connection = duckdb.connect()
    connection.execute("SET memory_limit = '3GB'")
    started = time.monotonic()
    dense = connection.execute(
        "SELECT dense_rank() OVER (ORDER BY record_id) - 1 AS record,"
        " dense_rank() OVER (ORDER BY kind, value) - 1 AS held FROM read_parquet(?)", [str(folder / "edges.parquet")],
    ).fetchnumpy()  # fmt: skip
    records, values = dense["record"].astype(np.int64), dense["held"].astype(np.int64)
    size = int(records.max()) + int(values.max()) + 2
    graph = coo_matrix((np.ones(len(records), np.int8), (records, values + records.max() + 1)), shape=(size, size))
    groups, _ = connected_components(graph, directed=False)
    return {"seconds": time.monotonic() - started, "groups": int(groups), "refused": 0}


WORKERS = {"room": room, "plain": plain}


if __name__ == "__main__":
    main()
