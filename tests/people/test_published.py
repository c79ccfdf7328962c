"""What was published of several who turned out to be one."""

from __future__ import annotations

from typing import Any

from parcours.people import published


def row(city: str, due: list[tuple[str, str]], bought: list[tuple[str, str]]) -> dict[str, Any]:
    return {
        "profile": {"city": city},
        "due": [{"score": "s", "item": item, "last_bought": day} for item, day in due],
        "bought": [{"product_id": product, "day": day} for product, day in bought],
    }


def test_who_turned_out_to_be_one_has_bought_and_will_need_what_either_did() -> None:
    first = row("Paris", [("tea", "2026-03-01"), ("jam", "2026-02-01")], [("T1", "2026-03-01")])
    second = row("Lyon", [("tea", "2026-03-08")], [("T1", "2026-02-01"), ("M1", "2026-01-05")])
    found = published([first, second])
    assert found["profile"] == {"city": "Paris"}
    due = {(each["item"], each["last_bought"]) for each in found["due"]}
    bought = {(each["product_id"], each["day"]) for each in found["bought"]}
    assert due == {("tea", "2026-03-08"), ("jam", "2026-02-01")}
    assert bought == {("T1", "2026-03-01"), ("M1", "2026-01-05")}
    assert published([first]) == first and published([]) == {}
