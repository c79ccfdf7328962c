"""What the sources gave for a table: the rows that landed and that no later delivery made void."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from parcours.engine import Draft
from parcours.engine.sql import Query
from parcours.engine.types import SQL
from parcours.model import CONTRACTS
from parcours.project import Project

UNDATED = "undated"
# A column made of a landing table's own columns (given by name and type word), read there as `l`.
Made = Callable[[Mapping[str, str]], exp.Expression]


@dataclass(frozen=True)
class Given:
    """The landed rows of one table in one month, over all sources that feed it.

    `query` gives the table's columns, null where no source fills them.
    """

    reads: tuple[Any, ...]
    query: Query


def landings(draft: Draft, project: Project, table: str) -> list[str]:
    """The landing tables of the sources that feed a table, in order."""
    names = [f"landing_{name}" for name, source in sorted(project.sources.items()) if table in source.tables]
    return [name for name in names if draft.has(name) and f"{table}__row_id" in draft.table(name).columns]


def months(draft: Draft, project: Project, table: str) -> list[str]:
    """The months for which something landed for a table; `undated` comes last."""
    return sorted({part.split("/")[0] for name in landings(draft, project, table) for part in draft.table(name).parts})


def parts_of(draft: Draft, landing: str, month: str) -> list[tuple[str, str]]:
    """The partitions of a landing table that belong to a month."""
    return [(landing, part) for part in sorted(draft.table(landing).parts) if part.split("/")[0] == month]


def given(
    draft: Draft,
    project: Project,
    table: str,
    month: str | None = None,
    *,
    only: Sequence[str] = (),
    made: Mapping[str, Made] | None = None,
    beside: bool = False,
) -> Given:
    """What landed for a table, in one month or in all of time.

    `only` names the columns wanted, and `made` says how further ones are made of what landed; `beside` reads the
    landing tables under names of their own, beside partitions of the same.
    """
    reads: list[Any] = []
    rows = []
    wanted = {name: word for name, word in CONTRACTS[table].columns.items() if not only or name in only}
    for landing in landings(draft, project, table):
        view = f"whole_{landing}" if beside else landing
        here = [(landing, None, view)] if month is None else parts_of(draft, landing, month)
        if here:
            void = voided(draft, landing, month)
            reads += [*here, *void]
            columns = draft.table(landing).columns
            more = [exp.alias_(make(columns), name) for name, make in (made or {}).items()]
            rows.append(_rows(table, landing, view, columns, wanted, void=bool(void)).select(*more))
    tree = exp.union(*rows, distinct=False) if len(rows) > 1 else rows[0] if rows else _nothing(wanted)
    return Given(tuple(dict.fromkeys(reads)), Query(tree))  # type: ignore[arg-type]


def voided(draft: Draft, landing: str, month: str | None) -> list[tuple[str, str]]:
    """The partitions of `superseded` that speak of a landing table, in one month or in all of time."""
    if not draft.has("superseded"):
        return []
    source = landing.removeprefix("landing_")
    parts = [part.split("/") for part in sorted(draft.table("superseded").parts)]
    return [("superseded", "/".join(part)) for part in parts if part[1] == source and month in (None, part[0])]


def _rows(
    table: str, landing: str, view: str, columns: Mapping[str, str], wanted: Mapping[str, str], *, void: bool
) -> exp.Select:
    """The landed rows of a table, from one source; landing lets each key stand once among those not made void."""
    chosen = []
    for column, word in wanted.items():
        if column == "source":
            value: exp.Expression = exp.Literal.string(landing.removeprefix("landing_"))
        elif f"{table}__{column}" in columns:
            value = exp.column(f"{table}__{column}", table="l")
        else:
            value = exp.cast(exp.null(), SQL[word])
        chosen.append(exp.alias_(value, column))
    return live(exp.select(*chosen).from_(exp.to_table(view).as_("l")), table, landing, void=void)


def live(query: exp.Select, table: str, landing: str, *, void: bool) -> exp.Select:
    """The query over a landing table `l`, without rows of other tables and without those a later delivery made void."""
    row_id = exp.column(f"{table}__row_id", table="l")
    query = query.where(row_id.copy().is_(exp.null()).not_(), exp.column("_rule", table="l").is_(exp.null()))
    if not void:
        return query
    void_rows = (
        exp.select("row_id", exp.Max(this=exp.column("seq")).as_("seq"))
        .from_("superseded")
        .where(exp.column("source").eq(landing.removeprefix("landing_")), exp.column("table_name").eq(table))
        .group_by("row_id")
    )
    unless = exp.and_(
        exp.column("row_id", table="v").eq(row_id), exp.column("seq", table="v") >= exp.column("_seq", table="l")
    )
    return query.join(void_rows.subquery("v"), on=unless, join_type="left").where("v.row_id IS NULL")


def _nothing(wanted: Mapping[str, str]) -> exp.Select:
    columns = [exp.alias_(exp.cast(exp.null(), SQL[word]), name) for name, word in wanted.items()]
    return exp.select(*columns).where("FALSE")
