"""By what each record recognises its customer: every identifier once, with the days it was seen."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlglot import exp

from parcours.canonical.given import landings, live, months, parts_of, voided
from parcours.engine import Draft
from parcours.engine.sql import Query, load
from parcours.model import CONTRACTS
from parcours.project import Project

# What a record without a declared time is dated by, and the tables that speak of customers.
TIMES = {"customer_records": ("created_at", "updated_at"), "campaign_members": ()}

_QUERIES = load(__package__, "identifiers.sql")
KEY = ["record_id", "kind", "value"]
_MADE_OF: dict[str, Any] = {"reads": ["identifiers_seen"], "settings": _QUERIES["together"].text()}
# Beyond this share of the rows, putting all together again is as fast.
WORTHWHILE = 0.5


def build(draft: Draft, project: Project) -> None:
    """Writes `identifiers` from the landed identifiers of every table that speaks of customers."""
    spoken_of = [
        name
        for name, contract in CONTRACTS.items()
        if "record_id" in contract.columns and "source" in contract.columns and name != "identifiers"
    ]
    for table in spoken_of:
        for month in months(draft, project, table):
            _seen(draft, project, table, month)
    if draft.has("identifiers_seen"):
        draft.put("identifiers", lambda: _together(draft), **_MADE_OF)
    else:
        draft.declare("identifiers")


def _together(draft: Draft) -> Query:
    """Every identifier once; those of records that no changed month speaks of are taken from the last version."""
    if not _only_some_changed(draft):
        return draft.fitted("identifiers", _QUERIES["together"], KEY)
    draft.read_previous("identifiers", "identifiers_before")
    draft.engine.temp("records_changed", _QUERIES["records_changed"])
    draft.engine.view("seen_of_changed", _QUERIES["seen_of_changed"])
    parts = (_QUERIES["together"].tables(identifiers_seen="seen_of_changed"), _QUERIES["unchanged"])
    both = exp.union(*[exp.select("*").from_(part.tree.subquery("part")) for part in parts], distinct=False)
    return draft.fitted("identifiers", Query(both), KEY)


def _only_some_changed(draft: Draft) -> bool:
    """Makes `seen_now` and `seen_before`, what changed months say; false when that is most of it or all is new."""
    now, before = draft.table("identifiers_seen"), draft.previous("identifiers_seen")
    if before is None or before.columns != now.columns or not draft.was_made("identifiers", **_MADE_OF):
        return False
    names = [name for name in {**now.parts, **before.parts} if now.parts.get(name) != before.parts.get(name)]
    changed = sum(table.parts[name].rows for table in (now, before) for name in names if name in table.parts)
    if changed > WORTHWHILE * sum(part.rows for table in (now, before) for part in table.parts.values()):
        return False
    for view, table in (("seen_now", now), ("seen_before", before)):
        parts = [table.parts[name] for name in sorted(names) if name in table.parts and table.parts[name].rows]
        draft.engine.register(view, draft.warehouse.paths(parts), columns=table.columns)
    return True


def _seen(draft: Draft, project: Project, table: str, month: str) -> None:
    """One partition of `identifiers_seen`: a table's identifiers in one month, for records that still count."""
    rows: list[exp.Select] = []
    reads: list[tuple[str, str]] = [(table, month if month in draft.table(table).parts else "all")]
    for landing in landings(draft, project, table):
        here = parts_of(draft, landing, month)
        kinds = sorted(
            name.split("__id__")[1] for name in draft.table(landing).columns if name.startswith(f"{table}__id__")
        )
        if here and kinds:
            void = voided(draft, landing, month)
            reads += [*here, *void]
            columns = frozenset(draft.table(landing).columns)
            rows += [_of_kind(table, landing, kind, columns, void=bool(void)) for kind in kinds]
    if rows:
        union = exp.union(*rows, distinct=False) if len(rows) > 1 else rows[0]
        draft.build(
            "identifiers_seen",
            Query(union),
            reads=reads,
            partition=f"{table}/{month}",  # type: ignore[arg-type]
            order_by=["record_id", "kind", "value", "source"],
        )


@cache  # the same for every month
def _of_kind(table: str, landing: str, kind: str, columns: frozenset[str], *, void: bool) -> exp.Select:
    """One kind of identifier in a landing table, once per record, dated by the rows of the canonical table."""
    value, raw, verified = (f"{table}__{what}__{kind}" for what in ("id", "raw", "verified"))
    given = (
        exp.select(
            exp.column(f"{table}__record_id").as_("record_id"),
            exp.Max(this=exp.column(value)).as_("value"),
            exp.Max(this=exp.column(raw if raw in columns else value)).as_("raw"),
            (
                exp.Max(this=exp.cast(exp.column(verified), "integer"))
                if verified in columns
                else exp.Literal.number(0)
            ).as_("verified"),
        )
        .from_(exp.to_table(landing).as_("l"))
        .group_by(f"{table}__record_id")
    )
    given = live(given, table, landing, void=void)
    missing = exp.column("value", table="g").is_(exp.null())
    return (
        exp.select(
            "s.record_id",
            "s.source",
            exp.Literal.string(kind).as_("kind"),
            exp.func("coalesce", "g.value", "g.raw").as_("value"),
            "g.raw",
            exp.EQ(this=exp.column("verified", table="g"), expression=exp.Literal.number(1)).as_("verified"),
            "s.first_seen",
            "s.last_seen",
            missing.copy().not_().as_("usable"),
            exp.case().when(missing.copy(), exp.Literal.string(f"not a valid {kind}")).else_(exp.null()).as_("why_not"),
        )
        .from_(_days(table, landing).subquery("s"))
        .join(given.subquery("g"), on="g.record_id = s.record_id")
        .where("g.raw IS NOT NULL")
    )


def _days(table: str, landing: str) -> exp.Select:
    """When the records of a table were first and last spoken of."""
    times = [exp.column(name) for name in TIMES.get(table, (CONTRACTS[table].time,)) if name]
    time = exp.func("coalesce", *times) if len(times) > 1 else times[0] if times else exp.cast(exp.null(), "timestamp")
    return (
        exp.select(
            "record_id",
            "source",
            exp.Min(this=time.copy()).as_("first_seen"),
            exp.Max(this=time.copy()).as_("last_seen"),
        )
        .from_(table)
        .where(
            exp.column("record_id").is_(exp.null()).not_(), exp.column("source").eq(landing.removeprefix("landing_"))
        )
        .group_by("record_id", "source")
    )
