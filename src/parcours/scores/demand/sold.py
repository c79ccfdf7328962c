"""What was sold, laid out by time: a row a period, a column an item, or an item in a store."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
from sqlglot import exp

from parcours.engine import sql
from parcours.scores.demand.profile import Bools, Factor, Floats, History, Ints
from parcours.scores.made import TooLittle
from parcours.scores.world import World

_QUERIES = sql.load(__package__, "sold.sql")
OTHER = "other"
OFTEN_OPEN = 0.9  # of a weekday's days with sales, from which a day without any is a closed one
ASLEEP = 182  # days without a sale after which an item is taken for discontinued
SHUT = 28  # days without a sale after which a store is taken for closed
LATELY = 56  # days
OWN_WEIGHT = 64.0  # periods after which a series' own calendar weighs as much as its department's


@dataclass(frozen=True)
class Sales:
    """Units sold: `sold[period, series]`, and which item and which place each series is (`places` empty: all together).

    `gone` marks series of which nothing more is expected: discontinued articles, closed stores.
    """

    items: list[str]
    departments: Ints
    places: list[str]
    item: Ints
    place: Ints
    sold: Floats
    gone: Bools
    opened_lately: list[str]
    days: int
    as_of: date

    @property
    def periods(self) -> int:
        """How many whole periods are known."""
        return int(self.sold.shape[0])

    def day(self, period: int) -> date:
        """The first day of a period; periods to come follow on."""
        return self.as_of + timedelta(1 - (self.periods - period) * self.days)

    def history(self, ahead: int) -> History:
        """The sales with their calendar, ready to be learned from."""
        return History(
            sold=self.sold,
            department=self.departments[self.item],
            factors=tuple(calendar([self.day(n) for n in range(self.periods + ahead)], self.days)),
            ahead=ahead,
            lag=7 if self.days == 1 else 52,
            bin=7 if self.days == 1 else 1,
        )


def lay_out(world: World, of: str, *, by_store: bool, days: int, at_most: int) -> Sales:
    """The sales of items in periods of so many days. Raises TooLittle: nothing sold, no such column."""
    engine = world.engine
    world.have("sold")
    world.draft.read("products")
    item = exp.column("product_id", table="s") if of == "product" else exp.column(of, table="d")
    engine.temp("demand_items", _QUERIES["items"].bind(item=item, as_of=world.as_of))
    engine.temp("demand_places", _QUERIES["places"])
    try:
        items = engine.rows("SELECT item, department, active FROM demand_items ORDER BY number")
        places = [row["place"] for row in engine.rows("SELECT place FROM demand_places ORDER BY number")]
        if not items:
            raise TooLittle("nothing_sold", needed=1, found=0)
        if [row["item"] for row in items] == [OTHER] and of != "product":
            raise TooLittle("not_in_catalogue", needed=1, found=0, of=of)
        most = max(1, at_most // len(places)) if by_store else at_most
        (extent,) = engine.rows(_QUERIES["extent"])
        periods = ((world.as_of - extent["first_day"]).days + 1) // days
        bound = _QUERIES["cells"].bind(item=item, as_of=world.as_of, days=days, at_most=most, by_store=by_store)
        cells = engine.arrow(bound)
    finally:
        engine.forget("demand_items", "demand_places")
    names = [OTHER, *(row["item"] for row in items[:most])]
    departments = ["", *(row["department"] for row in items[:most])]
    active = np.array([True, *(bool(row["active"]) or of != "product" for row in items[:most])])
    stands = ["", *places]
    return _sales(cells, names, departments, active, stands, periods, days=days, as_of=world.as_of)


def _sales(
    cells: pa.Table, names: list[str], departments: list[str], active: Bools, places: list[str], periods: int,
    *, days: int, as_of: date,
) -> Sales:  # fmt: skip
    item, place, ago, thousandths = (np.asarray(cells.column(n).to_numpy()) for n in range(4))
    key, series = np.unique(item * len(places) + place, return_inverse=True)
    which, where = key // len(places), key % len(places)
    sold = np.zeros((max(periods, 0), len(key)))
    inside = ago < periods
    sold[periods - 1 - ago[inside], series[inside]] = thousandths[inside] / 1000.0
    last, first = np.full(len(key), 10**6), np.zeros(len(key), np.int64)
    np.minimum.at(last, series, ago)
    np.maximum.at(first, series, ago)
    slept, unvisited = (_by(by, last, np.minimum, 10**6) * days for by in (which, where))
    known, opened = (_by(by, first, np.maximum, 0) * days for by in (which, where))
    gone = ~active[which] | (slept[which] >= ASLEEP) | ((unvisited >= SHUT) & (opened > 2 * SHUT))[where]
    sold = _begun(_closed(sold, where) if days == 1 else sold, np.minimum(known[which], opened[where]) // days)
    lately = [places[n] for n in np.unique(where) if n and opened[n] < LATELY < (periods - 1) * days]
    numbers = np.unique(departments, return_inverse=True)[1].astype(np.int64)
    return Sales(names, numbers, places, which, where, sold, gone, lately, days, as_of)


def _by(which: Ints, values: Ints, how: np.ufunc, start: int) -> Ints:
    found = np.full(int(which.max(initial=0)) + 1, start, np.int64)
    how.at(found, which, values)
    return found


def _begun(sold: Floats, ago: Ints) -> Floats:
    """Not a number before a series could sell; the first period, which is seldom whole, is left out too."""
    periods = len(sold)
    start = periods - 1 - ago
    start = np.where(start > 0, np.minimum(start + 1, max(periods - 1, 0)), 0)
    return np.where(np.arange(periods)[:, None] < start, np.nan, sold)


def _closed(sold: Floats, where: Ints) -> Floats:
    """Not a number on days on which a store that is nearly always open that weekday sold nothing at all."""
    if len(sold) < 7:
        return sold
    member = np.zeros((sold.shape[1], int(where.max(initial=0)) + 1))
    member[np.arange(sold.shape[1]), where] = 1.0
    none = sold @ member <= 0
    for day in range(7):
        usual = none[day::7].mean(0) <= 1 - OFTEN_OPEN
        none[day::7] &= usual
    return np.where(none[:, where], np.nan, sold)


def calendar(days: list[date], each: int) -> list[Factor]:
    """What is known of days, or of periods of so many days that begin with them."""
    middle = [day + timedelta(each // 2) for day in days]
    fortnight = np.array([min((day.timetuple().tm_yday - 1) // 14, 25) for day in middle])
    found = [
        Factor("month", np.array([day.month - 1 for day in middle]), 12, OWN_WEIGHT),
        Factor("fortnight", fortnight, 26, OWN_WEIGHT),
    ]
    if each > 1:
        return found
    weekday = Factor("weekday", np.array([day.weekday() for day in days]), 7, OWN_WEIGHT)
    return [weekday, Factor("day of month", np.array([(day.day - 1) // 3 for day in days]), 11, OWN_WEIGHT), *found]
