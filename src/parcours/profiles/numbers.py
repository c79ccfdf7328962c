"""Arithmetic that gives the same figure over a table and for one person, in whatever order the facts come.

Amounts are integers of minor units and add up exactly. Other numbers are added as whole millionths, since the sum of
fractions depends on the order in which an engine happens to add them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from sqlglot import exp

MILLION = 1_000_000


def whole(value: float) -> int:
    """A number rounded to a whole one, halves away from zero as SQL does."""
    return int(math.copysign(math.floor(abs(value) + 0.5), value))


def millionths(value: float) -> int:
    """A number in whole millionths."""
    return whole(value * MILLION)


def as_whole(value: exp.Expression) -> exp.Expression:
    """`whole` in SQL."""
    return exp.cast(exp.Round(this=value), "bigint")


def as_number(value: exp.Expression) -> exp.Expression:
    """An integer as a number, so that engines divide alike."""
    return exp.cast(value, "double")


def countable(value: exp.Expression, type_: str) -> exp.Expression:
    """A value in SQL as an integer that adds up exactly: itself, or its millionths."""
    return value if type_ == "integer" else as_whole(exp.Mul(this=value, expression=exp.Literal.number(MILLION)))


def total(values: Iterable[float | None], type_: str) -> int:
    """The sum of what is known, in the unit of `countable`."""
    known = [value for value in values if value is not None]
    return sum(int(value) for value in known) if type_ == "integer" else sum(millionths(value) for value in known)


def back(value: exp.Expression, type_: str) -> exp.Expression:
    """A `countable` sum in SQL as the column counted it."""
    return (
        value
        if type_ == "integer"
        else exp.Div(this=as_number(value), expression=as_number(exp.Literal.number(MILLION)))
    )


def ratio(part: exp.Expression, whole_: exp.Expression) -> exp.Expression:
    """One integer over another in SQL; unknown unless the second is above zero."""
    above = exp.GT(this=whole_.copy(), expression=exp.Literal.number(0))
    divided = exp.Div(this=as_number(part), expression=as_number(whole_.copy()))
    return exp.Case(ifs=[exp.If(this=above, true=divided)])


def or_zero(value: exp.Expression) -> exp.Expression:
    """A count or a sum, where nothing is none."""
    return exp.Coalesce(this=value, expressions=[exp.Literal.number(0)])
