"""Queries have a name and a sentence, live in .sql files beside their room, and are checked when they are read.

A file holds queries, each after two comment lines: `-- name: orders_by_person` and `-- One sentence on what it gives.`
`:parameters` are bound as values or as expression trees, never by joining strings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError

from parcours.engine.macros import MACROS, expand

_TERMINAL = re.compile("\x1b\\[[0-9]+m")
_HEADER = re.compile(r"^-- name: *(\w+) *$", re.MULTILINE)

# Functions whose result depends on row order or differs silently between engines.
FORBIDDEN_FUNCTIONS = {
    "mode": "count per (customer, value) first, then arg_max",
    "median": "use percentile(x, 0.5)",
    "list": "keep one row a value, or string_agg with ORDER BY",
    "array_agg": "keep one row a value, or string_agg with ORDER BY",
    "any_value": "use min or max",
    "first": "use arg_min over something unique",
    "last": "use arg_max over something unique",
    "approx_distinct": "use count(DISTINCT x)",
    "approx_quantile": "use percentile",
    "random": "use hash_bucket",
    "rand": "use hash_bucket",
    "hash": "use hash63",
}
_FORBIDDEN_NODES: dict[type[exp.Expression], str] = {
    exp.Qualify: "use a sub-query: QUALIFY leaks its column on other engines",
    exp.TableSample: "use hash_bucket",
    exp.Lambda: "engines differ on lambdas",
    exp.Struct: "keep one column a value",
    exp.PropertyEQ: "keep one column a value",
}
_KNOWN_ANONYMOUS = {"strip_accents", "regexp_full_match"}


class QueryNotAllowed(ValueError):
    """A query uses something outside the restricted dialect, or names a parameter nobody bound."""


@dataclass(frozen=True)
class Query:
    """A named query: a tree in the restricted dialect, with its sentence."""

    tree: exp.Expression
    name: str = "query"
    sentence: str = ""

    def bind(self, **values: Any) -> Query:
        """The query with `:name` replaced by a value or by an expression tree."""

        tree = self.tree.copy()
        for node in [node for node in tree.find_all(exp.Placeholder) if node.name in values]:
            value = literal(values[node.name])
            if node is tree:
                tree = value
            else:
                node.replace(value)
        return replace(self, tree=tree)

    def tables(self, **names: str) -> Query:
        """The query reading other tables: `tables(facts="orders")` reads `orders` where it says `facts`."""

        tree = self.tree.copy()
        for node in [node for node in tree.find_all(exp.Table) if node.name in names]:
            node.replace(exp.alias_(exp.to_table(names[node.name]), node.alias or node.name, table=True))
        return replace(self, tree=tree)

    def over(self, **queries: Query) -> Query:
        """The query reading other queries by name: `over(given=query)` puts them first in its WITH."""
        tree = self.tree.copy()
        own = [(cte.alias, cte.this) for cte in tree.ctes]
        for key in ("with", "with_"):
            tree.args.pop(key, None)
        for name, body in [*((name, query.tree) for name, query in queries.items()), *own]:
            tree = tree.with_(name, as_=body.copy(), copy=False)
        return replace(self, tree=tree)

    def text(self, dialect: str = "duckdb") -> str:
        """The query as an engine reads it. Raises QueryNotAllowed when a parameter was never bound."""
        unbound = sorted({p.name for p in self.tree.find_all(exp.Placeholder) if p.name})
        if unbound:
            raise QueryNotAllowed(f"{self.name}: nobody bound :{', :'.join(unbound)}")
        return expand(self.tree, dialect).sql(dialect, copy=False)


def literal(value: Any) -> exp.Expression:
    """A Python value as a tree: dates as DATE, times as TIMESTAMP, lists as tuples."""
    if isinstance(value, Query):
        return exp.paren(value.tree.copy(), copy=False)
    if isinstance(value, exp.Expression):
        return value.copy()
    if isinstance(value, datetime):
        if value.tzinfo is not None:
            raise QueryNotAllowed("a time in a query is UTC without a zone: use .astimezone(UTC).replace(tzinfo=None)")
        return exp.cast(exp.Literal.string(value.isoformat(sep=" ")), "timestamp")
    if isinstance(value, date):
        return exp.cast(exp.Literal.string(value.isoformat()), "date")
    if isinstance(value, (list, tuple, set, frozenset)):
        return exp.Tuple(expressions=[literal(v) for v in value])
    if isinstance(value, Decimal):
        return exp.Literal.number(str(value))
    return exp.convert(value)


def as_query(query: Query | exp.Expression | str) -> Query:
    """Anything a caller may hand to an engine, as a checked query."""
    if isinstance(query, Query):
        return query
    if isinstance(query, str):
        return parse(query)
    return Query(check(query))


def parse(text: str, name: str = "query", sentence: str = "") -> Query:
    """Reads one query of the restricted dialect. Raises QueryNotAllowed saying what to write instead."""
    try:
        tree = sqlglot.parse_one(text, read="duckdb")
    except ParseError as error:
        # the parser underlines with terminal codes
        raise QueryNotAllowed(f"{name}: {_TERMINAL.sub('', str(error))}") from None
    return Query(check(tree, name), name, sentence)


def check(tree: exp.Expression, name: str = "query") -> exp.Expression:
    """The same tree, if every node of it means the same on every engine."""
    for node in tree.walk():
        # where it stood in the text and beside what: trees are copied often, and this is most of what is copied
        node._meta = node.comments = None
        for kind, instead in _FORBIDDEN_NODES.items():
            if isinstance(node, kind):
                raise QueryNotAllowed(f"{name}: {kind.__name__} is not in our SQL: {instead}")
        if isinstance(node, exp.Func):
            called = node.name.lower() if isinstance(node, exp.Anonymous) else node.sql_name().lower()
            if called in FORBIDDEN_FUNCTIONS:
                raise QueryNotAllowed(f"{name}: {called}() is not in our SQL: {FORBIDDEN_FUNCTIONS[called]}")
            if isinstance(node, exp.Anonymous) and called not in MACROS and called not in _KNOWN_ANONYMOUS:
                raise QueryNotAllowed(f"{name}: {called}() is not a function of our SQL")
    return tree


class Queries(Mapping[str, Query]):
    """The queries of a file by name. Each is read when it is first asked for: a command needs few of all there are."""

    def __init__(self, text: str, where: str) -> None:
        self._where = where
        parts = _HEADER.split(text)
        self._bodies = dict(zip(parts[1::2], parts[2::2]))
        self._read: dict[str, Query] = {}

    def __getitem__(self, name: str) -> Query:
        if name not in self._read:
            self._read[name] = _read(self._bodies[name], name, self._where)
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._bodies)

    def __len__(self) -> int:
        return len(self._bodies)


@cache
def load(package: str, file: str) -> Queries:
    """The queries of a .sql file beside a package's code, by name."""
    return Queries(resources.files(package).joinpath(file).read_text(encoding="utf-8"), f"{package}/{file}")


def _read(body: str, name: str, where: str) -> Query:
    lines = body.strip().splitlines()
    if not lines or not lines[0].startswith("-- "):
        raise QueryNotAllowed(f"{where}: {name} has no sentence: write `-- what it gives` under its name")
    return replace(parse("\n".join(lines), f"{where}:{name}", lines[0].removeprefix("-- ")), name=name)
