"""One after the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from sqlglot import exp

from parcours.model.kind import kind, setting
from parcours.profiles.over_facts import OverFacts, Result
from parcours.profiles.passes.ranked import at
from parcours.profiles.person import PersonFacts
from parcours.profiles.selection import Row
from parcours.profiles.sheet import Sheet

LONGEST = 10


@kind("sequence", of="attribute")
@dataclass(frozen=True)
class Sequence(OverFacts):
    """The last few different values, newest first, as one text: `Wine > Cheese > Bread`.

    Of two values last seen at the same instant, the first in the alphabet stands first.
    """

    keep: int = setting(3, doc="How many values at most, up to 10.")
    separator: str = setting(" > ", doc="What stands between two values.")

    needs_time: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if not 1 <= self.keep <= LONGEST:
            raise ValueError(f"'keep' is between 1 and {LONGEST}")

    column_types: ClassVar[tuple[str, ...]] = ("text",)

    def result(self, attributes: Mapping[str, Result]) -> Result:
        return Result("text")

    def over_table(self, sheet: Sheet) -> exp.Expression:
        values = [at(exp.Literal.number(place)) for place in range(1, self.keep + 1)]
        text: exp.Expression = values[0]
        for value in values[1:]:
            both = exp.DPipe(this=exp.Literal.string(self.separator), expression=value)
            text = exp.DPipe(this=text, expression=exp.Coalesce(this=both, expressions=[exp.Literal.string("")]))
        return sheet.latest(self.chosen, self.column, text)

    def for_person(self, facts: PersonFacts) -> str | None:
        groups = facts.groups(self.chosen, self.column)
        newest = sorted(sorted(groups), key=lambda value: self._newest(groups[value]), reverse=True)
        return self.separator.join(newest[: self.keep]) or None

    def _newest(self, rows: list[Row]) -> datetime:
        times = (row[self.chosen.facts.time or ""] for row in rows)
        return max((time for time in times if time is not None), default=datetime.min)
