"""What was known of each customer on a day, worked out by hand."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from parcours.engine import Draft, Warehouse, open_engine
from parcours.scores.propensity.features import FAMILIES, NAMES, Features, Known, scaled
from parcours.scores.world import World

from .propensity_shop import AS_OF, brought_back, day, message, order, redeemed, steady, world

ADA, BOB, CYD = 1, 2, 3


@pytest.fixture
def draft(tmp_path: Path) -> Iterator[Draft]:
    engine = open_engine(temporary=tmp_path / "temporary", threads=1)
    with Warehouse(tmp_path / "warehouse", engine).draft(now=datetime(2026, 3, 1, tzinfo=UTC)) as draft:
        yield draft
    engine.close()


def known(of: World, ago: int, *, to: str = "buy", within: int = 30) -> Known:
    return Features(of, to, within).known(day(ago))


def row(found: Known, person: int) -> dict[str, float]:
    return dict(zip(NAMES, found.values[list(found.people).index(person)]))


def did(of: World, to: str, *, ago: int = 30) -> dict[int, bool]:
    found = known(of, ago, to=to)
    return dict(zip(found.people.tolist(), found.did.tolist()))


ADAS = [
    order(ADA, 50, 1000, discount_amount=1000),
    order(ADA, 40, 3000, channel="web"),
    order(ADA, 20, 2000),
]


def test_recency_frequency_and_money_are_counted_up_to_the_day(draft: Draft) -> None:
    of = world(draft, 2, orders=ADAS)
    found = row(known(of, 0), ADA)
    expected = {
        "last_order_days": 20, "orders_365d": 3, "buying_days_30d": 1, "buying_days_90d": 3, "spend_365d": 6000,
        "basket": 2000, "last_spend": 2000, "first_order_days": 50, "customer_days": 1000, "longest_gap_days": 20,
        "last_gap_days": 20, "gaps": 2, "online_share": 1 / 3, "discount_share": 1000 / 7000,
        "discounted_days_share": 1 / 3, "buying_days_window_1": 1, "buying_days_window_2": 2,
    }  # fmt: skip
    assert {name: found[name] for name in expected} == pytest.approx(expected)
    decayed = sum(math.exp(-ago / 40) for ago in (50, 40, 20))
    assert found["decayed_40d"] == pytest.approx(decayed, abs=2e-6)


def test_an_earlier_day_knows_less(draft: Draft) -> None:
    found = row(known(world(draft, 2, orders=ADAS), 30), ADA)
    assert (found["last_order_days"], found["orders"], found["spend"], found["gaps"]) == (10, 2, 4000, 1)


def test_who_never_bought_is_known_with_nothing(draft: Draft) -> None:
    found = row(known(world(draft, 2, orders=ADAS), 0), BOB)
    assert math.isnan(found["last_order_days"]) and math.isnan(found["usual_gap_days"])
    assert (found["orders"], found["spend"], found["customer_days"]) == (0, 0, 1000)


def test_own_rhythm_and_limit_are_drawn_towards_the_base(draft: Draft) -> None:
    bobs = [order(BOB, ago) for ago in (90, 60, 30)]
    found = known(world(draft, 2, orders=ADAS + bobs), 0)
    # the base: a customer each; the spread within customers, by degrees of freedom
    logs = {ADA: np.log([10, 20]), BOB: np.log([30, 30])}
    base = np.mean([gaps.mean() for gaps in logs.values()])
    within = sum(gaps.var() * 2 for gaps in logs.values())
    variance = within / 2
    for person, gaps in logs.items():
        usual = (gaps.sum() + base) / 3
        deviation = math.sqrt((gaps.var() * 2 + 3 * variance) / 5)
        told = row(found, person)
        assert told["usual_gap_days"] == pytest.approx(math.exp(usual), rel=1e-5)
        assert told["gap_deviation"] == pytest.approx(deviation, rel=1e-5)
        assert told["limit_days"] == math.ceil(math.exp(usual + 1.645 * deviation))
        assert told["pause_ratio"] == pytest.approx(told["last_order_days"] / math.exp(usual), rel=1e-5)


@pytest.mark.parametrize(("ago", "counted"), [(333, 0), (334, 1), (363, 1), (364, 0)])
def test_the_same_window_last_year_is_52_weeks_before(draft: Draft, ago: int, counted: int) -> None:
    # the window begins tomorrow: 364 days before, that was 363 days ago
    found = row(known(world(draft, 1, orders=[order(ADA, ago)]), 0), ADA)
    assert found["buying_days_last_year"] == counted


def test_what_is_known_on_a_day_does_not_change_with_what_came_after(draft: Draft, tmp_path: Path) -> None:
    people, cut = 40, 60
    orders = steady(people)
    then = known(world(draft, people, orders=orders), cut)
    engine = open_engine(temporary=tmp_path / "other", threads=1)
    with Warehouse(tmp_path / "then", engine).draft(now=datetime(2026, 1, 1, tzinfo=UTC)) as earlier:
        before = [one for one in orders if one["order_date"] <= day(cut)]
        now = world(earlier, people, orders=before)
        now.as_of = AS_OF - timedelta(cut)
        again = known(now, cut)
    engine.close()
    np.testing.assert_array_equal(then.people, again.people)
    np.testing.assert_array_equal(then.values, again.values)
    assert then.did.any() and not again.did.any()


def test_to_buy_is_any_order_in_the_window_and_none_after_it(draft: Draft) -> None:
    orders = [order(ADA, 40), order(ADA, 29), order(BOB, 40), order(BOB, 30), order(CYD, 9), order(CYD, 70)]
    of = world(draft, 4, orders=orders)
    assert did(of, "buy") == {ADA: True, BOB: False, CYD: True, 4: False}
    assert did(of, "buy", ago=60) == {ADA: True, BOB: True, CYD: False, 4: False}


def test_to_churn_is_to_overstep_the_own_limit_without_buying(draft: Draft) -> None:
    weekly = range(38, 80, 7)
    orders = [order(ADA, ago) for ago in weekly]  # never again: 38 days of silence, by now
    orders += [order(BOB, ago) for ago in (3, *weekly)]  # came back
    orders += [order(CYD, ago) for ago in (38, 98, 158, 218)]  # every two months: still within the limit
    orders += [order(4, 38)]  # no rhythm yet
    orders += [order(5, ago) for ago in range(150, 200, 7)]  # gone before the day
    found = did(world(draft, 5, orders=orders), "churn")
    assert found == {ADA: True, BOB: False, CYD: False}


def test_to_open_and_to_click_are_learned_from_who_is_written_to(draft: Draft) -> None:
    told = [message(person, 50, "sent") for person in (ADA, BOB, CYD)]
    told += [message(ADA, 10, "sent"), message(ADA, 9, "opened"), message(BOB, 10, "sent")]
    told += [message(4, 10, "sent"), message(4, 10, "opened")]  # for the first time
    of = world(draft, 4, message_events=told)
    assert did(of, "open") == {ADA: True, BOB: False}
    assert did(of, "click") == {ADA: False, BOB: False}
    now = Features(of, "open", 30).now()
    assert sorted(np.concatenate([some.people for some in now]).tolist()) == [ADA, BOB, CYD, 4]


def test_to_return_and_to_redeem_count_what_was_brought_back_and_redeemed(draft: Draft) -> None:
    orders = [order(ADA, 60), order(BOB, 60)]
    of = world(draft, 3, orders=orders, order_lines=[brought_back(ADA, 12)], redemptions=[redeemed(BOB, 5)])
    assert did(of, "return") == {ADA: True, BOB: False}
    assert did(of, "redeem") == {ADA: False, BOB: True}
    assert row(known(of, 0, to="return"), ADA)["returns_365d"] == 1
    assert row(known(of, 0, to="redeem"), BOB)["last_coupon_days"] == 5


def test_the_same_part_of_the_people_is_looked_at_on_every_day(draft: Draft) -> None:
    of = world(draft, 400, orders=[order(ADA, 200)])
    features = Features(of, "buy", 30)
    some, others = features.known(day(30), permille=250), features.known(day(90), permille=250)
    np.testing.assert_array_equal(some.people, others.people)
    assert 60 < len(some) < 140


def test_counts_and_days_become_logarithms_and_shares_stay() -> None:
    values: Any = np.full((1, len(NAMES)), 3.0)
    values[0, NAMES.index("spend")] = -50.0  # more brought back than bought
    made = dict(zip(NAMES, scaled(values)[0]))
    assert made["orders"] == pytest.approx(math.log(4))
    assert made["online_share"] == 3.0
    assert made["spend"] == 0.0


def test_every_family_shows_a_feature_of_its_own() -> None:
    assert len({family.shown for family in FAMILIES}) == len(FAMILIES)
    assert len(NAMES) == len(set(NAMES))
