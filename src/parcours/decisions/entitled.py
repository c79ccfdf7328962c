"""Who may and who never may have an offer: rules over profiles, stages and segments, households by their members."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlglot import exp

from parcours.engine import Draft, sql
from parcours.project.offering import Allotment
from parcours.rules import Moment, over_table, segments_used
from parcours.rules.rule import InSegment, Rule

_PEOPLE = "deal_people"
_QUERIES = sql.load(__package__, "history.sql")


@dataclass(frozen=True)
class Entitled:
    """The rules of one allotment, read as of a moment. A household is asked by its members: one is enough."""

    draft: Draft
    allotment: Allotment
    moment: Moment

    def lay_out(self) -> None:
        """Makes `deal_members`: each living person, the household offers go to, whether the allotment's rules hold."""
        may, never = self.allotment.who, self.allotment.never
        columns = self._people([rule for rule in (may, never) if rule])
        chosen = [
            exp.alias_(over_table(may, columns, self.moment) if may else exp.true(), "may"),
            exp.alias_(over_table(never, columns, self.moment) if never else exp.false(), "never"),
        ]
        made = exp.select("person_id", "household_id", *chosen).from_(_PEOPLE)
        self.draft.engine.temp("deal_members", sql.Query(made))
        self.draft.engine.forget(_PEOPLE)

    def holding(self, rules: Sequence[Rule], units: int) -> NDArray[np.bool_]:
        """Whether each rule holds for any member of each unit: (units x rules)."""
        held = np.zeros((units, len(rules)), bool)
        columns = self._people(rules) if rules else {}
        for number, rule in enumerate(rules):
            some = exp.select("household_id").from_(_PEOPLE).where(over_table(rule, columns, self.moment))
            found = exp.select("u.unit").distinct().from_(exp.to_table("deal_units").as_("u"))
            found = found.join(some.subquery("s"), on="s.household_id = u.household_id")
            held[self.draft.engine.arrow(sql.Query(found)).column(0).to_numpy(), number] = True
        self.draft.engine.forget(_PEOPLE)
        return held

    def _people(self, rules: Sequence[Rule]) -> dict[str, str]:
        """Makes `deal_people`: a row a living person with everything rules may ask; gives its columns' types."""
        columns: dict[str, str] = {}
        living = _QUERIES["living"].bind(to=self.allotment.to).tree
        people = exp.select("l.person_id", "l.household_id").from_(living.subquery("l"))
        for table in ("profiles", "stages"):
            if self.draft.has(table):
                taken = ("person_id", "household_id", *columns)
                own = {name: word for name, word in self.draft.table(table).columns.items() if name not in taken}
                columns |= own
                people = people.select(*[exp.column(name, table, quoted=True) for name in own])
                people = people.join(table, on=f"{table}.person_id = l.person_id", join_type="left")
        for name in dict.fromkeys(name for rule in rules for name in segments_used(rule)):
            inside = sql.parse("SELECT person_id, TRUE AS inside FROM memberships WHERE segment = :segment")
            column = InSegment(name).column
            people = people.join(
                inside.bind(segment=name).tree.subquery(column),
                on=f"{column}.person_id = l.person_id",
                join_type="left",
            )
            people = people.select(exp.alias_(exp.column("inside", column), column))
        self.draft.engine.temp(_PEOPLE, sql.Query(people))
        return columns
