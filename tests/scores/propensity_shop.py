"""A shop whose facts are given as rows, for the scores of what customers are about to do."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from parcours.engine import Draft
from parcours.engine.types import schema
from parcours.model import CONTRACTS
from parcours.scores.world import World

AS_OF = date(2026, 3, 1)
Row = dict[str, Any]


def day(ago: int) -> date:
    """The day so many days before the one spoken of."""
    return AS_OF - timedelta(ago)


def order(person: int, ago: int, net: int = 2000, **more: Any) -> Row:
    """One order of a person, so many days ago."""
    usual = {"channel": "store", "lines": 1, "units": 1.0, "discount_amount": 0, "status": "completed"}
    asked = {"record_id": person, "order_date": day(ago), "net_amount": net, "currency": "EUR", "is_purchase": True}
    return usual | asked | more


def message(person: int, ago: int, event: str) -> Row:
    """What became of a message of one day."""
    return {"record_id": person, "event_date": day(ago), "event": event}


def brought_back(person: int, ago: int) -> Row:
    """One unit brought back."""
    return {"record_id": person, "order_date": day(ago), "quantity": -1.0, "net_amount": -500, "kind": "return",
            "status": "completed", "product_id": "mug"}  # fmt: skip


def redeemed(person: int, ago: int) -> Row:
    """One coupon redeemed."""
    return {"record_id": person, "event_date": day(ago), "coupon_id": "C"}


def world(draft: Draft, people: int, **tables: list[Row]) -> World:
    """The world of these facts; every person has been known for 1,000 days and is a record of the same number."""
    since = datetime.combine(day(1000), time(9))
    given: dict[str, list[Row]] = {
        "persons": [{"person_id": n, "known": True, "records": 1, "first_seen": since} for n in range(1, people + 1)],
        "record_persons": [{"record_id": n, "person_id": n} for n in range(1, people + 1)],
        **tables,
    }
    for name, rows in given.items():
        numbered = [{"row_id": n, "order_id": str(n), **row} for n, row in enumerate(rows)]
        columns = schema(CONTRACTS[name].columns)
        table = pa.Table.from_pylist([{key: row.get(key) for key in columns.names} for row in numbered], columns)
        draft.put(name, lambda table=table: table, settings=repr(rows))
    return World(draft, AS_OF, "EUR")


def steady(people: int, *, days: int = 210, seed: int = 3) -> list[Row]:
    """Customers who each buy at a pace of their own, between every 4th and every 120th day; some have stopped."""
    chance = np.random.default_rng(seed)
    pace = chance.uniform(4, 120, people)
    stopped = np.where(chance.random(people) < 0.3, chance.uniform(0, days, people), 0)
    bought = chance.random((people, days)) < 1 / pace[:, None]
    return [
        order(int(person) + 1, int(ago), 1000 + 10 * int(pace[person]))
        for person, ago in zip(*np.nonzero(bought))
        if ago >= stopped[person]
    ]
