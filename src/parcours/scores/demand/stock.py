"""How long the stock lasts: what is expected to be sold of each article in each store against what is there.

Sales until the horizon follow a negative binomial distribution around what is expected, as wide as earlier forecasts
were off (Snyder, Ord and Beaumont 2012); where too little is sold to tell, a Poisson distribution around the mean of
the last 52 weeks. Sales are not demand: what nobody could buy because it was out of stock is not seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from scipy.special import betainc, gammainc

from parcours.engine import sql
from parcours.scores.demand import forecast, sold
from parcours.scores.demand.profile import Floats
from parcours.scores.demand.sold import Sales
from parcours.scores.made import Card, Made, TooLittle
from parcours.scores.world import World

_QUERIES = sql.load(__package__, "stock.sql")
OLD = 7  # days after which a count is called old
YEAR = 52  # weeks
ENOUGH_UNITS = 500.0  # sold of all that is stocked, in the last 52 weeks, for a model to be tried
SERIES = 100_000  # at most
MEASURE = "Brier score of running out in the days held back"


@dataclass(frozen=True)
class Outlook:
    """What is expected until the horizon, by series: by the model (None: too little), and as the mean of a year."""

    expected: Floats
    usual: Floats
    held: Floats
    held_expected: Floats
    held_usual: Floats
    spread: float
    modelled: bool


def make(world: World, *, days: int) -> Made:
    """The risks and their card. Raises TooLittle: no stock, nothing sold."""
    engine = world.engine
    world.draft.read("stock")
    engine.temp("stock_counted", _QUERIES["counted"].bind(as_of=world.as_of))
    try:
        if not engine.rows("SELECT count(*) AS n FROM stock_counted")[0]["n"]:
            raise TooLittle("no_stock", needed=1, found=0)
        sales = sold.lay_out(world, "product", by_store=True, days=7, at_most=SERIES)
        outlook = _outlook(sales, days)
        engine.register("stock_series", _series(sales, outlook))
        stocked = engine.arrow(_QUERIES["stocked"].bind(as_of=world.as_of, old=OLD))
    finally:
        engine.forget("stock_counted", "stock_series")
    return _made(world, stocked, outlook, days)


def running_out(on_hand: Floats, expected: Floats, spread: float) -> Floats:
    """The probability that more is asked for than is there: `spread` is by how much the variance exceeds the mean, in
    squares of the mean (0: Poisson)."""
    there = np.floor(np.maximum(on_hand, 0.0) + 1e-9)
    if spread < 1e-6:
        return np.asarray(gammainc(there + 1, expected))
    return np.asarray(betainc(there + 1, 1 / spread, spread * expected / (1 + spread * expected)))


def _outlook(sales: Sales, days: int) -> Outlook:
    weeks, part = -(-days // 7), days / 7 / -(-days // 7)
    going = np.where(sales.gone, 0.0, 1.0)
    known = sales.sold[-weeks:] if sales.periods else np.zeros((0, len(going)))
    held = np.nan_to_num(known).sum(0) * part
    usual, held_usual = _mean(sales.sold) * days / 7 * going, _mean(sales.sold[:-weeks]) * days / 7
    enough = np.nansum(sales.sold[-YEAR:]) >= ENOUGH_UNITS
    if sales.periods < forecast.fewest_periods(weeks, 1) + weeks or not enough:
        return Outlook(usual, usual, held, held_usual, held_usual, 0.0, False)
    history = sales.history(weeks)
    before = forecast.foresee(history.known(history.periods - weeks))
    coming = forecast.foresee(history)
    tried, then = (np.nan_to_num(each).sum(1) for each in (before.tried.expected, before.tried.sold))
    spread = float(max(((then - tried) ** 2 - tried).sum() / max((tried**2).sum(), 1e-9), 0.0))
    return Outlook(
        coming.expected.sum(0) * part * going, usual, held, before.expected.sum(0) * part, held_usual, spread, True
    )


def _mean(weekly: Floats) -> Floats:
    last = weekly[-YEAR:]
    known = ~np.isnan(last)
    return np.asarray(np.nan_to_num(last).sum(0) / np.maximum(known.sum(0), 1))


def _series(sales: Sales, outlook: Outlook) -> pa.Table:
    names = {"expected": outlook.expected, "usual": outlook.usual, "held": outlook.held}
    names |= {"held_expected": outlook.held_expected, "held_usual": outlook.held_usual}
    return pa.table(
        {
            "product_id": pa.array(sales.items, pa.string()).take(pa.array(sales.item)),
            "place": pa.array(sales.places, pa.string()).take(pa.array(sales.place)),
            **{name: pa.array(values, pa.float64()) for name, values in names.items()},
        }
    )


def _made(world: World, stocked: pa.Table, outlook: Outlook, days: int) -> Made:
    read: dict[str, Any] = {name: np.asarray(stocked[name].to_numpy()) for name in (
        "left_over", "expected", "usual", "held", "held_expected", "held_usual"
    )}  # fmt: skip
    on_hand = np.maximum(read["left_over"], 0.0)
    out = read["held"] > on_hand
    error = float(((running_out(on_hand, read["held_expected"], outlook.spread) - out) ** 2).mean())
    plain = float(((running_out(on_hand, read["held_usual"], 0.0) - out) ** 2).mean())
    kept = outlook.modelled and error < plain
    expected = read["expected"] if kept else read["usual"]
    risk = running_out(on_hand, expected, outlook.spread if kept else 0.0)
    cover = np.divide(on_hand * days, expected, out=np.full(len(on_hand), np.nan), where=expected > 1e-9)
    rows = stocked.select(["product_id", "store_id", "counted_on", "counted", "note"])
    told = {"on_hand": on_hand, "expected": expected, "risk": risk}
    for name, values in told.items():
        rows = rows.append_column(name, pa.array(np.round(values, 6), pa.float64()))
    rows = rows.append_column("cover_days", pa.array(np.round(cover, 2), pa.float64(), mask=np.isnan(cover)))
    rows = rows.append_column("days", pa.array(np.full(len(on_hand), days), pa.int64()))
    notes = stocked["note"].to_pylist()
    detail = {"counts": len(notes), "days": days, "spread": round(outlook.spread, 4), "modelled": outlook.modelled}
    detail |= {note: notes.count(note) for note in ("negative_stock", "never_sold", "old_count")}
    card = Card(
        method="calendar profile times level, negative binomial" if kept else "mean of 52 weeks, Poisson",
        people=0, kept=kept, learned_until=world.as_of, held_back_until=world.as_of, measure=MEASURE,
        value=round(error, 6) if outlook.modelled else None, plain="mean of 52 weeks, Poisson",
        plain_value=round(plain, 6), detail=detail,
    )  # fmt: skip
    return Made(rows, card)
