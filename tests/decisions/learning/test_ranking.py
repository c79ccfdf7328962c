"""Lists: places weigh clicks, scores are moved by what is seen, sessions and variety do what they say."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import beta as beta_distribution

from parcours.decisions.learning import chance, examination
from parcours.decisions.learning.ranking import NOTHING, Session, Variety, attractiveness, boost, rank

LOOKED = np.array([1.0, 0.7, 0.5, 0.3, 0.2])


def clicks(shown: np.ndarray, attracts: np.ndarray, seed: int = 1) -> np.ndarray:
    maker = np.random.default_rng(seed)
    return maker.binomial(shown.astype(int), attracts[:, None] * LOOKED[None, : shown.shape[1]]).astype(float)


def test_places_in_lists_by_chance_are_read_off_their_clicks() -> None:
    shown = np.full((40, 5), 2000.0)
    attracts = np.random.default_rng(4).uniform(0.02, 0.3, 40)
    found = examination.at_random(shown, clicks(shown, attracts))
    assert found.looked == pytest.approx(LOOKED, abs=0.02)
    assert found.attracts == pytest.approx(attracts, abs=0.03)


def test_places_are_told_from_articles_also_where_the_best_stand_above() -> None:
    """The order is by attraction with some noise: the clicks of places alone would say that nobody looks down."""
    maker = np.random.default_rng(8)
    attracts = np.sort(maker.uniform(0.02, 0.3, 40))[::-1]
    shown = np.zeros((40, 5))
    for _ in range(40_000):
        order = np.argsort(-attracts[:10] + maker.normal(0, 0.03, 10))[:5]
        shown[order, np.arange(5)] += 1
    shown[:10] += 50
    won = clicks(shown, attracts)
    plain = won.sum(axis=0) / shown.sum(axis=0)
    found = examination.learn(shown, won)
    assert plain[4] / plain[0] < 0.18  # and not 0.2
    assert found.looked == pytest.approx(LOOKED, abs=0.03)
    assert found.attracts[:10] == pytest.approx(attracts[:10], abs=0.03)


def test_with_no_clicks_places_stay_as_they_usually_are() -> None:
    found = examination.learn(np.zeros((3, 4)), np.zeros((3, 4)))
    assert found.looked == pytest.approx(1 / np.sqrt([1, 2, 3, 4]))


def test_an_article_starts_from_its_score_and_moves_to_its_clicks() -> None:
    base = np.array([0.9, 0.3, 0.3])
    fresh = attractiveness(base, np.zeros(3), np.zeros(3))
    assert fresh.mean[0] == pytest.approx(3 * fresh.mean[1])
    seen = attractiveness(base, np.array([5000.0, 5000.0, 0.0]), np.array([100.0, 400.0, 0.0]))
    assert seen.mean[:2] == pytest.approx(np.array([0.02, 0.08]), rel=0.07)
    assert seen.mean[2] < seen.mean[1]
    low, middle, high = (seen.draw(np.full((1, 3), u))[0] for u in (0.1, 0.5, 0.9))
    assert (high - low)[2] > 3 * (high - low)[1]
    exact = beta_distribution.ppf([[0.1], [0.5], [0.9]], seen.a, seen.b)
    assert seen.values(np.stack([low, middle, high])) == pytest.approx(exact, rel=0.1)


def test_an_article_lower_down_is_not_taken_to_be_dull() -> None:
    shown = np.array([[1000.0, 0, 0, 0, 0], [0, 0, 0, 0, 1000.0]])
    examined = examination.Examination(LOOKED, np.zeros(2)).examined(shown)
    assert examined.tolist() == [1000.0, 200.0]
    found = attractiveness(np.array([0.5, 0.5]), examined, np.array([50.0, 20.0]))
    assert found.mean[1] > found.mean[0]


def articles(count: int = 6):
    base = np.linspace(0.9, 0.2, count)
    return attractiveness(base, np.full(count, 500.0), 500 * base * 0.1)


def order(**how) -> list[list[int]]:
    given = {"uniforms": None, "places": 4, "allowed": np.ones((1, 6), bool)} | how
    return rank(articles(), given.pop("allowed"), given.pop("uniforms"), **given).order.tolist()


def test_without_chance_the_best_come_first_and_what_is_not_allowed_never() -> None:
    assert order() == [[0, 1, 2, 3]]
    assert order(allowed=np.array([[0, 1, 0, 1, 0, 1]], bool)) == [[1, 3, 5, NOTHING]]
    assert order(allowed=np.zeros((1, 6), bool), places=2) == [[NOTHING, NOTHING]]


def test_a_session_brings_up_what_was_looked_at_and_lets_down_what_was_left_aside() -> None:
    category = np.array([0, 0, 1, 1, 2, NOTHING])
    session = Session(np.array([[0.0, 0.0, 3.0]]), np.array([[0.0, 0.0, 1.0]]), np.array([[7.0, 0.0, 0.0]]))
    moved = boost(session, category)
    assert moved.tolist() == [[pytest.approx(v) for v in (-0.9, -0.9, 0.0, 0.0, 2.0, 0.0)]]
    assert order(moved=moved, places=3) == [[4, 2, 3]]


def test_no_more_than_so_many_of_a_category_in_a_row() -> None:
    category = np.array([0, 0, 0, 1, 1, NOTHING])
    assert order(category=category, variety=Variety(in_a_row=1), places=6) == [[0, 3, 1, 4, 2, 5]]
    assert order(category=category, variety=Variety(in_a_row=2), places=6) == [[0, 1, 3, 2, 4, 5]]
    only = np.zeros(6, np.int64)
    assert order(category=only, variety=Variety(in_a_row=1), places=3) == [[0, 1, 2]]  # there is nothing else


def test_variety_puts_the_unlike_between() -> None:
    category, brand = np.array([0, 0, 0, 1, 1, 2]), np.array([0, 0, 1, 2, 2, 3])
    plain = order(category=category, brand=brand, variety=Variety(alike=0.0), places=6)
    mixed = order(category=category, brand=brand, variety=Variety(alike=0.7), places=3)
    assert plain == [[0, 1, 2, 3, 4, 5]]
    assert sorted(mixed[0]) == [0, 3, 5]


def test_chance_gives_the_unknown_its_turn_and_one_person_its_row() -> None:
    known = attractiveness(np.array([0.5, 0.5]), np.array([20_000.0, 0.0]), np.array([1000.0, 0.0]))
    ids = np.arange(4000)
    uniforms = chance.uniform(1, "list", "1", ids, ["old", "new"])
    found = rank(known, np.ones((4000, 2), bool), uniforms, places=2)
    assert 0.3 < (found.order[:, 0] == 1).mean() < 0.6
    alone = rank(known, np.ones((1, 2), bool), uniforms[77:78], places=2)
    assert alone.order[0].tolist() == found.order[77].tolist()
    assert alone.scores[0].tolist() == found.scores[77].tolist()
