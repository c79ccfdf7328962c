"""What was said last."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from sqlglot import exp

from parcours.model.kind import kind
from parcours.profiles.over_facts import OverFacts, Result
from parcours.profiles.person import PersonFacts
from parcours.profiles.sheet import Sheet


@kind("latest_value", of="attribute")
@dataclass(frozen=True)
class LatestValue(OverFacts):
    """What was last declared: the city, the birth date, whether e-mails are welcome.

    It takes the newest record or consent that says anything; an empty value hides no older one. Records without a date
    count as the oldest. Every row counts, whatever its status. Of two of the same instant, the one with the larger row
    number, which is arbitrary but always the same.
    """

    needs_time: ClassVar[bool] = True

    @property
    def usual_counting(self) -> str:
        return "all"

    def result(self, attributes: Mapping[str, Result]) -> Result:
        return Result(self.found_in.type, self.found_in.unit)

    def over_table(self, sheet: Sheet) -> exp.Expression:
        return sheet.last(self.chosen, self.column)

    def for_person(self, facts: PersonFacts) -> Any:
        values = facts.by_time(self.chosen, self.column)
        return values[-1] if values else None
