from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pyarrow as pa
import pytest

from parcours.engine import Engine
from parcours.measurement import due as due_lists
from parcours.model.value import Duration
from parcours.scores.kinds.replenishment import Replenishment
from parcours.scores.made import Made, TooLittle
from parcours.scores.replenishment import rhythm
from tests.scores.replenishment_shop import AS_OF, Line, an_engine, regulars, world

engine = pytest.fixture(scope="module")(an_engine)
COFFEE = regulars("coffee", people=range(1, 121), every=14, spread=0.25)
MILK = regulars("milk", people=range(1, 121), every=5, spread=0.3, seed=2)
# bought by many, by each but once
LAMPS = [Line(person, 3 * person % 360, "lamp 1", "lamps") for person in range(1, 121)]
SHOP = COFFEE + MILK + LAMPS


@pytest.fixture(scope="module")
def made(engine: Engine) -> Made:
    return Replenishment().make(world(engine, SHOP))


def rows_of(made: Made) -> list[dict[str, object]]:
    return made.rows.to_pylist()


def test_regular_purchases_fall_due_and_single_ones_never(made: Made) -> None:
    assert {row["item"] for row in rows_of(made)} == {"coffee", "milk"}
    assert made.card.detail["items"] == {"replenishable": 2, "too_few_come_back": 1}


def test_the_interval_is_the_customers_own_where_it_is_known(made: Made) -> None:
    for row in rows_of(made):
        bought = sorted(line.ago for line in SHOP if line.person == row["person_id"] and line.category == row["item"])
        gaps = np.diff(sorted(set(bought)))
        if len(gaps) >= 8:
            own = float(np.exp(np.log(gaps).mean()))
            assert abs(np.log(row["gap_days"] / own)) < 0.35


def test_a_window_lies_after_the_day_spoken_of_and_around_the_due_date(made: Made) -> None:
    for row in rows_of(made):
        assert AS_OF < row["due_from"] <= row["due_on"] <= row["due_until"]
        assert row["last_bought"] <= AS_OF and 0 < row["chance_14d"] < 1


def test_the_last_purchase_and_the_number_of_purchase_days_are_those_of_the_lines(made: Made) -> None:
    for row in rows_of(made)[:40]:
        days = {line.ago for line in SHOP if line.person == row["person_id"] and line.category == row["item"]}
        assert row["bought"] == len(days)
        assert row["last_bought"] == AS_OF - timedelta(min(days))


def test_rows_are_sorted_by_customer_and_item(made: Made) -> None:
    keys = [(row["person_id"], row["item"]) for row in rows_of(made)]
    assert keys == sorted(keys) and len(set(keys)) == len(keys)


def test_the_blend_is_kept_where_it_beats_the_plain_gap_on_held_back_time(engine: Engine) -> None:
    few_and_irregular = regulars("wine", people=range(1, 241), every=30, spread=0.6)
    card = Replenishment().make(world(engine, few_and_irregular)).card
    assert card.kept is True and card.method == "blended interval"
    assert card.value < card.plain_value


def test_the_plain_gap_is_used_where_the_blend_does_not_beat_it(made: Made) -> None:
    # who has bought every 5 days for a year is known by heart: nothing is to be learned from others
    assert made.card.kept is False and made.card.method == made.card.plain == "own mean gap"
    assert made.card.value >= made.card.plain_value
    for row in rows_of(made)[:40]:
        days = sorted({line.ago for line in SHOP if line.person == row["person_id"] and line.category == row["item"]})
        assert row["gap_days"] == pytest.approx(np.exp(np.log(np.diff(days)).mean()))


def test_a_card_says_what_was_held_back(made: Made) -> None:
    assert made.card.held_back_until == AS_OF and made.card.learned_until == AS_OF - timedelta(56)


def test_who_buys_milk_every_five_days_is_more_probable_in_14_days_than_who_buys_coffee_every_14(made: Made) -> None:
    of = {item: [r["chance_14d"] for r in rows_of(made) if r["item"] == item] for item in ("milk", "coffee")}
    assert np.mean(of["milk"]) > np.mean(of["coffee"]) > 0.3


def test_an_article_bought_twice_on_a_day_counts_once(engine: Engine) -> None:
    twice = [replace(line, product="coffee 2") for line in COFFEE]
    assert Replenishment().make(world(engine, SHOP + twice)).rows.select(["person_id", "item", "bought"]) == (
        Replenishment().make(world(engine, SHOP)).rows.select(["person_id", "item", "bought"])
    )


def test_the_same_purchases_give_the_same_due_dates(engine: Engine, made: Made) -> None:
    again = Replenishment().make(world(engine, list(reversed(SHOP))))
    assert again.rows == made.rows and again.card == made.card


def test_no_purchase_after_the_day_spoken_of_is_seen(engine: Engine, made: Made) -> None:
    future = [Line(person, -3, "milk 1", "milk") for person in range(1, 121)]
    assert Replenishment().make(world(engine, SHOP + future)).rows == made.rows


def test_a_customer_has_at_most_so_many_due_dates_the_most_probable(engine: Engine, made: Made) -> None:
    one = Replenishment(at_most=1).make(world(engine, SHOP))
    best: dict[object, float] = {}
    for row in rows_of(made):
        best[row["person_id"]] = max(best.get(row["person_id"], 0.0), row["chance_14d"])
    assert {row["person_id"]: row["chance_14d"] for row in rows_of(one)} == pytest.approx(best)


def test_many_customers_are_learned_from_a_part_of_them_and_all_are_scored(
    engine: Engine, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("parcours.scores.replenishment.learning.LINES_TO_LEARN_FROM", 6000)
    part = Replenishment(people=10).make(world(engine, SHOP))
    assert part.rows.num_rows == pytest.approx(made.rows.num_rows, rel=0.1)
    assert set(part.rows["item"].to_pylist()) == {"coffee", "milk"}


@pytest.mark.parametrize(
    ("lines", "settings", "code", "needed"),
    [
        ([replace(line, category=None) for line in COFFEE], {}, "not_in_catalogue", 1),
        ([line for line in SHOP if line.ago < 100], {}, "too_short_history", 120),
        (SHOP, {"longest": Duration.parse("200 days")}, "too_short_history", 456),
        (SHOP, {"people": 500}, "nothing_replenishable", 500),
        (LAMPS, {}, "no_repeat_purchases", 200),
        ([line for line in COFFEE if line.person < 12], {"people": 5}, "too_few_repeat_purchases", 200),
    ],
)  # fmt: skip
def test_too_little_is_refused_with_what_is_missing(
    engine: Engine, lines: list[Line], settings: dict[str, object], code: str, needed: int
) -> None:
    with pytest.raises(TooLittle) as refused:
        Replenishment(**settings).make(world(engine, lines))
    assert refused.value.said["code"] == code
    assert refused.value.said["needed"] == needed
    assert refused.value.said["found"] < needed


# -- the small models


def test_waits_end_as_kaplan_and_meier_count_them() -> None:
    # 100 waits: 40 end in step 0, 30 are cut off in step 5, 30 end in step 10: 100 -> 60 %, then 30 of 30 end
    counts = [(1, 0, 1, 40), (1, 5, 0, 30), (1, 10, 1, 30)]
    steps = pa.table({name: list(each) for name, each in zip(("class", "step", "ended", "times"), zip(*counts))})
    survival = rhythm._kaplan_meier(steps, 1)
    assert survival[80] == 1.0
    assert survival[81] == pytest.approx(0.6)
    assert survival[90] == pytest.approx(0.6)
    assert survival[91] == pytest.approx(0.6 * 0.001)


def test_quarters_are_those_of_the_waits_still_to_come() -> None:
    # every step from 0 to 9 ends 100 of 1,000 waits
    steps = pa.table({"class": [2] * 10, "step": list(range(10)), "ended": [1] * 10, "times": [100] * 10})
    curve = rhythm.curve(steps, least=0.0).to_pylist()
    start = next(row for row in curve if row["class"] == 2 and row["step"] == 0)
    half = next(row for row in curve if row["class"] == 2 and row["step"] == 5)
    assert start["middle"] == pytest.approx(5 * 0.05, abs=0.01)
    assert half["early"] == pytest.approx((5 + 1.25) * 0.05, abs=0.01)
    assert half["late"] == pytest.approx((5 + 3.75) * 0.05, abs=0.01)


def test_no_due_date_where_most_never_come_back() -> None:
    steps = pa.table({"class": [1, 1], "step": [0, 20], "ended": [1, 0], "times": [10, 90]})
    curve = rhythm.curve(steps, least=0.25).to_pylist()
    assert all(row["middle"] is None for row in curve if row["class"] == 1)


def test_least_absolute_error_finds_the_median_of_days() -> None:
    days = np.array([2.0, 3.0, 10.0, 50.0, 400.0])
    weights = rhythm.least_absolute(np.ones((5, 1)), days, rounds=200)
    assert np.exp(weights[0]) == pytest.approx(10.0, rel=0.05)


def test_calibration_error_is_the_mean_gap_over_tenths() -> None:
    foreseen = np.repeat([0.1, 0.9], 50)
    came = np.r_[np.tile([1, 0, 0, 0, 0, 0, 0, 0, 0, 0], 5), np.tile([1, 1, 1, 1, 1, 1, 1, 0, 0, 0], 5)]
    assert rhythm.calibration_error(foreseen, came) == pytest.approx(0.1)


# -- lists


def test_the_due_list_of_a_day_holds_all_whose_window_covers_it(engine: Engine, made: Made) -> None:
    day = AS_OF + timedelta(5)
    _lay(engine, made)
    listed = engine.rows(due_lists.due_on("due", day))
    expected = {(r["person_id"], r["item"]) for r in rows_of(made) if r["due_from"] <= day <= r["due_until"]}
    assert {(row["person_id"], row["item"]) for row in listed} == expected and expected
    chances = [row["chance_14d"] for row in listed]
    assert chances == sorted(chances, reverse=True)


def test_the_basket_of_the_coming_week_holds_what_falls_due_in_it(engine: Engine, made: Made) -> None:
    _lay(engine, made)
    first = AS_OF + timedelta(1)
    baskets = due_lists.batches(_Tables(engine), "due", first, baskets=True).read_all().to_pylist()  # type: ignore[arg-type]
    last = AS_OF + timedelta(7)
    assert {(row["person_id"], row["item"]) for row in baskets} == {
        (row["person_id"], row["item"]) for row in rows_of(made) if row["due_from"] <= last
    }
    assert {row["place"] for row in baskets} <= {1, 2}
    tables = _Tables(engine)
    person = baskets[0]["person_id"]
    own = due_lists.basket(tables, "due", person, as_of=AS_OF)  # type: ignore[arg-type]
    assert [row["item"] for row in own] == [row["item"] for row in baskets if row["person_id"] == person]


def test_items_are_counted_by_how_many_are_due(engine: Engine, made: Made) -> None:
    _lay(engine, made)
    day = AS_OF + timedelta(3)
    counts = due_lists.due_counts(_Tables(engine), "due", day)  # type: ignore[arg-type]
    due = [row for row in rows_of(made) if row["due_from"] <= day <= row["due_until"]]
    assert sum(row["people"] for row in counts) == len(due)
    assert sum(row["expected_14d"] for row in counts) == pytest.approx(sum(r["chance_14d"] for r in due), abs=1e-3)


class _Tables:
    """Tables that are readable already."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def read(self, *names: str) -> None:
        """Nothing is to be done."""


def _lay(engine: Engine, made: Made) -> None:
    named = made.rows.append_column("score", pa.array(["due"] * made.rows.num_rows))
    engine.register("due_dates", named)
