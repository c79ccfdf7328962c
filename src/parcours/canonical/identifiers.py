"""By what each record recognises its customer: every identifier once, with the days it was seen."""

from __future__ import annotations

from sqlglot import exp

from parcours.canonical.given import landings, live, months, parts_of, voided
from parcours.engine import Draft
from parcours.engine.sql import Query, parse
from parcours.model import CONTRACTS
from parcours.project import Project

# What a record without a declared time is dated by, and the tables that speak of customers.
TIMES = {"customer_records": ("created_at", "updated_at"), "campaign_members": ()}

TOGETHER = parse(
    """
    SELECT record_id, min(source) AS source, kind, value, min(raw) AS raw,
           max(CAST(verified AS INTEGER)) = 1 AS verified, min(first_seen) AS first_seen, max(last_seen) AS last_seen,
           min(CAST(usable AS INTEGER)) = 1 AS usable, min(why_not) AS why_not
    FROM identifiers_seen
    GROUP BY record_id, kind, value
""",
    "identifiers",
    "Every identifier of every record, once, with the first and last time it was seen.",
)


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
        draft.build("identifiers", TOGETHER, reads=["identifiers_seen"], order_by=["record_id", "kind", "value"])
    else:
        draft.declare("identifiers")


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
            rows += [_of_kind(draft, table, landing, kind, void=bool(void)) for kind in kinds]
    if rows:
        union = exp.union(*rows, distinct=False) if len(rows) > 1 else rows[0]
        draft.build(
            "identifiers_seen",
            Query(union),
            reads=reads,
            partition=f"{table}/{month}",  # type: ignore[arg-type]
            order_by=["record_id", "kind", "value", "source"],
        )


def _of_kind(draft: Draft, table: str, landing: str, kind: str, *, void: bool) -> exp.Select:
    """One kind of identifier in a landing table, once per record, dated by the rows of the canonical table."""
    columns = draft.table(landing).columns
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
