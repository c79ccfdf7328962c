"""Lifetime models against the integrals they are the closed form of, and against customers made up from them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from scipy import integrate, stats
from scipy.optimize import check_grad

from parcours.scores.lifetime import orders
from parcours.scores.lifetime.history import WINDOWS, History
from parcours.scores.lifetime.model import LifetimeModel, Lives, _Likelihood, fit, log_likelihood
from parcours.scores.lifetime.orders import Lifetime, learn_correction
from parcours.scores.lifetime.ranges import Scatter, learn_scatter, money_range, order_range
from parcours.scores.lifetime.spend import SpendModel, fit_spend

FIRST = date(2025, 1, 6)


def lives(*rows: tuple[int, int, int]) -> Lives:
    return Lives(*(np.array(column, dtype=np.int64) for column in zip(*rows)))


def model(at_once: bool, *, r: float = 0.6, alpha: float = 5.0, a: float = 0.8, b: float = 2.5) -> LifetimeModel:
    return LifetimeModel(r, alpha, a, b, at_once, 0.0)


def over_customers(of: LifetimeModel, value: Callable[[Any, Any], Any]) -> float:
    """The mean of a value over customers' weekly rates and chances of stopping, by Gauss-Legendre over quantiles.

    Densities are endless at 0 and quantiles bend at both ends: a change of variable flat there takes care of both.
    """
    points, weights = np.polynomial.legendre.leggauss(60)
    at = (points + 1) / 2
    bend, weights = at**2 * (3 - 2 * at), weights / 2 * 6 * at * (1 - at)
    rate = stats.gamma.ppf(bend, of.r, scale=1 / of.alpha)
    stop = stats.beta.ppf(bend, of.a, of.b)
    return float(weights @ value(rate[:, None], stop[None, :]) @ weights)


def chance(of: LifetimeModel, x: int, last: float, age: float) -> Callable[[Any, Any], tuple[Any, Any]]:
    """How probable a life is for a rate and a chance of stopping: still a customer, and stopped."""

    def both(rate: Any, stop: Any) -> tuple[Any, Any]:
        goes_on = (1 - stop) ** (x + of.at_once)
        stopped = stop * (1 - stop) ** (x - 1 + of.at_once) if x or of.at_once else 0.0 * stop
        return goes_on * rate**x * np.exp(-rate * age), stopped * rate**x * np.exp(-rate * last)

    return both


@pytest.mark.parametrize("at_once", [False, True])
@pytest.mark.parametrize("x, last, age", [(0, 0, 140), (1, 35, 140), (4, 133, 140), (4, 70, 140)])
def test_likelihood_alive_and_expectation_are_what_the_integrals_give(
    at_once: bool, x: int, last: int, age: int
) -> None:
    of, life = model(at_once), lives((x, last, age))
    both = chance(of, x, last / 7, age / 7)
    whole = over_customers(of, lambda rate, stop: np.add(*both(rate, stop)))
    alive = over_customers(of, lambda rate, stop: both(rate, stop)[0])
    weeks = 8.0
    later = over_customers(of, lambda rate, stop: both(rate, stop)[0] * (1 - np.exp(-rate * stop * weeks)) / stop)
    assert log_likelihood(of, life) == pytest.approx(np.log(whole), abs=2e-3)
    assert of.alive(life)[0] == pytest.approx(alive / whole, rel=2e-3)
    assert of.expected(life, 56)[0] == pytest.approx(later / whole, rel=4e-3)


def test_nobody_who_bought_once_has_stopped_under_bgnbd_but_may_have_under_mbgnbd() -> None:
    once = lives((0, 0, 300))
    assert model(False).alive(once)[0] == 1
    assert 0 < model(True).alive(once)[0] < 1


@pytest.mark.parametrize("at_once", [False, True])
def test_the_slope_of_the_likelihood_is_its_slope(at_once: bool) -> None:
    some = lives((0, 0, 100), (1, 20, 100), (7, 95, 120), (3, 10, 200))
    likelihood = _Likelihood(some, np.array([3, 1, 2, 1]), at_once)
    for at in ([0.0, 1.0, -0.5, 0.7], [-1.0, 0.3, 0.4, 2.0]):
        off = check_grad(lambda logs: likelihood.value(logs)[0], lambda logs: likelihood.value(logs)[1], np.array(at))
        assert off < 1e-5


def test_equal_lives_are_fitted_once_and_count_as_often_as_they_are() -> None:
    some = [(0, 0, 100), (1, 20, 100), (7, 95, 120), (3, 10, 200), (2, 44, 90)]
    once, where, many = lives(*some, *some[:2]).unique()
    assert len(once.repeats) == 5 and sorted(many) == [1, 1, 1, 2, 2]
    assert [int(once.age[at]) for at in where] == [100, 100, 120, 200, 90, 100, 100]


def test_the_expectation_is_smooth_where_a_is_one() -> None:
    life = lives((3, 60, 100))
    near = [model(False, a=a).expected(life, 90)[0] for a in (1 - 1e-3, 1.0, 1 + 1e-3)]
    assert near[0] == pytest.approx(near[1], rel=1e-3) and near[2] == pytest.approx(near[1], rel=1e-3)


def test_who_buys_every_other_day_is_expected_to_go_on() -> None:
    daily = lives((400, 799, 800))
    told = model(False, r=1.4, alpha=1.35, a=0.02, b=14.0).expected(daily, 30)[0]
    assert told == pytest.approx(400 / 800 * 30, rel=0.03)


def test_the_parameters_customers_were_made_of_are_found_again() -> None:
    history, _ = poisson_shop(20_000, days=500, seed=3)
    found = fit(history.lives)
    for value, true in zip((found.r, found.alpha, found.a, found.b), (0.8, 5.0, 0.8, 3.0)):
        assert value == pytest.approx(true, rel=0.12)
    assert log_likelihood(found, history.lives) == pytest.approx(found.log_likelihood)
    assert found.log_likelihood >= log_likelihood(model(False, r=0.8, alpha=5.0, a=0.8, b=3.0), history.lives)


# -- spend


def test_the_mean_of_few_purchases_is_drawn_towards_everybodys() -> None:
    spend = SpendModel(6.0, 4.0, 15.0, 0.0)  # everybody's mean: 6 * 15 / 3 = 30
    days, mean = np.array([0.0, 2.0, 200.0]), np.array([0.0, 60.0, 60.0])
    # p (v + n m) / (p n + q - 1) by hand
    assert spend.expected(days, mean) == pytest.approx([30.0, 6 * 135 / 15, 6 * 12015 / 1203])


def test_the_spend_likelihood_is_what_the_integral_gives() -> None:
    days, mean = np.array([1.0, 3.0, 5.0]), np.array([12.0, 45.0, 30.0])
    found = fit_spend(days, mean)
    each = []
    for n, m in zip(days, mean):

        def density(v: float, n: float = n, m: float = m) -> float:
            prior = stats.gamma.pdf(v, found.q, scale=1 / found.v)
            return float(stats.gamma.pdf(m, found.p * n, scale=1 / (v * n)) * prior)

        each.append(np.log(integrate.quad(density, 0, stats.gamma.ppf(1 - 1e-12, found.q, scale=1 / found.v))[0]))
    assert found.log_likelihood == pytest.approx(sum(each), rel=1e-4)


def test_the_spend_parameters_are_found_again_whatever_the_unit() -> None:
    chance = np.random.default_rng(5)
    days = chance.integers(1, 12, 50_000).astype(float)
    rate = chance.gamma(4.0, 1 / 15.0, 50_000)
    mean = chance.gamma(6.0 * days, 1 / (rate * days))
    found, cents = fit_spend(days, mean), fit_spend(days, 100 * mean)
    # p and v hardly tell apart; their product, which the mean hangs on, does
    assert (found.p * found.v, found.q) == pytest.approx((6.0 * 15.0, 4.0), rel=0.03)
    assert found.p == pytest.approx(6.0, rel=0.12)
    assert (cents.p, cents.q, cents.v / 100) == pytest.approx((found.p, found.q, found.v), rel=1e-3)


def test_who_gave_everything_back_still_has_an_expected_amount() -> None:
    spend = SpendModel(6.0, 4.0, 15.0, 0.0)
    assert spend.expected(np.array([2.0]), np.array([-5.0]))[0] == pytest.approx(6 * 15 / 15)


# -- ranges


def test_the_range_of_orders_is_that_of_the_mixture() -> None:
    scatter = Scatter(0.5, 0.8, True)
    repeats, alive, expected = np.array([0.0, 3.0, 40.0]), np.array([0.5, 0.9, 0.99]), np.array([0.4, 3.0, 25.0])
    low, high = order_range(scatter, repeats, alive, expected)
    for at in range(3):
        size = 0.8 * (0.5 + repeats[at])
        mean = expected[at] / alive[at]
        counts = np.arange(200)
        below = 1 - alive[at] + alive[at] * stats.nbinom.cdf(counts, size, size / (size + mean))
        # customers a hundredth apart are told the same range, so that a bound may miss by one at an exact tie
        assert abs(low[at] - np.argmax(below >= 0.05)) <= (low[at] > 10)
        assert abs(high[at] - np.argmax(below >= 0.95)) <= (high[at] > 10)


def test_the_range_of_money_holds_nine_times_in_ten() -> None:
    scatter, spend = Scatter(0.5, 1.0, True), SpendModel(6.0, 8.0, 35.0, 0.0)
    repeats, alive, expected, mean = (np.array([value]) for value in (9.0, 0.9, 4.0, 40.0))
    low, high = money_range(
        scatter, repeats, alive, expected, spend=spend, mean=mean, amount=spend.expected(repeats + 1, mean)
    )
    chance = np.random.default_rng(8)
    size = 9.5
    rate = chance.gamma(size, 4.0 / 0.9 / size, 200_000) * (chance.random(200_000) < 0.9)
    bought = chance.poisson(rate)
    scale = chance.gamma(6 * 10 + 8, 1 / (35 + 10 * 40), 200_000)
    money = np.where(bought > 0, chance.gamma(6 * np.maximum(bought, 1), 1 / scale), 0)
    assert low[0] == 0 == np.quantile(money, 0.05)
    assert high[0] == pytest.approx(np.quantile(money, 0.95), rel=0.05)


def test_the_scatter_is_the_one_that_made_what_came() -> None:
    chance = np.random.default_rng(9)
    repeats, alive = chance.integers(0, 10, 20_000).astype(float), chance.uniform(0.2, 1, 20_000)
    mean = 0.3 * (0.5 + repeats)
    size = 2.0 * (0.5 + repeats)
    came = chance.poisson(chance.gamma(size, mean / size)) * (chance.random(20_000) < alive)
    found = learn_scatter(0.5, repeats, alive, mean * alive, came.astype(float))
    assert found.leaves and 1.5 < found.width < 2.7


# -- the choice


def test_the_correction_brings_the_total_right() -> None:
    chance = np.random.default_rng(4)
    expected = chance.gamma(0.5, 2.0, 5_000)
    came = chance.poisson(1.3 * expected**0.9).astype(float)
    found = learn_correction(expected, came, 60)
    assert np.sum(np.exp(found.level) * expected**found.slope) == pytest.approx(came.sum(), rel=1e-3)
    assert (np.exp(found.level), found.slope) == pytest.approx((1.3, 0.9), rel=0.05)


def test_a_lifetime_model_is_used_where_people_come_as_it_says() -> None:
    _, read = poisson_shop(3_000, days=500, seed=6)
    found = orders.learn(read, FIRST, FIRST + timedelta(days=499), seed=20)
    assert found.method.name in ("BG/NBD", "MBG/NBD") and found.kept
    assert found.held == 90
    assert found.judged[found.method.name].rmse < min(found.judged[name].rmse for name in ("base rate", "own rate"))


def test_trees_are_used_where_people_come_as_regularly_as_clocks() -> None:
    read = clockwork_shop(1_500, days=364, seed=7)
    as_of = FIRST + timedelta(days=363)
    found = orders.learn(read, FIRST, as_of, seed=20)
    assert found.method.name == "gradient boosting"
    later = read(as_of, as_of + timedelta(days=90))
    ours = found.expected(later, 90) - later.later_days
    model = fit(later.lives).expected(later.lives, 90) - later.later_days
    assert np.sqrt(np.mean(ours**2)) < 0.95 * np.sqrt(np.mean(model**2))


def test_last_years_season_is_expected_again() -> None:
    days = 800
    _, read = poisson_shop(8_000, days=days, seed=11, season=0.5)
    as_of = FIRST + timedelta(days=days - 1)
    found = orders.learn(read, FIRST, as_of, seed=20, days=(90,))
    later = read(as_of, as_of + timedelta(days=90))
    came = later.later_days.sum()
    assert abs(found.expected(later, 90).sum() / came - 1) < abs(found.method.expected(later, 90).sum() / came - 1) / 2


def test_a_correction_counts_by_half_where_its_season_is_gone_by() -> None:
    _, read = poisson_shop(3_000, days=400, seed=6)
    as_of = FIRST + timedelta(days=399)
    found = orders.learn(read, FIRST, as_of, seed=20, days=(365,))
    assert isinstance(found.method, Lifetime)
    now = read(as_of, as_of)
    uncorrected = fit(now.lives).expected(now.lives, 365).sum()
    whole, half = (told.sum() / uncorrected for told in (found.method.expected(now, 365), found.expected(now, 365)))
    assert half == pytest.approx(np.sqrt(whole), rel=0.01)


def test_the_same_purchases_give_the_same_figures() -> None:
    read = clockwork_shop(1_500, days=364, seed=7)
    as_of = FIRST + timedelta(days=363)
    now = read(as_of, as_of)
    first, second = (orders.learn(read, FIRST, as_of, seed=20, days=(30,)).expected(now, 30) for _ in range(2))
    assert first.tobytes() == second.tobytes()


# -- shops made up


def reader(people: np.ndarray, days: np.ndarray) -> Callable[[date, date], History]:
    """What the warehouse would read of purchases given as person and day since FIRST."""
    bought = np.unique(np.column_stack([people, days]), axis=0)
    people, days = bought.T
    gaps = np.where(np.diff(people, prepend=-1) == 0, np.diff(days, prepend=0), 0)

    def read(cut: date, until: date) -> History:
        at, end = (cut - FIRST).days, (until - FIRST).days
        before, after = days <= at, (days > at) & (days <= end)
        ids, where = np.unique(people[before], return_inverse=True)
        first, last = np.full(len(ids), 10**6), np.zeros(len(ids), dtype=np.int64)
        np.minimum.at(first, where, days[before])
        np.maximum.at(last, where, days[before])
        count = np.bincount(where)
        windows = [np.bincount(where, weights=days[before] > at - window) for window in WINDOWS]
        later = np.bincount(people[after], minlength=people.max() + 1)[ids].astype(float)
        return History(
            ids, Lives(count - 1, last - first, at - first), 1000.0 * count,
            np.bincount(where, weights=gaps[before] ** 2.0), np.column_stack(windows), later, 1000 * later,
        )  # fmt: skip

    return read


def poisson_shop(
    people: int, *, days: int, seed: int, season: float = 0.0
) -> tuple[History, Callable[[date, date], History]]:
    """Customers who live as BG/NBD says (r 0.8, alpha 5 weeks, a 0.8, b 3); a season of a year may thin purchases."""
    chance = np.random.default_rng(seed)
    rate = chance.gamma(0.8, 1 / 35, people)
    stop = chance.beta(0.8, 3.0, people)
    start = chance.integers(0, int(days * 0.9), people)
    found = [(np.arange(people), start)]
    who, at = np.arange(people), start.astype(float)
    while len(who):
        at = at + chance.exponential(1 / rate[who])
        who, at = who[at < days + 120], at[at < days + 120]
        peak = (1 + season * np.cos(2 * np.pi * (at - 340) / 364)) / (1 + season)
        bought = chance.random(len(who)) < peak
        found.append((who[bought], np.floor(at[bought]).astype(int)))
        goes_on = ~bought | (chance.random(len(who)) >= stop[who])
        who, at = who[goes_on], at[goes_on]
    read = reader(*(np.concatenate(column) for column in zip(*found)))
    as_of = FIRST + timedelta(days=days - 1)
    return read(as_of, as_of), read


def clockwork_shop(people: int, *, days: int, seed: int) -> Callable[[date, date], History]:
    """Customers who come every so many days, give or take one, until the day they leave for good."""
    chance = np.random.default_rng(seed)
    gap = chance.integers(4, 22, people)
    steps = np.arange(days // 4 + 40)
    at = chance.integers(0, 60, people)[:, None] + gap[:, None] * steps + chance.integers(-1, 2, (people, len(steps)))
    leaves = np.where(chance.random(people) < 0.5, chance.integers(60, 500, people), 10_000)
    kept = (at >= 0) & (at < np.minimum(leaves, days + 120)[:, None])
    return reader(np.nonzero(kept)[0], at[kept])
