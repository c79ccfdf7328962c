"""The sheet on which attributes write what they need of the facts: each word gives back a column to compute with.

A kind says `sheet.total(chosen, "net_amount")` and gets the column that will hold it; that the measure shares a pass
with sixty others is the sheet's business.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlglot import exp

from parcours.profiles.facts import moment_key, reach, subjects
from parcours.profiles.numbers import countable
from parcours.profiles.passes import GroupPass, Pass, PersonPass, RankedPass
from parcours.profiles.passes.measure import Conditions, bounds, joined, known, person
from parcours.profiles.passes.ranked import at, ordered
from parcours.profiles.selection import Selection
from parcours.rules.moment import Moment
from parcours.rules.rule import plain


@dataclass
class Sheet:
    """Every pass needed for the profile of one day."""

    moment: Moment
    types: Mapping[str, str] = field(default_factory=dict)  # of the other attributes
    passes: dict[str, Pass] = field(default_factory=dict)

    # -- one aggregate a person

    def count(self, chosen: Selection, column: str | None = None) -> exp.Column:
        """How many facts (that have a value in `column`); unknown when there is none."""
        return self._person(chosen, exp.Count(this=exp.Star()), column)

    def total(self, chosen: Selection, column: str) -> exp.Column:
        """The exact sum of a column, in the unit of `numbers.countable`."""
        return self._person(chosen, self._sum(chosen, column))

    def lowest(self, chosen: Selection, column: str) -> exp.Column:
        """The smallest value of a column."""
        return self._person(chosen, exp.Min(this=self.column(chosen, column)))

    def highest(self, chosen: Selection, column: str) -> exp.Column:
        """The largest value of a column."""
        return self._person(chosen, exp.Max(this=self.column(chosen, column)))

    def first(self, chosen: Selection, column: str) -> exp.Column:
        """The value of the oldest fact that has one."""
        return self._person(chosen, self._by_time(exp.ArgMin, chosen, column), column)

    def last(self, chosen: Selection, column: str) -> exp.Column:
        """The value of the newest fact that has one."""
        return self._person(chosen, self._by_time(exp.ArgMax, chosen, column), column)

    # -- by person and by something else

    def favourite(self, chosen: Selection, key: str, by: str | None) -> exp.Column:
        """The value of `key` with the largest sum of `by` (or most facts) above zero, the more recent, the smallest."""
        groups = self._groups(chosen, key)
        time = exp.Max(this=exp.column(chosen.facts.time, table="f", quoted=True))
        return groups.top(self._amount(groups, chosen, by), groups.group(time, self._asked(chosen)))

    def favourite_share(self, chosen: Selection, key: str, by: str | None) -> tuple[exp.Column, exp.Column]:
        """The amount of the favourite value of `key`, and that of all values whose amount is above zero."""
        groups = self._groups(chosen, key)
        amount = self._amount(groups, chosen, by)
        positive = exp.Where(this=exp.GT(this=amount, expression=exp.Literal.number(0)))
        whole = exp.cast(exp.Filter(this=exp.Sum(this=amount.copy()), expression=positive.copy()), "bigint")
        return groups.person(exp.Filter(this=exp.Max(this=amount.copy()), expression=positive)), groups.person(whole)

    def distinct(self, chosen: Selection, key: str) -> exp.Column:
        """How many different values of `key`."""
        groups = self._groups(chosen, key)
        return groups.person(_how_many(self._amount(groups, chosen, None)))

    def things(self, chosen: Selection, key: str, part: Selection) -> tuple[exp.Column, exp.Column]:
        """How many values of `key` have a fact in `chosen`, and how many of those have one in `part` too."""
        groups = self._groups(chosen, key)
        all_, some = (self._amount(groups, each, None) for each in (chosen, part))
        both = exp.Filter(
            this=exp.Count(this=exp.Star()), expression=exp.Where(this=exp.and_(_some(all_), _some(some)))
        )
        return groups.person(both), groups.person(_how_many(all_))

    # -- in order

    def nth(self, chosen: Selection, column: str, place: int, *, newest_first: bool) -> exp.Column:
        """The value of the fact at a place, from the oldest or the newest, among those that have one."""
        order = exp.alias_(moment_key(chosen.facts.name), "moment")
        return self._ranked(
            chosen, column, (order,), (ordered("moment", newest_first=newest_first),), at(exp.Literal.number(place))
        )

    def ranked(self, chosen: Selection, column: str, choose: exp.Expression) -> exp.Column:
        """One value made of all values in order of size: `choose` sees `value`, `place` and `among`."""
        return self._ranked(chosen, column, (), (ordered("value"),), choose)

    def latest(self, chosen: Selection, key: str, choose: exp.Expression) -> exp.Column:
        """One value made of the different values of `key`, newest first."""
        groups = GroupPass(chosen.facts, key, self.moment.zone)
        time = exp.Max(this=exp.column(chosen.facts.time, table="f", quoted=True))
        newest = groups.group(time, self._asked(chosen)).name
        rows = groups.grouped()
        values = exp.select("g.person_id", exp.alias_("g.code", "value"), f"g.{newest}").from_(rows.subquery("g"))
        order = (ordered(newest, newest_first=True), ordered("value"))
        return self._rank(chosen, key, groups.needed, values, order, choose)

    # -- what attributes are made of

    def column(self, chosen: Selection, name: str) -> exp.Expression:
        """A column of the facts, their product or their store."""
        return reach(chosen.facts.name, name, self.moment.zone)

    def _sum(self, chosen: Selection, column: str) -> exp.Expression:
        type_ = subjects(chosen.facts.name)[column].type
        return exp.cast(exp.Sum(this=countable(self.column(chosen, column), type_)), "bigint")

    def _by_time(self, end: type[exp.ArgMin | exp.ArgMax], chosen: Selection, column: str) -> exp.Expression:
        return end(this=self.column(chosen, column), expression=moment_key(chosen.facts.name))

    def _asked(self, chosen: Selection, column: str | None = None) -> Conditions:
        conditions = chosen.conditions(self.moment)
        if column is not None:
            has = known(self.column(chosen, column))
            conditions[has.sql("duckdb")] = has
        return conditions

    def _person(self, chosen: Selection, aggregate: exp.Expression, column: str | None = None) -> exp.Column:
        made = self.passes.setdefault(chosen.facts.name, PersonPass(chosen.facts))
        assert isinstance(made, PersonPass)
        return made.add(aggregate, self._asked(chosen, column))

    def _groups(self, chosen: Selection, key: str) -> GroupPass:
        new = GroupPass(chosen.facts, key, self.moment.zone)
        made = self.passes.setdefault(new.name, new)
        assert isinstance(made, GroupPass)
        return made

    def _amount(self, groups: GroupPass, chosen: Selection, by: str | None) -> exp.Column:
        counted = exp.Count(this=exp.Star()) if by is None else self._sum(chosen, by)
        return groups.group(counted, self._asked(chosen))

    def _ranked(
        self,
        chosen: Selection,
        column: str,
        also: tuple[exp.Expression, ...],
        order: tuple[exp.Expression, ...],
        choose: exp.Expression,
    ) -> exp.Column:
        asked = self._asked(chosen, column)
        value = self.column(chosen, column)
        needed = [value, *also, *asked.values()]
        rows = joined(chosen.facts, needed).where(*bounds(chosen.facts, [asked]))
        rows = rows.select(person(), exp.alias_(value, "value"), *also)
        return self._rank(chosen, column, needed, rows, order, choose)

    def _rank(
        self,
        chosen: Selection,
        column: str,
        needed: list[exp.Expression],
        values: exp.Select,
        order: tuple[exp.Expression, ...],
        choose: exp.Expression,
    ) -> exp.Column:
        what = [plain(rule) for rule in chosen.rules] + [each.sql("duckdb") for each in (*order, choose)]
        name = f"{chosen.facts.name}_ranked_{column}_{_short(what)}"
        self.passes.setdefault(
            name, RankedPass(name, chosen.facts, needed, self._asked(chosen, column), values, order, choose)
        )
        return exp.column(name)


def _some(count: exp.Column) -> exp.Expression:
    return exp.GT(this=count.copy(), expression=exp.Literal.number(0))


def _how_many(count: exp.Column) -> exp.Expression:
    return exp.Filter(this=exp.Count(this=exp.Star()), expression=exp.Where(this=_some(count)))


def _short(what: object) -> str:
    return hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()[:8]
