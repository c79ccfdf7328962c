"""Keeps what slots learned small, and forgets decisions that are long gone: once a night, whichever process does it."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from parcours.decisions.learning.delay import EDGES
from parcours.state import Database, jobs, queries

KIND = "tidy_decisions"
KEPT = timedelta(days=400)  # decisions; what was learned from them stays
JOBS_KEPT = timedelta(days=30)
_QUERIES = queries("decision")
_HOUR = 3600
# after so many days hours become days, and days months
_WIDER = ((14, 24), (int(EDGES[-1] / 24), 720))
_NIGHT = time(3, 30)


def tidy(database: Database, *, now: datetime) -> None:
    """Adds up old hours, and forgets what is too old."""
    hour = int(now.timestamp() // _HOUR)
    with database.connection() as connection:
        for days, wide in _WIDER:
            connection.execute(_QUERIES["fold"].text.encode(), {"before": hour - days * 24, "wide": wide})
        connection.execute(_QUERIES["forget"].text.encode(), {"before": now - KEPT})
        jobs.forget(connection, before=now - JOBS_KEPT)


def nightly(database: Database, *, zone: str, now: datetime) -> int:
    """Has it done in the next night, unless it is waited for already, and does what is due; how many jobs were done."""
    with database.connection() as connection:
        jobs.add(connection, KIND, "nightly", due=_next_night(zone, now), now=now)
    return jobs.work(database.connection, {KIND: lambda _: tidy(database, now=now)}, clock=lambda: now)


def _next_night(zone: str, now: datetime) -> datetime:
    there = now.astimezone(ZoneInfo(zone))
    tonight = datetime.combine(there.date(), _NIGHT, ZoneInfo(zone))
    return (tonight if tonight > there else tonight + timedelta(days=1)).astimezone(UTC)
