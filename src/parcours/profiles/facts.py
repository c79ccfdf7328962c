"""What attributes count: the rows of the canonical tables that speak of a person, and the columns reached from them.

A fact is one row: an order, an article, a page seen. Here stands, once, which facts count (cancelled ones do not),
on which day a fact became known, which of two is the newer, and which columns of the product and the store it names
may be used.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlglot import exp

from parcours.engine.sql import literal
from parcours.model import CONTRACTS
from parcours.rules.rule import AllOf, AnyOf, Compare, Rule
from parcours.rules.subject import Subject, columns_of

BEGINNING = datetime(1970, 1, 1)
COUNTINGS = ("purchases", "completed", "all")

_COMPLETED = Compare("status", "is", "completed")
_SOLD = AllOf((_COMPLETED, Compare("kind", "is", "sale"), Compare("quantity", "more_than", 0)))


@dataclass(frozen=True)
class FactTable:
    """A canonical table whose rows speak of people.

    `day` is the column that says when a fact became known: what `--as-of` and windows look at. `time` tells which of
    two facts is the newer (`time_else` where it is empty), and `row` decides between facts of the same instant.
    """

    name: str
    day: str | None
    time: str | None
    row: str | None = "row_id"
    time_else: str | None = None
    purchases: Rule | None = None
    completed: Rule | None = None
    undated_counts: bool = False

    def counting(self, which: str) -> Rule | None:
        """The condition that makes a row count: as a purchase, as a completed deed (returns too), or always (None)."""
        return {"purchases": self.purchases or self.completed, "completed": self.completed, "all": None}[which]

    @property
    def known(self) -> Rule | None:
        """The condition that a row was known by the end of the day."""
        if self.day is None:
            return None
        past = Compare(self.day, "not_in_the_future", True)
        return AnyOf((Compare(self.day, "known", False), past)) if self.undated_counts else past


FACT_TABLES: dict[str, FactTable] = {
    facts.name: facts
    for facts in (
        FactTable(
            "orders", "order_date", "order_time", purchases=Compare("is_purchase", "is", True), completed=_COMPLETED
        ),
        FactTable("order_lines", "order_date", "order_time", purchases=_SOLD, completed=_COMPLETED),
        FactTable("events", "event_date", "event_time"),
        FactTable("message_events", "event_date", "event_time"),
        FactTable("redemptions", "event_date", "redeemed_at"),
        FactTable("consents", "at", "at"),
        FactTable("survey_answers", "at", "at"),
        # Only the newest state of a record is kept: as of a day, those records that existed then, as they are today.
        FactTable("customer_records", "created_at", "updated_at", "record_id", "created_at", undated_counts=True),
        FactTable("identifiers", "first_seen", None, None, undated_counts=True),
        FactTable("campaign_members", None, None),
    )
}

# Columns a fact has by its time; both are local, and Monday is 1.
HOUR, WEEKDAY = "hour", "weekday"
# Tables reached from a fact, by the alias they have in queries, and the column that leads there.
DIMENSIONS = {"p": ("products", "product_id"), "s": ("stores", "store_id")}
_STORE = ("name", "kind", "postcode", "city", "country")


@cache
def subjects(table: str) -> Mapping[str, Subject]:
    """The columns that attributes over a table may use: its own, its product's, its store's, and those of its time."""
    found = {name: subject for name, subject in columns_of(table).items() if name not in ("row_id", "record_id")}
    if "store_id" in found:
        stores = columns_of("stores")
        found |= {f"store_{name}": Subject(f"store_{name}", stores[name].type) for name in _STORE}
    if _clock(table):
        found |= {HOUR: Subject(HOUR, "integer"), WEEKDAY: Subject(WEEKDAY, "integer")}
    return found


def _clock(table: str) -> bool:
    facts = FACT_TABLES[table]
    return facts.time is not None and facts.time_else is None


def lives_in(table: str, column: str) -> str:
    """Where a column of a fact is found: "fact", "product", "store" or "clock"."""
    if column in CONTRACTS[table].columns:
        return "fact"
    if column in (HOUR, WEEKDAY):
        return "clock"
    if column.startswith("store_"):
        return "store"
    return "product"


def reach(table: str, column: str, zone: str) -> exp.Expression:
    """A column of a fact as an expression, over the aliases `f` (facts), `p` (its product) and `s` (its store)."""
    match lives_in(table, column):
        case "fact":
            return exp.column(column, table="f", quoted=True)
        case "product":
            return exp.column(column, table="p", quoted=True)
        case "store":
            return exp.column(column.removeprefix("store_"), table="s", quoted=True)
    macro = "local_hour" if column == HOUR else "local_weekday"
    time = exp.column(FACT_TABLES[table].time, table="f", quoted=True)
    return exp.Anonymous(this=macro, expressions=[time, exp.Literal.string(zone)])


def moment_key(table: str) -> exp.Expression:
    """A number that orders a person's facts in time, and never is the same for two of them."""
    facts = FACT_TABLES[table]
    columns = [name for name in (facts.time, facts.time_else) if name]
    # a fact that does not say when it was counts as the oldest
    times = [*(exp.column(name, table="f", quoted=True) for name in columns), literal(BEGINNING)]
    time = exp.Coalesce(this=times[0], expressions=times[1:])
    row = exp.column(facts.row, table="f", quoted=True)
    return exp.Anonymous(this="moment_key", expressions=[time, row])
