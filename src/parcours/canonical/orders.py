"""Orders and their lines, month by month: each completes the other."""

from __future__ import annotations

from typing import Any

from parcours.canonical.given import UNDATED, given, months
from parcours.canonical.money import factor
from parcours.engine import Draft, sql
from parcours.project import Project


def build(draft: Draft, project: Project) -> None:
    """Writes `order_lines`, completed from their orders, then `orders`, completed from their lines."""
    queries = sql.load(__package__, "orders.sql")
    settings = {"zone": project.zone, "currency": project.currency, "factor": factor(project)}
    lines, orders = queries["order_lines"].bind(**settings), queries["orders"].bind(**settings)
    line_months, order_months = (months(draft, project, table) for table in ("order_lines", "orders"))
    for month in line_months:
        rows = given(draft, project, "order_lines", month)
        # the orders these lines may belong to: those of the month, and for lines without a date, all
        theirs = given(draft, project, "orders", None if month == UNDATED else month, beside=month == UNDATED)
        draft.build(
            "order_lines",
            lines.over(given=rows.query, ordered=theirs.query),
            reads=[*rows.reads, *(read for read in theirs.reads if read not in rows.reads)],
            partition=month,
            order_by=["order_time", "row_id"],
        )
    draft.declare("order_lines")
    for month in order_months:
        rows = given(draft, project, "orders", month)
        # an order without lines this month still reads the table, as an empty one
        here: list[Any] = [("order_lines", part) for part in dict.fromkeys([month, UNDATED]) if part in line_months]
        here = here or ["order_lines"]
        draft.build(
            "orders",
            orders.over(given=rows.query),
            reads=[*rows.reads, *here],
            partition=month,
            order_by=["order_time", "row_id"],
        )
    draft.declare("orders")
