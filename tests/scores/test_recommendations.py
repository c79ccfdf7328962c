"""Lists: full wherever anything may be shown, nothing that may not, the best first, and each with its reason."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from parcours.engine import Engine, open_engine
from parcours.scores.kinds.feed import Feed
from parcours.scores.kinds.new_in_favourites import NewInFavourites
from parcours.scores.kinds.recommendations import Recommendations
from parcours.scores.made import Made, TooLittle
from tests.scores.recommendation_shop import AS_OF, EACH, Line, Tables, catalogue, regulars

SHELVES = [f"{sort} {number}" for sort in ("tea", "biscuit", "wine", "cheese") for number in range(1, EACH)]


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    engine = open_engine(memory="1GB", threads=1)
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def shop() -> Tables:
    return Tables(120, regulars(120), catalogue(*SHELVES))


@pytest.fixture(scope="module")
def made(engine: Engine, shop: Tables) -> tuple[Made, dict[int, list[dict[str, Any]]]]:
    made = Recommendations(places=10).make(shop.world(engine))
    return made, lists(made)


def lists(made: Made) -> dict[int, list[dict[str, Any]]]:
    found = defaultdict(list)
    rows = made.rows if isinstance(made.rows, pa.Table) else made.rows.read_all()
    for row in rows.to_pylist():
        found[row["person_id"]].append({**row, "reason": json.loads(row["reason"])})
    return found


def shown(engine: Engine, tables: Tables, person: int = 1, folder: Path | None = None, **settings: Any) -> list[str]:
    made = Recommendations(**{"places": 5, **settings}).make(tables.world(engine, folder))
    return [row["product_id"] for row in lists(made)[person]]


def few(*lines: Line, **told: Any) -> Tables:
    """A shop of five articles that another customer bought, those of the smallest number most."""
    others = [Line(9, ago, f"tea {number}") for number in range(1, 6) for ago in range(10, 80 - 10 * number, 5)]
    return Tables(9, [*lines, *others], catalogue(*(f"tea {number}" for number in range(1, 6))), **told)


def test_every_customer_has_a_full_list_without_repeats(made: Any) -> None:
    _, found = made
    assert len(found) == 120
    for rows in found.values():
        assert [row["place"] for row in rows] == list(range(1, 11))
        assert len({row["product_id"] for row in rows}) == 10
        worth = [row["worth"] for row in rows]
        assert worth == sorted(worth, reverse=True) and all(0 <= each <= 1 for each in worth)


def test_neighbours_tell_tastes_apart_and_the_card_says_by_how_much(made: Any) -> None:
    card, found = made[0].card, made[1]
    assert card.kept is True, card and card.method == "own history and neighbours"
    assert card.value < card.plain_value and set(card.detail["plains"]) == {"personal frequency", "popularity"}
    of_teas = [row["product_id"].split()[0] in ("tea", "biscuit") for row in found[2]]
    assert sum(of_teas) >= 9


def test_where_history_says_nothing_more_the_plain_order_is_kept(engine: Engine) -> None:
    lines = [Line(person, ago, f"tea {1 + (person * 7 + ago) % 8}") for person in range(1, 80)
             for ago in range(person % 5, 150, 10)]  # fmt: skip
    card = Recommendations(places=5).make(Tables(80, lines, catalogue(*SHELVES[:8])).world(engine)).card
    assert card.kept is not None
    assert card.kept == (card.value is not None and card.value < card.plain_value)
    assert card.method == ("own history and neighbours" if card.kept else card.plain)


def test_reasons_say_how_often_it_was_bought_or_what_leads_to_it(made: Any, shop: Tables) -> None:
    days: dict[tuple[int, str], set[int]] = defaultdict(set)
    for line in shop.lines:
        days[line.person, line.product].add(line.ago)
    codes = set()
    for person, rows in made[1].items():
        for row in rows:
            reason = row["reason"]
            codes.add(reason["code"])
            if "times" in reason:
                assert reason["times"] == len(days[person, row["product_id"]])
            if "product_id" in reason:
                assert days[person, reason["product_id"]]
                alike = reason["product_id"].split()[0] == row["product_id"].split()[0]
                assert reason["code"] == ("like" if alike else "goes_with")
    assert {"bought_often", "like", "goes_with"} <= codes


def test_new_only_shows_nothing_that_was_bought_before(engine: Engine, shop: Tables) -> None:
    bought = {(line.person, line.product) for line in shop.lines}
    found = lists(Recommendations(places=10, new_only=True).make(shop.world(engine)))
    assert not [1 for person, rows in found.items() for row in rows if (person, row["product_id"]) in bought]
    assert all(len(rows) == 10 for rows in found.values())


def test_the_same_tables_give_the_same_lists(engine: Engine, shop: Tables, made: Any) -> None:
    assert lists(Recommendations(places=10).make(shop.world(engine))) == made[1]


# -- what may not be shown


def test_who_never_bought_is_shown_what_sells_most(engine: Engine) -> None:
    assert shown(engine, few()) == ["tea 1", "tea 2", "tea 3", "tea 4", "tea 5"]


def test_what_was_brought_back_is_not_shown_but_what_was_bought_again_since_is(engine: Engine) -> None:
    back = few(Line(1, 40, "tea 1"), Line(1, 30, "tea 1", -1), Line(1, 40, "tea 2"), Line(1, 30, "tea 2", -1),
               Line(1, 20, "tea 2"))  # fmt: skip
    assert shown(engine, back) == ["tea 2", "tea 3", "tea 4", "tea 5"]


def test_what_the_store_of_the_customer_does_not_hold_is_not_shown(engine: Engine) -> None:
    stock = [
        {"product_id": "tea 1", "store_id": "north", "as_of": AS_OF, "quantity": 0},
        {"product_id": "tea 1", "store_id": "south", "as_of": AS_OF, "quantity": 4},
        {"product_id": "tea 2", "store_id": "south", "as_of": AS_OF, "quantity": -3},
    ]
    north, south = Line(1, 30, "tea 5", store="north"), Line(2, 30, "tea 5", store="south")
    tables = few(north, south, Line(3, 30, "tea 5", store="east"), stock=stock)
    assert shown(engine, tables, 1) == ["tea 5", "tea 2", "tea 3", "tea 4"]
    assert shown(engine, tables, 2) == ["tea 5", "tea 1", "tea 3", "tea 4"]
    assert shown(engine, tables, 3) == ["tea 5", "tea 1", "tea 2", "tea 3", "tea 4"], "nothing is counted in the east"
    assert set(shown(engine, tables, 4)) == {"tea 1", "tea 3", "tea 4", "tea 5"}, "no store: whatever any store holds"
    notes = Recommendations().make(tables.world(engine)).card.detail["notes"]
    assert {"code": "negative_stock", "found": 1} in notes


def test_only_the_newest_count_of_the_stock_counts(engine: Engine) -> None:
    stock = [
        {"product_id": "tea 1", "store_id": None, "as_of": AS_OF - timedelta(3), "quantity": 9},
        {"product_id": "tea 1", "store_id": None, "as_of": AS_OF, "quantity": 0},
    ]
    assert shown(engine, few(stock=stock)) == ["tea 2", "tea 3", "tea 4", "tea 5"]


def test_what_is_hardly_ever_bought_twice_is_not_shown_to_who_has_it(engine: Engine) -> None:
    fridges = [Line(person, 120, "fridge 1") for person in range(10, 80)]
    lines = [*fridges, *(Line(person, ago, "tea 1") for person in range(10, 80) for ago in (10, 20, 30))]
    tables = Tables(90, lines, catalogue("fridge 1", "tea 1"))
    assert shown(engine, tables, 12) == ["tea 1"]
    assert shown(engine, tables, 85) == ["tea 1", "fridge 1"]


def test_what_is_withdrawn_or_not_in_the_catalogue_is_not_shown(engine: Engine) -> None:
    tables = few(Line(1, 5, "tea 0"))
    tables.products[0]["active"] = False
    assert shown(engine, tables) == ["tea 2", "tea 3", "tea 4", "tea 5"]


# -- bad input


def test_a_catalogue_without_categories_still_gives_full_lists(engine: Engine) -> None:
    tables = few(Line(1, 30, "tea 3"))
    for row in tables.products:
        row["category_1"] = None
    made = Recommendations(places=5).make(tables.world(engine))
    assert [row["reason"]["code"] for row in lists(made)[1]] == ["bought_before", *["popular"] * 4]
    assert {"code": "no_categories", "found": 5} in made.card.detail["notes"]


def test_no_catalogue_at_all_shows_what_was_sold(engine: Engine) -> None:
    tables = few()
    tables.products.clear()
    assert shown(engine, tables) == ["tea 1", "tea 2", "tea 3", "tea 4", "tea 5"]


def test_an_article_that_was_never_sold_comes_last_and_is_noted(engine: Engine) -> None:
    tables = few()
    tables.products += catalogue("tea 0")
    made = Recommendations(places=10).make(tables.world(engine))
    assert [row["product_id"] for row in lists(made)[1]][-1] == "tea 0"
    assert {"code": "never_sold", "found": 1} in made.card.detail["notes"]


def test_a_shop_opened_last_week_uses_the_plain_order_and_says_so(engine: Engine) -> None:
    lines = [Line(person, person % 6, f"tea {1 + person % 5}") for person in range(1, 40)]
    made = Recommendations(places=5).make(Tables(40, lines, catalogue(*SHELVES[:8])).world(engine))
    assert made.card.kept is None and made.card.method == "personal frequency"
    assert {"code": "opened_lately", "found": 6, "needed": 84} in made.card.detail["notes"]
    assert all(len(rows) == 5 for rows in lists(made).values())


def test_where_all_is_out_of_stock_nothing_is_shown_and_it_is_said(engine: Engine) -> None:
    stock = [{"product_id": f"tea {number}", "as_of": AS_OF, "quantity": 0} for number in range(1, 6)]
    with pytest.raises(TooLittle) as told:
        Recommendations().make(few(stock=stock).world(engine))
    assert told.value.said["code"] == "nothing_to_show"


def test_a_shop_without_articles_is_told(engine: Engine) -> None:
    with pytest.raises(TooLittle) as told:
        Recommendations().make(Tables(5, []).world(engine))
    assert told.value.said["code"] == "no_articles"


# -- the feed, and what is new


def test_the_feed_begins_with_the_customers_own_and_changes_categories(engine: Engine, shop: Tables) -> None:
    feed = Feed(places=12, variety=0.2)
    plain = lists(Feed(places=12, variety=1.0).make(shop.world(engine)))
    mixed = lists(feed.make(shop.world(engine)))

    def turns(rows: list[dict[str, Any]]) -> int:
        sorts = [row["product_id"].split()[0] for row in rows]
        return sum(one != other for one, other in pairwise(sorts))

    assert sum(map(turns, mixed.values())) > sum(map(turns, plain.values()))
    assert {row["product_id"] for row in mixed[2][:2]} & {row["product_id"] for row in plain[2][:2]}


def test_the_general_order_has_every_article_once(engine: Engine, shop: Tables) -> None:
    order = Feed().make(shop.world(engine)).also["catalogue_order"].to_pylist()
    assert sorted(row["product_id"] for row in order) == sorted(SHELVES)
    assert [row["place"] for row in order] == list(range(1, 4 * EACH - 3))
    assert len({row["product_id"].split()[0] for row in order[:4]}) == 4, "no category all at once"


def test_new_in_favourites_shows_what_was_first_sold_lately_where_they_buy(engine: Engine, shop: Tables) -> None:
    lines = [*shop.lines, Line(120, 5, "tea 99"), Line(119, 4, "wine 99")]
    tables = Tables(120, lines, catalogue(*SHELVES, "tea 99", "wine 99"))
    found = lists(NewInFavourites().make(tables.world(engine)))
    assert [row["product_id"] for row in found[2]] == ["tea 99"]
    assert [row["product_id"] for row in found[1]] == ["wine 99"]
    assert found[1][0]["reason"] == {"code": "new_in", "category": "wine"}
    assert 119 not in found, "who has bought all that is new has nothing new"


def test_nothing_new_is_told(engine: Engine, shop: Tables) -> None:
    with pytest.raises(TooLittle) as told:
        NewInFavourites().make(shop.world(engine))
    assert told.value.said["code"] == "nothing_new"
