"""Events fall into visits, products complete their categories, identifiers are gathered, disagreements are counted."""

from __future__ import annotations

from datetime import datetime
from hashlib import md5
from typing import Any

from parcours.engine import Draft

from .landed import build, land, line, project, rows, void


def event(row: int, who: int | None, at: datetime, **more: Any) -> dict[str, Any]:
    return {
        "events__row_id": row,
        "events__record_id": who,
        "events__name": "page",
        "events__event_time": at,
        "events__id__cookie": None if who is None else f"c{who}",
        **more,
    }


def sessions(draft: Draft, *events: dict[str, Any]) -> list[int | None]:
    land(draft, "web", "2026-01/a", list(events))
    build(draft, project(web=["events"]))
    found = rows(draft, "SELECT session_id FROM events ORDER BY row_id", "events")
    ids = [row["session_id"] for row in found]
    names = {known: at for at, known in enumerate(dict.fromkeys(one for one in ids if one is not None))}
    return [None if one is None else names[one] for one in ids]


def test_a_visit_ends_after_half_an_hour_of_silence(draft: Draft) -> None:
    day = datetime(2026, 1, 5)
    assert sessions(
        draft,
        event(1, 7, day.replace(hour=10)),
        event(2, 7, day.replace(hour=10, minute=30)),
        event(3, 7, day.replace(hour=11, minute=0, second=1)),
    ) == [0, 0, 1]


def test_a_visit_ends_at_local_midnight(draft: Draft) -> None:
    # Paris is one hour ahead of UTC in winter
    assert sessions(draft, event(1, 7, datetime(2026, 1, 5, 22, 59)), event(2, 7, datetime(2026, 1, 5, 23, 1))) == [
        0,
        1,
    ]


def test_two_visitors_never_share_a_visit_and_nobody_known_has_none(draft: Draft) -> None:
    at = datetime(2026, 1, 5, 10)
    assert sessions(draft, event(1, 7, at), event(2, 8, at), event(3, None, at)) == [0, 1, None]


def known_as(cookie: str | None, login: str | None) -> dict[str, Any]:
    """An event's identifiers, and the record that landing makes of them."""
    said = [f"{kind}={value}" for kind, value in (("cookie", cookie), ("login", login)) if value is not None]
    # hash63: the first eight bytes of the MD5, the lowest first, without the highest bit
    record = int.from_bytes(md5("\x1f".join(said).encode()).digest()[:8], "little") % 2**63 if said else None
    return {"events__record_id": record, "events__id__cookie": cookie, "events__id__login": login}


def test_logging_in_does_not_end_a_visit(draft: Draft) -> None:
    at = datetime(2026, 1, 5, 10)
    assert sessions(
        draft,
        event(1, 7, at, **known_as("c1", None)),
        event(2, 7, at.replace(minute=5), **known_as("c1", "ann")),
        event(3, 7, at.replace(minute=20), **known_as("c1", None)),
        event(4, 7, at.replace(minute=10), **known_as("c2", "ann")),  # her telephone, at the same time
        event(5, 7, at.replace(hour=11), **known_as("c1", "ann")),
    ) == [0, 0, 0, 1, 2]


def test_without_a_cookie_a_visit_is_by_who_is_known(draft: Draft) -> None:
    at = datetime(2026, 1, 5, 10)
    assert sessions(
        draft,
        event(1, 7, at, **known_as(None, "ann")),
        event(2, 7, at.replace(minute=5), **known_as(None, "ann")),
        event(3, 7, at.replace(minute=10), **known_as(None, "ben")),
        event(4, 7, at.replace(minute=15), **known_as("c1", None)),
        event(5, None, at.replace(minute=20), **known_as(None, None)),
    ) == [0, 0, 1, 2, None]


def test_the_path_of_a_category_and_its_levels_complete_one_another(draft: Draft) -> None:
    land(
        draft,
        "catalogue",
        "undated/a",
        [
            {"products__row_id": 1, "products__product_id": "a", "products__category_path": "Home > Candles"},
            {
                "products__row_id": 2,
                "products__product_id": "b",
                "products__category_1": "Home",
                "products__category_2": "Mugs",
            },
            {"products__row_id": 3, "products__product_id": "c"},
        ],
    )
    build(draft, project(catalogue=["products"]))
    assert [
        tuple(row.values())
        for row in rows(
            draft, "SELECT category_1, category_2, category_path FROM products ORDER BY product_id", "products"
        )
    ] == [("Home", "Candles", "Home > Candles"), ("Home", "Mugs", "Home > Mugs"), (None, None, None)]


def test_a_product_that_two_sources_describe_is_one(draft: Draft) -> None:
    for source, name in (("a_catalogue", "first"), ("b_catalogue", "second")):
        land(draft, source, "undated/a", [{"products__row_id": 1, "products__product_id": "p", "products__name": name}])
    build(draft, project(a_catalogue=["products"], b_catalogue=["products"]))
    assert rows(draft, "SELECT product_id, name FROM products", "products") == [{"product_id": "p", "name": "first"}]


def test_a_record_s_identifiers_are_those_of_its_newest_delivery(draft: Draft) -> None:
    record = {"customer_records__row_id": 5, "customer_records__record_id": 5, "customer_records__record_key": "k"}
    for seq, name in enumerate(("old@x.fr", "new@x.fr")):
        land(
            draft,
            "crm",
            f"undated/{seq}",
            [record | {"_seq": seq, "customer_records__id__email": name, "customer_records__raw__email": name.title()}],
        )
    void(draft, "crm", "undated", ("customer_records", 5, 0))
    build(draft, project(crm=["customer_records"]))
    assert rows(draft, "SELECT kind, value, raw, usable FROM identifiers", "identifiers") == [
        {"kind": "email", "value": "new@x.fr", "raw": "New@X.Fr", "usable": True}
    ]


def test_an_identifier_that_is_none_is_kept_and_says_why(draft: Draft) -> None:
    land(
        draft,
        "crm",
        "undated/a",
        [
            {
                "customer_records__row_id": 5,
                "customer_records__record_id": 5,
                "customer_records__record_key": "k",
                "customer_records__id__email": None,
                "customer_records__raw__email": "nope",
            }
        ],
    )
    build(draft, project(crm=["customer_records"]))
    assert rows(draft, "SELECT value, usable, why_not FROM identifiers", "identifiers") == [
        {"value": "nope", "usable": False, "why_not": "not a valid email"}
    ]


def test_a_visitor_is_dated_by_the_events_that_count(draft: Draft) -> None:
    land(draft, "web", "2026-01/a", [event(1, 7, datetime(2026, 1, 5)), event(2, 7, datetime(2026, 1, 9))])
    build(draft, project(web=["events"]))
    assert rows(draft, "SELECT record_id, value, first_seen, last_seen FROM identifiers", "identifiers") == [
        {"record_id": 7, "value": "c7", "first_seen": datetime(2026, 1, 5), "last_seen": datetime(2026, 1, 9)}
    ]


def test_lines_of_unknown_products_are_counted_by_product(draft: Draft) -> None:
    land(draft, "catalogue", "undated/a", [{"products__row_id": 1, "products__product_id": "known"}])
    land(
        draft,
        "till",
        "2026-01/a",
        [line(1, 1, 100, product_id="known"), line(1, 2, 100, product_id="new"), line(2, 1, 100, product_id="new")],
    )
    build(draft, project(catalogue=["products"], till=["orders", "order_lines"]))
    assert rows(draft, "SELECT rule, detail, rows FROM faults", "faults") == [
        {"rule": "unknown_product", "detail": "new", "rows": 2}
    ]


def test_without_a_catalogue_no_product_is_called_unknown(draft: Draft) -> None:
    land(draft, "till", "2026-01/a", [line(1, 1, 100, product_id="p")])
    build(draft, project(till=["orders", "order_lines"]))
    assert rows(draft, "SELECT * FROM faults", "faults") == []


def test_with_no_sources_every_table_is_there_and_empty(draft: Draft) -> None:
    build(draft, project())
    for table in ("orders", "order_lines", "events", "products", "identifiers", "faults", "consents"):
        assert draft.table(table).rows == 0
