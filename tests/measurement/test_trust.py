from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from parcours.measurement.figures import Counted, Disagreement, Reconciled
from tests.measurement.conftest import Count
from tests.measurement.shop import ADA, BOB, TABLES


def link(person: int, record: int, kind: str, value: str, by: str = "deterministic") -> dict[str, object]:
    return {"person_id": person, "record_id": record, "kind": kind, "value": value, "by": by, "weight": 1.0}


def test_records_become_persons_by_the_evidence_that_tied_them(count: Count) -> None:
    links = [
        link(ADA, 11, "email", "ada@example.com"),
        link(ADA, 11, "email", "a@example.com"),  # a second address of the same record: still one record
        link(ADA, 12, "email", "ada@example.com"),
        link(ADA, 12, "loyalty_card", "77"),
        link(ADA, 12, "name", "ada b", by="probabilistic"),
        link(BOB, 21, "email", "bob@example.com"),  # alone: nothing was joined
    ]
    refused = [
        {"kind": "phone", "value": value, "records": 40, "rule": "too_many_records"} for value in ("+331", "+332")
    ] + [{"kind": "email", "value": "x", "records": 9, "rule": "blocked_value"}]
    pairs = [{"left_record": 21, "right_record": 31, "probability": 0.7}]
    assert count(**TABLES, links=links, refused_links=refused, review_pairs=pairs).identity == Reconciled(
        records=5,
        persons=4,
        visitors=1,
        joined=(Counted("email", 2), Counted("loyalty_card", 1), Counted("probabilistic", 1)),
        refused=(Counted("too_many_records", 2), Counted("blocked_value", 1)),
        waiting=1,
    )


def delivery(source: str, batch: str, received: int, rejected: int, watermark: datetime | None) -> dict[str, object]:
    landed = received - rejected
    return {
        "source": source,
        "file": f"{batch}.csv",
        "batch": batch,
        "received": received,
        "landed": landed,
        "rejected": rejected,
        "set_aside": 2,
        "repeated": 0,
        "watermark": watermark,
    }


def test_each_source_accounts_for_every_row_it_sent(count: Count) -> None:
    deliveries = [
        delivery("till", "1", 100, 3, datetime(2026, 3, 30)),
        delivery("till", "2", 50, 0, datetime(2026, 3, 31)),
        delivery("old_shop", "1", 10, 0, None),
    ]
    rejected = [
        {"source": "till", "file": "1.csv", "line": n, "rule": rule, "reason": "..."}
        for n, rule in enumerate(("bad_time", "no_key", "bad_time"), start=1)
    ]
    old, till = sorted(count(**TABLES, deliveries=deliveries, rejected=rejected).quality, key=lambda one: one.source)
    assert (till.received, till.landed, till.rejected, till.set_aside, till.missing) == (150, 147, 3, 4, 0)
    assert till.watermark == datetime(2026, 3, 31, 2, tzinfo=ZoneInfo("Europe/Paris"))
    assert till.reasons == (Counted("bad_time", 2), Counted("no_key", 1))
    assert (old.watermark, old.reasons, old.balanced) == (None, (), True)


def test_freshness_is_told_in_the_time_of_the_shop(count: Count) -> None:
    late = datetime(2026, 1, 1, 3, tzinfo=UTC).replace(tzinfo=None)  # ten in the evening before, in New York
    toml = '[project]\nname = "tiny"\nzone = "America/New_York"\n'
    (till,) = count(**TABLES, deliveries=[delivery("till", "1", 9, 0, late)], files={"parcours.toml": toml}).quality
    assert till.watermark is not None
    assert till.watermark.date() == date(2025, 12, 31)


def test_a_row_that_vanished_is_seen(count: Count) -> None:
    lost = delivery("till", "1", 100, 3, None) | {"landed": 90}
    (till,) = count(**TABLES, deliveries=[lost]).quality
    assert (till.missing, till.balanced) == (7, False)


def test_disagreements_come_largest_first(count: Count) -> None:
    faults = [
        {"table_name": "orders", "source": "till", "rule": "unknown_store", "detail": store, "rows": 2}
        for store in "ab"
    ] + [{"table_name": "order_lines", "source": "web", "rule": "no_order", "detail": None, "rows": 3}]
    assert count(**TABLES, faults=faults).disagreements == (
        Disagreement("orders", "till", "unknown_store", 4),
        Disagreement("order_lines", "web", "no_order", 3),
    )
