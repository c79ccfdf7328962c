"""Times landing against a plain DuckDB copy of the same files: `python bench/landing.py --rows 2000000`.

Generates a till file (CSV, decimal comma, two tables) and a web file (JSON lines, nested), lands them into an empty
project, again with nothing new, and again with one more day; beside each stands a plain `COPY (SELECT * FROM
read_csv/json(...))` of the same file in the same process, which converts nothing, checks nothing and keeps no account.
Times depend on what else the machine does; look at processor seconds and at the ratio.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from parcours import landing, sources
from parcours.engine import Warehouse, open_engine
from parcours.landing import SourceCount
from parcours.model.kind import kinds_in
from parcours.project import load

PROJECT = '[project]\nname = "bench"\n[profiles]\npacks = []\n[segments]\npacks = []\n'
TILL = """
source: till
kind: files
path: data/till*.csv
numbers: {decimal: ","}
times: {format: "%d/%m/%Y %H:%M:%S"}
tables:
  orders:
    key: [TICKET]
    columns: {order_id: TICKET, order_time: DATE_HEURE, channel: {value: store}, store_id: MAGASIN}
    identifiers: {loyalty_card: CARTE}
  order_lines:
    key: [TICKET, LIGNE]
    columns: {order_id: TICKET, line_id: LIGNE, order_time: DATE_HEURE, store_id: MAGASIN, product_id: ARTICLE,
              quantity: QTE, unit_price: PRIX, discount_amount: REMISE}
    identifiers: {loyalty_card: CARTE}
"""
WEB = """
source: web
kind: files
path: data/web*.jsonl
tables:
  events:
    key: [id]
    columns: {name: event, event_time: timestamp, page_url: context.page.url, referrer: context.page.referrer,
              product_id: properties.product_id, value: properties.price, query: properties.query}
    identifiers: {cookie: anonymousId, login: userId}
"""
MAKE_TILL = """
COPY (SELECT 'T' || (i // 3) AS TICKET, i % 3 AS LIGNE,
             strftime(TIMESTAMP '2024-01-01' + to_seconds((i * 7) % 63072000), '%d/%m/%Y %H:%M:%S') AS DATE_HEURE,
             'MAG' || (i % 50) AS MAGASIN, 'P' || (i * 7919 % 30000) AS ARTICLE,
             replace(CAST((i % 97) / 10.0 AS VARCHAR), '.', ',') AS PRIX, 1 + i % 3 AS QTE, '0,00' AS REMISE,
             CASE WHEN i // 3 % 3 > 0 THEN lpad(CAST(hash(i // 3) % 1000000 AS VARCHAR), 13, '2') END AS CARTE
      FROM range(CAST($1 AS BIGINT), CAST($2 AS BIGINT)) AS r(i)) TO '{path}' (DELIMITER ';', HEADER)
"""
MAKE_WEB = """
COPY (SELECT 'e' || i AS id, 'anon' || (hash(i) % 800000) AS "anonymousId",
             CASE WHEN i % 5 = 0 THEN 'u' || (hash(i) % 400000) END AS "userId",
             ['product_viewed', 'page', 'product_added', 'products_searched'][1 + i % 4] AS event,
             strftime(TIMESTAMP '2024-01-01' + to_seconds((i * 7) % 63072000), '%Y-%m-%dT%H:%M:%S.000Z') AS timestamp,
             {{'page': {{'url': 'https://shop.example/p/' || (i % 30000), 'referrer': 'https://search.example/'}}}}
                 AS context,
             {{'product_id': 'P' || (i * 7919 % 30000), 'price': (i % 97) / 10.0, 'query': NULL}} AS properties
      FROM range(CAST($1 AS BIGINT), CAST($2 AS BIGINT)) AS r(i)) TO '{path}' (FORMAT json)
"""
PLAIN = {
    "till": """COPY (SELECT * FROM read_csv('{path}', all_varchar = true, delim = ';', header = true))
               TO '{out}' (FORMAT parquet)""",
    "web": "COPY (SELECT * FROM read_json('{path}')) TO '{out}' (FORMAT parquet)",
}


def timed(what: Callable[[], object]) -> tuple[float, float]:
    """Seconds on the clock and of the processor."""
    begun, before = time.perf_counter(), _processor()
    what()
    return time.perf_counter() - begun, _processor() - before


def _processor() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def make(folder: Path, name: str, query: str, first: int, last: int) -> Path:
    path = folder / "data" / name
    with duckdb.connect() as connection:
        connection.execute(query.format(path=path), [first, last])
    return path


def land(folder: Path, only: str) -> SourceCount:
    project = load(folder, {"source": kinds_in(sources), "attribute": {}})
    engine = open_engine("duckdb")
    with Warehouse(project.warehouse, engine).draft(now=datetime.now(UTC)) as draft:
        counts = landing.land(draft, project, only=(only,))
        draft.publish({})
    engine.close()
    return next(count for count in counts if count.source == only)


def measure(folder: Path, source: str, path: Path, rows: int) -> None:
    with duckdb.connect() as connection:
        connection.execute("SET threads = 2; SET memory_limit = '2GB'")
        plain = timed(lambda: connection.execute(PLAIN[source].format(path=path, out=folder / "plain.parquet")))
    mapped = timed(lambda: land(folder, source))
    again = timed(lambda: land(folder, source))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    size = path.stat().st_size / 1e6
    print(
        f"{source:5} {rows:>11,} rows {size:8,.0f} MB | plain copy {plain[0]:6.1f} s ({plain[1]:6.1f} cpu) | "
        f"landing {mapped[0]:6.1f} s ({mapped[1]:6.1f} cpu), {rows / mapped[0]:>9,.0f} rows/s | "
        f"ratio {mapped[0] / plain[0]:4.1f} ({mapped[1] / plain[1]:4.1f} cpu) | nothing new {again[0]:5.2f} s | "
        f"peak {peak:,} MB"
    )


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=2_000_000, help="rows of each file")
    options.add_argument("--folder", type=Path, help="where to write; else a temporary folder")
    given = options.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as held:
        folder = Path(held)
        (folder / "sources").mkdir()
        (folder / "data").mkdir()
        (folder / "parcours.toml").write_text(PROJECT)
        for source, text, query, name in (("till", TILL, MAKE_TILL, "till.csv"), ("web", WEB, MAKE_WEB, "web.jsonl")):
            (folder / "sources" / f"{source}.yaml").write_text(text)
            path = make(folder, name, query, 0, given.rows)
            measure(folder, source, path, given.rows)
            day = given.rows // 700
            make(folder, name.replace(".", "_2."), query, given.rows, given.rows + day)
            took = timed(lambda source=source: land(folder, source))
            print(f"{'':5} {day:>11,} rows more, as a day brings: {took[0]:.2f} s ({took[1]:.2f} cpu)")


if __name__ == "__main__":
    main()
