"""How many days, weeks, whole months or whole years lie between two days, in SQL and in Python."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from sqlglot import exp


def day(value: exp.Expression, is_time: bool, zone: str) -> exp.Expression:
    """A date, or the local date of a time."""
    if not is_time:
        return value
    return exp.Anonymous(this="local_date", expressions=[value, exp.Literal.string(zone)])


def local(value: date, zone: str) -> date:
    """A date, or the local date of a time (UTC without zone)."""
    if not isinstance(value, datetime):
        return value
    return value.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).date()


def between(start: exp.Expression, end: exp.Expression, unit: str) -> exp.Expression:
    """How many whole units lie between two dates, as an integer."""
    if unit in ("days", "weeks"):
        days = exp.cast(exp.Anonymous(this="days_between", expressions=[start, end]), "bigint")
        if unit == "days":
            return days
        return exp.cast(
            exp.Floor(this=exp.Div(this=exp.cast(days, "double"), expression=exp.Literal.number(7))), "bigint"
        )
    months = exp.Sub(this=_months(end), expression=_months(start))
    early = exp.LT(this=_part("DAY", end), expression=_part("DAY", start))
    begun = exp.Case(ifs=[exp.If(this=early, true=exp.Literal.number(1))], default=exp.Literal.number(0))
    whole = exp.cast(exp.Sub(this=months, expression=begun), "bigint")
    if unit == "months":
        return whole
    return exp.cast(
        exp.Floor(this=exp.Div(this=exp.cast(whole, "double"), expression=exp.Literal.number(12))), "bigint"
    )


def count(start: date, end: date, unit: str) -> int:
    """`between` for two dates in hand."""
    days = (end - start).days
    if unit in ("days", "weeks"):
        return days if unit == "days" else days // 7
    months = (end.year * 12 + end.month) - (start.year * 12 + start.month) - (end.day < start.day)
    return months if unit == "months" else months // 12


def _months(value: exp.Expression) -> exp.Expression:
    years = exp.Mul(this=_part("YEAR", value), expression=exp.Literal.number(12))
    return exp.paren(exp.Add(this=years, expression=_part("MONTH", value)), copy=False)


def _part(name: str, value: exp.Expression) -> exp.Expression:
    return exp.Extract(this=exp.var(name), expression=value.copy())
