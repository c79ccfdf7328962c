"""Formulas in plain Python: the same arithmetic as SQL's, with its unknowns, over the values of one person."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from sqlglot import exp

from parcours.profiles.numbers import whole

Values = Mapping[str, Any]


def strange(tree: exp.Expression) -> str | None:
    """What of an expression is no formula; None when all of it is."""
    for node in tree.walk():
        if type(node) not in _READ and not isinstance(node, exp.Identifier | exp.If | exp.DataType | exp.Tuple):
            return type(node).__name__.lower()
    return None


def safe(tree: exp.Expression) -> exp.Expression:
    """The formula for SQL: numbers as engines divide them alike, and what is divided by zero unknown."""

    def guard(node: exp.Expression) -> exp.Expression:
        if isinstance(node, exp.Div):
            below = exp.Nullif(this=exp.cast(node.expression, "double"), expression=exp.Literal.number(0))
            return exp.paren(exp.Div(this=exp.cast(node.this, "double"), expression=below), copy=False)
        if isinstance(node, exp.Mod):
            return exp.paren(
                exp.Mod(this=node.this, expression=exp.Nullif(this=node.expression, expression=exp.Literal.number(0))),
                copy=False,
            )
        if isinstance(node, exp.Literal) and not node.is_string and "." in node.name:
            # a plain 0.5 is a decimal to the engines, which they calculate with otherwise
            return exp.cast(exp.Literal.string(node.name), "double")
        return node

    return tree.copy().transform(guard)


def evaluate(tree: exp.Expression, values: Values) -> Any:
    """The value of a formula; None is unknown."""
    return _READ[type(tree)](tree, values)


def _of(function: Callable[..., Any]) -> Callable[[exp.Expression, Values], Any]:
    """A function of its operands that knows nothing when one of them is unknown."""

    def read(tree: exp.Expression, values: Values) -> Any:
        operands = [evaluate(part, values) for part in (tree.this, tree.args.get("expression")) if part is not None]
        return None if None in operands else function(*operands)

    return read


def _and(tree: exp.Expression, values: Values) -> bool | None:
    sides = [evaluate(tree.left, values), evaluate(tree.right, values)]
    return False if False in sides else None if None in sides else True


def _or(tree: exp.Expression, values: Values) -> bool | None:
    sides = [evaluate(tree.left, values), evaluate(tree.right, values)]
    return True if True in sides else None if None in sides else False


def _case(tree: exp.Expression, values: Values) -> Any:
    subject = tree.this
    for branch in tree.args["ifs"]:
        test = exp.EQ(this=subject, expression=branch.this) if subject else branch.this
        if evaluate(test, values):
            return evaluate(branch.args["true"], values)
    default = tree.args.get("default")
    return evaluate(default, values) if default is not None else None


def _several(tree: exp.Expression, values: Values) -> list[Any]:
    parts = [tree.this, *tree.expressions] if tree.this is not None else tree.expressions
    return [evaluate(part, values) for part in parts]


def _coalesce(tree: exp.Expression, values: Values) -> Any:
    return next((value for value in _several(tree, values) if value is not None), None)


def _nullif(tree: exp.Expression, values: Values) -> Any:
    value = evaluate(tree.this, values)
    return None if value == evaluate(tree.expression, values) else value


def _extreme(choose: Callable[[list[Any]], Any]) -> Callable[[exp.Expression, Values], Any]:
    """Greatest and least look at what is known only."""

    def read(tree: exp.Expression, values: Values) -> Any:
        known = [value for value in _several(tree, values) if value is not None]
        return choose(known) if known else None

    return read


def _round(tree: exp.Expression, values: Values) -> Any:
    value = evaluate(tree.this, values)
    decimals = tree.args.get("decimals")
    scale = 10 ** (evaluate(decimals, values) if decimals is not None else 0)
    return None if value is None else whole(value * scale) / scale


def _divide(left: float, right: float) -> float | None:
    return left / right if right else None


def _modulo(left: float, right: float) -> float | None:
    if not right:
        return None
    both_whole = isinstance(left, int) and isinstance(right, int)
    return int(math.copysign(abs(left) % abs(right), left)) if both_whole else math.fmod(left, right)


def _in(tree: exp.Expression, values: Values) -> bool | None:
    value, among = evaluate(tree.this, values), [evaluate(part, values) for part in tree.expressions]
    return None if value is None else True if value in among else None if None in among else False


def _between(tree: exp.Expression, values: Values) -> bool | None:
    three = [evaluate(part, values) for part in (tree.this, tree.args["low"], tree.args["high"])]
    return None if None in three else bool(three[1] <= three[0] <= three[2])


def _cast(tree: exp.Expression, values: Values) -> Any:
    value = evaluate(tree.this, values)
    return None if value is None else _CASTS[tree.args["to"].sql("duckdb")](value)


def _day(value: Any) -> date:
    return (
        value.date() if isinstance(value, datetime) else value if isinstance(value, date) else date.fromisoformat(value)
    )


def _concat(tree: exp.Expression, values: Values) -> str:
    return "".join(str(value) for value in _several(tree, values) if value is not None)


def _literal(tree: exp.Expression, values: Values) -> Any:
    if tree.is_string:
        return tree.name
    return int(tree.name) if tree.name.isdigit() else float(tree.name)


_CASTS: dict[str, Callable[[Any], Any]] = {
    "BIGINT": lambda value: whole(float(value)),
    "DOUBLE": float,
    "DATE": _day,
    "TEXT": str,
    "VARCHAR": str,
    "BOOLEAN": bool,
}
_READ: dict[type, Callable[[Any, Values], Any]] = {
    exp.Column: lambda tree, values: values.get(tree.name),
    exp.Literal: _literal,
    exp.Boolean: lambda tree, values: tree.this,
    exp.Null: lambda tree, values: None,
    exp.Paren: lambda tree, values: evaluate(tree.this, values),
    exp.Add: _of(lambda a, b: a + b), exp.Sub: _of(lambda a, b: a - b), exp.Mul: _of(lambda a, b: a * b),
    exp.Div: _of(_divide), exp.Mod: _of(_modulo), exp.Neg: _of(lambda a: -a),
    exp.EQ: _of(lambda a, b: a == b), exp.NEQ: _of(lambda a, b: a != b), exp.LT: _of(lambda a, b: a < b),
    exp.LTE: _of(lambda a, b: a <= b), exp.GT: _of(lambda a, b: a > b), exp.GTE: _of(lambda a, b: a >= b),
    exp.And: _and, exp.Or: _or, exp.Not: _of(lambda a: not a),
    exp.Is: lambda tree, values: evaluate(tree.this, values) is evaluate(tree.expression, values),
    exp.In: _in, exp.Between: _between, exp.Case: _case, exp.Cast: _cast,
    exp.Coalesce: _coalesce, exp.Nullif: _nullif,
    exp.Greatest: _extreme(max), exp.Least: _extreme(min),
    exp.Abs: _of(abs), exp.Floor: _of(math.floor), exp.Ceil: _of(math.ceil), exp.Round: _round,
    exp.DPipe: _of(lambda a, b: f"{a}{b}"), exp.Concat: _concat, exp.Lower: _of(str.lower), exp.Upper: _of(str.upper),
}  # fmt: skip
