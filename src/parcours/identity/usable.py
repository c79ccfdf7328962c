"""Which identifiers may join: valid, not blocked, verified where that is asked."""

from __future__ import annotations

import re

from sqlglot import exp, parse_one

from parcours.engine import sql
from parcours.engine.protocol import Engine
from parcours.identity.rules import Kind, ranked
from parcours.project import Project
from parcours.project.definitions import Identity

_QUERIES = sql.load(__package__, "usable.sql")


def prepare(engine: Engine, identity: Identity, kinds: list[Kind]) -> None:
    """Makes the tables `usable`, `refused` (by which guard), `records` and `descriptions` for the graph to read.

    Reads identifiers, customer_records and hubs (kind, value: what is known to join nobody).
    """
    engine.temp("judged", judged(identity, kinds))
    engine.temp("usable", _QUERIES["usable"])
    engine.temp("refused", _QUERIES["refused"])
    engine.temp("kind_ranks", _ranks(kinds))
    engine.temp("records", _QUERIES["records"])
    engine.temp("descriptions", _QUERIES["descriptions"])
    engine.forget("judged")


def judged(identity: Identity, kinds: list[Kind]) -> sql.Query:
    """Every identifier with the value that joins and why it may not."""
    return _QUERIES["judged"].bind(
        joining=joining(), blocked_by_project=_blocked(identity), blocked_by_us=_one("never"),
        unverified=_must_be_verified(kinds),
    )  # fmt: skip


def joining_values(project: Project) -> sql.Query:
    """Every identifier's value that joins, and why it may not: for others who look people up by them.

    Gives record_id, kind, value and why_not (null: it may); reads identifiers and customer_records.
    """
    return judged(project.identity, ranked(project.identity, project.identity.kinds))


def refused() -> sql.Query:
    """The values of `judged` that join nobody."""
    return _QUERIES["refused"]


def joining() -> exp.Expression:
    """The value that joins, of an identifier `i`."""
    return _one("joining")


def _one(name: str) -> exp.Expression:
    (expression,) = _QUERIES[name].tree.expressions
    return expression.unalias()


def _blocked(identity: Identity) -> exp.Expression:
    """Whether the retailer blocked a value; `*` stands for any text."""
    tests = [
        exp.and_(exp.column("kind", table="i").eq(kind), exp.or_(_like("value", pattern), _like("raw", pattern)))
        for kind, patterns in sorted(identity.blocked_values.items())
        for pattern in patterns
    ]
    return exp.paren(exp.or_(*tests)) if tests else exp.false()


def _like(column: str, pattern: str) -> exp.Expression:
    value = exp.func("lower", exp.func("coalesce", exp.column(column, table="i"), exp.Literal.string("")))
    if "*" not in pattern:
        return value.eq(pattern.lower())
    anything = ".*".join(re.escape(part) for part in pattern.lower().split("*"))
    return exp.RegexpLike(this=value, expression=exp.Literal.string(f"^{anything}$"))


def _must_be_verified(kinds: list[Kind]) -> exp.Expression:
    names = [kind.name for kind in kinds if kind.rules.verified_only]
    return exp.column("kind", table="i").isin(*names) if names else exp.false()


def _ranks(kinds: list[Kind]) -> exp.Expression:
    rows = [
        exp.select(exp.alias_(exp.Literal.string(kind.name), "kind"), exp.alias_(exp.Literal.number(kind.rank), "rank"))
        for kind in kinds
    ]
    if not rows:
        return parse_one("SELECT '' AS kind, 0 AS rank WHERE FALSE", read="duckdb")
    return exp.union(*rows, distinct=False) if len(rows) > 1 else rows[0]
