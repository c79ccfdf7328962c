"""The assignment: as good as a solver's within two per cent, never beyond a limit, and honest about its bound."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import coo_matrix

from parcours.decisions.assignment import Block, Dealt, Limits, Terms, deal
from parcours.decisions.assignment.choosing import NOBODY, choose
from parcours.decisions.assignment.terms import penalties

KINDS = 20


@dataclass
class Homes:
    """Households with a taste each, made from a seed."""

    households: int
    offers: int = 60
    seed: int = 4
    held_back: bool = False

    def __post_init__(self) -> None:
        chance = np.random.default_rng(self.seed)
        score = chance.normal(size=(self.households, 5)) @ chance.normal(size=(5, self.offers)) * 0.7
        buys = 1 / (1 + np.exp(-(score + chance.normal(-1.5, 0.8, size=self.offers))))
        self.known = buys > 0.2
        self.redeemed = (0.3 * buys).astype(np.float32)
        self.margin = (self.redeemed * (chance.uniform(50, 400, self.offers) * (1 - buys) - 40)).astype(np.float32)
        self.allowed = chance.random(buys.shape) > 0.03
        self.counted = np.ones(self.households, bool)

    def block(self, rows: NDArray[np.int64]) -> Block:
        return Block(*(getattr(self, name)[rows] for name in ("margin", "redeemed", "known", "allowed", "counted")))

    def terms(self, places: int = 6, known: int = 4, per_group: int = 2) -> Terms:
        group = (np.arange(self.offers) % KINDS).astype(np.int32)
        return Terms(places, known, per_group, group, *penalties(-40.0, 400.0))

    def limits(self, part: float = 0.12, uses: float = 0.012) -> Limits:
        """A third of the offers for few households, all with stock, and two suppliers with little money."""
        households = np.where(np.arange(self.offers) % 3 == 0, np.floor(part * self.households), np.inf)
        takes = np.zeros((2, self.offers))
        takes[0, ::4], takes[1, 1::4] = 50.0, 80.0
        purses = np.array([0.05, 0.05]) * self.households * 50
        return Limits(households, np.full(self.offers, uses * self.households), purses, takes)


def best_by_solver(homes: Homes, limits: Limits, terms: Terms) -> float:
    """The optimum of the linear relaxation, by HiGHS: no assignment that fills all places in the mix is worth more."""
    home, offer = np.nonzero(homes.allowed)
    cells, columns = len(home), np.arange(len(home))
    side = 2 * home + homes.known[home, offer]
    exact = coo_matrix((np.ones(cells), (side, columns)), shape=(2 * homes.households, cells))
    wanted = np.tile([terms.discover, terms.known], homes.households)
    redeemed = homes.redeemed[home, offer].astype(float)
    kinds = home * KINDS + terms.group[offer]
    rows, values, room = [kinds], [np.ones(cells)], [np.full(homes.households * KINDS, terms.per_group, float)]
    n = homes.offers
    for value, limit in ((np.ones(cells), limits.households), (redeemed, limits.uses)):
        rows.append(offer + sum(map(len, room)))
        values.append(value)
        room.append(np.where(np.isfinite(limit), limit, 1e9))
    for purse, takes in zip(limits.purses, limits.takes):
        rows.append(np.full(cells, sum(map(len, room))))
        values.append(redeemed * takes[offer])
        room.append(np.array([purse]))
    assert n == len(limits.uses)
    within = coo_matrix((np.concatenate(values), (np.concatenate(rows), np.tile(columns, len(rows)))))
    found = linprog(-homes.margin[home, offer].astype(float), A_ub=within.tocsr(), b_ub=np.concatenate(room),
                    A_eq=exact.tocsr(), b_eq=wanted, bounds=(0, 1), method="highs")  # fmt: skip
    assert found.status == 0
    return float(-found.fun)


@pytest.fixture(scope="module")
def homes() -> Homes:
    return Homes(300)


@pytest.fixture(scope="module")
def dealt(homes: Homes) -> Dealt:
    return deal(homes, homes.limits(), homes.terms())


def used(homes: Homes, dealt: Dealt, limits: Limits) -> NDArray[np.float64]:
    rows, places = np.nonzero((dealt.offers != NOBODY) & homes.counted[:, None])
    chosen = dealt.offers[rows, places]
    given = np.bincount(chosen, minlength=homes.offers).astype(float)
    uses = np.bincount(chosen, weights=homes.redeemed[rows, chosen], minlength=homes.offers)
    return np.concatenate([given, uses, limits.takes @ uses])


def test_the_sum_is_within_two_per_cent_of_the_solvers_optimum_and_the_bound_is_above_it(
    homes: Homes, dealt: Dealt
) -> None:
    best = best_by_solver(homes, homes.limits(), homes.terms())
    assert dealt.value <= best * (1 + 1e-6)
    assert dealt.value >= 0.98 * best
    assert best * (1 - 1e-6) <= dealt.bound <= 1.02 * best


def test_no_limit_is_passed_and_what_is_told_of_them_is_so(homes: Homes, dealt: Dealt) -> None:
    limits = homes.limits()
    assert (used(homes, dealt, limits) <= limits.room + 1e-6).all()
    assert dealt.used == pytest.approx(used(homes, dealt, limits))
    assert (dealt.prices[~limits.bound] == 0).all() and (dealt.prices > 0).any()


def test_each_has_different_offers_it_may_have_in_the_mix_and_few_of_a_kind(homes: Homes, dealt: Dealt) -> None:
    terms, missed = homes.terms(), 0
    for home, places in enumerate(dealt.offers):
        offers = places[places != NOBODY]
        assert len(set(offers)) == len(offers)
        assert homes.allowed[home, offers].all()
        assert np.bincount(terms.group[offers]).max() <= 2
        known = homes.known[home, offers].sum()
        missed += 6 - len(offers) + max(known - 4, 0) + max(len(offers) - known - 2, 0)
    assert missed == dealt.missed <= 0.01 * dealt.offers.size


def test_the_value_is_the_sum_of_the_margins(homes: Homes, dealt: Dealt) -> None:
    rows = np.arange(homes.households)[:, None]
    margin = np.where(dealt.offers == NOBODY, 0, homes.margin[rows, dealt.offers])
    assert dealt.value == pytest.approx(float(margin.sum(dtype=np.float64)))
    assert dealt.gap == pytest.approx((dealt.bound - dealt.value) / dealt.bound)


def test_where_there_is_not_enough_for_all_places_stay_empty_and_the_bound_speaks_of_as_many() -> None:
    homes = Homes(60, offers=12)
    limits = Limits(np.full(12, 20.0), np.full(12, np.inf), np.zeros(0), np.zeros((0, 12)))
    dealt = deal(homes, limits, homes.terms(per_group=6))
    given = (dealt.offers != NOBODY).sum()
    assert (used(homes, dealt, limits) <= limits.room).all()
    assert given >= 12 * 20 - 5  # of 360 places, there is enough for 240
    assert dealt.value <= dealt.bound


def test_those_held_back_choose_too_and_use_nothing_up() -> None:
    homes = Homes(100)
    homes.counted[::2] = False
    limits = Limits(np.full(60, 4.0), np.full(60, np.inf), np.zeros(0), np.zeros((0, 60)))
    dealt = deal(homes, limits, homes.terms(places=3, known=2))
    assert ((dealt.offers[::2] != NOBODY).sum(axis=1) == 3).all()
    assert (used(homes, dealt, limits) <= limits.room).all()
    assert dealt.value == pytest.approx(float(dealt.margin[1::2].sum(dtype=np.float64)))


def test_one_household_without_limits_gets_its_best() -> None:
    homes = Homes(1, offers=8)
    free = Limits(np.full(8, np.inf), np.full(8, np.inf), np.zeros(0), np.zeros((0, 8)))
    homes.allowed[:] = True
    homes.known[:] = [[True] * 4 + [False] * 4]
    dealt = deal(homes, free, homes.terms(places=3, known=2))
    known = sorted(range(4), key=lambda n: -homes.margin[0, n])[:2]
    new = sorted(range(4, 8), key=lambda n: -homes.margin[0, n])[:1]
    assert set(dealt.offers[0]) == {*known, *new}
    assert dealt.gap == pytest.approx(0, abs=1e-6)


def test_a_wrong_place_in_the_mix_is_better_than_an_empty_one() -> None:
    value = np.array([[5.0, 4.0, 3.0, 2.0]], np.float32)
    terms = Terms(3, 2, 3, np.zeros(4, np.int32), *penalties(-10.0, 10.0))
    assert list(choose(value, np.array([[True] * 4]), terms).offers[0]) == [0, 1, 2]
    assert list(choose(value, np.array([[False, False, False, True]]), terms).offers[0]) == [0, 3, 1]


def test_both_sides_of_the_mix_share_the_limit_of_a_kind() -> None:
    value = np.array([[9.0, 8.0, 7.0, 1.0]], np.float32)
    terms = Terms(3, 2, 1, np.array([0, 1, 0, 2], np.int32), *penalties(-10.0, 10.0))
    choice = choose(value, np.array([[True, True, False, False]]), terms)
    assert set(choice.offers[0]) == {0, 1, 3}
    assert choice.bound[0] == pytest.approx(9 + 8 + 7)  # apart, the third would be better


def test_the_same_households_deal_the_same() -> None:
    homes = Homes(80)
    one, other = (deal(homes, homes.limits(), homes.terms()) for _ in range(2))
    assert (one.offers == other.offers).all() and one.bound == other.bound
