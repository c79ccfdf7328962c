"""A day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from parcours.model.kind import kind, setting
from parcours.surveys.answer import Answer, Unfit


@kind("date", of="question")
@dataclass(frozen=True)
class Day:
    """A day: a birthday, the day of a move. The attribute holds it as text, `2026-01-31`."""

    first: date = setting(date(1900, 1, 1), key="from", doc="The first day that is taken.")
    last: date = setting(date(2100, 1, 1), key="to", doc="The last day that is taken.")

    is_number = False

    def __post_init__(self) -> None:
        if not self.first < self.last:
            raise ValueError("'from' is before 'to'")

    def read(self, given: Sequence[str]) -> Answer | None:
        """The answer, written 2026-01-31; None for none. Raises Unfit."""
        text = "".join(given[:1]).strip()
        if not text:
            return None
        try:
            day = date.fromisoformat(text) if len(text) == 10 else None
        except ValueError:
            day = None
        if day is None:
            raise Unfit("not_a_date")
        if not self.first <= day <= self.last:
            raise Unfit("out_of_range")
        return Answer(day.isoformat())
