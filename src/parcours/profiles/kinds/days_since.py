"""How long ago."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from sqlglot import exp

from parcours.engine.sql import literal
from parcours.model.kind import kind, setting
from parcours.profiles import calendar
from parcours.profiles.facts import FACT_TABLES, subjects
from parcours.profiles.over_facts import OverFacts, Result
from parcours.profiles.person import PersonFacts
from parcours.profiles.sheet import Sheet
from parcours.project.known import Complaint, Known
from parcours.rules.fit import nearest


@kind("days_since", of="attribute")
@dataclass(frozen=True)
class DaysSince(OverFacts):
    """How long ago something was, on the day of the profile: days since the last order, years since birth.

    `of` names a table (its last or first fact) or another attribute that is a date. Months and years are whole ones.
    """

    of: str = setting(doc="The table (`orders`: its last or first fact), or another attribute that is a date.")
    since: str = setting("last", doc="The last fact or the first one.", choices=("last", "first"))
    count_in: str = setting("days", doc="What is counted.", choices=("days", "weeks", "months", "years"), key="in")
    until: str | None = setting(
        None, doc="Another attribute that is a date, at which to count instead of the day of the profile."
    )

    needs_column: ClassVar[bool] = False

    @property
    def over_attribute(self) -> bool:
        """Whether it counts from another attribute, rather than from a fact."""
        return self.table not in FACT_TABLES

    @property
    def uses(self) -> tuple[str, ...]:
        return tuple(name for name in (self.of if self.over_attribute else None, self.until) if name)

    def result(self, attributes: Mapping[str, Result]) -> Result:
        return Result("integer", "days" if self.count_in == "days" else "")

    def check(self, known: Known) -> Iterator[Complaint]:
        if not self.over_attribute:
            yield from super().check(known)
            if FACT_TABLES[self.table].day is None:
                yield Complaint("of", f"{self.table} have no date.")
            if self.column:
                yield Complaint(
                    "of", "days are counted from a whole fact or from an attribute.", f"Write 'of: {self.table}'."
                )
        for setting_, name in (("of", self.of if self.over_attribute else None), ("until", self.until)):
            if name is not None and name not in known.attributes:
                names = [*known.attributes, *(FACT_TABLES if setting_ == "of" else ())]
                yield Complaint(setting_, f"no attribute {name!r}.", nearest(name, names))
            elif name is not None and _type(known, name) not in ("date", "time"):
                yield Complaint(setting_, f"{name!r} is no date.", "Days are counted from a date.")

    def over_table(self, sheet: Sheet) -> exp.Expression:
        start = exp.column(self.of, quoted=True) if self.over_attribute else self._day(sheet)
        until = exp.column(self.until, quoted=True) if self.until else literal(sheet.moment.day)
        zone = sheet.moment.zone
        return calendar.between(
            calendar.day(start, self._is_time(sheet.types, self.of), zone),
            calendar.day(until, self._is_time(sheet.types, self.until), zone),
            self.count_in,
        )

    def _day(self, sheet: Sheet) -> exp.Expression:
        column = self.chosen.facts.day or ""
        return (sheet.highest if self.since == "last" else sheet.lowest)(self.chosen, column)

    def _is_time(self, types: Mapping[str, str], name: str | None) -> bool:
        if name == self.of and not self.over_attribute:
            return subjects(self.table)[self.chosen.facts.day or ""].type == "time"
        return name is not None and types.get(name) == "time"

    def for_person(self, facts: PersonFacts) -> int | None:
        if self.over_attribute:
            start = facts.values.get(self.of)
        else:
            column = self.chosen.facts.day or ""
            days = [row[column] for row in facts.chosen(self.chosen, column)]
            start = (max if self.since == "last" else min)(days, default=None)
        until = facts.values.get(self.until) if self.until else facts.moment.day
        if start is None or until is None:
            return None
        return calendar.count(self._local(start, facts), self._local(until, facts), self.count_in)

    def facts_used(self, facts: PersonFacts) -> int:
        return 0 if self.over_attribute else super().facts_used(facts)

    def _local(self, value: Any, facts: PersonFacts) -> date:
        return calendar.local(value, facts.moment.zone)


def _type(known: Known, name: str) -> str:
    attribute: Any = known.attributes[name]
    return str(attribute.kind.result({}).type)
