"""The last."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from sqlglot import exp

from parcours.model.kind import kind, setting
from parcours.profiles.over_facts import OverFacts, Result
from parcours.profiles.person import PersonFacts
from parcours.profiles.sheet import Sheet


@kind("last", of="attribute")
@dataclass(frozen=True)
class Last(OverFacts):
    """The value of the newest fact that has one: the date of the last order, the product looked at last.

    Of two facts of the same instant, the one with the larger row number, which is arbitrary but always the same.
    """

    nth: int = setting(1, doc="The last but one with 2, and so on.")

    needs_time: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if self.nth < 1:
            raise ValueError("'nth' counts from 1")

    def result(self, attributes: Mapping[str, Result]) -> Result:
        return Result(self.found_in.type, self.found_in.unit)

    def over_table(self, sheet: Sheet) -> exp.Expression:
        if self.nth > 1:
            return sheet.nth(self.chosen, self.column, self.nth, newest_first=True)
        if self.column == self.chosen.facts.day:
            return sheet.highest(self.chosen, self.column)
        return sheet.last(self.chosen, self.column)

    def for_person(self, facts: PersonFacts) -> Any:
        values = facts.by_time(self.chosen, self.column)
        return values[-self.nth] if len(values) >= self.nth else None
