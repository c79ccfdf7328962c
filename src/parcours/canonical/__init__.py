"""From what landed to the tables everybody reads: one definition of an order, of net revenue, of a visit.

Tables that grow with time are kept by month, so that a new day of data makes again only the months it touches.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlglot import exp

from parcours.canonical import checks, identifiers, orders
from parcours.canonical.given import given, months
from parcours.canonical.visits import page, visitor
from parcours.engine import Draft, sql
from parcours.model import CONTRACTS
from parcours.project import Project
from parcours.rules import acquisition

Progress = Callable[..., None]

# A visit ends after so many seconds without an event, and at local midnight.
SILENCE = 30 * 60

BY_MONTH = ("events", "message_events", "redemptions", "survey_answers", "consents", "campaign_members")
WHOLE = ("customer_records", "stock")
NAMED = {"products": "product_id", "stores": "store_id", "campaigns": "campaign_id", "coupons": "coupon_id"}


def build(draft: Draft, project: Project, *, progress: Progress) -> None:
    """Writes every canonical table from the landing tables; a table that no source feeds is empty."""
    steps = [*NAMED, *WHOLE, "orders", *BY_MONTH, "identifiers", "faults"]
    for done, table in enumerate(steps):
        progress("canonical", done, len(steps), table)
        if table in NAMED:
            _named(draft, project, table)
        elif table in WHOLE:
            _table(draft, project, table, None)
        elif table == "orders":
            orders.build(draft, project)
        elif table == "identifiers":
            identifiers.build(draft, project)
        elif table == "faults":
            checks.build(draft)
        else:
            for month in months(draft, project, table):
                _table(draft, project, table, month)
            draft.declare(table)
    progress("canonical", len(steps), len(steps))


def _table(draft: Draft, project: Project, table: str, month: str | None) -> None:
    queries = sql.load(__package__, "facts.sql")
    query = queries.get(table, queries["as_given"]).bind(zone=project.zone, silence=SILENCE)
    if table == "events":
        query = query.bind(**_ways(project))
    rows = given(draft, project, table, month)
    over = {"given": rows.query}
    if table == "events":
        # visits are found over the moments alone: rows are wide, and sorting them costs by their width
        moments = given(
            draft, project, table, month, only=("row_id", "event_time"), made={"visitor": visitor, "page": page}
        )
        over["moments"] = moments.query
    draft.build(table, query.over(**over), reads=rows.reads, partition=month or "all", order_by=_order(table))


def _ways(project: Project) -> dict[str, Any]:
    """What the query of events asks of the rules by which way a visit came."""
    ways = project.acquisition
    return {"capitals": acquisition.CAPITALS, "small": acquisition.SMALL, "host": acquisition.HOST,
            "clicked": ways.clicked(), "ours": ways.ours(), "channel": ways.channel()}  # fmt: skip


def _named(draft: Draft, project: Project, table: str) -> None:
    queries = sql.load(__package__, "facts.sql")
    rows = given(draft, project, table)
    key = CONTRACTS[table].key
    rest = [exp.column(name) for name in CONTRACTS[table].columns if name not in key]
    first = queries["first_source"].bind(
        key=exp.column(key[0]) if len(key) == 1 else exp.Tuple(expressions=[exp.column(name) for name in key]),
        tie=rest[1],
    )
    query = first.over(given=rows.query)
    if table == "products":
        query = queries["products"].bind(currency=project.currency).over(named=query)
    draft.build(table, query, reads=rows.reads, order_by=list(key))


def _order(table: str) -> list[str]:
    """By time first: what is asked about a period then lies together."""
    contract = CONTRACTS[table]
    return [*([contract.time] if contract.time else []), *contract.key]
