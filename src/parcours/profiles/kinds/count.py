"""How many."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from sqlglot import exp

from parcours.model.kind import kind
from parcours.profiles.numbers import or_zero
from parcours.profiles.over_facts import OverFacts, Result
from parcours.profiles.person import PersonFacts
from parcours.profiles.sheet import Sheet


@kind("count", of="attribute")
@dataclass(frozen=True)
class Count(OverFacts):
    """How many facts there are: orders in a year, products looked at in a month.

    `of: orders.coupon` counts the orders that have a coupon. Nobody's count is unknown: who did nothing has 0.
    """

    needs_column: ClassVar[bool] = False

    def result(self, attributes: Mapping[str, Result]) -> Result:
        return Result("integer")

    def over_table(self, sheet: Sheet) -> exp.Expression:
        return or_zero(sheet.count(self.chosen, self.column or None))

    def for_person(self, facts: PersonFacts) -> int:
        return len(facts.chosen(self.chosen, self.column or None))
