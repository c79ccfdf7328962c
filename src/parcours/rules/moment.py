"""The moment a rule is read for: which day it is there, and up to when we know what happened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from parcours.model.value import Duration


@dataclass(frozen=True)
class Moment:
    """A day in the retailer's time zone, and the instant (UTC, without zone) before which facts are known.

    A batch reads rules for a whole day: the instant is that day's end. A live reading has an instant within its day.
    "The last 14 days" are 14 days of the calendar, today among them, in either case.
    """

    day: date
    instant: datetime
    zone: str = "UTC"

    @classmethod
    def of(cls, as_of: Moment | datetime | date, zone: str = "UTC") -> Moment:
        """Reads a day (its end) or an instant (with a zone, or UTC without one)."""
        if isinstance(as_of, Moment):
            return as_of
        if isinstance(as_of, datetime):
            aware = as_of if as_of.tzinfo else as_of.replace(tzinfo=UTC)
            known = aware.astimezone(UTC).replace(tzinfo=None) + timedelta(microseconds=1)
            return cls(aware.astimezone(ZoneInfo(zone)).date(), known, zone)
        return cls(as_of, start_of(as_of + timedelta(days=1), zone), zone)

    def first_day(self, length: Duration) -> date:
        """The first of the last days: of the last 14 days, the one 13 days ago; of 36 hours, the day they began."""
        if whole_days(length):
            return self.day - timedelta(days=length.days - 1)
        return (self.instant - length.delta).replace(tzinfo=UTC).astimezone(ZoneInfo(self.zone)).date()

    def start_of(self, day: date) -> datetime:
        """When a day begins here, in UTC without zone."""
        return start_of(day, self.zone)


def start_of(day: date, zone: str) -> datetime:
    """When a day begins in a time zone, in UTC without zone."""
    return datetime.combine(day, time.min, ZoneInfo(zone)).astimezone(UTC).replace(tzinfo=None)


def whole_days(length: Duration) -> bool:
    """Whether a length is counted in days of the calendar (14 days) rather than in hours (36 hours)."""
    return length.seconds % 86400 == 0
