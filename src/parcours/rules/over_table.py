"""The first reader: a rule as an expression over the columns of a table, true or false in every row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import partial
from typing import Any

from sqlglot import exp

from parcours.engine.sql import literal
from parcours.rules.meaning import Known, Meaning, OneOf, Range, Text, YearDays, meaning
from parcours.rules.moment import Moment
from parcours.rules.rule import AllOf, AnyOf, Compare, Happened, InSegment, Not, Rule

Column = Callable[[str], exp.Expression]


def quoted(name: str) -> exp.Expression:
    """A column by its name, whatever the name is."""
    return exp.column(name, quoted=True)


def over_table(
    rule: Rule, columns: Mapping[str, str], as_of: Moment | datetime | date, *, column: Column = quoted
) -> exp.Expression:
    """A rule as a boolean expression, never null, over a table whose columns (by type word) include all it looks at.

    Activities are read from their columns of counts, segments from boolean columns. `column` makes a name a column,
    for tables that are joined. Raises KeyError for a subject that is no column.
    """
    read = partial(over_table, columns=columns, as_of=Moment.of(as_of), column=column)
    match rule:
        case AllOf(rules):
            return _join(exp.And, [read(each) for each in rules], exp.true())
        case AnyOf(rules):
            return _join(exp.Or, [read(each) for each in rules], exp.false())
        case Not(inner):
            return exp.Not(this=exp.paren(read(inner), copy=False))
        case InSegment():
            return _sure(column(rule.column))
        case Happened():
            return _counted(rule, exp.Coalesce(this=column(rule.activity.column), expressions=[exp.Literal.number(0)]))
        case Compare(subject):
            return tested(meaning(rule, columns[subject], Moment.of(as_of)), partial(column, subject))


def _join(how: type[exp.And | exp.Or], trees: list[exp.Expression], neutral: exp.Expression) -> exp.Expression:
    if not trees:
        return neutral
    joined = trees[0]
    for tree in trees[1:]:
        joined = how(this=joined, expression=tree)
    return exp.paren(joined, copy=False) if len(trees) > 1 else joined


def _sure(test: exp.Expression) -> exp.Expression:
    """Unknown is not a match."""
    return exp.Coalesce(this=test, expressions=[exp.false()])


def _counted(rule: Happened, count: exp.Expression) -> exp.Expression:
    bounds = Range(low=rule.at_least or None, high=rule.at_most)
    return _range(bounds, lambda: count.copy())


def tested(test: Meaning, column: Callable[[], exp.Expression]) -> exp.Expression:
    """One plain test as an expression that is true or false, never null."""
    match test:
        case Known(wanted):
            is_null = exp.Is(this=column(), expression=exp.null())
            return exp.Not(this=is_null) if wanted else is_null
        case OneOf(values, negated):
            return _sure(_one_of(values, negated, column))
        case Range():
            return _sure(_range(test, column))
        case Text(how, text):
            return _sure(_TEXT[how](column(), literal(text)))
        case YearDays(stretches):
            day = _day_of_year(column)
            return _sure(_join(exp.Or, [_range(Range(*each), lambda: day.copy()) for each in stretches], exp.false()))


def _one_of(values: tuple[Any, ...], negated: bool, column: Callable[[], exp.Expression]) -> exp.Expression:
    if len(values) == 1:
        return (exp.NEQ if negated else exp.EQ)(this=column(), expression=_value(values[0]))
    among = exp.In(this=column(), expressions=[_value(value) for value in values])
    return exp.Not(this=among) if negated else among


def _range(test: Range, column: Callable[[], exp.Expression]) -> exp.Expression:
    bounds: list[exp.Expression] = []
    if test.low is not None:
        bounds.append((exp.GT if test.low_open else exp.GTE)(this=column(), expression=_value(test.low)))
    if test.high is not None:
        bounds.append((exp.LT if test.high_open else exp.LTE)(this=column(), expression=_value(test.high)))
    inside = _join(exp.And, bounds, exp.true())
    return exp.Not(this=exp.paren(inside, copy=False)) if test.negated else inside


def _value(value: Any) -> exp.Expression:
    # A plain 0.1 is a decimal to the engines, which they compare otherwise than a number: 1e-1 is a number.
    return exp.Literal.number(f"{value!r}e0") if _is_short_float(value) else literal(value)


def _is_short_float(value: Any) -> bool:
    return isinstance(value, float) and "e" not in repr(value)


def _day_of_year(column: Callable[[], exp.Expression]) -> exp.Expression:
    month, day = (exp.Extract(this=exp.var(part), expression=column()) for part in ("MONTH", "DAY"))
    return exp.paren(exp.Add(this=exp.Mul(this=month, expression=exp.Literal.number(100)), expression=day), copy=False)


_TEXT: dict[str, Callable[[exp.Expression, exp.Expression], exp.Expression]] = {
    "contains": lambda text, part: exp.GT(
        this=exp.StrPosition(this=text, substr=part), expression=exp.Literal.number(0)
    ),
    "starts_with": lambda text, part: exp.StartsWith(this=text, expression=part),
    "ends_with": lambda text, part: exp.EndsWith(this=text, expression=part),
}
