"""Twelve coupons each: within all limits, for those who may have them, with a reason, once."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from parcours.engine import Warehouse, open_engine

from .market import ALLOTMENT, AS_OF, deal, market, offers, project

Tables = dict[str, list[dict[str, Any]]]


def by_household(tables: Tables) -> dict[int, list[dict[str, Any]]]:
    found: dict[int, list[dict[str, Any]]] = {}
    for row in tables["allotments"]:
        found.setdefault(row["household_id"], []).append(row)
    return found


def offer(tables: Tables, name: str) -> dict[str, Any]:
    return next(row for row in tables["allotment_offers"] if row["offer_id"] == name)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    """The market, with offers that nothing limits."""
    folder = tmp_path_factory.mktemp("plain")
    engine = open_engine("duckdb", memory="500MB", threads=1)
    tables = deal(Warehouse(folder / "warehouse", engine), market(), project(folder, offers(), ALLOTMENT))
    engine.close()
    return tables


def test_every_household_gets_twelve_different_offers_and_two_of_a_kind_at_most(plain: Tables) -> None:
    tables = plain
    dealt = by_household(tables)
    assert len(dealt) == 90
    for rows in dealt.values():
        assert sorted(row["place"] for row in rows) == list(range(1, 13))
        assert len({row["offer_id"] for row in rows}) == 12
        assert max(Counter(row["offer_id"].split("_")[0] for row in rows).values()) == 2
    (card,) = tables["allotment_checks"]
    assert card["given"] == 90 * 12
    assert card["value"] == pytest.approx(sum(row["expected_margin"] for row in tables["allotments"]), rel=1e-6)
    assert card["value"] <= card["bound"] <= card["value"] + 0.02 * abs(card["value"])


def test_what_a_household_bought_is_known_and_the_mix_is_kept_where_it_can_be(house: Warehouse, tmp_path: Path) -> None:
    made = market()
    bought = {(line["record_id"], line["product_id"].replace("-", "_")) for line in made.lines}
    tables = deal(house, made, project(tmp_path, offers(), ALLOTMENT + "mix: {known: 4, discover: 8}\n"))
    for row in tables["allotments"]:
        assert row["known"] == ((row["household_id"], row["offer_id"]) in bought)
    known = {row["household_id"]: row["known"] for row in tables["allotment_households"]}
    assert known == {home: sum(row["known"] for row in rows) for home, rows in by_household(tables).items()}
    for row in tables["allotment_households"]:
        things = sum(person == row["household_id"] for person, _ in bought)
        assert (row["known"], row["why"]) == ((4, None) if things >= 4 else (things, "few_known"))


def test_nothing_limited_is_given_beyond_its_limit(house: Warehouse, tmp_path: Path) -> None:
    limited = offers(
        c0_b0=", households: 7", c1_b0=", stock: 3", c2_b0=", budget: 1 EUR",
        c3_b0=", supplier: maker, funding: 50 %", c3_b1=", supplier: maker, funding: 100 %",
    ) + "suppliers: {maker: {budget: 2 EUR}}\n"  # fmt: skip
    tables = deal(house, market(), project(tmp_path, limited, ALLOTMENT))
    assert offer(tables, "c0_b0")["households"] == 7
    assert offer(tables, "c1_b0")["uses"] <= 3
    assert offer(tables, "c2_b0")["cost"] <= 100
    assert offer(tables, "c3_b0")["funded"] + offer(tables, "c3_b1")["funded"] <= 200
    assert offer(tables, "c3_b0")["funded"] == pytest.approx(offer(tables, "c3_b0")["cost"] / 2)
    uses = sum(row["chance"] for row in tables["allotments"] if row["offer_id"] == "c1_b0")
    assert offer(tables, "c1_b0")["uses"] == pytest.approx(uses, rel=1e-5)
    assert all(len(rows) == 12 for rows in by_household(tables).values())


def test_a_never_rule_holds_for_the_whole_household_and_a_who_rule_needs_one_member(
    house: Warehouse, tmp_path: Path
) -> None:
    made = market()
    made.person(201, household=201)
    made.person(202, household=201)
    made.profiles = {"household_survey": {1: "nuts", 202: "nuts", 3: "none"}}
    made.memberships = [("parents", 2), ("parents", 201)]
    folder = tmp_path
    (folder / "segments").mkdir()
    (folder / "attributes").mkdir()
    (folder / "attributes" / "a.yaml").write_text(
        "attributes: a\ndefine: {household_survey: {kind: latest_value, of: customer_records.properties}}\n"
    )
    (folder / "segments" / "s.yaml").write_text("segment: parents\nwho: {known: true}\n")
    ruled = offers(
        c0_b0=", never: {household_survey: {contains: nuts}}", c0_b1=", who: {in_segment: parents}",
    )  # fmt: skip
    tables = deal(house, made, project(folder, ruled, ALLOTMENT + "diversity: {per: category_2, at_most: 12}\n"))
    got = {name: {row["household_id"] for row in tables["allotments"] if row["offer_id"] == name}
           for name in ("c0_b0", "c0_b1")}  # fmt: skip
    assert got["c0_b0"] and not got["c0_b0"] & {1, 201}
    assert got["c0_b1"] <= {2, 201}
    assert {len(rows) for rows in by_household(tables).values()} == {12}


def test_a_new_household_gets_what_most_begin_to_buy_and_says_so(house: Warehouse, tmp_path: Path) -> None:
    made = market()
    made.person(300)
    tables = deal(house, made, project(tmp_path, offers(), ALLOTMENT))
    rows = by_household(tables)[300]
    assert len(rows) == 12 and not any(row["known"] for row in rows)
    assert {json.loads(row["reasons"])["what"] for row in rows} == {"popular"}
    (home,) = [row for row in tables["allotment_households"] if row["household_id"] == 300]
    assert (home["offers"], home["known"], home["why"]) == (12, 0, "no_history")


def test_fewer_are_given_where_rules_or_limits_leave_fewer_and_it_is_said(house: Warehouse, tmp_path: Path) -> None:
    few = "offers: few\ndefine:\n" + "".join(
        f"  c{c}: {{good_for: {{category_2: c{c}}}, value: 50 %{more}}}\n"
        for c, more in enumerate((", households: 30", ", never: {in_segment: one}", "", ", until: 2026-01-31"))
    )
    (tmp_path / "segments").mkdir()
    (tmp_path / "segments" / "s.yaml").write_text("segment: one\nwho: {known: true}\n")
    made = market()
    made.memberships = [("one", 1)]
    tables = deal(house, made, project(tmp_path, few, ALLOTMENT + "places: 3\nmix: {known: 2, discover: 1}\n"))
    assert Counter(row["offers"] for row in tables["allotment_households"])[3] in (29, 30)
    for row in tables["allotment_households"]:
        assert row["why"] == ("few_allowed" if row["household_id"] == 1 else "limits") or row["offers"] == 3
    assert offer(tables, "c0")["households"] == 30
    assert offer(tables, "c3")["why"] == "expired"


def test_an_offer_for_nobody_or_on_nothing_is_left_out_and_said(house: Warehouse, tmp_path: Path) -> None:
    (tmp_path / "segments").mkdir()
    (tmp_path / "segments" / "s.yaml").write_text("segment: nobody\nwho: {known: false}\n")
    text = offers(c0_b0=", who: {in_segment: nobody}") + "  ghost: {good_for: {brand: none}, value: 1 EUR}\n"
    tables = deal(house, market(), project(tmp_path, text, ALLOTMENT))
    assert offer(tables, "c0_b0")["why"] == "nobody"
    assert offer(tables, "ghost")["why"] == "good_for_nothing"
    assert {row["offer_id"] for row in tables["allotments"]}.isdisjoint({"c0_b0", "ghost"})


def test_what_is_dealt_is_kept_on_later_days_and_another_first_day_is_another_allotment(
    house: Warehouse, tmp_path: Path
) -> None:
    first = deal(house, market(), project(tmp_path, offers(), ALLOTMENT))
    more = market()
    for person in range(1, 91):
        more.buys(person, 0, "c7-b2")
    later = deal(house, more, project(tmp_path, offers(), ALLOTMENT), as_of=AS_OF + timedelta(3))
    assert later == first
    again = ALLOTMENT.replace("from: 2026-04-01", "from: 2026-04-05")
    third = deal(house, more, project(tmp_path, offers(), again), as_of=AS_OF + timedelta(3))
    assert len(third["allotment_checks"]) == 2


def test_the_same_facts_deal_the_same_bytes(house: Warehouse, tmp_path: Path) -> None:
    tables = deal(house, market(), project(tmp_path, offers(c0_b0=", stock: 4"), ALLOTMENT))
    other = Warehouse(tmp_path / "other", house.engine)
    assert deal(other, market(), project(tmp_path, offers(c0_b0=", stock: 4"), ALLOTMENT)) == tables


def test_an_allotment_far_ahead_or_past_is_not_dealt(house: Warehouse, tmp_path: Path) -> None:
    ahead = ALLOTMENT.replace("2026-04-01", "2026-04-16")
    assert deal(house, market(), project(tmp_path, offers(), ahead))["allotments"] == []
    assert deal(house, market(), project(tmp_path, offers(), ALLOTMENT), as_of=date(2026, 5, 1))["allotments"] == []


def test_nothing_is_dealt_without_a_purchase_and_it_is_tried_again(house: Warehouse, tmp_path: Path) -> None:
    empty = market()
    empty.lines = []
    tables = deal(house, empty, project(tmp_path, offers(), ALLOTMENT))
    (card,) = tables["allotment_checks"]
    assert json.loads(card["refused"])["code"] == "no_purchases" and tables["allotments"] == []
    (card,) = deal(house, market(), project(tmp_path, offers(), ALLOTMENT))["allotment_checks"]
    assert card["refused"] is None and card["given"] == 90 * 12


def test_some_are_held_back_and_use_nothing_up(house: Warehouse, tmp_path: Path) -> None:
    text = offers(c0_b0=", households: 5")
    tables = deal(house, market(), project(tmp_path, text, ALLOTMENT + "holdout: 30 %\n"))
    held = {row["household_id"] for row in tables["allotment_households"] if row["held_back"]}
    assert 15 <= len(held) <= 40
    assert {row["household_id"] for row in tables["allotments"] if not row["given"]} == held
    given = [row for row in tables["allotments"] if row["given"] and row["offer_id"] == "c0_b0"]
    assert len(given) == offer(tables, "c0_b0")["households"] == 5


def test_a_household_that_lately_stopped_is_told_what_it_still_buys(house: Warehouse, tmp_path: Path) -> None:
    made = market()
    for ago in range(60, 300, 12):
        made.buys(5, ago, "c0-b2")
    for ago in range(1, 300, 6):
        made.buys(5, ago, "c1-b2")
    for person in range(6, 60):  # who buys the one buys the other
        for ago in range(person % 9, 300, 11):
            made.buys(person, ago, "c0-b2")
            made.buys(person, ago, "c1-b2")
    tables = deal(house, made, project(tmp_path, offers(), ALLOTMENT + "diversity: {per: category_2, at_most: 3}\n"))
    (row,) = [row for row in by_household(tables)[5] if row["offer_id"] == "c0_b2"]
    assert json.loads(row["reasons"]) == {"what": "lapsed", "item": "c0", "with": "c1", "times": 20, "days": 60}


def test_coupons_of_a_campaign_are_dealt_with_their_articles(house: Warehouse, tmp_path: Path) -> None:
    made = market()
    made.tables = {"coupons": [
        {"coupon_id": f"k{c}", "source": "s", "campaign_id": "spring", "product_id": f"c{c}-b{b}", "value": value}
        for c, value in enumerate((100, None, 25)) for b in range(2)
    ]}  # fmt: skip
    text = ALLOTMENT + "campaign: spring\nvalue: 0.75 EUR\nplaces: 2\nmix: {known: 1, discover: 1}\n"
    tables = deal(house, made, project(tmp_path, text))
    assert {row["offer_id"]: (row["code"], row["value"]) for row in tables["allotment_offers"]} == {
        "spring/k0": ("k0", 100), "spring/k1": ("k1", 75), "spring/k2": ("k2", 25),
    }  # fmt: skip
    assert {len(rows) for rows in by_household(tables).values()} == {2}


def test_the_expected_margin_is_what_a_use_wins_less_what_it_costs(house: Warehouse, tmp_path: Path) -> None:
    """By hand, for category 4 at 5.00 with a cost of 1.50: a purchase won brings 3.50, a use costs 0.50 and 0.10."""
    text = offers(c4_b0=", cost: 0.10 EUR")
    terms = ALLOTMENT + "used: 40 %\nincremental: 60 %\n"
    tables = deal(house, market(), project(tmp_path, text, terms))
    rows = [row for row in tables["allotments"] if row["offer_id"] == "c4_b0"]
    assert rows
    for row in rows:
        won = 0.6 * (1 - row["buys_anyway"])
        uses = 0.4 * row["buys_anyway"] / (1 - won)
        assert row["chance"] == pytest.approx(uses, rel=1e-4)
        assert row["expected_margin"] == pytest.approx(uses * (won * 350 - 60), rel=1e-3, abs=1e-3)


def test_rules_of_the_allotment_say_who_gets_any(house: Warehouse, tmp_path: Path) -> None:
    (tmp_path / "segments").mkdir()
    (tmp_path / "segments" / "s.yaml").write_text("segment: one\nwho: {known: true}\n")
    made = replace(market(), memberships=[("one", 1), ("one", 2)])
    tables = deal(house, made, project(tmp_path, offers(), ALLOTMENT + "who: {in_segment: one}\n"))
    assert set(by_household(tables)) == {1, 2}
