"""Customers, sales and channels: the last twelve months beside the twelve before, and month by month."""

from __future__ import annotations

from datetime import date
from typing import Any

from parcours.engine import Engine, sql
from parcours.measurement.figures import Change, Headline, Month, Pulse, Trade, share
from parcours.measurement.window import MONTHS_SHOWN, Window, month, number

Row = dict[str, Any]


def count(engine: Engine, window: Window) -> dict[str, Any]:
    """The headline, the months and the channels, from the tables `presence` and `customers`."""
    shown = {"first_month": window.last_month - MONTHS_SHOWN + 1, "last_month": window.last_month}

    def ask(name: str) -> list[Row]:
        return engine.rows(_QUERIES[name].bind(**shown))

    (sales,) = ask("sales")
    return {
        "headline": _headline(ask("people")[0], ask("activity")[0], sales, window),
        "pulse": _pulse(ask("pulse"), ask("newcomers"), sales["first_day"], window),
        "monthly": tuple(Month(month(row["month"]), row["channel"], row["revenue"]) for row in ask("monthly")),
        "channels": tuple(Trade(**row) for row in ask("channels")),
        "reach": tuple(Trade(**row) for row in ask("reach")),
    }


def _headline(people: Row, activity: Row, sales: Row, window: Window) -> Headline:
    known = window.comparable(sales["first_day"])

    def change(now: float | None, before: float | None) -> Change:
        return Change(now, before if known else None)

    return Headline(
        customers=activity["customers"],
        people=people["known"],
        active=change(activity["active"], activity["active_before"]),
        revenue=change(sales["revenue"], sales["revenue_before"]),
        orders=change(sales["orders"], sales["orders_before"]),
        basket=change(share(sales["revenue"], sales["orders"]), share(sales["revenue_before"], sales["orders_before"])),
        omnichannel=change(
            share(activity["omnichannel"], activity["active"]),
            share(activity["omnichannel_before"], activity["active_before"]),
        ),
        identified=change(
            share(sales["identified"], sales["revenue"]),
            share(sales["identified_before"], sales["revenue_before"]),
        ),
    )


def _pulse(sold: list[Row], newcomers: list[Row], first_day: date | None, window: Window) -> tuple[Pulse, ...]:
    """Month by month since the first sale; a month without any is a month of zeros, not a gap."""
    if first_day is None:
        return ()
    by_month = {row["month"]: row for row in sold}
    new = {row["month"]: row["customers"] for row in newcomers}
    nothing = {"revenue": 0, "orders": 0, "buyers": 0}
    return tuple(
        Pulse(month(n), row["revenue"], row["orders"], row["buyers"], new.get(n, 0))
        for n in range(max(number(first_day), window.last_month - MONTHS_SHOWN + 1), window.last_month + 1)
        for row in [by_month.get(n, nothing)]
    )


_QUERIES = sql.load(__package__, "sales.sql")
