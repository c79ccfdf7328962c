"""Expressions over the columns of a source, as `= PRIX * QTE - REMISE`: parsed, and nothing but arithmetic let in.

They are written in SQL by people whom the retailer trusts with figures, not with the machine: a tree passes only when
every node of it is on the list below. A column is named as the source names it; a path into nested data is written with
dots (`customer.address.city`, `items[].price`, `items[0].price`), a name with spaces between double quotes.
"""

from __future__ import annotations

import re
from difflib import get_close_matches

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

LONGEST = 4_000  # characters
WORDS = "text, integer, number, boolean, date and time"
_TYPES = {
    "VARCHAR": "VARCHAR", "TEXT": "VARCHAR", "CHAR": "VARCHAR",
    "BIGINT": "BIGINT", "INT": "BIGINT", "INTEGER": "BIGINT",
    "DOUBLE": "DOUBLE", "DECIMAL": "DOUBLE", "FLOAT": "DOUBLE", "NUMBER": "DOUBLE",
    "BOOLEAN": "BOOLEAN", "DATE": "DATE", "TIME": "TIMESTAMP", "TIMESTAMP": "TIMESTAMP",
}  # fmt: skip

# What people may call, and how the parsed tree names it.
FUNCTIONS: dict[str, type[exp.Expression]] = {
    "abs": exp.Abs, "ceil": exp.Ceil, "coalesce": exp.Coalesce, "concat": exp.Concat, "contains": exp.Contains,
    "floor": exp.Floor, "greatest": exp.Greatest, "least": exp.Least, "left": exp.Left, "length": exp.Length,
    "lower": exp.Lower, "nullif": exp.Nullif, "regexp_extract": exp.RegexpExtract, "regexp_matches": exp.RegexpLike,
    "replace": exp.Replace, "right": exp.Right, "round": exp.Round, "split_part": exp.SplitPart,
    "starts_with": exp.StartsWith, "substring": exp.Substring, "trim": exp.Trim, "upper": exp.Upper,
}  # fmt: skip
_GRAMMAR: tuple[type[exp.Expression], ...] = (
    exp.Column, exp.Identifier, exp.Literal, exp.Null, exp.Boolean, exp.Paren, exp.Tuple,
    exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod, exp.Neg, exp.DPipe,
    exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.Between, exp.In, exp.Is, exp.Like, exp.ILike,
    exp.And, exp.Or, exp.Not, exp.Case, exp.If, exp.Cast, exp.TryCast, exp.DataType,
)  # fmt: skip
_ALLOWED = (*_GRAMMAR, *FUNCTIONS.values())
_TERMINAL = re.compile("\x1b\\[[0-9]+m")
_QUOTED = re.compile(r"""('(?:[^']|'')*'|"(?:[^"]|"")*")""")
_PATH = re.compile(r"(?<![\w\"'.])[^\W\d]\w*(?:\[\d*\]|\.\w+)*(?:\[\d*\])(?:\[\d*\]|\.\w+)*")


class ExpressionFault(ValueError):
    """An expression that is not one of ours; the message says why and what to write instead."""


def parse(text: str) -> exp.Expression:
    """Reads an expression, with or without the leading `=`; each column in it becomes one quoted name.

    Raises ExpressionFault for anything but columns, constants and the functions listed here.
    """
    written = text.strip().removeprefix("=").strip()
    if not written:
        raise ExpressionFault("an expression stands after '='")
    if len(written) > LONGEST:
        raise ExpressionFault(f"an expression has at most {LONGEST} characters")
    try:
        trees = sqlglot.parse(_quote_paths(written), read="duckdb")
    except (SqlglotError, RecursionError, ValueError) as error:
        raise ExpressionFault(f"{shown(written)} is not an expression: {_reason(error)}") from None
    if len(trees) != 1 or trees[0] is None:
        raise ExpressionFault(f"{shown(written)} is not one expression")
    tree = _plain(trees[0])
    for node in tree.walk():
        _check(node, written)
    return tree


def columns(tree: exp.Expression) -> tuple[str, ...]:
    """The columns of the source that an expression reads, each once, in the order they stand."""
    found = [node.name for node in tree.find_all(exp.Column, bfs=False)]
    return tuple(dict.fromkeys(found))


def shown(text: str) -> str:
    """The expression between quotes, cut when it is long."""
    return repr(text if len(text) <= 60 else f"{text[:60]}…")


def _reason(error: Exception) -> str:
    first = (_TERMINAL.sub("", str(error)).splitlines() or ["not readable"])[0]
    return first.split(". Line")[0].split(" for <class")[0].rstrip(". ")


def _quote_paths(text: str) -> str:
    """`items[].price` between double quotes, since SQL knows no such name; what stands in quotes is left alone."""
    parts = _QUOTED.split(text)
    return "".join(
        part if position % 2 else _PATH.sub(lambda match: f'"{match[0]}"', part) for position, part in enumerate(parts)
    )


def _plain(tree: exp.Expression) -> exp.Expression:
    """Dotted columns (`a.b.c`) as one quoted name each, types by our words, comments gone."""

    def plain(node: exp.Expression) -> exp.Expression:
        node.comments = None
        if isinstance(node, exp.Dot):
            return _named([name for part in node.flatten() for name in _names(part)])
        if isinstance(node, exp.Column) and not isinstance(node.this, exp.Star):
            return _named(_names(node))
        if isinstance(node, exp.DataType):
            word = node.sql("duckdb").split("(")[0].upper()
            return exp.DataType.build(_TYPES[word], dialect="duckdb") if word in _TYPES else node
        return node

    return tree.transform(plain)


def _named(names: list[str]) -> exp.Column:
    return exp.column(exp.to_identifier(".".join(names), quoted=True))


def _names(node: exp.Expression) -> list[str]:
    return [part.name for part in node.parts] if isinstance(node, exp.Column) else [node.name]


def _check(node: exp.Expression, written: str) -> None:
    if isinstance(node, exp.Anonymous) or (isinstance(node, exp.Func) and not isinstance(node, _ALLOWED)):
        called = (node.name if isinstance(node, exp.Anonymous) else node.sql_name()).lower()
        near = get_close_matches(called, FUNCTIONS, n=1)
        hint = f"Did you mean {near[0]!r}?" if near else f"There is {', '.join(FUNCTIONS)}"
        raise ExpressionFault(f"there is no function {called!r} in expressions. {hint}")
    if isinstance(node, exp.Star):
        raise ExpressionFault(f"'*' is no column: {shown(written)}")
    if isinstance(node, exp.DataType) and node.sql("duckdb") not in (*_TYPES.values(), "TEXT"):
        raise ExpressionFault(f"there is no type {node.sql('duckdb').lower()!r} to cast to: there is {WORDS}")
    if isinstance(node, exp.In) and (node.args.get("query") or node.args.get("unnest")):
        raise ExpressionFault(f"'in' takes a list of constants: {shown(written)}")
    if not isinstance(node, _ALLOWED):
        raise ExpressionFault(f"{type(node).__name__.lower()} may not stand in an expression: {shown(written)}")
