"""What is known of each customer on any day that forecasts are learned from: how lately, how often, how much, and more.

One query gives it for whatever day (`features.sql`), from facts up to that day only; the same query a window earlier,
with what then happened, is what is learned from.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property, partial
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from parcours.engine import sql
from parcours.engine.sql import Query
from parcours.scores.world import World

_QUERIES = sql.load(__package__, "features.sql")
BATCH = 50_000
# what the queries read; learning from some of the people reads the facts of these only, put aside once
_FACTS = ("buying_days", "return_days", "visit_days", "message_days", "redemption_days")
_READ = (*(f"world_{name}" for name in ("people", *_FACTS)), "world_gaps")

LOG, DAYS, SHARE = "log", "days", "share"  # log(1 + x); the same, null for never; as it is, null for unknown


@dataclass(frozen=True)
class Family:
    """Features that say one thing; people are shown the first of them."""

    name: str
    columns: dict[str, str]

    @property
    def shown(self) -> str:
        """The column whose value is told as the reason."""
        return next(iter(self.columns))


FAMILIES: tuple[Family, ...] = (
    Family("recency", {"last_order_days": DAYS}),
    Family(
        "frequency",
        {
            "orders_365d": LOG,
            "orders": LOG,
            "buying_days": LOG,
            "buying_days_7d": LOG,
            "buying_days_14d": LOG,
            "buying_days_30d": LOG,
            "buying_days_90d": LOG,
            "buying_days_180d": LOG,
            "buying_days_365d": LOG,
            "buying_days_window_1": LOG,
            "buying_days_window_2": LOG,
            "buying_days_window_3": LOG,
            "buying_days_window_4": LOG,
            "decayed_10d": LOG,
            "decayed_40d": LOG,
            "decayed_160d": LOG,
            "buying_rate": LOG,
        },
    ),
    Family("money", {"spend_365d": LOG, "spend": LOG, "spend_90d": LOG, "last_spend": LOG, "basket": LOG}),
    Family(
        "rhythm",
        {
            "pause_ratio": LOG,
            "usual_gap_days": DAYS,
            "gap_deviation": SHARE,
            "longest_gap_days": DAYS,
            "last_gap_days": DAYS,
            "gaps": LOG,
            "limit_days": DAYS,
        },
    ),
    Family("season", {"buying_days_last_year": LOG, "buying_days_about_last_year": LOG}),
    Family("tenure", {"customer_days": LOG, "first_order_days": DAYS}),
    Family("channel", {"online_share": SHARE}),
    Family("discount", {"discount_share": SHARE, "discounted_days_share": SHARE}),
    Family(
        "visits",
        {
            "visits_30d": LOG,
            "last_visit_days": DAYS,
            "visits_7d": LOG,
            "visits_90d": LOG,
            "views_30d": LOG,
            "adds_14d": LOG,
        },
    ),
    Family(
        "messages",
        {
            "opens_90d": LOG,
            "opens_30d": LOG,
            "opens_365d": LOG,
            "sent_30d": LOG,
            "sent": LOG,
            "clicks_90d": LOG,
            "clicks_365d": LOG,
            "last_open_days": DAYS,
            "last_click_days": DAYS,
            "open_rate": SHARE,
            "click_rate": SHARE,
        },
    ),
    Family(
        "returns",
        {"returns_365d": LOG, "returns_90d": LOG, "returns": LOG, "last_return_days": DAYS, "return_rate": SHARE},
    ),
    Family("coupons", {"coupons_365d": LOG, "coupons_90d": LOG, "coupons": LOG, "last_coupon_days": DAYS}),
)
COLUMNS: dict[str, str] = {name: how for family in FAMILIES for name, how in family.columns.items()}
NAMES: tuple[str, ...] = tuple(COLUMNS)
PLACE: dict[str, int] = {name: place for place, name in enumerate(NAMES)}
_LOGGED = np.array([how != SHARE for how in COLUMNS.values()])

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Known:
    """Some customers on one day: what was known of them, and whether they did what is asked in the days after.

    `values` has a row a customer and a column a feature of NAMES, in natural units; NaN is never, or unknown.
    """

    cut: date
    people: NDArray[np.int64]
    values: Floats
    did: NDArray[np.bool_]

    @cached_property
    def scaled(self) -> Floats:
        """The same with counts, days and money as logarithms: what models learn from."""
        return scaled(self.values)

    def column(self, name: str) -> Floats:
        """One feature in natural units."""
        return self.values[:, PLACE[name]]

    def __len__(self) -> int:
        return len(self.people)


def scaled(values: Floats) -> Floats:
    """Counts, days and money (never below 0) as log(1 + x); shares as they are."""
    made = values.copy()
    made[:, _LOGGED] = np.log1p(np.maximum(made[:, _LOGGED], 0.0))
    return made


class Features:
    """Reads what is known of customers as of any day, for one question: what will they do within so many days?

    `to` is a query of features.sql (`buy`, `churn`, `open`, `click`, `return`, `redeem`), `within` whole days.
    What was known on a day is worked out once in a run, whatever is asked.
    """

    def __init__(self, world: World, to: str, within: int) -> None:
        self._world, self._to, self._within = world, to, within
        world.have("people", *_FACTS)
        world.keep("gaps", _QUERIES["gaps"])

    def first_days(self) -> dict[str, Any]:
        """The first day of each kind of facts (None where there are none), and how many `people` there are."""
        return self._world.engine.rows(_QUERIES["first_days"])[0]

    def known(self, cut: date, *, permille: int = 1000) -> Known:
        """What was known at the end of a day, with what happened in the days after, sorted by person.

        `permille` is how many in a thousand customers are looked at, always the same ones.
        """
        until = cut + timedelta(self._within)
        found = list(self._stream(cut, until, permille))
        people = np.concatenate([one.people for one in found]) if found else np.empty(0, np.int64)
        order = np.argsort(people, kind="stable")
        values = np.concatenate([one.values for one in found]) if found else np.empty((0, len(NAMES)))
        did = np.concatenate([one.did for one in found]) if found else np.empty(0, np.bool_)
        return Known(cut, people[order], values[order], did[order])

    def now(self) -> Iterator[Known]:
        """What is known today of everybody asked about, some thousands at a time, in no order; `did` says nothing."""
        return self._stream(self._world.as_of, self._world.as_of, 1000)

    def happened(self, cut: date) -> pa.Table:
        """Who was asked about on a day (person_id) and whether they did it within the window (did, 0 or 1)."""
        asked = self._asked(cut, cut + timedelta(self._within), 1000)
        return self._world.engine.arrow(_QUERIES["happened"].over(asked=asked))

    def _stream(self, cut: date, until: date, permille: int) -> Iterator[Known]:
        for batch in self._world.engine.batches(self._asked(cut, until, permille), rows=BATCH):
            if batch.num_rows:
                yield _known(cut, batch)

    def _asked(self, cut: date, until: date, permille: int) -> Query:
        day = f"{cut:%Y%m%d}_{permille}"
        known, windows = f"features_known_{day}", f"features_windows_{self._within}_{day}"
        facts = self._put_aside(permille) if permille < 1000 else {}
        self._world.keep(known, lambda: _QUERIES["known"].tables(**facts).bind(cut=cut))
        self._world.keep(windows, lambda: _QUERIES["windows"].tables(**facts).bind(cut=cut, within=self._within))
        names = {"features_known": f"world_{known}", "features_windows": f"world_{windows}"}
        features = _QUERIES["features"].tables(**names)
        asked = _QUERIES[self._to].over(features=features).tables(**facts)
        return asked.bind(cut=cut, until=until, within=self._within)

    def _put_aside(self, permille: int) -> dict[str, str]:
        """Makes tables of some of the people and their facts; gives their names."""
        few = {name: f"world_few_{permille}_{name.removeprefix('world_')}" for name in _READ}
        people = few["world_people"]
        for name, table in few.items():
            query = _QUERIES["few_people"].bind(permille=permille) if table == people else _QUERIES["facts_of_few"]
            self._world.keep(table.removeprefix("world_"), partial(query.tables, facts=name, few_people=people))
        return few


def _known(cut: date, batch: pa.RecordBatch) -> Known:
    values = np.empty((batch.num_rows, len(NAMES)))
    for place, name in enumerate(NAMES):
        values[:, place] = batch.column(name).cast(pa.float64()).to_numpy(zero_copy_only=False)
    return Known(
        cut,
        batch.column("person_id").to_numpy(zero_copy_only=False),
        values,
        batch.column("did").to_numpy(zero_copy_only=False).astype(np.bool_),
    )
