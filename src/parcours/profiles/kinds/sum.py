"""How much in all."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import ClassVar

from sqlglot import exp

from parcours.model.kind import kind
from parcours.profiles.numbers import MILLION, back, or_zero, total
from parcours.profiles.over_facts import AMOUNTS, OverFacts, Result
from parcours.profiles.person import PersonFacts
from parcours.profiles.sheet import Sheet


@kind("sum", of="attribute")
@dataclass(frozen=True)
class Sum(OverFacts):
    """The total of an amount or a number: spend in a year, units bought.

    Returns are deducted. The total of nothing is 0.
    """

    column_types: ClassVar[Collection[str]] = AMOUNTS

    @property
    def usual_counting(self) -> str:
        return "completed"

    def result(self, attributes: Mapping[str, Result]) -> Result:
        return Result(self.found_in.type, self.found_in.unit)

    def over_table(self, sheet: Sheet) -> exp.Expression:
        return back(or_zero(sheet.total(self.chosen, self.column)), self.found_in.type)

    def for_person(self, facts: PersonFacts) -> float:
        summed = total((row[self.column] for row in facts.chosen(self.chosen)), self.found_in.type)
        return summed if self.found_in.type == "integer" else summed / MILLION
