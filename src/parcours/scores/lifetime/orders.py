"""How many buying days are expected of each customer: the methods compared on held-back time, and the better kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Any, Protocol

import numpy as np

from parcours.scores.lifetime import boosted
from parcours.scores.lifetime.boosted import Boosted
from parcours.scores.lifetime.history import History
from parcours.scores.lifetime.model import LifetimeModel, Numbers, fit
from parcours.scores.lifetime.ranges import Scatter, learn_scatter

MOST_HELD_BACK = 90
BOOST_FROM = 500  # people, so that the trees see more than chance
_CLEARLY = 0.97  # of the error of BG/NBD is what trees may have at most: they know no more than the window they learned
_LEAST = 1e-6
YEAR = 364  # whole weeks
_FURTHEST = 3.0  # times more or less than BG/NBD expects is the most that a season is believed to be
_CHANCE = 50.0  # buying days: less says little of a season
_PULL = 10.0  # towards a slope of 1, in expected buying days


class Method(Protocol):
    """A way to tell how many buying days are expected of each customer in the next so many days."""

    @property
    def name(self) -> str: ...

    def expected(self, history: History, days: int) -> Numbers: ...


@dataclass(frozen=True)
class BaseRate:
    """As many as customers buy on average, for everybody the same."""

    a_day: float
    name: str = "base rate"

    def expected(self, history: History, days: int) -> Numbers:
        return np.full(len(history), self.a_day * days)


@dataclass(frozen=True)
class OwnRate:
    """As many as each has bought again until now in as many days; the base rate for who came today."""

    a_day: float
    name: str = "own rate"

    def expected(self, history: History, days: int) -> Numbers:
        age = history.lives.age
        own = history.lives.repeats / np.maximum(age, 1)
        return np.asarray(np.where(age > 0, own, self.a_day) * days)


@dataclass(frozen=True)
class Correction:
    """What held-back time says of a model's figures: their level, and how far apart customers really are.

    Over the window it was learned on, exp(level) * expected ** slope; for others in the same proportion for each.
    """

    level: float = 0.0
    slope: float = 1.0
    days: int = 0


@dataclass(frozen=True)
class Lifetime:
    """BG/NBD or MBG/NBD, corrected by what came on held-back time."""

    model: LifetimeModel
    correction: Correction = field(default_factory=Correction)

    @property
    def name(self) -> str:
        return self.model.name

    def expected(self, history: History, days: int) -> Numbers:
        told = self.model.expected(history.lives, days)
        if not self.correction.days:
            return told
        over = np.maximum(self.model.expected(history.lives, self.correction.days), _LEAST)
        return np.asarray(told * np.exp(self.correction.level) * over ** (self.correction.slope - 1))


@dataclass(frozen=True)
class Trees:
    """Gradient boosting on rhythm and recency."""

    boosted: Boosted
    model: LifetimeModel
    name: str = "gradient boosting"

    def expected(self, history: History, days: int) -> Numbers:
        return self.boosted.expected(history, self.model, days)


@dataclass(frozen=True)
class Judged:
    """How a method did on held-back time: root mean squared error, and by what share its total was off, if any came."""

    rmse: float
    bias: float | None


@dataclass(frozen=True)
class OrderForecast:
    """The method that did best on held-back time, learned again until today, and how all did.

    `leaving` is the model that tells who is still a customer. `season` multiplies what is expected of windows of so
    many days, 1 where it is not known. `before` is what was known when held-back time began, `held` its days.
    """

    method: Method
    plain: Method
    leaving: LifetimeModel
    scatter: Scatter
    season: dict[int, float]
    judged: dict[str, Judged]
    held: int
    before: History

    @property
    def kept(self) -> bool:
        """Whether a model did better than the plain methods."""
        return self.method.name != self.plain.name

    def expected(self, history: History, days: int) -> Numbers:
        """How many buying days are expected of each customer in the next so many days."""
        return self.season.get(days, 1.0) * self.method.expected(history, days)


Read = Callable[[date, date], History]


def held_back(first: date, as_of: date) -> int:
    """How many days are held back: the last quarter of the history, at most MOST_HELD_BACK."""
    return min(MOST_HELD_BACK, ((as_of - first).days + 1) // 4)


def learn(
    read: Read, first: date, as_of: date, *, seed: int, days: Sequence[int] = (), now: History | None = None
) -> OrderForecast:
    """Compares BG/NBD, MBG/NBD, gradient boosting, own rate and base rate on held-back time, and learns the best again.

    `read(cut, until)` gives the history by the end of `cut` with what came until `until`; purchases begin on `first`.
    `days` are the windows that will be asked for, so that their season can be looked up in the year before.
    """
    held = held_back(first, as_of)
    past = _Past(read, as_of, held, seed)
    told = {method.name: method.expected(past.before, held) for method in past.methods()}
    judged = {name: _judge(expected, past.before.later_days) for name, expected in told.items()}
    best, plain = _choose(judged)
    today = now or read(as_of, as_of)
    latest = _models(today)
    method, foreseen = past.again(best, told[best], today, latest)
    by_plain = next(each for each in _plain(today) if each.name == plain)
    season: dict[int, float] = {}
    if method.name != plain:
        season = _seasons(past, first, days, method=method, usual=latest[False], today=today)
    scatter = replace(past.scatter(foreseen), r=latest[True].r)
    return OrderForecast(method, by_plain, latest[True], scatter, season, judged, held, past.before)


class _Past:
    """What was known before held-back time, and before the two windows before it: what methods are judged by."""

    def __init__(self, read: Read, as_of: date, held: int, seed: int) -> None:
        self.read, self.as_of, self.held, self._seed = read, as_of, held, seed
        cuts = [as_of - timedelta(days=held * back) for back in range(4)]
        self.before, *older = (read(cut, until) for until, cut in pairwise(cuts))
        self.models = _models(self.before)
        enough = [window for window in older if len(window) >= BOOST_FROM]
        self.lessons = [(self.before, self.models[False]), *((window, fit(window.lives)) for window in enough)]

    def methods(self) -> list[Method]:
        """Each method as it was when held-back time began."""
        found: list[Method] = [*_plain(self.before), *map(Lifetime, self.models.values())]
        if len(self.lessons) > 1:
            found.append(self._trees(self.lessons[1:], self.models[False]))
        return found

    def again(
        self, best: str, told: Numbers, today: History, latest: dict[bool, LifetimeModel]
    ) -> tuple[Method, Numbers]:
        """The best method learned until today, and what it would have foreseen for held-back time."""
        if best == Trees.name:
            return self._trees(self.lessons[:2], latest[False]), told
        known: list[Method] = [*_plain(today), *map(Lifetime, latest.values())]
        method = next(each for each in known if each.name == best)
        if not isinstance(method, Lifetime):
            return method, told
        method = replace(method, correction=learn_correction(told, self.before.later_days, self.held))
        then = replace(method, model=self.models[method.model.at_once])
        return method, then.expected(self.before, self.held)

    def scatter(self, foreseen: Numbers) -> Scatter:
        """How what came on held-back time scattered around what was foreseen."""
        leaving, lives = self.models[True], self.before.lives
        alive, repeats = leaving.alive(lives), lives.repeats.astype(float)
        return learn_scatter(leaving.r, repeats, alive, foreseen, self.before.later_days)

    def _trees(self, lessons: Sequence[tuple[History, LifetimeModel]], model: LifetimeModel) -> Trees:
        return Trees(boosted.learn(lessons, self.held, seed=self._seed), model)


def _seasons(
    past: _Past, first: date, days: Sequence[int], *, method: Method, usual: LifetimeModel, today: History
) -> dict[int, float]:
    """What brings a method's total for each window to what it should be, as a multiple of BG/NBD's total.

    That multiple is last year's, for the same window seen from the same day, where half a year was known before it.
    Else it is the own of the method, from held-back time: of longer windows, where that season is gone by, half of it.
    """
    year_ago = past.as_of - timedelta(days=YEAR)
    known = (year_ago - first).days >= 2 * MOST_HELD_BACK
    then = fit(past.read(year_ago, year_ago).lives) if known else None
    found = {}
    for window in days:
        own = _ratio(float(method.expected(today, window).sum()), usual, today, window)
        level = own ** max(0.5, min(1.0, past.held / window))
        if then and window <= YEAR + 2:
            seen = min(window, YEAR)
            came = past.read(year_ago, year_ago + timedelta(days=seen))
            level = _ratio(float(came.later_days.sum()), then, came, seen)
        found[window] = float(np.clip(level, 1 / _FURTHEST, _FURTHEST)) / own
    return found


def _ratio(came: float, model: LifetimeModel, history: History, days: int) -> float:
    """A total beside what a model expects, as if a little more of both had been seen."""
    return (came + _CHANCE) / (float(model.expected(history.lives, days).sum()) + _CHANCE)


def learn_correction(expected: Numbers, actual: Numbers, days: int) -> Correction:
    """The level and the slope (on logarithms) that make what was expected fit what came: a Poisson regression.

    Models tell those who come often a little too much and the others too little; the total comes out right.
    """
    if not actual.sum() > 0:
        return Correction()
    from scipy.optimize import minimize

    logs = np.log(np.maximum(expected, _LEAST))

    def loss(at: Numbers) -> tuple[float, Numbers]:
        rate = np.exp(np.clip(at[0] + at[1] * logs, -30, 30))
        wrong = rate - actual
        value = rate.sum() - actual @ (at[0] + at[1] * logs) + _PULL * (at[1] - 1) ** 2
        return float(value), np.array([wrong.sum(), wrong @ logs + 2 * _PULL * (at[1] - 1)])

    level, slope = minimize(loss, [0.0, 1.0], jac=True, method="L-BFGS-B", bounds=((-2, 2), (0.5, 1.5))).x
    return Correction(float(level), float(slope), days)


def _models(history: History) -> dict[bool, LifetimeModel]:
    return {at_once: fit(history.lives, at_once=at_once) for at_once in (False, True)}


def _plain(history: History) -> list[Method]:
    a_day = float(history.lives.repeats.sum() / max(history.lives.age.sum(), 1))
    return [BaseRate(a_day), OwnRate(a_day)]


def _judge(expected: Numbers, actual: Numbers) -> Judged:
    total = float(actual.sum())
    bias = float(expected.sum()) / total - 1 if total else None
    return Judged(float(np.sqrt(np.mean((expected - actual) ** 2))), bias)


def _choose(judged: dict[str, Any]) -> tuple[str, str]:
    """The best method and the best plain one; the simpler of two that do nearly alike."""
    errors = {name: found.rmse for name, found in judged.items()}
    plain = min((BaseRate.name, OwnRate.name), key=lambda name: errors[name])
    best = min((errors[name], name) for name in errors if name not in (BaseRate.name, OwnRate.name, Trees.name))[1]
    if errors.get(Trees.name, np.inf) < _CLEARLY * errors[best]:
        best = Trees.name
    return (best if errors[best] < errors[plain] else plain), plain
