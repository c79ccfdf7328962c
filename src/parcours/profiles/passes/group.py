"""Counts and amounts by person and by one column: the favourite category, how many brands, the share of the first."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlglot import exp, select

from parcours.engine.sql import literal
from parcours.profiles.facts import BEGINNING, DIMENSIONS, FactTable, lives_in, reach
from parcours.profiles.passes.measure import Conditions, Measure, add, bounds, common_to, joined, known, person, reads

# A group's rank is one number: its amount, then the second of its newest fact, then its place among the values.
PLACES = 10**8


@dataclass
class GroupPass:
    """One reading of a table by person and by one of its columns, for every question about that column.

    Where a favourite is asked for, the values are numbered in their own order first: the smallest of equals is then
    exact, and groups are kept by numbers rather than by texts.
    """

    facts: FactTable
    key: str
    zone: str
    groups: dict[str, Measure] = field(default_factory=dict)
    persons: dict[str, exp.Expression] = field(default_factory=dict)
    tops: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return f"{self.facts.name}_by_{self.key}"

    @property
    def columns(self) -> list[str]:
        return list(self.persons)

    @property
    def reads(self) -> tuple[str, ...]:
        return reads(self.facts, self.needed)

    def group(self, aggregate: exp.Expression, conditions: Conditions) -> exp.Column:
        """An aggregate over the facts of each group, as a column of `g`."""
        return exp.column(add(self.groups, Measure(aggregate, conditions), "g"), table="g")

    def person(self, aggregate: exp.Expression) -> exp.Column:
        """An aggregate over the groups (`g`) of each person."""
        for name, existing in self.persons.items():
            if existing == aggregate:
                return exp.column(name)
        name = f"{self.name}_{len(self.persons) + 1}"
        self.persons[name] = aggregate
        return exp.column(name)

    def top(self, amount: exp.Column, newest: exp.Column) -> exp.Column:
        """The value of the group with the largest amount above zero; of equals the more recent, then the smallest."""
        largest = exp.ArgMax(this=_code(), expression=_rank(amount, newest))
        positive = exp.Where(this=exp.GT(this=amount, expression=exp.Literal.number(0)))
        column = self.person(exp.Filter(this=largest, expression=positive))
        if column.name not in self.tops:
            self.tops.append(column.name)
        return column

    def prepare(self) -> dict[str, exp.Query]:
        if not self._numbers:
            return {}
        value = exp.column(self._value().name, quoted=True)
        links = select(exp.alias_(self._link().copy(), "link"), exp.alias_(value, "value")).where(known(value))
        links = links.from_(self._home()).distinct()
        order = exp.Order(expressions=[exp.Ordered(this=exp.column("value"), nulls_first=False)])
        place = exp.cast(exp.Window(this=exp.DenseRank(), order=order), "bigint")
        return {self._codes: select("link", "value", exp.alias_(place, "code")).from_(links.subquery("v"))}

    def conditions(self) -> list[Conditions]:
        return [measure.conditions for measure in self.groups.values()]

    def query(self) -> exp.Query:
        columns = [exp.alias_(tree.copy(), name) for name, tree in self.persons.items()]
        chosen = select("g.person_id", *columns).from_(self.grouped().subquery("g")).group_by("g.person_id")
        if not self._numbers:
            return chosen.order_by("person_id")
        named = select("t.person_id").from_(chosen.subquery("t"))
        for name in self.persons:
            column = exp.column(name, table="t")
            if name in self.tops:
                values = select("code", "value").from_(self._codes).distinct().subquery(f"v{name}")
                named = named.join(values, on=f"v{name}.code = t.{name}", join_type="left")
                column = exp.alias_(exp.column("value", table=f"v{name}"), name)
            named = named.select(column)
        return named.order_by("person_id")

    def grouped(self) -> exp.Select:
        """One row a person and value: person_id, code (the value, or its number), and the measures of the group."""
        common = common_to(self.conditions())
        measures = [exp.alias_(measure.beside(common), name) for name, measure in self.groups.items()]
        key = exp.column("code", table="c") if self._numbers else self._value()
        rows = joined(self.facts, [*self._measured(), key]).where(*bounds(self.facts, self.conditions()))
        if self._numbers:
            link = exp.column(self._link().name, table="f", quoted=True)
            same = exp.EQ(this=exp.column("link", table="c"), expression=link)
            rows = rows.join(exp.to_table(self._codes).as_("c"), on=same)
        else:
            rows = rows.where(known(key))
        return rows.select(person(), exp.alias_(key.copy(), "code"), *measures).group_by(person(), key.copy())

    @property
    def _numbers(self) -> bool:
        # an hour or a day of the week is a number already
        return bool(self.tops) and lives_in(self.facts.name, self.key) != "clock"

    @property
    def _codes(self) -> str:
        return f"codes_of_{self.name}"

    def _value(self) -> exp.Expression:
        return reach(self.facts.name, self.key, self.zone)

    def _home(self) -> str:
        """The table that lists the column's values: that of the products or stores, or the facts themselves."""
        alias = self._value().find(exp.Column).table  # type: ignore[union-attr]
        return DIMENSIONS[alias][0] if alias in DIMENSIONS else self.facts.name

    def _link(self) -> exp.Column:
        """The column of the facts that leads to the value."""
        alias = self._value().find(exp.Column).table  # type: ignore[union-attr]
        return exp.column(DIMENSIONS[alias][1] if alias in DIMENSIONS else self.key, quoted=True)

    @property
    def needed(self) -> list[exp.Expression]:
        return [*self._measured(), self._value()]

    def _measured(self) -> list[exp.Expression]:
        trees = [tree for conditions in self.conditions() for tree in conditions.values()]
        return trees + [measure.aggregate for measure in self.groups.values()]


def _code() -> exp.Column:
    return exp.column("code", table="g")


def _rank(amount: exp.Column, newest: exp.Column) -> exp.Expression:
    """One number that no two groups of a person share, larger for the group to be preferred."""
    time = exp.Coalesce(this=newest, expressions=[literal(BEGINNING)])
    second = exp.Anonymous(this="seconds_between", expressions=[literal(BEGINNING), time])
    place = exp.Sub(this=exp.Literal.number(PLACES - 1), expression=_code())
    low = exp.Add(this=exp.Mul(this=second, expression=exp.Literal.number(PLACES)), expression=place)
    return exp.Anonymous(this="amount_key", expressions=[amount, low])
