"""How much on average."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import ClassVar

from sqlglot import exp

from parcours.model.kind import kind
from parcours.profiles.numbers import MILLION, as_number, as_whole, ratio, total, whole
from parcours.profiles.over_facts import AMOUNTS, OverFacts, Result
from parcours.profiles.person import PersonFacts
from parcours.profiles.sheet import Sheet


@kind("average", of="attribute")
@dataclass(frozen=True)
class Average(OverFacts):
    """The average of an amount or a number over the facts that have one: the average basket.

    An average of money is rounded to whole minor units. The average of nothing is unknown.
    """

    column_types: ClassVar[Collection[str]] = AMOUNTS

    def result(self, attributes: Mapping[str, Result]) -> Result:
        money = self.found_in.unit == "money"
        return Result("integer", "money") if money else Result("number")

    def over_table(self, sheet: Sheet) -> exp.Expression:
        mean = ratio(sheet.total(self.chosen, self.column), sheet.count(self.chosen, self.column))
        if self.found_in.unit == "money":
            return as_whole(mean)
        millions = as_number(exp.Literal.number(MILLION))
        return mean if self.found_in.type == "integer" else exp.Div(this=mean, expression=millions)

    def for_person(self, facts: PersonFacts) -> float | None:
        values = [row[self.column] for row in facts.chosen(self.chosen, self.column)]
        if not values:
            return None
        mean = total(values, self.found_in.type) / len(values)
        if self.found_in.unit == "money":
            return whole(mean)
        return mean if self.found_in.type == "integer" else mean / MILLION
