"""The visit under way: since when, what was looked at, what lies in the cart."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from parcours.profiles.selection import Row

_EMPTIED = ("order_completed", "cart_emptied")


def visit(events: Sequence[Row], at: datetime, *, silence: int) -> dict[str, Any] | None:
    """The newest visit (`events`: the oldest first, `at`: UTC without zone); None when nobody is there any more."""
    if not events or events[-1]["event_time"] < at - timedelta(seconds=silence):
        return None
    own = [row for row in events if row["session_id"] == events[-1]["session_id"]]
    return {
        "since": own[0]["event_time"],
        "channel": own[0]["acquisition"],
        "events": len(own),
        "categories": _newest_first(row["category"] for row in own),
        "products": _newest_first(row["product_id"] for row in own if row["name"] == "product_viewed"),
    }


def cart(events: Sequence[Row]) -> list[dict[str, Any]]:
    """What was put into the cart and neither taken out nor bought since."""
    held: dict[str, float] = {}
    for row in events:
        product, many = row["product_id"], row["quantity"] or 1
        if row["name"] in _EMPTIED:
            held.clear()
        elif row["name"] == "product_added" and product:
            held[product] = held.get(product, 0) + many
        elif row["name"] == "product_removed" and product in held:
            held[product] -= many
    return [{"product_id": product, "quantity": many} for product, many in sorted(held.items()) if many > 0]


def _newest_first(values: Any) -> list[Any]:
    known = [value for value in values if value]
    return list(dict.fromkeys(reversed(known)))
