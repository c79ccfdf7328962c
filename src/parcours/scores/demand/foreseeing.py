"""The forecast of one run: tried on a stretch held back beside plain methods, then made for the periods to come."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import numpy as np
import pyarrow as pa
from scipy.sparse import csr_matrix

from parcours.scores.demand import forecast, sold
from parcours.scores.demand.forecast import Foreseen, Tried
from parcours.scores.demand.profile import Bools, Floats, History, Ints
from parcours.scores.demand.ranges import coverage, ranges
from parcours.scores.demand.sold import Sales
from parcours.scores.made import Card, Made, TooLittle
from parcours.scores.world import World

MEASURE = "root mean squared scaled error"
PLAIN: dict[str, Callable[[History], Floats]] = {
    "the season before": forecast.naive,
    "mean of four weeks": forecast.recent_mean,
}
HELD_BACK = 3  # stretches at the end, each foreseen without it, on which the model must beat the plain methods
FEWEST_UNITS = 300  # sold over the history: with fewer, a week's count is off by more than it changes
TOLD = 26  # periods of everything together that are told as they were sold


@dataclass(frozen=True)
class Level:
    """Sums over series: which (series, nodes), and the item and the place of each node (-1 for all)."""

    name: str
    sums: csr_matrix
    item: Ints
    place: Ints


@dataclass(frozen=True)
class Span:
    """A stretch that was held back: what was foreseen of it from what was known before, and what was sold."""

    begin: int
    foreseen: Foreseen
    sold: Floats
    before: History
    scale: Floats


def make(world: World, of: str, *, by_store: bool, days: int, ahead: int, at_most: int) -> Made:
    """The forecast and its card. Raises TooLittle."""
    sales = sold.lay_out(world, of, by_store=by_store, days=days, at_most=at_most)
    needed = forecast.fewest_periods(ahead, 7 if days == 1 else 1) + ahead
    if sales.periods < needed:
        raise TooLittle("too_short_history", needed=needed * days, found=max(sales.periods, 0) * days)
    units = float(np.nansum(sales.sold))
    if units < FEWEST_UNITS:
        raise TooLittle("too_few_units", needed=FEWEST_UNITS, found=int(units))
    history = sales.history(ahead)
    held = _hold_back(history, min(HELD_BACK, 1 + (sales.periods - needed) // ahead))
    error = _mean(rmsse(each.foreseen.expected, each.sold, each.scale) for each in held)
    errors = {
        name: _mean(rmsse(plain(each.before), each.sold, each.scale) for each in held) for name, plain in PLAIN.items()
    }
    plain, plain_error = min(errors.items(), key=lambda each: each[1])
    kept = error < plain_error
    if not kept:
        held = [replace(each, foreseen=_plainly(each.before, PLAIN[plain])) for each in held]
    coming = forecast.foresee(history) if kept else _plainly(history, PLAIN[plain])
    levels = levels_of(sales)
    card = Card(
        method="calendar profile times level" if kept else plain,
        people=0,
        kept=kept,
        learned_from=sales.day(0),
        learned_until=sales.day(held[-1].begin) - timedelta(1),
        held_back_until=world.as_of,
        measure=MEASURE,
        value=round(error, 6),
        plain=plain,
        plain_value=round(plain_error, 6),
        detail={
            "of": of,
            "days": days,
            "series": int(sales.sold.shape[1]),
            "nothing_more_expected": int(sales.gone.sum()),
            "opened_lately": sales.opened_lately,
            "factors": list(coming.factors),
            "stretches": len(held),
            "plain_errors": {name: round(each, 6) for name, each in errors.items()},
            "off_by": {level.name: _off(held, level) for level in levels},
            "in_range": {level.name: round(_mean(_in_range(each, level) for each in held), 4) for level in levels},
        },
    )
    return Made(_rows(sales, levels, held[0], coming), card)


def _hold_back(history: History, stretches: int) -> list[Span]:
    """The last stretches, each foreseen without it and what came after: the newest first."""
    held = []
    for n in range(1, stretches + 1):
        begin = history.periods - n * history.ahead
        before = history.known(begin)
        sold = history.sold[begin : begin + history.ahead]
        held.append(Span(begin, forecast.foresee(before), sold, before, forecast.scales(before.sold)))
    return held


def _mean(values: Iterable[float]) -> float:
    return float(np.mean(list(values)))


def rmsse(expected: Floats, happened: Floats, scale: Floats) -> float:
    """The root mean squared scaled error, the mean over the series that could sell (Makridakis and others 2022)."""
    off = (expected - happened) ** 2
    known = ~np.isnan(off)
    some = known.any(0)
    mean = np.where(known, off, 0.0).sum(0)[some] / known.sum(0)[some]
    return float(np.sqrt(mean / scale[some]).mean()) if some.any() else float("inf")


def _plainly(history: History, plain: Callable[[History], Floats]) -> Foreseen:
    cuts = forecast.earlier(history)
    tried = np.stack([plain(history.known(cut)) for cut in cuts])
    happened = np.stack([history.sold[cut : cut + history.ahead] for cut in cuts])
    return Foreseen(plain(history), (), Tried(tried, happened))


# -- sums


def levels_of(sales: Sales) -> list[Level]:
    """Every series, then the items, the stores, the whole: what is expected of each is the sum of its series."""
    series = np.arange(sales.sold.shape[1])
    ones = np.ones(len(series))

    def sums(of: Ints, many: int) -> csr_matrix:
        return csr_matrix((ones, (series, of)), shape=(len(series), many))

    nobody = np.full(len(series), -1)
    whole = Level("all", sums(np.zeros_like(series), 1), np.array([-1]), np.array([-1]))
    if not sales.place.any():
        return [Level("item", sums(series, len(series)), sales.item, nobody), whole]
    item, of_item = np.unique(sales.item, return_inverse=True)
    place, of_place = np.unique(sales.place, return_inverse=True)
    return [
        Level("item_store", sums(series, len(series)), sales.item, sales.place),
        Level("item", sums(of_item, len(item)), item, np.full(len(item), -1)),
        Level("store", sums(of_place, len(place)), np.full(len(place), -1), place),
        whole,
    ]


def _summed(values: Floats, level: Level) -> Floats:
    """Values of series (..., series) as values of nodes; where a series could not sell, nothing is added."""
    flat = np.nan_to_num(values).reshape(-1, values.shape[-1])
    return np.asarray((level.sums.T @ flat.T).T.reshape(*values.shape[:-1], -1))


def _ranged(foreseen: Foreseen, level: Level) -> tuple[Floats, Floats, Floats]:
    """What is expected of each node, and the ends of its range."""
    tried = foreseen.tried
    expected = _summed(foreseen.expected, level)
    known = np.where(np.isnan(tried.sold), 0.0, tried.expected)
    return expected, *ranges(expected, _summed(known, level), _happened(tried.sold, level))


def _happened(sold: Floats, level: Level) -> Floats:
    """What was sold by node; a series by itself stays unknown where it could not sell."""
    return sold if level.sums.shape[0] == level.sums.shape[1] else _summed(sold, level)


def _in_range(held: Span, level: Level) -> float:
    _, low, high = _ranged(held.foreseen, level)
    return coverage(_happened(held.sold, level), low, high)


def _off(held: list[Span], level: Level) -> float | None:
    """By which share of what was sold the forecasts were off; None where nothing was sold."""
    off = sold = 0.0
    for each in held:
        happened = _summed(each.sold, level)
        expected = _summed(np.where(np.isnan(each.sold), 0.0, each.foreseen.expected), level)
        off, sold = off + float(np.abs(expected - happened).sum()), sold + float(happened.sum())
    return round(off / sold, 4) if sold else None


# -- rows


def _rows(sales: Sales, levels: list[Level], held: Span, coming: Foreseen) -> pa.Table:
    going = np.where(sales.gone, 0.0, 1.0)
    tried = Tried(coming.tried.expected * going, coming.tried.sold * going)
    coming = Foreseen(coming.expected * going, coming.factors, tried)
    parts = [_history(sales, levels[-1], held.begin)]
    for level in levels:
        every = np.ones(level.sums.shape[1], bool)
        parts.append(_part(sales, level, held.begin, held.foreseen, every, held.sold))
        live = np.asarray(level.sums.T @ going) > 0
        parts.append(_part(sales, level, sales.periods, coming, live, None))
    table = pa.concat_tables(parts)
    return table.sort_by([(name, "ascending") for name in ("level", "item", "store_id", "day")])


def _history(sales: Sales, whole: Level, until: int) -> pa.Table:
    """What was sold of everything together before the stretch held back."""
    begin = max(0, until - TOLD)
    known = _summed(sales.sold[begin:until], whole).ravel()
    empty: list[float | None] = [None] * len(known)
    return _table(sales, whole, np.array([True]), begin, len(known), [empty, empty, empty, known])


def _part(
    sales: Sales, level: Level, begin: int, foreseen: Foreseen, told: Bools, sold: Floats | None
) -> pa.Table:  # fmt: skip
    expected, low, high = (np.round(each[:, told], 6).T.ravel() for each in _ranged(foreseen, level))
    happened: Any = [None] * len(expected)
    if sold is not None:
        happened = np.round(_summed(sold, level)[:, told], 6).T.ravel()
    return _table(sales, level, told, begin, len(foreseen.expected), [expected, low, high, happened])


def _table(sales: Sales, level: Level, told: Bools, begin: int, periods: int, values: list[Any]) -> pa.Table:
    nodes = int(told.sum())
    days = pa.array([sales.day(begin + n) for n in range(periods)] * nodes, pa.date32())
    columns = {
        "level": pa.array([level.name] * (nodes * periods), pa.string()),
        "item": _names(sales.items, level.item[told], periods),
        "store_id": _names(sales.places, level.place[told], periods),
        "day": days,
        "days": pa.array(np.full(nodes * periods, sales.days), pa.int64()),
    }
    for name, each in zip(("expected", "low", "high", "sold"), values):
        columns[name] = pa.array(each, pa.float64())
    return pa.table(columns)


def _names(names: list[str], which: Ints, times: int) -> pa.Array:
    place = np.repeat(which, times)
    return pa.array(names, pa.string()).take(pa.array(place, pa.int64(), mask=place < 0))
