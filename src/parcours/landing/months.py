"""When a row happened, and the local month it is kept under."""

from __future__ import annotations

from sqlglot import exp

from parcours.engine.zones import local_time
from parcours.landing.conversions import call
from parcours.landing.plan import UNDATED


def moment_of(times: list[exp.Expression]) -> exp.Expression:
    """The row's business time: the first of its tables' times that is known."""
    if not times:
        return exp.cast(exp.null(), "timestamp")
    return times[0].copy() if len(times) == 1 else call("coalesce", *times)


def month_of(times: list[exp.Expression], zone: str) -> exp.Expression:
    """The local month of the row's business time; `undated` without one, or with one of another century."""
    if not times:
        return exp.Literal.string(UNDATED)
    local = local_time(moment_of(times), zone, "duckdb")
    known = exp.Between(
        this=moment_of(times),
        low=exp.cast(exp.Literal.string("1990-01-01"), "timestamp"),
        high=exp.cast(exp.Literal.string("2100-01-01"), "timestamp"),
    )
    return exp.case().when(known, call("strftime", local, "%Y-%m")).else_(exp.Literal.string(UNDATED))
