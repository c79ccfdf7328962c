"""Measures the recommendations: how well lists rank what is bought next, beside plain orders and EASE; how fast.

The last four weeks are held out: each list is made as it would have been on the day before them, from facts up to that
day. Gain is NDCG@10, over customers who bought before and in these weeks; `new only` looks at what they never bought
before. EASE (Steck, 2019, WWW) is the usual peer for implicit feedback, here in full, without truncation.

    python bench/recommendations.py --data online_retail.parquet
    python bench/recommendations.py --customers 1000000 --products 50000
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from multiprocessing import get_context
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from parcours.engine import Engine, open_engine
from parcours.engine.types import SQL
from parcours.model import CONTRACTS
from parcours.scores.kinds.complements import Complements
from parcours.scores.kinds.recommendations import Recommendations
from parcours.scores.kinds.similar import Similar
from parcours.scores.made import Made
from parcours.scores.recommendations.candidates import moment
from parcours.scores.recommendations.learning import PLAINS, Learning
from parcours.scores.recommendations.lists import Wish
from parcours.scores.recommendations.purchases import Purchases, bought_between, known
from parcours.scores.recommendations.shop import READS, Catalogue, Shop, Stocked, shop
from parcours.scores.recommendations.weights import buyers, learn
from parcours.scores.world import World

FIRST = 10
HELD_OUT = 28
LAST = date(2025, 12, 26)
ONLINE_RETAIL = """
SELECT CAST(CustomerID AS BIGINT) AS person, StockCode AS product, CAST(InvoiceDate AS DATE) AS day
FROM read_parquet(?)
WHERE CustomerID IS NOT NULL AND UnitPrice > 0 AND Quantity > 0 AND NOT starts_with(InvoiceNo, 'C')
  AND regexp_matches(StockCode, '^[0-9]{5}')
GROUP BY ALL ORDER BY ALL
"""


def main() -> None:
    """Prints the figures asked for."""
    arguments = _arguments()
    if arguments.data:
        quality(arguments.data, arguments.earlier)
    if arguments.customers:
        speed(arguments.customers, arguments.products)


# -- how well


def quality(file: Path, earlier: int) -> None:
    """The last weeks of the UCI data set, foreseen."""
    bought = _online_retail(file)
    cut = int(bought.day.max()) - HELD_OUT * (1 + earlier)
    learning = Learning(_world_of(bought, cut + HELD_OUT), Wish(places=FIRST), HELD_OUT)
    at = moment(bought, cut, 20)
    people = buyers(at, cut + HELD_OUT, 10**9, 20)
    begun = time.process_time()
    ways = learn(moment(bought, cut - HELD_OUT, 20), cut, 20)
    assert ways is not None
    print(
        f"{len(bought.persons)} customers, {bought.products} articles; learned in {time.process_time() - begun:.1f} s"
    )
    for new_only in (False, True):
        judge = replace(learning, wish=Wish(places=FIRST, new_only=new_only))
        told = {name: judge.judged(plain, at, people).value for name, plain in PLAINS.items()}
        told["EASE"] = _ease(bought, cut, people, new_only)
        ours = judge.judged(ways, at, people)
        told["ours"] = ours.value
        title = "new only" if new_only else "already bought allowed"
        print(f"{title}, {ours.people} customers: " + ", ".join(f"{name} {value:.4f}" for name, value in told.items()))


def _ease(bought: Purchases, cut: int, people: Any, new_only: bool, ridge: float = 300.0) -> float:
    pairs = known(bought, np.arange(len(bought.persons)), cut)
    seen = pairs.matrix(np.ones(len(pairs.product), np.float32), bought.products)
    gram = (seen.T @ seen).toarray().astype(np.float64)
    gram[np.diag_indices_from(gram)] += ridge
    inverse = np.linalg.inv(gram)
    weights = -inverse / np.diag(inverse)[None, :]
    weights[np.diag_indices_from(weights)] = 0
    own = seen[people].toarray() > 0
    score = seen[people] @ weights
    did = bought_between(bought, people, cut, cut + HELD_OUT).toarray() > 0
    if new_only:
        score[own], did = -np.inf, did & ~own
    top = np.argsort(-score, axis=1, kind="stable")[:, :FIRST]
    discount = 1 / np.log2(np.arange(FIRST) + 2)
    wanted = did.sum(axis=1)
    some = wanted > 0
    gain = (np.take_along_axis(did, top, 1) * discount).sum(axis=1)[some]
    return float((gain / np.cumsum(discount)[np.minimum(wanted[some], FIRST) - 1]).mean())


def _online_retail(file: Path) -> Purchases:
    rows = duckdb.execute(ONLINE_RETAIL, [str(file)]).fetchnumpy()
    persons, person = np.unique(rows["person"], return_inverse=True)
    articles, product = np.unique(np.asarray(rows["product"], dtype=str), return_inverse=True)
    days = np.asarray(rows["day"]).astype("datetime64[D]")
    day = (days - days.min()).astype(int).astype(np.int32)
    starts = np.searchsorted(person, np.arange(len(persons) + 1))
    return Purchases(persons, starts, product.astype(np.int32), day, days.min().astype(object), len(articles))


def _world_of(bought: Purchases, today: int) -> World:
    """A world that holds these purchases and nothing else."""
    rows = pa.table({name: pa.nulls(bought.products, pa.string()) for name in CONTRACTS["products"].columns})
    none = np.full(bought.products, -1, np.int32)
    ids = [str(number) for number in range(bought.products)]
    catalogue = Catalogue(ids, rows, np.ones(bought.products, bool), none, [])
    stocked = Stocked(np.ones((2, bought.products), bool), np.zeros(len(bought.persons), np.int32))
    found = Shop(catalogue, bought, stocked, np.zeros(0, np.int64), np.zeros(bought.products, np.int64), today)
    world = World(SimpleNamespace(), bought.dated(today), "EUR")  # type: ignore[arg-type]
    world.shelf["shop"] = found
    return world


# -- how fast


def speed(customers: int, products: int) -> None:
    """Times the similar articles and the lists of a made-up retailer, from its tables to the rows written."""
    with tempfile.TemporaryDirectory() as folder:
        with get_context("spawn").Pool(1) as pool:  # so that this process's memory is that of the scores
            lines = pool.apply(_make_up, (customers, products, folder))
        print(f"{customers:,} customers, {products:,} articles, {lines:,} lines made up")
        engine = open_engine(threads=2, memory="1500MB", temporary=Path(folder) / "temporary")
        for name in READS:
            file = Path(folder) / f"{name}.parquet"
            engine.register(name, [file] if file.is_file() else [], columns=CONTRACTS[name].columns)
        draft = SimpleNamespace(engine=engine, read=lambda *_: None)
        world = World(draft, LAST, "EUR")  # type: ignore[arg-type]
        _timed("facts read", lambda: f"{len(shop(world).bought.product):,} purchases")
        kinds: dict[str, Any] = {"similar": Similar(), "goes with": Complements(), "lists": Recommendations()}
        for name, kind in kinds.items():
            _timed(name, lambda kind=kind, name=name: _written(kind.make(world), engine, Path(folder) / name))


def _timed(name: str, act: Callable[[], str]) -> None:
    begun, worked = time.perf_counter(), _processor()
    told = act()
    took, worked = time.perf_counter() - begun, _processor() - worked
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"  {name}: {told}, {took:.0f} s ({worked:.0f} s of processor), peak memory {memory:,.0f} MB", flush=True)


def _processor() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _written(made: Made, engine: Engine, folder: Path) -> str:
    engine.write(made.rows, folder)
    rows = sum(pq.ParquetFile(file).metadata.num_rows for file in folder.glob("*.parquet"))
    card = made.card
    return f"{rows:,} rows ({card.method}, {card.measure} {card.value} beside {card.plain_value})"


# Every customer belongs to one of 200 tastes, each with its share of the articles; they come about ten times in a year
# and buy four things: half of what is bought is a favourite of their own, the rest is of their taste or anything.
FACTS = """
SELECT person, day, greatest(0, least(products - 1, CASE
    WHEN how < .5 THEN hash(person * 31 + CAST(floor(5 * random()) AS BIGINT)) % 64 + start
    WHEN how < .85 THEN start + CAST(floor(width * pow(random(), 3)) AS BIGINT)
    ELSE CAST(floor(products * pow(random(), 3)) AS BIGINT) END)) AS product
FROM (
  SELECT person, day, random() AS how, products, products // 200 AS width, (person % 200) * (products // 200) AS start
  FROM (
    SELECT i AS person, DATE '2025-01-01' + CAST(floor(360 * random()) AS INT) AS day, CAST(? AS BIGINT) AS products
    FROM range(CAST(? AS BIGINT)) AS r(i), range(10)
  ) AS visits, range(4)
) AS lines
"""
TABLES = {
    "persons": "SELECT DISTINCT person + 1 AS person_id, true AS known FROM facts",
    "record_persons": "SELECT DISTINCT person + 1 AS record_id, person + 1 AS person_id FROM facts",
    "products": """SELECT 'A' || i AS product_id, 'article ' || i AS name, 'taste ' || i // (n // 200) AS category_1,
      'kind ' || i // 20 AS category_2, true AS active FROM (SELECT i, CAST(? AS BIGINT) AS n FROM range(?) AS r(i))""",
    "order_lines": """SELECT row_number() OVER () AS row_id, 'till' AS source, person + 1 AS record_id,
      person || '-' || day AS order_id, day AS order_date, 'A' || product AS product_id, 1.0 AS quantity,
      'sale' AS kind, 'completed' AS status, CAST(NULL AS VARCHAR) AS store_id FROM facts""",
    "orders": """SELECT min(person) + 1 AS record_id, 'till' AS source, person || '-' || day AS order_id,
      day AS order_date, true AS is_purchase, 'S' || person % 50 AS store_id FROM facts GROUP BY person, day""",
    "stock": """SELECT 'till' AS source, 'A' || i AS product_id, 'S' || s AS store_id, DATE '2025-12-20' AS as_of,
      CASE WHEN (i * 7 + s) % 13 = 0 THEN 0.0 ELSE 5.0 END AS quantity FROM range(?) AS r(i), range(50) AS t(s)""",
}


def _make_up(customers: int, products: int, folder: str) -> int:
    with duckdb.connect() as connection:
        connection.execute("SET enable_progress_bar = false")
        connection.execute("SET threads = 1")
        connection.execute("SET memory_limit = '2GB'")
        connection.execute("SET temp_directory = ?", [f"{folder}/made_up"])
        connection.execute("SELECT setseed(0.2)")
        connection.execute(f"CREATE TABLE facts AS {FACTS}", [products, customers])
        for name, query in TABLES.items():
            connection.execute(f"CREATE VIEW one AS {query.replace('?', str(products))}")
            made = {row[0] for row in connection.execute("DESCRIBE one").fetchall()}
            columns = ", ".join(
                f"CAST({column if column in made else 'NULL'} AS {SQL[word]}) AS {column}"
                for column, word in CONTRACTS[name].columns.items()
            )
            connection.execute(f"COPY (SELECT {columns} FROM one) TO '{folder}/{name}.parquet' (FORMAT parquet)")
            connection.execute("DROP VIEW one")
        return int(connection.execute("SELECT count(*) FROM facts").fetchall()[0][0])


def _arguments() -> argparse.Namespace:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--data", type=Path, metavar="FILE", help="the UCI data set as Parquet")
    arguments.add_argument("--earlier", type=int, default=0, help="hold out the four weeks so many times earlier")
    arguments.add_argument("--customers", type=int, help="time the whole over so many made-up customers")
    arguments.add_argument("--products", type=int, default=50_000, help="how many articles they choose among")
    return arguments.parse_args()


if __name__ == "__main__":
    main()
