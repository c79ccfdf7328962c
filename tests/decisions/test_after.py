"""After the deal: the file for the printer, why in words, and what came of it beside those held back."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from math import sqrt
from pathlib import Path
from statistics import mean, variance
from typing import Any

import pytest

from parcours import channels
from parcours.engine import Warehouse, open_engine
from parcours.measurement import coupons as measured
from parcours.model import person as person_ids
from parcours.project import Project
from parcours.project.coupons import SENTENCES, of_person, title_of, why
from parcours.web.words import words

from .market import ALLOTMENT, AS_OF, Market, deal, market, offers, project

LETTER = ALLOTMENT + "holdout: 30 %\n"
PAST = AS_OF + timedelta(40)


@dataclass
class Shop:
    """The market after its letter: what was dealt, and the warehouse it is published in."""

    house: Warehouse
    project: Project
    market: Market
    tables: dict[str, list[dict[str, Any]]]

    def given(self, household: int) -> list[dict[str, Any]]:
        rows = [row for row in self.tables["allotments"] if row["household_id"] == household]
        return sorted(rows, key=lambda row: row["place"])

    @property
    def held_back(self) -> set[int]:
        return {row["household_id"] for row in self.tables["allotment_households"] if row["held_back"]}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("after")
    engine = open_engine("duckdb", memory="500MB", threads=1)
    house, made = Warehouse(folder / "warehouse", engine), market()
    text = offers(c0_b0=", title: {en: Half off tea, fr: Thé à moitié prix}, until: 2026-05-01")
    dealt = project(folder, text, LETTER)
    found = Shop(house, dealt, made, deal(house, made, dealt))
    buyers = sorted(set(range(1, 91)) - found.held_back)
    made.tables["redemptions"] = [
        redeemed(person, found.given(person)[0]["code"], ago) for person, ago in ((buyers[0], 30), (buyers[1], 1))
    ] + [redeemed(buyers[0], found.given(buyers[0])[0]["code"], 20), redeemed(buyers[2], "something else", 30)]
    made.tables["orders"] = [order(person, 2000 if person in found.held_back else 2500) for person in range(1, 91, 2)]
    found.tables = deal(house, made, dealt, as_of=PAST)
    yield found
    engine.close()


def redeemed(person: int, code: str, ago: int) -> dict[str, Any]:
    return {"row_id": 10 * person + ago, "source": "till", "record_id": person, "coupon_id": code,
            "event_date": PAST - timedelta(ago)}  # fmt: skip


def order(person: int, amount: int) -> dict[str, Any]:
    return {"row_id": person, "source": "till", "record_id": person, "order_id": str(person), "status": "completed",
            "order_date": PAST - timedelta(30), "currency": "EUR", "lines": 1, "units": 1.0, "net_amount": amount,
            "is_purchase": True}  # fmt: skip


def test_a_coupon_counts_as_used_once_by_who_has_it_in_its_days(shop: Shop) -> None:
    with shop.house.current() as version:
        (one,) = measured.count(version, shop.project, PAST)
    outcome = one.outcome
    assert outcome is not None and outcome.past
    # the second buyer's is of the day before PAST, after the last day; the third's coupon was never given
    assert (outcome.used, outcome.households_using, outcome.cost) == (1, 1, 50.0)
    assert outcome.coupons == 12 * (90 - len(shop.held_back))
    assert outcome.used_share == pytest.approx(1 / outcome.coupons)


def test_the_gain_is_the_difference_of_the_means_with_its_interval(shop: Shop) -> None:
    spent: dict[bool, list[float]] = {True: [], False: []}
    for person in range(1, 91):
        held = person in shop.held_back
        spent[held].append((2000.0 if held else 2500.0) if person % 2 else 0.0)
    gained = mean(spent[False]) - mean(spent[True])
    error = 1.96 * sqrt(sum(variance(side) / len(side) for side in spent.values()))
    with shop.house.current() as version:
        (one,) = measured.count(version, shop.project, PAST)
    outcome = one.outcome
    assert outcome is not None and outcome.gained is not None
    assert (outcome.gained, outcome.low, outcome.high) == pytest.approx((gained, gained - error, gained + error))
    assert outcome.total == pytest.approx(gained * len(spent[False]))


def test_the_printers_file_has_a_row_for_each_household_given_with_its_coupons_side_by_side(
    shop: Shop, tmp_path: Path
) -> None:
    with shop.house.current() as version:
        (one,) = channels.dealt(version)
        made = channels.write_coupons(version, shop.project, one, tmp_path / "c.csv", language="fr")
    rows = list(csv.DictReader((tmp_path / "c.csv").open(encoding="utf-8")))
    assert (made.households, made.coupons) == (len(rows), 12 * len(rows)) == (90 - len(shop.held_back), made.coupons)
    first = rows[0]
    household = person_ids.parse(first["household"])
    own = shop.given(household)
    assert [first[f"code_{n}"] for n in range(1, 13)] == [row["code"] for row in own]
    assert first["reason_1"] == why(own[0]["reasons"], "fr") and first["value_1"] == "0.50"
    assert not {person_ids.show(held) for held in shop.held_back} & {row["household"] for row in rows}


def test_the_mailing_tools_file_has_a_row_for_each_coupon(shop: Shop, tmp_path: Path) -> None:
    with shop.house.current() as version:
        (one,) = channels.dealt(version)
        made = channels.write_coupons(version, shop.project, one, tmp_path / "c.jsonl", language="en", by="coupon")
    rows = [json.loads(line) for line in (tmp_path / "c.jsonl").read_text().splitlines()]
    assert len(rows) == made.coupons
    tea = [row for row in rows if row["code"] == "c0_b0"]
    assert tea and {row["title"] for row in tea} == {"Half off tea"}
    assert {row["until"] for row in rows} == {"2026-04-28"}


def test_a_person_is_told_the_offers_of_the_household(shop: Shop) -> None:
    person = min(set(range(1, 91)) - shop.held_back)
    with shop.house.current() as version:
        rows = of_person(version, person)
        assert of_person(version, 12345) == []
    assert [row["code"] for row in rows] == [row["code"] for row in shop.given(person)]
    assert all(row["given"] for row in rows)


def test_what_is_said_of_a_household_without_anybody_held_back_claims_nothing() -> None:
    assert measured._gained({"households": 5, "amount": 10, "squares": 30.0}, None) == {}


@pytest.mark.parametrize(
    ("reasons", "en", "fr"),
    [
        ({"what": "bought", "item": "TEA", "times": 5, "days": 18}, "bought 5 times, last 18 days ago",
         "acheté 5 fois, la dernière il y a 18 jours"),
        ({"what": "bought", "item": "TEA", "times": 1, "days": 1}, "bought once, 1 day ago",
         "acheté une fois, il y a 1 jour"),
        ({"what": "lapsed", "item": "NAPPIES", "with": "BABY FOOD", "times": 9, "days": 45},
         "buys BABY FOOD, no NAPPIES for 6 weeks", "achète BABY FOOD, plus de NAPPIES depuis 6 semaines"),
        ({"what": "lapsed", "item": "NAPPIES", "times": 9, "days": 45}, "no NAPPIES for 6 weeks, bought 9 times before",
         "plus de NAPPIES depuis 6 semaines, acheté 9 fois avant"),
        ({"what": "goes_with", "item": "JAM", "with": "BREAD"}, "buys BREAD, not yet JAM",
         "achète BREAD, pas encore JAM"),
        ({"what": "popular", "item": "JAM"}, "JAM: what many begin to buy",
         "JAM : ce que beaucoup commencent à acheter"),
    ],
)  # fmt: skip
def test_why_an_offer_was_chosen_is_said_in_both_languages(reasons: dict[str, Any], en: str, fr: str) -> None:
    assert (why(json.dumps(reasons), "en"), why(json.dumps(reasons), "fr")) == (en, fr)


def test_both_languages_have_every_sentence_and_the_page_every_code() -> None:
    assert SENTENCES["en"].keys() == SENTENCES["fr"].keys()
    codes = {
        *(f"coupons.why.{code}" for code in ("few_known", "few_new", "no_history", "few_allowed", "limits")),
        *(f"coupons.not.{code}" for code in ("expired", "not_yet", "nobody", "good_for_nothing")),
        *(f"coupons.refused.{code}" for code in ("no_offers", "no_households", "no_purchases")),
        *(f"coupons.won.{code}" for code in ("measured", "wide", "few")),
        *("coupons.lift.assumed", "coupons.experiment", "coupons.missed", "coupons.side.known", "coupons.side.new"),
    }
    for language in ("en", "fr"):
        assert codes <= set(words(language).sentences)


def test_a_title_is_told_in_the_language_asked_for() -> None:
    assert title_of('{"en": "Tea", "fr": "Thé"}', "fr") == "Thé"
