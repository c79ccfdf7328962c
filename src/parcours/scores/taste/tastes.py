"""How tastes are learned: shares of what a customer buys, drawn to everybody's shares, old purchases counting less."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from math import log

import pyarrow as pa
from sqlglot import exp

from parcours.engine import sql
from parcours.scores.made import Card, Made, TooLittle
from parcours.scores.world import World

_QUERIES = sql.load(__package__, "tastes.sql")
HALF_LIVES = (30, 60, 120, 240, 480)  # days
PRIORS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0)  # articles
NEVER_OLD = 1_000_000  # a half-life at which nothing ages
ONLY_BASE = 1e9  # a weight of the base beside which nobody's own counts
LEARNERS = 50_000
MEASURE = "squared error of shares"
_TEMPORARY = (
    "taste_bands", "taste_bought", "taste_learners", "taste_history", "taste_weights", "taste_base", "taste_priors",
)  # fmt: skip


@dataclass(frozen=True)
class Way:
    """How shares are worked out: after how many days a purchase counts half, how many articles the base weighs."""

    half_life: int
    prior: float

    @property
    def rate(self) -> float:
        """The rate at which a purchase loses weight, a day."""
        return log(2) / self.half_life


OWN = Way(NEVER_OLD, 0.0)
BASE = Way(NEVER_OLD, ONLY_BASE)


@dataclass(frozen=True, kw_only=True)
class Tastes:
    """The tastes of one run.

    The shares are the mean of a Dirichlet-multinomial whose prior is the base's shares (Gelman et al., Bayesian Data
    Analysis, section 3.4), with exponentially decayed counts. The weight of the prior and the half-life are the pair
    with the least squared error on the days before those held back.
    """

    world: World
    of: str
    top: int
    half_life: int | None
    prior: float | None
    held_back: int
    people: int

    def made(self) -> Made:
        """The rows and the card. Raises TooLittle."""
        first_day, people = self._bought()
        last = self.world.as_of
        learned_until = last - timedelta(self.held_back)
        self._learn_from(people)
        way = self._best(learned_until - timedelta(self.held_back), learned_until)
        own, base, ours = (self._error(each, learned_until, last) for each in (OWN, BASE, way))
        plain, plain_error = min((("own shares", own), ("shares of the base", base)), key=lambda each: each[1])
        kept = ours < plain_error
        used = way if kept else OWN if plain == "own shares" else BASE
        card = Card(
            method="decayed shares drawn to the base" if kept else plain,
            people=people,
            kept=kept,
            learned_from=first_day,
            learned_until=learned_until,
            held_back_until=last,
            measure=MEASURE,
            value=ours,
            plain=plain,
            plain_value=plain_error,
            detail={
                "of": self.of,
                "half_life_days": way.half_life,
                "prior_articles": way.prior,
                "error_of_own_shares": own,
                "error_of_shares_of_the_base": base,
            },
        )
        return Made(self._rows(used), card)

    def forget(self) -> None:
        """Frees the working tables."""
        self.world.engine.forget(*_TEMPORARY)

    def _bought(self) -> tuple[date, int]:
        """Lays out what customers bought by item; gives the first day and how many customers."""
        engine = self.world.engine
        self.world.have("lines")
        if self.of == "price":
            engine.temp("taste_bands", _QUERIES["price_bands"])
            engine.view("taste_bought", _QUERIES["bought_by_price"])
        else:
            engine.view("taste_bought", _QUERIES["bought"].bind(item=exp.column(self.of)))
        (extent,) = engine.rows(_QUERIES["extent"])
        if extent["items"] < 2:
            code = "nothing_to_compare" if extent["items"] else "not_in_catalogue"
            raise TooLittle(code, needed=2, found=extent["items"], of=self.of)
        days = (self.world.as_of - extent["first_day"]).days
        if days < 3 * self.held_back:
            raise TooLittle("too_short_history", needed=3 * self.held_back, found=days)
        return extent["first_day"], extent["people"]

    def _learn_from(self, people: int) -> None:
        """Takes a part of the customers to learn from: a few ten thousand tell as much as all."""
        engine = self.world.engine
        engine.temp("taste_learners", _QUERIES["learners"].bind(one_in=max(1, people // LEARNERS)))
        engine.temp("taste_history", _QUERIES["bought_by_learners"])

    def _best(self, cut: date, until: date) -> Way:
        """The half-life and the weight of the base that foresee best what was bought after `cut`, up to `until`."""
        half_lives = (self.half_life,) if self.half_life else HALF_LIVES
        priors = PRIORS if self.prior is None else (self.prior,)
        tried = [
            (error, -half_life, prior)
            for half_life in half_lives
            for prior, error in self._errors(half_life, priors, cut, until).items()
        ]
        _, aged, prior = min(tried)
        return Way(-aged, prior)

    def _error(self, way: Way, cut: date, until: date) -> float:
        return self._errors(way.half_life, (way.prior,), cut, until)[way.prior]

    def _errors(self, half_life: int, priors: tuple[float, ...], cut: date, until: date) -> dict[float, float]:
        """The mean squared error of the shares foreseen at `cut` for each weight of the base."""
        engine = self.world.engine
        engine.register("taste_priors", pa.table({"weight": pa.array(priors, pa.float64())}))
        self._weigh(half_life, cut)
        found = engine.rows(_QUERIES["errors"].bind(cut=cut, until=until))
        people = found[0]["people"] if found else 0
        if people < self.people:
            raise TooLittle("too_few_people", needed=self.people, found=people)
        return {row["prior"]: round(row["error"] / row["people"] / 1_000_000, 6) for row in found}

    def _weigh(self, half_life: int, cut: date) -> None:
        engine = self.world.engine
        engine.temp("taste_weights", _QUERIES["weights"].bind(rate=Way(half_life, 0.0).rate, cut=cut))
        engine.temp("taste_base", _QUERIES["base"])

    def _rows(self, way: Way) -> pa.Table:
        """Everybody's tastes at the end of the day spoken of."""
        engine = self.world.engine
        engine.view("taste_history", sql.parse("SELECT person_id, day, item FROM taste_bought"))
        self._weigh(way.half_life, self.world.as_of)
        return engine.arrow(_QUERIES["shares"].bind(prior=way.prior, top=self.top))
