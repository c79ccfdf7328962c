"""What passes are made of: aggregates over chosen facts, and facts joined to their people, products and stores."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from sqlglot import exp

from parcours.profiles.facts import DIMENSIONS, FactTable

# Who is profiled, and which records speak of them: a small table made before the passes (record_id, person_id).
PEOPLE = "profile_people"

Conditions = dict[str, exp.Expression]  # by their text: equal conditions of several measures meet


class Pass(Protocol):
    """One query over one table of facts, and the columns it gives each person."""

    @property
    def name(self) -> str:
        """The pass, unique in a plan; its columns begin with it."""

    @property
    def columns(self) -> list[str]:
        """The measures it gives."""

    @property
    def reads(self) -> tuple[str, ...]:
        """The canonical tables it reads, the facts first."""

    @property
    def needed(self) -> list[exp.Expression]:
        """The expressions it reads of the facts (`f`), their products (`p`) and their stores (`s`)."""

    def prepare(self) -> dict[str, exp.Query]:
        """Small tables to make before the query, by name."""

    def query(self) -> exp.Query:
        """One row a person who has any such fact: person_id, then `columns`; ordered by person."""

    def conditions(self) -> list[Conditions]:
        """What each measure asks of facts, in a fixed order: to compare with the same pass of another day."""


@dataclass(frozen=True)
class Measure:
    """An aggregate over those facts that meet all conditions."""

    aggregate: exp.Expression
    conditions: Conditions

    def beside(self, common: Conditions) -> exp.Expression:
        """The aggregate, where the conditions common to the whole pass are met already."""
        left = [tree.copy() for text, tree in self.conditions.items() if text not in common]
        if not left:
            return self.aggregate.copy()
        where = exp.Where(this=exp.and_(*left, copy=False))
        if isinstance(self.aggregate, exp.Cast):
            whole = self.aggregate.copy()
            whole.set("this", exp.Filter(this=whole.this, expression=where))
            return whole
        return exp.Filter(this=self.aggregate.copy(), expression=where)

    @cached_property
    def text(self) -> str:
        """What makes two measures the same."""
        return "\n".join([self.aggregate.sql("duckdb"), *sorted(self.conditions)])


def add(measures: dict[str, Measure], measure: Measure, prefix: str) -> str:
    """The name of a measure, which is made once however many attributes ask for it."""
    for name, existing in measures.items():
        if existing.text == measure.text:
            return name
    name = f"{prefix}_{len(measures) + 1}"
    measures[name] = measure
    return name


def common_to(measures: Iterable[Conditions]) -> Conditions:
    """The conditions that every measure of a pass has: a row that fails them is of no use to the pass."""
    first, *others = measures
    return {text: tree for text, tree in first.items() if all(text in other for other in others)}


def bounds(facts: FactTable, measures: Sequence[Conditions]) -> list[exp.Expression]:
    """What all rows of a pass must meet: the common conditions, and the earliest day that any measure looks at."""
    common = common_to(measures)
    lowest = [_since(facts, conditions) for conditions in measures]
    wanted = [tree.copy() for tree in common.values()]
    if all(each is not None for each in lowest):
        # dates and times are written so that the earlier is the smaller text
        earliest = min((each for each in lowest if each is not None), key=lambda tree: tree.expression.sql("duckdb"))
        if earliest.sql("duckdb") not in common:
            wanted.append(earliest.copy())
    return wanted


def _since(facts: FactTable, conditions: Conditions) -> exp.GTE | None:
    found = [
        tree
        for tree in conditions.values()
        if isinstance(tree, exp.GTE) and isinstance(tree.this, exp.Column) and tree.this.name == facts.day
    ]
    return max(found, key=lambda tree: tree.expression.sql("duckdb"), default=None)


def joined(facts: FactTable, needed: Sequence[exp.Expression]) -> exp.Select:
    """The facts of people (`f`, `r`), with their products (`p`) and stores (`s`) where the expressions need them."""
    people = exp.to_table(PEOPLE).as_("r")
    rows = exp.Select().from_(exp.to_table(facts.name).as_("f")).join(people, on="r.record_id = f.record_id")
    return with_dimensions(rows, needed)


def with_dimensions(rows: exp.Select, needed: Sequence[exp.Expression]) -> exp.Select:
    """Facts (`f`) joined to their products and stores, where the expressions need them."""
    for alias in _aliases(needed):
        if alias in DIMENSIONS:
            table, key = DIMENSIONS[alias]
            rows = rows.join(exp.to_table(table).as_(alias), on=f"{alias}.{key} = f.{key}", join_type="left")
    return rows


def reads(facts: FactTable, needed: Sequence[exp.Expression]) -> tuple[str, ...]:
    """The canonical tables that `joined` reads, identity's apart."""
    return (facts.name, *(DIMENSIONS[alias][0] for alias in _aliases(needed) if alias in DIMENSIONS))


def _aliases(needed: Sequence[exp.Expression]) -> list[str]:
    found = {column.table for tree in needed for column in tree.find_all(exp.Column)}
    return sorted(found)


def person() -> exp.Column:
    """The person a fact is about."""
    return exp.column("person_id", table="r")


def known(tree: exp.Expression) -> exp.Expression:
    """That a value is there."""
    return exp.Not(this=exp.Is(this=tree.copy(), expression=exp.null()))
