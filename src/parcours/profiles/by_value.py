"""What attributes that compare the values of one column have in common: the amount by which values are compared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from parcours.model.kind import setting
from parcours.profiles.facts import subjects
from parcours.profiles.numbers import total
from parcours.profiles.over_facts import AMOUNTS, OverFacts
from parcours.profiles.selection import Row
from parcours.project.known import Complaint, Known


@dataclass(frozen=True)
class ByValue(OverFacts):
    """An attribute that groups a person's facts by the values of one column."""

    by: str | None = setting(None, doc="The column whose sum decides, as `net_amount`; else the number of facts.")

    @property
    def usual_counting(self) -> str:
        return "completed" if self.by is not None else "purchases"

    def check(self, known: Known) -> Iterator[Complaint]:
        complaints = list(super().check(known))
        yield from complaints
        if not complaints and self.by is not None:
            yield from self.check_column("by", self.by, AMOUNTS)

    def amount(self, rows: Sequence[Row]) -> int:
        """By how much a value counts: the exact sum of `by`, or the number of facts."""
        if self.by is None:
            return len(rows)
        return total((row[self.by] for row in rows), subjects(self.table)[self.by].type)
