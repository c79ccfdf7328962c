"""How good are forecasts of sales and trends, and how long do they take? Files of sales are given, none is fetched.

  demand.py --m5 FILE        M5 (item_id, store_id, dept_id, date in days since 1970, value, snap): the last 28 days,
                             scaled error
  demand.py --rossmann FILE  Rossmann (Store, Date, Sales, Promo, SchoolHoliday, StoreType): the last 42 days, share
                             off, with promotions and school holidays known for the days to come, and without
  demand.py --series 10000   made-up series: time and memory
  demand.py --trends 100     made-up lists: how often one names something when nothing changed, how often a step is seen

Beside ours stand the season before (the same weekday) and the mean of the last 28 days. `--back N` foresees N earlier
stretches instead of the last one, to choose by. Needs a virtual environment with the project installed.
"""

from __future__ import annotations

import argparse
import resource
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from parcours.scores.demand import forecast, ranges, trend
from parcours.scores.demand.foreseeing import rmsse
from parcours.scores.demand.profile import Factor, Floats, History, Ints
from parcours.scores.demand.sold import calendar

M5 = """SELECT item_id || ' ' || store_id AS series, dept_id AS department,
  DATE '1970-01-01' + CAST(date AS INTEGER) AS day,
  CAST(value AS DOUBLE) AS sold, CAST(snap AS INTEGER) AS known FROM read_parquet('{file}') ORDER BY series, day"""
ROSSMANN = """SELECT CAST(Store AS VARCHAR) AS series, StoreType AS department, CAST(Date AS DATE) AS day,
  CAST(Sales AS DOUBLE) AS sold, CAST(SchoolHoliday AS INTEGER) AS known,
  max(CAST(Promo AS INTEGER)) OVER (PARTITION BY Date) AS promotion
  FROM read_parquet('{file}') ORDER BY series, day"""
PROMOTION_WEIGHT, HOLIDAY_WEIGHT = 8.0, 64.0  # periods after which a store's own effect weighs as its type's


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--m5", type=Path, help="a Parquet file of M5 sales")
    arguments.add_argument("--rossmann", type=Path, help="a Parquet file of Rossmann sales")
    arguments.add_argument("--series", type=int, help="how many made-up series are timed")
    arguments.add_argument("--trends", type=int, help="how many made-up lists trends are looked for in")
    arguments.add_argument("--back", type=int, default=0, help="foresee so many earlier stretches, not the last")
    given = arguments.parse_args()
    if given.m5:
        history, _ = lay_out(M5, given.m5, 28)
        print("\nM5, 28 days: root mean squared scaled error, mean over series")
        quality(history, given.back, scaled=True)
    if given.rossmann:
        for known in (True, False):
            history, _ = lay_out(ROSSMANN, given.rossmann, 42, known=known)
            print(f"\nRossmann, 42 days, promotions and school holidays {'known' if known else 'not known'}: share off")
            quality(history, given.back, scaled=False)
    if given.series:
        effort(given.series)
    if given.trends:
        trends(given.trends)
    print(f"\npeak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")


# -- how good


def lay_out(query: str, file: Path, ahead: int, known: bool = True) -> tuple[History, list[date]]:
    """The file as a history by day, with the product's calendar and what else is known of days to come."""
    read = duckdb.connect().execute(query.format(file=file)).to_arrow_table()
    names, series = np.unique(np.asarray(read["series"].to_pylist()), return_inverse=True)
    day = np.asarray(read["day"].to_numpy()).astype("datetime64[D]")
    first = day.min()
    at = (day - first).astype(np.int64)
    days = [first.astype(date) + timedelta(n) for n in range(int(at.max()) + 1)]
    sold = _placed(read["sold"], at, series, len(days), len(names), np.nan)
    begun = np.maximum.accumulate(np.nan_to_num(sold) > 0, axis=0)
    department = np.unique(np.asarray(read["department"].to_pylist(), str), return_inverse=True)[1]
    of_series = np.zeros(len(names), np.int64)
    of_series[series] = department
    factors = calendar(days, 1)
    extra = _placed(read["known"], at, series, len(days), len(names), 0).astype(np.int64)
    if "promotion" not in read.column_names:
        factors.insert(1, Factor("snap", extra, 2, factors[0].weight))
    elif known:
        promotion = np.zeros(len(days), np.int64)
        promotion[at] = read["promotion"].to_numpy()
        codes = np.array([each.weekday() for each in days]) * 2 + promotion
        factors[1:1] = [
            Factor("promotion", codes, 14, PROMOTION_WEIGHT), Factor("holiday", extra, 2, HOLIDAY_WEIGHT)
        ]  # fmt: skip
    whole = History(np.where(begun, sold, np.nan), of_series, tuple(factors), ahead, 7, 7)
    return whole, days


def _placed(column: Any, at: Ints, series: Ints, days: int, many: int, empty: float) -> Floats:
    found = np.full((days, many), empty)
    found[at, series] = column.to_numpy()
    return found


def quality(history: History, back: int, *, scaled: bool) -> None:
    """Prints the error of ours and of both plain methods, and how much lay in the ranges, stretch by stretch."""
    told = []
    for n in range(2, 2 + back) if back else (1,):
        cut = history.periods - n * history.ahead
        known, happened = history.known(cut), history.sold[cut : cut + history.ahead]
        started, worked = time.monotonic(), time.process_time()
        ours = forecast.foresee(known)
        wall, processor = time.monotonic() - started, time.process_time() - worked
        low, high = ranges.ranges(ours.expected, ours.tried.expected, ours.tried.sold)
        scale = forecast.scales(known.sold)
        every = (ours.expected, forecast.naive(known), forecast.recent_mean(known))
        off = [rmsse(each, happened, scale) if scaled else _share_off(each, happened) for each in every]
        told.append([*off, ranges.coverage(happened, low, high)])
        factors = ", ".join(ours.factors) or "none"
        print(f"  until day {cut} of {history.periods}, {happened.shape[1]:,} series: {wall:.1f} s, "
              f"{processor:.1f} s of a processor; factors {factors}")  # fmt: skip
    for name, value in zip(("parcours", "the season before", "mean of 28 days", "in the 90 % range"), np.mean(told, 0)):
        print(f"  {name:<24}{value:8.4f}")


def _share_off(expected: Floats, happened: Floats) -> float:
    known = ~np.isnan(happened)
    return float(np.abs(expected - happened)[known].sum() / happened[known].sum())


# -- how much work


def effort(series: int) -> None:
    """Prints the time of so many made-up series: three years by week, two years by day."""
    print(f"\n{series:,} series")
    chance = np.random.default_rng(0)
    level = chance.lognormal(0, 1.5, series)
    for name, periods, each, ahead in (("156 weeks, 4 ahead", 156, 7, 4), ("730 days, 28 ahead", 730, 1, 28)):
        wave = 1 + 0.3 * np.sin(np.arange(periods) * each / 365 * 2 * np.pi)
        sold = chance.poisson(level * wave[:, None]).astype(np.float64)
        days = [date(2023, 1, 1) + timedelta(each * n) for n in range(periods + ahead)]
        of = chance.integers(0, 20, series)
        history = History(sold, of, tuple(calendar(days, each)), ahead, 52 if each == 7 else 7, 7 // each)
        started, worked = time.monotonic(), time.process_time()
        ours = forecast.foresee(history)
        ranges.ranges(ours.expected, ours.tried.expected, ours.tried.sold)
        print(f"  {name}: {time.monotonic() - started:.1f} s, {time.process_time() - worked:.1f} s of a processor",
              flush=True)  # fmt: skip


# -- trends


def trends(lists: int) -> None:
    """Prints how many lists alarm when nothing changed, how many of five steps of 30 % in the last eight weeks are
    seen, and which part of what is then named is wrong; weeks independent, or each like half the one before."""
    print(f"\ntrends, {lists} lists of 150 items each, 10 % allowed")
    for weeks in (52, 104):
        for lasting in (0.0, 0.5):
            alarmed, seen, wrong = [], [], []
            for seed in range(lists):
                quiet = _named(_weeks(seed, weeks, lasting, step=0.0), seed)
                alarmed.append(bool(quiet.any()))
                named = _named(_weeks(seed, weeks, lasting, step=0.3), seed)
                seen.append(float(named[:5].mean()))
                wrong.append(float(named[5:].sum() / max(named.sum(), 1)))
            print(f"  {weeks} weeks, {lasting} lasting: {np.mean(alarmed):.3f} of lists alarm when nothing changed; "
                  f"{np.mean(seen):.3f} of steps seen, {np.mean(wrong):.3f} of what is named is wrong",
                  flush=True)  # fmt: skip


def _named(weekly: Floats, seed: int) -> Any:
    """Which items of a list are named."""
    looked = weekly.mean(0) >= 3
    named = np.zeros(weekly.shape[1], bool)
    named[looked] = trend.look(weekly, looked, alarms=0.1, seed=seed).named
    return named


def _weeks(seed: int, weeks: int, lasting: float, *, step: float) -> Floats:
    """Negative binomial sales of 150 items that move together through the year; five of them take a step."""
    chance = np.random.default_rng(seed)
    level, noise = chance.lognormal(3, 1, 150), chance.normal(0, 0.08, (weeks, 150))
    own = np.zeros((weeks, 150))
    for week in range(weeks):
        own[week] = (lasting * own[week - 1] if week else 0) + noise[week]
    common = np.exp(0.15 * np.sin(np.arange(weeks) / 52 * 2 * np.pi) + chance.normal(0, 0.05, weeks))[:, None]
    expected = level * common * np.exp(own)
    expected[-8:, :5] *= 1 + step
    return chance.negative_binomial(30, 30 / (30 + expected)).astype(np.float64)


if __name__ == "__main__":
    main()
