"""The favourite."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from sqlglot import exp

from parcours.model.kind import kind
from parcours.profiles.by_value import ByValue
from parcours.profiles.over_facts import Result
from parcours.profiles.person import PersonFacts, newest_second
from parcours.profiles.sheet import Sheet


@kind("most_frequent", of="attribute")
@dataclass(frozen=True)
class MostFrequent(ByValue):
    """The value that comes back most: the favourite category, store, hour of the day.

    The one with most facts or, with `by`, the largest amount; of equals the more recent one, then the first in the
    alphabet. A value whose amount is not above zero (all of it was returned) is nobody's favourite.
    """

    needs_time: ClassVar[bool] = True

    def result(self, attributes: Mapping[str, Result]) -> Result:
        return Result(self.found_in.type)

    def over_table(self, sheet: Sheet) -> exp.Expression:
        return sheet.favourite(self.chosen, self.column, self.by)

    def for_person(self, facts: PersonFacts) -> Any:
        time = self.chosen.facts.time or ""
        groups = facts.groups(self.chosen, self.column)
        ranked = [(-self.amount(rows), -newest_second(rows, time), value) for value, rows in groups.items()]
        return min((each for each in ranked if each[0] < 0), default=(0, 0, None))[2]
