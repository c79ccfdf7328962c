"""What households bought of what is on offer: the facts an allotment rests on, laid out for one run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from sqlglot import exp

from parcours.decisions.entitled import Entitled
from parcours.decisions.offered import Goods, Offered
from parcours.engine import Draft, Engine, sql
from parcours.project.definitions import Project
from parcours.project.offering import Allotment
from parcours.rules import Moment

QUERIES = sql.load(__package__, "history.sql")
RECENT = 90  # days
KINDS = 250  # categories, the most bought, that tell what goes with what
READS = ("persons", "record_persons", "profiles", "stages", "memberships", "order_lines", "products", "coupons",
         "campaigns", "campaign_members", "redemptions")  # fmt: skip
_TEMPORARY = ("deal_members", "deal_units", "deal_words", "deal_coupons", "deal_goods", "deal_bought",
              "deal_buying_days", "deal_goods_days", "deal_kind_products", "deal_kinds", "deal_kind_days")  # fmt: skip
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Article:
    """The articles of an offer together: what they are, and what they sell for at a time."""

    kind: str | None
    label: str | None
    products: int
    price: float  # minor units of one household on one day
    margin: float | None  # share of sales, None where costs are not known


@dataclass(frozen=True)
class Pairs:
    """What households bought of which goods up to a day: a row a household and goods, sorted."""

    unit: Ints
    goods: Ints
    times: NDArray[np.float32]
    lately: NDArray[np.float32]
    since: NDArray[np.float32]


@dataclass(frozen=True)
class Visits:
    """How often each household bought at all up to a day: a value a household, 0 for those who never did."""

    times: NDArray[np.float32]
    lately: NDArray[np.float32]
    known_for: NDArray[np.float32]


class History:
    """The facts of one allotment. `forget` frees the working tables."""

    def __init__(self, draft: Draft, project: Project, allotment: Allotment, *, as_of: date) -> None:
        self.draft, self.project, self.allotment, self.as_of = draft, project, allotment, as_of
        self.back = allotment.looks_back.days
        self.entitled = Entitled(draft, allotment, Moment.of(as_of, project.zone))
        self.window = min((allotment.until - allotment.starts).days + 1, 56)

    @property
    def engine(self) -> Engine:
        return self.draft.engine

    def coupons(self) -> list[dict[str, Any]]:
        """The coupons of the allotment's campaign."""
        if not self.allotment.campaign:
            return []
        self.draft.read("coupons")
        return self._rows("coupons", campaign=self.allotment.campaign)

    def lay_out(self, offers: list[Offered]) -> NDArray[np.int64]:
        """Makes the working tables for these offers; gives the household (or person) id of each unit, by number."""
        self.draft.read(*[name for name in READS if name != "profiles" or self.draft.has(name)])
        self.entitled.lay_out()
        self.engine.temp("deal_units", QUERIES["units"])
        self._goods(offers)
        since = self.as_of - timedelta(self.back + 2 * self.window)
        self.engine.temp("deal_bought", QUERIES["bought"].bind(as_of=self.as_of, since=since))
        for name in ("buying_days", "goods_days", "kind_products"):
            self.engine.temp(f"deal_{name}", QUERIES[name])
        names = self._rows("kind_names", most=KINDS)
        self.kinds = [row["kind"] for row in names]
        self._register("deal_kinds", kind=(self.kinds, pa.string()), number=(range(len(names)), pa.int64()))
        self.engine.temp("deal_kind_days", QUERIES["kind_days"])
        units = self.engine.arrow("SELECT household_id FROM deal_units ORDER BY unit")
        return np.asarray(units.column(0).to_numpy())

    def articles(self) -> list[Article]:
        """What each number of goods is."""
        said = {row["goods"]: row for row in self._rows("goods")}
        kinds = {row["goods"]: row["kind"] for row in self._rows("kinds", per=exp.column(self.allotment.diversity.per))}
        days = {row["goods"]: row["days"] for row in self.engine.rows(
            "SELECT goods, count(*) AS days FROM deal_goods_days GROUP BY goods")}  # fmt: skip
        labels = {row["goods"]: row["kind"] for row in self._rows("kinds", per=exp.column("category_2"))}
        return [_article(said.get(n), kinds.get(n), labels.get(n), days.get(n, 0)) for n in range(len(self.goods))]

    def extent(self) -> tuple[int, int]:
        """How many days of purchases there are, and how many households ever bought."""
        (row,) = self._rows("extent")
        return ((self.as_of - row["first_day"]).days + 1 if row["first_day"] else 0), int(row["buyers"])

    # -- up to a day, of some or all households

    def pairs(self, cut: date, *, one_in: int = 1, only: int = 0) -> Pairs:
        """What was bought of which goods up to a day."""
        found = self.engine.arrow(self.until("pairs", cut, one_in, only))
        numbers = {name: found.column(name).to_numpy() for name in found.column_names}
        floats = {name: numbers[name].astype(np.float32) for name in ("times", "lately", "since")}
        return Pairs(numbers["unit"], numbers["goods"], **floats)

    def visits(self, cut: date, units: int, *, one_in: int = 1, only: int = 0) -> Visits:
        """How often households bought at all up to a day."""
        found = self.engine.arrow(self.until("visits", cut, one_in, only))
        at = found.column("unit").to_numpy()
        filled: dict[str, NDArray[np.float32]] = {}
        for name in ("times", "lately", "known_for"):
            filled[name] = np.zeros(units, np.float32)
            filled[name][at] = found.column(name).to_numpy()
        return Visits(**filled)

    def kinds_bought(self, cut: date, *, one_in: int = 1, only: int = 0) -> tuple[Ints, Ints]:
        """The categories households bought of up to a day: (unit, category)."""
        found = self.engine.arrow(self.until("kinds_bought", cut, one_in, only))
        return found.column("unit").to_numpy(), found.column("number").to_numpy()

    def happened(self, cut: date, until: date, *, one_in: int = 1, only: int = 0) -> tuple[Ints, Ints]:
        """What was bought after a day, up to another: (unit, goods)."""
        query = QUERIES["happened"].bind(cut=cut, until=until, some=_some(one_in, only))
        found = self.engine.arrow(query)
        return found.column("unit").to_numpy(), found.column("goods").to_numpy()

    def overlaps(self) -> tuple[Ints, Ints]:
        """Which categories each goods' articles are of: (goods, category)."""
        found = self.engine.arrow(QUERIES["kind_overlap"])
        return found.column("goods").to_numpy(), found.column("number").to_numpy()

    def campaigns(self) -> pa.Table:
        """How many coupons of past campaigns each household could have used and did (unit, could, did)."""
        kind = None
        if self.allotment.campaign:
            kind = self._rows("campaign_kind", campaign=self.allotment.campaign)[0]["kind"]
        since = self.as_of - timedelta(self.back)
        return self.engine.arrow(QUERIES["campaign_pairs"].bind(as_of=self.as_of, since=since, kind=kind))

    def forget(self) -> None:
        """Frees the working tables."""
        self.engine.forget(*_TEMPORARY)

    # -- making them

    def _goods(self, offers: list[Offered]) -> None:
        self.goods: list[Goods] = list(dict.fromkeys(one.goods for one in offers))
        words = [(n, goods) for n, goods in enumerate(self.goods) if goods[0][0] != "coupon"]
        coupons = [(n, goods[0][1][0]) for n, goods in enumerate(self.goods) if goods[0][0] == "coupon"]
        self.engine.register("deal_words", words_of(words))
        some, codes = zip(*coupons) if coupons else ((), ())
        self._register("deal_coupons", goods=(some, pa.int64()), coupon_id=(codes, pa.string()))
        both = exp.union(
            QUERIES["words"].tree.copy(),
            QUERIES["coupon_goods"].bind(campaign=self.allotment.campaign or "").tree,
            distinct=True,
        )
        self.engine.temp("deal_goods", both)

    def _register(self, name: str, **columns: Any) -> None:
        table = pa.table({column: pa.array(list(values), kind) for column, (values, kind) in columns.items()})
        self.engine.register(name, table)

    def until(self, name: str, cut: date, one_in: int, only: int) -> sql.Query:
        days = {"cut": cut, "since": cut - timedelta(self.back), "recent": cut - timedelta(RECENT)}
        return QUERIES[name].bind(some=_some(one_in, only), **days)

    def _rows(self, name: str, **values: Any) -> list[dict[str, Any]]:
        return self.engine.rows(QUERIES[name].bind(**values))


def words_of(goods: Iterable[tuple[int, Iterable[tuple[str, tuple[str, ...]]]]]) -> pa.Table:
    """What is written of numbered goods, a row a value: which column of the catalogue, and how many columns in all."""
    rows = [
        {"goods": number, "named": column, "value": value, "asked": len(written)}
        for number, written in ((number, tuple(each)) for number, each in goods)
        for column, values in written
        for value in dict.fromkeys(values)
    ]
    kinds = {"goods": pa.int64(), "named": pa.string(), "value": pa.string(), "asked": pa.int64()}
    return pa.Table.from_pylist(rows, pa.schema(list(kinds.items())))


def _some(one_in: int, only: int) -> exp.Expression:
    """All households, or one in so many of them."""
    if one_in <= 1:
        return exp.true()
    return sql.parse(f"SELECT unit % {int(one_in)} = {int(only)}").tree.expressions[0]


def _article(said: dict[str, Any] | None, kind: str | None, label: str | None, days: int) -> Article:
    if said is None:
        return Article(None, None, 0, 0.0, None)
    sold, costed = said["net_amount"] or 0, said["costed_amount"] or 0
    margin = (costed - (said["cost"] or 0)) / costed if costed and costed >= sold / 2 else None
    return Article(kind, label, said["products"], sold / days if days else 0.0, margin)
