"""What an earlier allotment with households held back tells of what coupons win, in a shop where it is known."""

from __future__ import annotations

import json
from datetime import date
from math import sqrt
from pathlib import Path
from typing import Any

import pytest

from parcours.engine import Warehouse

from .market import ALLOTMENT, AS_OF, Market, deal, offers, project

WINTER = (date(2026, 2, 1), date(2026, 2, 28))
SIDE = 400  # households given, and as many held back
TERMS = ALLOTMENT + "used: 50 %\nincremental: 40 %\n"

# Worked out by hand. Of what is known 20 % is bought anyway and half of the buyers use a coupon: 0.5 * 0.2 = 0.1 uses
# of who buys anyway. If three quarters of the uses of the others are won, 0.75 * (1 - 0.2) = 0.6 of all uses are: 0.1 *
# 0.6 / 0.4 = 0.15 of the coupons win a purchase, and 0.35 instead of 0.2 see one.
ANYWAY, WON, SHARE = 0.2, 0.15, 0.75


def used_to_be(anyway: float, lift: float = 0.5) -> float:
    """The chance of a use that was reckoned with."""
    return 0.5 * anyway / (1 - lift * (1 - anyway))


def shop(*, given: int = SIDE, held: int = SIDE, known: float = ANYWAY + WON, new: float = 0.03) -> Market:
    """Households who had a coupon for category 0, which they know, and one for category 1, in February.

    Such shares of those given bought; of those held back 20 % and 2 %. All buy category 7 in January.
    """
    made, coupons = Market(), []
    for number in range(1, given + held + 1):
        is_given, place = number <= given, number if number <= given else number - given
        made.person(number)
        made.buys(number, 70 + number % 20, "c7-b0")
        size = given if is_given else held
        for offer, foreseen, did in (("c0_b0", ANYWAY, known), ("c1_b0", 0.02, new)):
            coupons.append(coupon(number, offer, is_given, foreseen))
            if place <= round((did if is_given else foreseen) * size):
                made.buys(number, (AS_OF - WINTER[0]).days - place % 28, offer.replace("_", "-"), net=500)
    made.tables = {
        "allotments": coupons, "allotment_checks": [card(given, held)],
        "allotment_offers": [{"allotment": "winter", "starts": WINTER[0], "offer_id": name, "code": name, "title": "{}"}
                             for name in ("c0_b0", "c1_b0", "gone")],
    }  # fmt: skip
    return made


def coupon(household: int, offer: str, given: bool, anyway: float) -> dict[str, Any]:
    return {"allotment": "winter", "starts": WINTER[0], "household_id": household, "place": 1 + (offer == "c1_b0"),
            "offer_id": offer, "code": offer, "given": given, "known": offer == "c0_b0", "chance": used_to_be(anyway),
            "buys_anyway": anyway, "expected_margin": 1.0, "reasons": "{}"}  # fmt: skip


def card(given: int, held: int) -> dict[str, Any]:
    return {"allotment": "winter", "starts": WINTER[0], "until": WINTER[1], "dealt_on": WINTER[0],
            "households": given + held, "held_back": held, "offers": 2, "places": 2, "given": 2 * given, "value": 1.0,
            "bound": 1.0, "gap": 0.0, "lift": 0.5, "lift_from": "assumed", "use_from": "assumed",
            "detail": json.dumps({"used": 0.5})}  # fmt: skip


def dealt(house: Warehouse, folder: Path, made: Market, *more: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The card of the letter and its rows."""
    tables = deal(house, made, project(folder, offers(), TERMS, *more))
    (found,) = [row for row in tables["allotment_checks"] if row["allotment"] == "letter"]
    return found, [row for row in tables["allotments"] if row["allotment"] == "letter"]


def test_the_share_won_is_found_where_it_is_known(house: Warehouse, tmp_path: Path) -> None:
    found, rows = dealt(house, tmp_path, shop())
    lift = json.loads(found["detail"])["lift"]
    known, new = lift["known"], lift["new"]
    assert lift["of"] == {"allotment": "winter", "starts": "2026-02-01", "until": "2026-02-28"}
    assert (known["source"], known["households"], known["held_back"]) == ("measured", SIDE, SIDE)
    assert (known["bought"], known["bought_held_back"]) == pytest.approx((ANYWAY + WON, ANYWAY))
    error = sqrt((0.35 * 0.65 + 0.2 * 0.8) / (SIDE - 1))  # 0.0312; with 781 degrees of freedom 1.963 of them
    assert known["more"] == pytest.approx([WON, WON - 1.963 * error, WON + 1.963 * error], abs=1e-4)
    assert known["units"][0] == pytest.approx(WON) and known["sales"][0] == pytest.approx(500 * WON)
    assert known["share"] == pytest.approx(SHARE, abs=2e-3)
    for end, more in (("low", known["more"][1]), ("high", known["more"][2])):
        won = more / (0.1 + more)  # of all uses
        assert known[end] == pytest.approx(won / (1 - ANYWAY), abs=2e-3)
    # one in a hundred more of what is new, give or take 2.2: that may be nothing or all, so it stays assumed
    assert (new["source"], new["why"], new["share"]) == ("assumed", "wide", 0.4)
    assert new["more"][1] < 0 < new["more"][2]
    assert found["lift_from"] == "partly" and found["lift"] == pytest.approx((9 * known["share"] + 3 * 0.4) / 12)
    for row in rows:  # and it is what is reckoned with
        won = (known["share"] if row["known"] else 0.4) * (1 - row["buys_anyway"])
        assert row["chance"] == pytest.approx(min(0.5 * row["buys_anyway"] / (1 - won), 0.95), rel=1e-3)


def test_offers_that_only_those_held_back_had_do_not_count_as_won(house: Warehouse, tmp_path: Path) -> None:
    """Those held back had coupons for what is bought twice as much, as was foreseen: the share won is the same."""
    made = shop()
    for row in made.tables["allotments"]:
        if not row["given"] and row["known"]:
            row |= {"buys_anyway": 0.4, "chance": used_to_be(0.4)}
    for number in range(SIDE + 1 + 80, SIDE + 1 + 160):
        made.buys(number, (AS_OF - WINTER[0]).days - 3, "c0-b0", net=500)
    known = json.loads(dealt(house, tmp_path, made)[0]["detail"])["lift"]["known"]
    assert (known["bought"], known["bought_held_back"]) == pytest.approx((0.35, 0.4))
    assert known["more"][0] == pytest.approx(WON) and known["share"] == pytest.approx(SHARE, abs=2e-3)


def test_with_few_held_back_it_stays_assumed_and_the_card_says_why(house: Warehouse, tmp_path: Path) -> None:
    found, _ = dealt(house, tmp_path, shop(held=100))
    known = json.loads(found["detail"])["lift"]["known"]
    assert (known["source"], known["why"], known["held_back"], known["share"]) == ("assumed", "few", 100, 0.4)
    assert (found["lift_from"], found["lift"]) == ("assumed", pytest.approx(0.4))


def test_coupons_that_win_nothing_are_reckoned_to_win_nothing(house: Warehouse, tmp_path: Path) -> None:
    known = json.loads(dealt(house, tmp_path, shop(known=0.1))[0]["detail"])["lift"]["known"]
    assert (known["source"], known["share"]) == ("measured", pytest.approx(0, abs=1e-3))


def test_an_allotment_that_runs_or_that_is_not_the_one_named_measures_nothing(house: Warehouse, tmp_path: Path) -> None:
    made = shop()
    made.tables["allotment_checks"][0]["until"] = AS_OF
    assert json.loads(dealt(house, tmp_path, made)[0]["detail"])["lift"]["known"]["why"] == "none"
    other = Warehouse(tmp_path / "other", house.engine)
    named = project(tmp_path, offers(), TERMS + "lift_from: letter\n")
    tables = deal(other, shop(), named)
    (found,) = [row for row in tables["allotment_checks"] if row["allotment"] == "letter"]
    assert json.loads(found["detail"])["lift"]["of"] is None and found["lift_from"] == "assumed"


def test_the_places_that_stay_empty_are_counted_with_those_that_ran_out(house: Warehouse, tmp_path: Path) -> None:
    """Three places for each of 30 households, and offers for 10, 10 and 30: 40 of 90 places stay empty."""
    few = "offers: few\ndefine:\n" + "".join(
        f"  c{c}: {{good_for: {{category_2: c{c}}}, value: 50 %, households: {most}}}\n"
        for c, most in ((0, 10), (1, 10), (2, 30))
    )
    made = Market()
    for number in range(1, 31):
        made.person(number)
        for category in range(3):
            made.buys(number, 20 + number + category, f"c{category}-b0")
    tables = deal(house, made, project(tmp_path, few, ALLOTMENT + "places: 3\nmix: {known: 3, discover: 0}\n"))
    (found,) = tables["allotment_checks"]
    detail = json.loads(found["detail"])
    assert (found["given"], detail["empty"], detail["ran_out"], detail["missed"]) == (50, 40, 40, 40)
