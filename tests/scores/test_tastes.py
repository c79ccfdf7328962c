from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from math import exp, log

import numpy as np
import pytest

from parcours.engine import Engine
from parcours.model.value import Duration
from parcours.scores.kinds.taste import Taste
from parcours.scores.made import Made, TooLittle
from tests.scores.replenishment_shop import Line, an_engine, world

engine = pytest.fixture(scope="module")(an_engine)
CATEGORIES = ("tea", "bread", "cheese", "fruit")


def shop(people: int = 60, seed: int = 3) -> list[Line]:
    """Each customer buys one of four categories every eighth day, by shares that changed half a year ago."""
    chance = np.random.default_rng(seed)
    lines = []
    for person in range(1, people + 1):
        before, since = chance.dirichlet([1.0, 2.0, 1.0, 0.5], size=2)
        for ago in range(person % 8, 360, 8):
            category = CATEGORIES[chance.choice(4, p=since if ago < 180 else before)]
            product = f"{category} {chance.integers(1, 6)}"
            lines.append(Line(person, ago, product, category, brand=product[-1], net=100 * int(product[-1])))
    return lines


SHOP = shop()


@pytest.fixture(scope="module")
def made(engine: Engine) -> Made:
    return Taste(of="category_1").make(world(engine, SHOP))


def shares_by_hand(person: int, half_life: float, prior: float) -> dict[str, float]:
    def weight(line: Line) -> float:
        return exp(-log(2) / half_life * line.ago)

    every = {c: sum(weight(line) for line in SHOP if line.category == c) for c in CATEGORIES}
    own = {c: sum(weight(line) for line in SHOP if line.category == c and line.person == person) for c in CATEGORIES}
    return {
        c: (own[c] + prior * every[c] / sum(every.values())) / (sum(own.values()) + prior) for c in CATEGORIES if own[c]
    }


def test_a_share_is_the_decayed_share_drawn_to_everybodys(engine: Engine) -> None:
    taste = Taste(of="category_1", half_life=Duration.parse("60 days"), prior=5)
    made = taste.make(world(engine, SHOP))
    assert made.card.kept is True
    for person in (1, 7, 60):
        told = {row["item"]: row["share"] for row in made.rows.to_pylist() if row["person_id"] == person}
        assert told == pytest.approx(shares_by_hand(person, 60, 5), rel=1e-4)


def test_base_shares_are_those_of_all_and_add_up_to_one(made: Made) -> None:
    base = {row["item"]: row["base_share"] for row in made.rows.to_pylist()}
    assert sum(base.values()) == pytest.approx(1.0)
    assert max(base, key=lambda item: base[item]) == "bread"


def test_the_favourite_has_place_one_and_only_the_top_are_told(engine: Engine) -> None:
    made = Taste(of="category_1", top=2).make(world(engine, SHOP))
    rows = made.rows.to_pylist()
    assert {row["place"] for row in rows} == {1, 2}
    for first, second in pairwise(rows):
        if first["person_id"] == second["person_id"]:
            assert first["place"] < second["place"] and first["share"] >= second["share"]
        else:
            assert first["person_id"] < second["person_id"] and second["place"] == 1


def test_the_weights_are_learned_and_kept_because_they_beat_the_plain_shares(made: Made) -> None:
    card = made.card
    assert card.kept is True and card.value < card.plain_value
    assert card.detail["error_of_own_shares"] >= card.plain_value
    assert card.detail["error_of_shares_of_the_base"] >= card.plain_value


def test_the_error_is_the_squared_distance_of_foreseen_and_later_shares(engine: Engine) -> None:
    made = Taste(of="category_1", prior=5, half_life=Duration.parse("60 days")).make(world(engine, SHOP))
    errors = []
    rate = log(2) / 60
    before = [line for line in SHOP if line.ago >= 28]
    base = {c: sum(exp(-rate * (line.ago - 28)) for line in before if line.category == c) for c in CATEGORIES}
    for person in {line.person for line in SHOP}:
        own = {
            c: sum(exp(-rate * (line.ago - 28)) for line in before if line.category == c and line.person == person)
            for c in CATEGORIES
        }
        after = [line.category for line in SHOP if line.person == person and line.ago < 28]
        errors.append(
            sum(
                ((own[c] + 5 * base[c] / sum(base.values())) / (sum(own.values()) + 5) - after.count(c) / len(after))
                ** 2
                for c in CATEGORIES
            )
        )
    assert made.card.value == pytest.approx(np.mean(errors), abs=2e-6)


def test_where_all_are_alike_everybodys_shares_are_used(engine: Engine) -> None:
    chance = np.random.default_rng(1)
    alike = [replace(line, category=CATEGORIES[chance.integers(4)]) for line in SHOP]
    made = Taste(of="category_1", prior=0.5, half_life=Duration.parse("10 days")).make(world(engine, alike))
    assert made.card.kept is False and made.card.method == "shares of the base"
    assert all(row["share"] == pytest.approx(row["base_share"], abs=1e-6) for row in made.rows.to_pylist())


def test_price_bands_are_fifths_of_what_is_sold_in_a_category(engine: Engine) -> None:
    # five teas at 1 to 5, sold alike: one in each fifth; the wines of ten times the price have their own fifths
    lines = [
        Line(person, ago, f"{kind} {1 + (person + ago) % 5}", kind, net=factor * (1 + (person + ago) % 5))
        for person in range(1, 41)
        for ago in range(0, 120, 2)
        for kind, factor in (("tea", 100), ("wine", 1000))
    ]
    made = Taste(of="price").make(world(engine, lines))
    assert set(made.rows["item"].to_pylist()) == {f"price_{band}" for band in range(1, 6)}
    base = {row["item"]: row["base_share"] for row in made.rows.to_pylist()}
    assert base == pytest.approx({f"price_{band}": 0.2 for band in range(1, 6)}, abs=0.02)


def test_who_buys_the_dearest_has_a_taste_for_it(engine: Engine) -> None:
    lines = [
        replace(line, product=f"{line.category} {1 + line.person % 5}", net=100 * (1 + line.person % 5))
        for line in SHOP
    ]
    made = Taste(of="price", prior=1).make(world(engine, lines))
    first = {row["person_id"]: row["item"] for row in made.rows.to_pylist() if row["place"] == 1}
    assert first[4] == "price_5" and first[5] == "price_1"


def test_returns_are_no_taste(engine: Engine, made: Made) -> None:
    brought_back = [Line(1, 3, "cheese 1", "cheese", bought=0, returned=9, net=-900)] * 3
    assert Taste(of="category_1").make(world(engine, SHOP + brought_back)).rows == made.rows


def test_the_same_purchases_give_the_same_tastes(engine: Engine, made: Made) -> None:
    again = Taste(of="category_1").make(world(engine, list(reversed(SHOP))))
    assert again.rows == made.rows and again.card == made.card


def test_nothing_after_the_day_spoken_of_is_seen(engine: Engine, made: Made) -> None:
    later = [Line(person, -2, "tea 1", "tea") for person in range(1, 61)]
    assert Taste(of="category_1").make(world(engine, SHOP + later)).rows == made.rows


def test_many_customers_are_learned_from_a_part_of_them_and_all_are_told(
    engine: Engine, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("parcours.scores.taste.tastes.LEARNERS", 20)
    part = Taste(of="category_1", people=5).make(world(engine, SHOP))
    assert set(part.rows["person_id"].to_pylist()) == set(made.rows["person_id"].to_pylist())


@pytest.mark.parametrize(
    ("of", "lines", "code", "needed", "found"),
    [
        ("brand", [replace(line, brand=None) for line in SHOP], "not_in_catalogue", 2, 0),
        ("category_1", [replace(line, category="tea") for line in SHOP], "nothing_to_compare", 2, 1),
        ("price", [replace(line, product=line.category or "") for line in SHOP], "not_in_catalogue", 2, 0),
        ("category_1", [line for line in SHOP if line.ago < 60], "too_short_history", 84, 59),
        ("category_1", [line for line in SHOP if line.person <= 12], "too_few_people", 30, 12),
        ("category_1", [line for line in SHOP if line.person == 1], "too_few_people", 30, 1),
        ("category_1", [], "not_in_catalogue", 2, 0),
    ],
)  # fmt: skip
def test_too_little_is_refused_with_what_is_missing(
    engine: Engine, of: str, lines: list[Line], code: str, needed: int, found: int
) -> None:
    with pytest.raises(TooLittle) as refused:
        Taste(of=of).make(world(engine, lines))
    assert (refused.value.said["code"], refused.value.said["needed"], refused.value.said["found"]) == (
        code,
        needed,
        found,
    )


def test_the_working_tables_are_freed_even_after_a_refusal(engine: Engine) -> None:
    with pytest.raises(TooLittle):
        Taste(of="brand").make(world(engine, [replace(line, brand=None) for line in SHOP]))
    held = engine.rows("SELECT table_name FROM information_schema.tables WHERE table_name LIKE 'taste_%'")
    assert held == []
