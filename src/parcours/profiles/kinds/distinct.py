"""How many different ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlglot import exp

from parcours.model.kind import kind
from parcours.profiles.numbers import or_zero
from parcours.profiles.over_facts import OverFacts, Result
from parcours.profiles.person import PersonFacts
from parcours.profiles.sheet import Sheet


@kind("distinct", of="attribute")
@dataclass(frozen=True)
class Distinct(OverFacts):
    """How many different values there are: categories bought, stores visited, sessions in a month."""

    def result(self, attributes: Mapping[str, Result]) -> Result:
        return Result("integer")

    def over_table(self, sheet: Sheet) -> exp.Expression:
        return or_zero(sheet.distinct(self.chosen, self.column))

    def for_person(self, facts: PersonFacts) -> int:
        return len(facts.groups(self.chosen, self.column))
