"""The stretches of time a report speaks of: the last twelve months, the twelve before, and full calendar months."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

YEAR = 365
MONTHS_SHOWN = 24
COHORTS_SHOWN = 12
# A shop that was closed in the first days of a year has still been open for that year.
TOLERANCE = timedelta(days=14)


@dataclass(frozen=True)
class Window:
    """A day, and the stretches of time that end on it. The last 365 days count that day among them."""

    as_of: date

    @property
    def year_start(self) -> date:
        return self.as_of - timedelta(days=YEAR - 1)

    @property
    def before_start(self) -> date:
        return self.year_start - timedelta(days=YEAR)

    @property
    def last_month(self) -> int:
        """The last month that is over, as a number."""
        over = (self.as_of + timedelta(days=1)).month != self.as_of.month
        return number(self.as_of) - (0 if over else 1)

    @property
    def bounds(self) -> dict[str, date]:
        """The days that queries are bound to."""
        return {"as_of": self.as_of, "year_start": self.year_start, "before_start": self.before_start}

    def comparable(self, first_day: date | None) -> bool:
        """Whether what we know reaches back over the whole year before."""
        return first_day is not None and first_day <= self.before_start + TOLERANCE


def number(day: date) -> int:
    """A month as a number: months that follow one another have numbers that follow one another."""
    return day.year * 12 + day.month - 1


def month(number: int) -> date:
    """The first day of a month given as a number."""
    return date(number // 12, number % 12 + 1, 1)
