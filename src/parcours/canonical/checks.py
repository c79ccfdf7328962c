"""What does not agree between tables, counted: a line without an order is a row here, never a crash."""

from __future__ import annotations

from parcours.engine import Draft, sql
from parcours.engine.sql import Query, parse

# Each check: the table it goes through month by month, and the tables it looks up whole.
CHECKS: dict[str, tuple[str, tuple[str, ...]]] = {
    "lines_without_order": ("order_lines", ("orders",)),
    "lines_of_unknown_product": ("order_lines", ("products",)),
    "orders_of_unknown_store": ("orders", ("stores",)),
    "orders_without_rate": ("orders", ()),
    "orders_unlike_their_lines": ("orders", ("order_lines",)),
    "orders_in_the_future": ("orders", ()),
    "events_of_unknown_product": ("events", ("products",)),
    "redemptions_of_unknown_coupon": ("redemptions", ("coupons",)),
}
# Of an unknown product or store, this many are named.
NAMED = 20
SAME_MONTH = {"orders", "order_lines"}


def build(draft: Draft) -> None:
    """Writes `faults`: per table, source and rule how many rows, with the commonest details."""
    queries = sql.load(__package__, "checks.sql")
    for name, (table, others) in CHECKS.items():
        if not draft.has(table) or any(not draft.has(other) or not draft.table(other).rows for other in others):
            continue
        for month in draft.table(table).parts:
            query = (
                queries[name].bind(now=draft.now.replace(tzinfo=None, hour=23, minute=59, second=59, microsecond=0))
                if name == "orders_in_the_future"
                else queries[name]
            )
            reads = [
                (table, month),
                *(
                    (other, month) if other in SAME_MONTH and month in draft.table(other).parts else other
                    for other in others
                ),
            ]
            draft.build(
                "faults_found",
                query,
                reads=reads,
                partition=f"{name}/{month}",
                order_by=["table_name", "source", "rule", "detail"],
            )
    if draft.has("faults_found"):
        given: Query = parse("SELECT * FROM faults_found")
        draft.build(
            "faults",
            queries["worst"].bind(keep=NAMED).over(given=given),
            reads=["faults_found"],
            order_by=["table_name", "source", "rule", "detail"],
        )
    else:
        draft.declare("faults")
