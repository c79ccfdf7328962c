"""Facts put in order, person by person: the second order, a median, the last few categories.

It sorts, which costs more than an aggregate but stays within memory: the sort goes to disk when it must.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp, select

from parcours.profiles.facts import FactTable
from parcours.profiles.passes.measure import Conditions, reads


@dataclass(frozen=True)
class RankedPass:
    """The values of a person in order, and one value made of them.

    `values` gives person_id, `value` and what it is ordered by. `choose` is an aggregate over `value`, its `place`
    (from 1) and `among` (how many the person has).
    """

    name: str
    facts: FactTable
    needed: list[exp.Expression]
    asked: Conditions
    values: exp.Select
    order: tuple[exp.Expression, ...]
    choose: exp.Expression

    @property
    def columns(self) -> list[str]:
        return [self.name]

    @property
    def reads(self) -> tuple[str, ...]:
        return reads(self.facts, self.needed)

    def prepare(self) -> dict[str, exp.Query]:
        return {}

    def conditions(self) -> list[Conditions]:
        return [self.asked]

    def query(self) -> exp.Query:
        by = exp.Order(expressions=[each.copy() for each in self.order])
        person = exp.column("person_id", table="v")
        place = exp.Window(this=exp.RowNumber(), partition_by=[person], order=by)
        among = exp.Window(this=exp.Count(this=exp.Star()), partition_by=[person.copy()])
        ranked = select("v.person_id", "v.value", exp.alias_(place, "place"), exp.alias_(among, "among"))
        ranked = ranked.from_(self.values.subquery("v"))
        chosen = exp.alias_(self.choose.copy(), self.name)
        return select("q.person_id", chosen).from_(ranked.subquery("q")).group_by("q.person_id").order_by("person_id")


def at(place: exp.Expression) -> exp.Expression:
    """The value at a place: an aggregate for `choose`."""
    here = exp.EQ(this=exp.column("place"), expression=place)
    return exp.Max(this=exp.Case(ifs=[exp.If(this=here, true=exp.column("value"))]))


def ordered(column: str, *, newest_first: bool = False) -> exp.Ordered:
    """One thing to order by."""
    return exp.Ordered(this=exp.column(column, table="v"), desc=newest_first, nulls_first=False)
