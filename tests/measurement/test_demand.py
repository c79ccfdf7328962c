from __future__ import annotations

import json
from datetime import date, timedelta

import pytest

from parcours.measurement.figures import Figures
from parcours.web.report import render
from tests.measurement.conftest import AS_OF, Count
from tests.measurement.shop import TABLES

SCORES = """
scores: mine
define:
  weekly: {kind: demand, title: Weekly sales}
  rising: {kind: trend, title: What moves}
  shelves: {kind: stock_risk, title: Shelves}
  waiting: {kind: back_in_stock, title: Waiting}
"""


def card(score: str, kind: str, refused: str | None = None, **detail: object) -> dict[str, object]:
    return {"score": score, "as_of": AS_OF, "kind": kind, "method": "x", "kept": True, "people": 0, "value": 0.09,
            "plain_value": 0.2, "refused": refused, "detail": json.dumps(detail)}  # fmt: skip


def week(n: int, sold: float | None, expected: float | None) -> dict[str, object]:
    low, high = (expected - 2, expected + 2) if expected else (None, None)
    return {"score": "weekly", "level": "all", "day": AS_OF + timedelta(1 + 7 * n), "days": 7, "sold": sold,
            "expected": expected, "low": low, "high": high}  # fmt: skip


def waits(person: int, sign: str, store: str | None) -> dict[str, object]:
    return {"score": "waiting", "product_id": "T", "store_id": store, "person_id": person, "place": person,
            "worth": 1.0, "reason": json.dumps({"code": sign, "days": 3})}  # fmt: skip


@pytest.fixture
def figures(count: Count) -> Figures:
    shelf = {"score": "shelves", "product_id": "T", "store_id": "L01", "counted": -1.0, "on_hand": 0.0, "days": 14,
             "expected": 2.0, "cover_days": 0.0, "risk": 0.86, "note": "negative_stock"}  # fmt: skip
    return count(
        **TABLES,
        files={"scores/mine.yaml": SCORES},
        score_models=[
            card("weekly", "demand", plain_errors={"the season before": 0.12}, in_range={"item": 0.9, "all": 1.0}),
            card("rising", "trend", items=40, over_a_year=False),
            card("shelves", "stock_risk"),
            card("waiting", "back_in_stock"),
        ],
        demand_forecasts=[week(-3, 10.0, None), week(-2, 11.0, None), week(-1, 12.0, 10.5), week(0, None, 11.0)],
        trends=[{"score": "rising", "item": "Tea", "direction": "rising", "before": 10.0, "now": 15.0, "change": 0.5,
                 "strength": 5.0, "place": 1}],
        stock_risks=[shelf],
        back_in_stock=[waits(1, "cart", "L01"), waits(2, "viewed", "L01"), waits(3, "cart", "L01"),
                       waits(4, "due", None)],
        products=[{"product_id": "T", "source": "p", "name": "Green tea"}],
    )  # fmt: skip


def test_what_is_foreseen_of_sales_and_stock_is_counted(figures: Figures) -> None:
    selling = figures.selling
    assert selling is not None and selling.asked
    (one,) = selling.demand
    assert [period.sold for period in one.periods] == [10.0, 11.0, 12.0, None]
    assert (one.value, one.plain_value, one.in_range) == (0.09, 0.12, 0.9)
    assert [moving.item for moving in selling.trends[0].moving] == ["Tea"]
    assert (selling.stocks[0].stocked[0].product, selling.stocks[0].stocked[0].risk) == ("Green tea", 0.86)
    assert [(w.product, w.store is None, w.people, w.carts, w.sign) for w in selling.waiting[0].wanted] == [
        ("Green tea", False, 3, 2, "cart"), ("Green tea", True, 1, 0, "due")
    ]  # fmt: skip
    assert one.periods[-1].day == date(2026, 4, 1)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "en",
            ("11 units should be sold", "▲ rises", "negative count", "9% of lists", "25% less", "mostly in the cart"),
        ),
        ("fr", ("11 unités devraient", "▲ monte", "comptage négatif", "des listes", "surtout mis au panier")),
    ],
)
def test_the_report_tells_it(figures: Figures, language: str, said: tuple[str, ...]) -> None:
    page = render(figures, language)
    for words in said:
        assert words in page


def test_what_is_missing_is_said(count: Count) -> None:
    refused = json.dumps({"code": "no_stock", "needed": 1, "found": 0})
    figures = count(
        **TABLES, files={"scores/mine.yaml": SCORES}, score_models=[card("shelves", "stock_risk", refused=refused)]
    )
    assert "no stock is known" in render(figures)
