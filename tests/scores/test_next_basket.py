from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from itertools import groupby
from typing import Any

import numpy as np
import pytest

from parcours.engine import Engine
from parcours.model.value import Duration
from parcours.scores.baskets import history as histories
from parcours.scores.baskets import learning
from parcours.scores.kinds.next_basket import NextBasket
from parcours.scores.made import Made, TooLittle
from tests.scores.replenishment_shop import Line, an_engine, world

engine = pytest.fixture(scope="module")(an_engine)
ITEMS = tuple(f"item {n:02}" for n in range(20))
PEOPLE = 120


def shop(seed: int = 5) -> list[Line]:
    """Each customer comes every fourth day and has items of their own; each item is wanted at its own pace."""
    chance = np.random.default_rng(seed)
    lines = []
    for person in range(1, PEOPLE + 1):
        favourites = chance.choice(len(ITEMS), 7, replace=False)
        paces = chance.choice([4, 8, 16, 40], 7)
        for item, pace in zip(favourites, paces):
            for ago in range(int(chance.integers(pace)) // 4 * 4 + person % 4, 250, int(pace)):
                if chance.random() < 0.9:
                    lines.append(Line(person, ago, f"{ITEMS[item]} big", ITEMS[item]))
    return lines


SHOP = shop()


def baskets(engine: Engine, lines: list[Line], **settings: Any) -> Made:
    return NextBasket(**{"of": "category_2", "places": 6, **settings}).make(world(engine, lines))


def by_person(made: Made) -> dict[int, list[dict[str, Any]]]:
    rows = groupby(made.rows.to_pylist(), key=lambda row: row["person_id"])
    return {person: list(told) for person, told in rows}


@pytest.fixture(scope="module")
def made(engine: Engine) -> Made:
    return baskets(engine, SHOP)


def test_everybody_has_all_places_each_with_another_item_the_most_probable_first(made: Made) -> None:
    told = by_person(made)
    assert set(told) == set(range(1, PEOPLE + 1))
    for rows in told.values():
        assert [row["place"] for row in rows] == [1, 2, 3, 4, 5, 6]
        assert len({row["item"] for row in rows}) == 6
        assert [row["chance"] for row in rows] == sorted((row["chance"] for row in rows), reverse=True)


def test_an_item_is_known_if_the_customer_ever_bought_it(made: Made) -> None:
    bought = {(line.person, line.category) for line in SHOP}
    assert all(row["known"] == ((row["person_id"], row["item"]) in bought) for row in made.rows.to_pylist())


def test_what_is_bought_on_every_visit_is_nearly_certain_and_comes_before_what_is_bought_rarely(made: Made) -> None:
    last = {line.person for line in SHOP}
    times = Counter((line.person, line.category) for line in SHOP if line.ago < 84)
    for person in sorted(last):
        rows = by_person(made)[person] if person < 4 else []
        often = [row for row in rows if times[person, row["item"]] >= 15]
        assert all(row["chance"] > 0.9 for row in often)


def test_places_to_discover_are_for_what_was_never_bought(engine: Engine) -> None:
    for rows in by_person(baskets(engine, SHOP, discover=2)).values():
        assert sum(not row["known"] for row in rows) == 2 and len(rows) == 6


def test_the_held_back_share_of_the_plain_method_is_the_one_counted_by_hand(made: Made) -> None:
    before, after = [line for line in SHOP if line.ago >= 28], [line for line in SHOP if line.ago < 28]
    own = Counter((line.person, line.category) for line in {replace(each) for each in before})
    popular = Counter(category for _, category in {(line.person, line.category) for line in before if line.ago < 56})
    bought = {(line.person, line.category) for line in after}
    shares = []
    for person in {line.person for line in after}:
        ranked = sorted(ITEMS, key=lambda item: (-(own[person, item] + 0.99 * popular[item] / PEOPLE), item))
        shares.append(sum((person, item) in bought for item in ranked[:6]) / 6)
    assert made.card.detail["plain_right"] == pytest.approx(np.mean(shares), abs=1e-6)
    assert made.card.plain_value == pytest.approx(1 - np.mean(shares), abs=1e-6)


def test_rhythm_and_lateness_foresee_more_than_frequency_and_the_card_says_so(made: Made) -> None:
    assert made.card.kept is True and made.card.method == "logistic and boosted"
    assert made.card.detail["right"] > made.card.detail["plain_right"] + 0.01
    assert made.card.detail["chance"] == pytest.approx(made.card.detail["bought"], abs=0.05)


def test_where_the_plain_method_is_as_good_its_order_is_told(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning.Baskets, "check", lambda self: {"right": 0.5, "plain_right": 0.5})
    plain = baskets(engine, SHOP)
    assert plain.card.kept is False and plain.card.method == learning.PLAIN
    times = Counter((line.person, line.category) for line in SHOP)
    for person, rows in by_person(plain).items():
        counted = [times[person, row["item"]] for row in rows]
        assert counted == sorted(counted, reverse=True)
        assert counted == sorted((times[person, item] for item in ITEMS), reverse=True)[:6]


def test_a_customer_of_one_purchase_has_a_full_basket(engine: Engine) -> None:
    rows = by_person(baskets(engine, [*SHOP, Line(999, 3, "item 04 big", "item 04")]))[999]
    assert len(rows) == 6 and sum(row["known"] for row in rows) <= 1


def test_reasons_say_what_the_numbers_are(made: Made) -> None:
    mine = [line for line in SHOP if line.person == 7]
    for row in by_person(made)[7]:
        why = json.loads(row["reason"])
        days = sorted({line.ago for line in mine if line.category == row["item"]})
        match why["code"]:
            case "due":
                assert why["last_days"] == days[0]
                assert why["every_days"] == pytest.approx((days[-1] - days[0]) / (len(days) - 1), abs=0.51)
            case "regular":
                assert why["bought"] == sum(day < 84 for day in days) and why["days"] == 84
            case "again":
                assert why["bought"] == len(days) and why["last_days"] == days[0]
            case "goes_with":
                assert why["item"] in {line.category for line in mine}
            case code:
                assert code == "popular" and not days and 0 < why["share"] <= 1


def test_nothing_after_the_day_spoken_of_is_seen(engine: Engine, made: Made) -> None:
    later = [Line(person, -2, "item 01 big", "item 01") for person in range(1, 61)]
    assert baskets(engine, SHOP + later).rows == made.rows


def test_the_same_purchases_give_the_same_baskets_whoever_is_looked_at_together(
    engine: Engine, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(histories, "ROWS", 700)
    again = baskets(engine, list(reversed(SHOP)))
    assert again.rows.combine_chunks() == made.rows.combine_chunks() and again.card == made.card


def test_returns_and_lines_without_an_item_are_not_in_a_basket(engine: Engine, made: Made) -> None:
    back = [Line(1, 3, "item 01 big", "item 01", bought=0, returned=1), Line(1, SHOP[0].ago, "bag", None)]
    assert set(baskets(engine, SHOP + back).rows["item"].to_pylist()) <= set(ITEMS)


def test_more_places_than_items_give_every_item_once(engine: Engine) -> None:
    rows = by_person(baskets(engine, SHOP, places=40))
    assert all(sorted(row["item"] for row in told) == sorted(ITEMS) for told in rows.values())


@pytest.mark.parametrize("of", ["product"])
def test_baskets_are_told_of_products_and_of_wider_categories_too(engine: Engine, of: str) -> None:
    made = baskets(engine, SHOP, of=of, within=Duration.parse("14 days"))
    assert made.rows.num_rows == 6 * PEOPLE


@pytest.mark.parametrize(
    ("of", "lines", "code", "needed", "found"),
    [
        ("category_3", SHOP, "not_in_catalogue", 2, 0),
        ("category_2", [replace(line, category="tea") for line in SHOP], "nothing_to_compare", 2, 1),
        ("category_2", [line for line in SHOP if line.ago < 80], "too_short_history", 112, 80),
        ("category_2", [line for line in SHOP if line.person <= 12], "too_few_people", 30, 12),
        ("category_2", [line for line in SHOP if line.ago >= 28], "too_few_people", 30, 0),
        ("category_2", [line for line in SHOP if line.ago >= 170 or line.person < 2], "too_few_did", 100, None),
        ("category_2", [], "not_in_catalogue", 2, 0),
    ],
)  # fmt: skip
def test_too_little_is_refused_with_what_is_missing(
    engine: Engine, of: str, lines: list[Line], code: str, needed: int, found: int | None
) -> None:
    with pytest.raises(TooLittle) as refused:
        baskets(engine, lines, of=of)
    said = refused.value.said
    assert (said["code"], said["needed"]) == (code, needed) and found in (said["found"], None)


def test_the_working_tables_are_freed_even_after_a_refusal(engine: Engine) -> None:
    with pytest.raises(TooLittle):
        baskets(engine, [line for line in SHOP if line.ago < 80])
    held = engine.rows("SELECT table_name FROM information_schema.tables WHERE table_name LIKE 'basket_%'")
    assert held == []


def test_unless_told_otherwise_baskets_are_of_the_finest_category_that_tells_things_apart(engine: Engine) -> None:
    assert NextBasket(places=6).make(world(engine, SHOP)).card.detail["of"] == "category_2"
