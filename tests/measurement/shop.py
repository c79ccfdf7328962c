"""A shop small enough to be counted by hand.

Ada buys in the store and on the web, Bob bought once in the store and brought something back, Cyd bought twice on the
web, Dan never bought. A visitor without a name bought once, and one till ticket carries no card. Seen on 31 March 2026:
the last twelve months begin on 1 April 2025, the twelve before on 1 April 2024.
"""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

Row = dict[str, Any]

ADA, BOB, CYD, DAN, GONE, VISITOR = 1, 2, 3, 4, 7, 9

PERSONS: list[Row] = [
    {"person_id": ADA, "known": True, "records": 2},
    {"person_id": BOB, "known": True, "records": 1},
    {"person_id": CYD, "known": True, "records": 1},
    {"person_id": DAN, "known": True, "records": 1},
    {"person_id": GONE, "known": True, "records": 0, "merged_into": ADA},
    {"person_id": VISITOR, "known": False, "records": 1},
]
RECORDS: list[Row] = [
    {"record_id": record, "person_id": person}
    for record, person in ((11, ADA), (12, ADA), (21, BOB), (31, CYD), (41, DAN), (91, VISITOR))
]


def order(row: int, record: int | None, day: str, channel: str, net: int, **more: Any) -> Row:
    """A completed order at noon."""
    on = date.fromisoformat(day)
    return {
        "row_id": row,
        "record_id": record,
        "order_time": datetime.combine(on, time(12)),
        "order_date": on,
        "channel": channel,
        "status": "completed",
        "net_amount": net,
        "is_purchase": net > 0,
        **more,
    }


ORDERS: list[Row] = [
    order(1, 11, "2024-03-15", "store", 5000),
    order(2, 12, "2025-05-10", "web", 3000),
    order(3, 11, "2025-06-20", "store", 7000),
    order(4, 21, "2025-05-05", "store", 2000),
    order(5, 21, "2025-05-20", "store", -500),
    order(6, 31, "2024-10-01", "web", 4000),
    order(7, 31, "2026-03-01", "web", 6000),
    order(8, None, "2025-07-01", "store", 1000),
    order(9, 91, "2025-08-01", "web", 800),
    order(10, 21, "2025-06-01", "store", 9999, status="cancelled", is_purchase=False),
    order(11, 11, "2026-04-02", "web", 12345),
]
TABLES: dict[str, list[Row]] = {"persons": PERSONS, "record_persons": RECORDS, "orders": ORDERS}
