"""Reads an expression of our SQL for one row, in Python: so that a rule written once holds by the second too."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

from sqlglot import exp

Row = Mapping[str, Any]
Reading = Callable[[Row], Any]


class NotForOneRow(ValueError):
    """An expression uses something that only whole tables can answer."""


def reading(tree: exp.Expression) -> Reading:
    """An expression as a function of a row. Unknown is None, and a condition that is unknown does not hold.

    Raises NotForOneRow for a kind of expression that is not read here.
    """
    for kind, read in _READERS.items():
        if type(tree) is kind:
            return read(tree)
    raise NotForOneRow(f"{type(tree).__name__}: {tree.sql('duckdb')}")


def _column(tree: exp.Column) -> Reading:
    name = tree.name
    return lambda row: row[name]


def _literal(tree: exp.Literal) -> Reading:
    value = tree.this if tree.is_string else int(tree.this)
    return lambda row: value


def _constant(tree: exp.Expression) -> Reading:
    value = bool(tree.this) if isinstance(tree, exp.Boolean) else None
    return lambda row: value


def _inner(tree: exp.Expression) -> Reading:
    return reading(tree.this)


def _both(combine: Callable[[Any, Any], Any]) -> Callable[[Any], Reading]:
    def read(tree: exp.Binary) -> Reading:
        left, right = reading(tree.this), reading(tree.expression)
        return lambda row: combine(left(row), right(row))

    return read


def _and(tree: exp.And) -> Reading:
    left, right = reading(tree.this), reading(tree.expression)
    return lambda row: bool(left(row)) and bool(right(row))


def _or(tree: exp.Or) -> Reading:
    left, right = reading(tree.this), reading(tree.expression)
    return lambda row: bool(left(row)) or bool(right(row))


def _not(tree: exp.Not) -> Reading:
    inner = reading(tree.this)
    return lambda row: None if (value := inner(row)) is None else not value


def _in(tree: exp.In) -> Reading:
    inner = reading(tree.this)
    among = {reading(each)({}) for each in tree.expressions}
    return lambda row: inner(row) in among


def _case(tree: exp.Case) -> Reading:
    branches = [(reading(branch.this), reading(branch.args["true"])) for branch in tree.args["ifs"]]
    default = tree.args.get("default")
    otherwise = reading(default) if default is not None else lambda row: None
    return lambda row: next((result(row) for test, result in branches if test(row)), otherwise(row))


def _matches(tree: exp.RegexpLike) -> Reading:
    text, pattern = reading(tree.this), re.compile(reading(tree.expression)({}))
    return lambda row: None if (value := text(row)) is None else pattern.search(value) is not None


def _split_part(tree: exp.SplitPart) -> Reading:
    text, by, part = reading(tree.this), reading(tree.args["delimiter"])({}), reading(tree.args["part_index"])({})

    def read(row: Row) -> str:
        parts = text(row).split(by)
        return parts[part - 1] if part <= len(parts) else ""

    return read


def _replace(tree: exp.Replace) -> Reading:
    text, old, new = (reading(tree.args[name]) for name in ("this", "expression", "replacement"))
    return lambda row: text(row).replace(old(row), new(row))


def _concat(tree: exp.Concat) -> Reading:
    parts = [reading(each) for each in tree.expressions]
    return lambda row: "".join(str(value) for part in parts if (value := part(row)) is not None)


def _coalesce(tree: exp.Coalesce) -> Reading:
    parts = [reading(each) for each in (tree.this, *tree.expressions)]
    return lambda row: next((value for part in parts if (value := part(row)) is not None), None)


def _lower(tree: exp.Lower) -> Reading:
    inner = reading(tree.this)
    return lambda row: inner(row).lower()


def _right(tree: exp.Right) -> Reading:
    inner, count = reading(tree.this), reading(tree.expression)({})
    return lambda row: inner(row)[-count:]


_READERS: dict[type[exp.Expression], Callable[[Any], Reading]] = {
    exp.Column: _column, exp.Literal: _literal, exp.Boolean: _constant, exp.Null: _constant, exp.Paren: _inner,
    exp.Alias: _inner, exp.And: _and, exp.Or: _or, exp.Not: _not, exp.In: _in, exp.Case: _case,
    exp.EQ: _both(operator.eq), exp.Is: _both(lambda left, right: left is right), exp.RegexpLike: _matches,
    exp.SplitPart: _split_part, exp.Replace: _replace, exp.Concat: _concat, exp.Coalesce: _coalesce,
    exp.Lower: _lower, exp.Right: _right,
}  # fmt: skip
