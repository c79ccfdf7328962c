"""What will be sold: the forecast with its range, what rises and falls, which stock may run out, who waits for it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from typing import Any

from parcours.engine import Version, sql
from parcours.model.value import Title
from parcours.project import Project

_QUERIES = sql.load(__package__, "demand.sql")


@dataclass(frozen=True)
class Period:
    """Everything sold in a period, and what is or was expected of it; what is to come has nothing sold."""

    day: date
    sold: float | None = None
    expected: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Demand:
    """A forecast of sales: its periods, and how it did beside a plain method (errors; less is better)."""

    title: Title
    periods: tuple[Period, ...] = ()
    days: int = 7
    kept: bool | None = None
    value: float | None = None
    plain_value: float | None = None
    in_range: float | None = None
    refused: dict[str, Any] | None = None
    opened_lately: tuple[str, ...] = ()


@dataclass(frozen=True)
class Moving:
    """An item that rises or falls: units a week before and now, and by which share it left the common movement."""

    item: str
    rising: bool
    before: float
    now: float
    change: float


@dataclass(frozen=True)
class Trends:
    """What rises and falls in a list, and how often lists name something when nothing changed."""

    title: Title
    moving: tuple[Moving, ...] = ()
    looked_at: int = 0
    alarms: float | None = None
    over_a_year: bool = False
    refused: dict[str, Any] | None = None


@dataclass(frozen=True)
class Stocked:
    """An article in a store whose stock may run out."""

    product: str
    store: str | None
    on_hand: float
    cover_days: float | None
    risk: float
    note: str | None = None


@dataclass(frozen=True)
class Stocks:
    """The stocks most probable to run out within some days."""

    title: Title
    days: int = 14
    stocked: tuple[Stocked, ...] = ()
    refused: dict[str, Any] | None = None


@dataclass(frozen=True)
class Wanted:
    """An article that is out of stock, in a store or (None) wherever it is counted: how many wait for it, and why.

    `carts` is how many of them have it in their cart; `sign` is what tells of most: cart, viewed, searched, due.
    """

    product: str
    store: str | None
    people: int
    carts: int
    sign: str


@dataclass(frozen=True)
class Waiting:
    """The articles out of stock that most people probably wait for."""

    title: Title
    wanted: tuple[Wanted, ...] = ()
    refused: dict[str, Any] | None = None


@dataclass(frozen=True)
class Selling:
    """All that is foreseen of sales and stock."""

    demand: tuple[Demand, ...] = ()
    trends: tuple[Trends, ...] = ()
    stocks: tuple[Stocks, ...] = ()
    waiting: tuple[Waiting, ...] = ()

    @property
    def asked(self) -> bool:
        """Whether the project asks for any of it."""
        return bool(self.demand or self.trends or self.stocks or self.waiting)


def count(version: Version, project: Project) -> Selling:
    """The forecasts, trends and stocks, from the tables of scores."""
    version.read("score_models", "demand_forecasts", "trends", "stock_risks", "back_in_stock", "products", "stores")
    cards = [row for row in version.engine.rows(_QUERIES["models"]) if row["score"] in project.scores]
    told: dict[str, list[Any]] = {kind: [] for kind in _READ}
    for card in cards:
        told[card["kind"]].append(_READ[card["kind"]](version, project, card))
    return Selling(*(tuple(told[kind]) for kind in _READ))


def _demand(version: Version, project: Project, card: dict[str, Any]) -> Demand:
    detail = json.loads(card["detail"])
    rows = version.engine.rows(_QUERIES["whole"].bind(score=card["score"]))
    return Demand(
        title=_title(project, card),
        periods=tuple(Period(row["day"], row["sold"], row["expected"], row["low"], row["high"]) for row in rows),
        days=rows[0]["days"] if rows else 7,
        kept=card["kept"],
        value=card["value"],
        plain_value=detail.get("plain_errors", {}).get("the season before"),
        in_range=next(iter(detail.get("in_range", {}).values()), None),
        refused=_refused(card),
        opened_lately=tuple(detail.get("opened_lately", ())),
    )


def _trends(version: Version, project: Project, card: dict[str, Any]) -> Trends:
    detail = json.loads(card["detail"])
    return Trends(
        title=_title(project, card),
        moving=tuple(
            Moving(row["item"], row["direction"] == "rising", row["before"], row["now"], row["change"])
            for row in version.engine.rows(_QUERIES["trends"].bind(score=card["score"]))
        ),
        looked_at=detail.get("items", 0),
        alarms=card["value"],
        over_a_year=bool(detail.get("over_a_year")),
        refused=_refused(card),
    )


def _stocks(version: Version, project: Project, card: dict[str, Any]) -> Stocks:
    rows = version.engine.rows(_QUERIES["risks"].bind(score=card["score"]))
    return Stocks(
        title=_title(project, card),
        days=rows[0]["days"] if rows else 14,
        stocked=tuple(
            Stocked(row["product"], row["store"], row["on_hand"], row["cover_days"], row["risk"], row["note"])
            for row in rows
        ),
        refused=_refused(card),
    )


def _waiting(version: Version, project: Project, card: dict[str, Any]) -> Waiting:
    rows = version.engine.rows(_QUERIES["waiting"].bind(score=card["score"]))
    return Waiting(_title(project, card), tuple(Wanted(**row) for row in rows), _refused(card))


def _title(project: Project, card: dict[str, Any]) -> Title:
    return project.scores[card["score"]].title or Title.of(card["score"])


def _refused(card: dict[str, Any]) -> dict[str, Any] | None:
    return json.loads(card["refused"]) if card["refused"] else None


_READ = {"demand": _demand, "trend": _trends, "stock_risk": _stocks, "back_in_stock": _waiting}  # as Selling has them
