"""What all attributes over facts have in common: which facts, in which window, which of them count."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

from sqlglot import exp

from parcours.model.kind import setting
from parcours.model.value import Duration, Fault
from parcours.profiles.facts import COUNTINGS, FACT_TABLES, FactTable, subjects
from parcours.profiles.person import PersonFacts
from parcours.profiles.selection import Selection
from parcours.profiles.sheet import Sheet
from parcours.project.known import Complaint, Known
from parcours.rules.fit import fit, nearest
from parcours.rules.moment import whole_days
from parcours.rules.rule import Compare, Rule
from parcours.rules.subject import Subject

ANY = ("text", "integer", "number", "boolean", "date", "time")
AMOUNTS = ("integer", "number")
_HOLDS = {"text": "texts", "boolean": "yes or no", "date": "days", "time": "moments"}
_HOLDS |= {"integer": "whole numbers", "number": "numbers"}


@dataclass(frozen=True)
class Result:
    """What an attribute's column holds: a type word, and a unit ("money", "share", "days" or nothing)."""

    type: str
    unit: str = ""


@dataclass(frozen=True)
class OverFacts:
    """An attribute worked out from one table of facts."""

    of: str = setting(
        doc="The table, or the table and column: `orders`, `orders.net_amount`. The columns of the product and the "
        "store that a fact names are reached too (`order_lines.brand`, `orders.store_city`), and its local `hour` "
        "and `weekday` (1 is Monday)."
    )
    where: Rule | None = setting(None, doc="Only the facts for which this condition on their columns holds.")
    within: Duration | None = setting(None, doc="Only the last so many days, today among them.")
    between: tuple[Duration, ...] = setting((), doc="Only a stretch of the past: `[60 days, 30 days]` ago.")
    counting: str | None = setting(
        None,
        doc="Which orders and lines count. Else amounts add up `completed` ones, so that returns are deducted, and "
        "everything else looks at `purchases`. Cancelled ones count for nothing, except under `all`.",
        choices=COUNTINGS,
    )

    # What `of` may name: types of columns, and whether the table alone will do.
    column_types: ClassVar[Collection[str]] = ANY
    needs_column: ClassVar[bool] = True
    needs_time: ClassVar[bool] = False

    @property
    def table(self) -> str:
        return self.of.partition(".")[0]

    @property
    def column(self) -> str:
        return self.of.partition(".")[2]

    @property
    def found_in(self) -> Subject:
        """The column that `of` names."""
        return subjects(self.table)[self.column]

    @property
    def usual_counting(self) -> str:
        """Which facts count when `counting` does not say."""
        return "purchases"

    @property
    def uses(self) -> tuple[str, ...]:
        """The other attributes this one is worked out from."""
        return ()

    @cached_property
    def chosen(self) -> Selection:
        """The facts this attribute looks at."""
        facts = FACT_TABLES[self.table]
        counting = facts.counting(self.counting or self.usual_counting)
        rules = (facts.known, counting, *self._window(facts), self.fitted(self.where))
        return Selection(facts, tuple(rule for rule in rules if rule is not None))

    def fitted(self, rule: Rule | None) -> Rule | None:
        """A condition on the facts with its values as the columns hold them (money in minor units)."""
        return fit(rule, subjects(self.table), []) if rule is not None else None

    def _window(self, facts: FactTable) -> Iterator[Rule]:
        longest, shortest = self.between or (self.within, None)
        for op, length in (("within", longest), ("longer_ago_than", shortest)):
            if length is not None and length.seconds > 0:
                by_the_hour = not whole_days(length) and subjects(self.table)[facts.day or ""].type == "date"
                yield Compare((facts.time if by_the_hour else facts.day) or "", op, length)

    # -- what is wrong with it

    def check(self, known: Known) -> Iterator[Complaint]:
        """What is wrong with the settings, each with the nearest name."""
        if self.table not in FACT_TABLES:
            hint = nearest(self.table, FACT_TABLES) or f"There is {', '.join(FACT_TABLES)}."
            yield Complaint("of", f"no table {self.table!r} of things people do.", hint)
            return
        if self.column or self.needs_column:
            yield from self.check_column("of", self.column, self.column_types)
        if self.needs_time and FACT_TABLES[self.table].time is None:
            yield Complaint("of", f"{self.table} do not say which is the newest.")
        yield from self._check_window()
        yield from self.check_rule("where", self.where, known)

    def check_column(self, setting_: str, column: str, types: Collection[str]) -> Iterator[Complaint]:
        """What is wrong with a column of the table named in a setting."""
        there = subjects(self.table)
        if not column:
            yield Complaint(
                setting_, f"a column of {self.table} stands here.", f"As in '{self.table}.{next(iter(there))}'."
            )
        elif column not in there:
            yield Complaint(setting_, f"no column '{self.table}.{column}'.", nearest(column, there))
        elif there[column].type not in types:
            wanted = "numbers or amounts" if set(types) == set(AMOUNTS) else " or ".join(types)
            holds = f"'{self.table}.{column}' holds {_HOLDS[there[column].type]}."
            yield Complaint(setting_, holds, f"Here stands a column of {wanted}.")

    def check_rule(self, setting_: str, rule: Rule | None, known: Known) -> Iterator[Complaint]:
        """What is wrong with a condition on the facts."""
        faults: list[Fault] = []
        if rule is not None:
            fit(rule, subjects(self.table), faults, currency=known.currency, what=f"column of {self.table}")
        for fault in faults:
            yield Complaint(setting_, fault.message, fault.hint)

    def _check_window(self) -> Iterator[Complaint]:
        setting_ = "between" if self.between else "within"
        if self.within is not None and self.within.seconds == 0:
            yield Complaint("within", "a window is not empty.", "As in '30 days'.")
        if self.between and self.within:
            yield Complaint("between", "'within' and 'between' are two windows.", "Keep one.")
        if self.between and (len(self.between) != 2 or self.between[0] <= self.between[1]):
            yield Complaint(
                "between", "a stretch of the past is two lengths, the longer first.", "As in '[60 days, 30 days]'."
            )
        if (self.between or self.within) and FACT_TABLES[self.table].day is None:
            yield Complaint(setting_, f"{self.table} have no date.", "Remove the window.")

    # -- the two readings, and what they give

    def result(self, attributes: Mapping[str, Result]) -> Result:
        """The type and unit of the attribute, given those of the attributes it uses."""
        raise NotImplementedError

    def over_table(self, sheet: Sheet) -> exp.Expression:
        """The attribute as an expression over the columns of the sheet's passes, for everybody at once."""
        raise NotImplementedError

    def for_person(self, facts: PersonFacts) -> Any:
        """The attribute of one person, from their facts."""
        raise NotImplementedError

    def facts_used(self, facts: PersonFacts) -> int:
        """How many facts of one person it looked at."""
        return len(facts.chosen(self.chosen, self.column or None))
