"""Who comes back: one-time buyers, second orders, monthly cohorts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from parcours.engine import Engine, sql
from parcours.measurement.figures import Cohort, Counted, Repeat, Step
from parcours.measurement.window import COHORTS_SHOWN, Window, month

Row = dict[str, Any]
Ask = Callable[..., list[Row]]

LADDER = (1, 2, 3, 5, 10)
WAITS = ("7", "30", "60", "90", "180", "365", "more")


def count(engine: Engine, window: Window) -> dict[str, Any]:
    """The repeat figures and the cohorts, from the tables `presence` and `customers`."""

    def ask(name: str, **values: Any) -> list[Row]:
        return engine.rows(_QUERIES[name].bind(as_of=window.as_of, **values))

    engine.temp("early_orders", _QUERIES["early_orders"].bind(as_of=window.as_of))
    try:
        return {"repeat": _repeat(ask), "cohorts": _cohorts(ask, window)}
    finally:
        engine.forget("early_orders")


def _repeat(ask: Ask) -> Repeat:
    (customers,), (money,), (ladder,) = ask("repeat"), ask("early_money"), ask("ladder")
    back = customers["came_back"]
    waits = {row["code"]: row["customers"] for row in ask("waits")}
    return Repeat(
        customers=customers["customers"],
        one_time=customers["one_time"],
        recent=customers["recent"],
        second_order=money["second_order"],
        after_first=(customers["their_revenue"] - money["firsts"]) / back if back else None,
        ladder=tuple(Step(n, ladder[f"step_{n}"]) for n in LADDER),
        waits=tuple(Counted(code, waits.get(code, 0)) for code in WAITS) if waits else (),
    )


def _cohorts(ask: Ask, window: Window) -> tuple[Cohort, ...]:
    """The customers of each of the last months, and how many of them bought in each month that followed."""
    last = window.last_month
    shown = {"first_month": last - COHORTS_SHOWN, "last_month": last}
    returned: dict[int, dict[int, int]] = defaultdict(dict)
    for row in ask("returning", **shown):
        returned[row["first_month"]][row["later"]] = row["customers"]
    return tuple(
        Cohort(
            month(row["month"]),
            row["customers"],
            tuple(returned[row["month"]].get(later, 0) for later in range(1, last - row["month"] + 1)),
        )
        for row in ask("sizes", **shown)
        if row["month"] < last
    )


_QUERIES = sql.load(__package__, "loyalty.sql")
