"""The order of a list of articles: what is known of each, what this session shows, and some variety.

Each article starts from its published score and moves to its own share of clicks as it is looked at (a beta
distribution; see `examination` for how often it was looked at). Its place is drawn by Thompson sampling, so that
articles of which little is known get their turn. Variety is maximal marginal relevance (Carbonell and Goldstein 1998)
or a limit of articles of one category in a row.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
NOTHING = -1  # an empty place, or an unknown category or brand
_TRUST = 5.0  # clicks that a published score is worth
_FLOOR = 0.02  # of the mean: what an article with a score of 0 is taken to attract
_MOST = 0.9


@dataclass(frozen=True)
class Session:
    """What each person did in this session, by category or brand: how often it was looked at, clicked and left aside.

    Each is float64[n, kinds].
    """

    looked: Floats
    clicked: Floats
    ignored: Floats


@dataclass(frozen=True)
class Boosts:
    """How far a session moves an article, in log-odds for the first time (less for each further one)."""

    looked: float = 0.5
    clicked: float = 1.0
    ignored: float = 0.3


@dataclass(frozen=True)
class Variety:
    """How much a list is mixed: `alike` from 0 (best first) to 1 (as unlike as can be), `in_a_row` of a category."""

    alike: float = 0.0
    in_a_row: int | None = None


@dataclass(frozen=True)
class Ranked:
    """The articles of each person, best first (`NOTHING` where none is left): [n, places]; and all scores [n, c]."""

    order: Ints
    scores: Floats


@dataclass(frozen=True)
class Attractiveness:
    """What is believed of each article's share of clicks when looked at: a beta distribution with these parameters.

    It is read as a normal distribution of log-odds with the same mean and variance: near enough for an order, and a
    hundred articles with a person's own scores are believed in within a fraction of a millisecond.
    """

    a: Floats
    b: Floats

    @property
    def mean(self) -> Floats:
        """The expected share of clicks."""
        return self.a / (self.a + self.b)

    def draw(self, u: Floats) -> Floats:
        """The log-odds of each article at each uniform number `u[n, c]`."""
        from scipy.special import ndtri, polygamma, psi

        sd = np.sqrt(polygamma(1, self.a) + polygamma(1, self.b))
        return np.asarray(psi(self.a) - psi(self.b) + sd * ndtri(u))

    def values(self, scores: Floats) -> Floats:
        """Shares of clicks from log-odds."""
        return np.asarray(1 / (1 + np.exp(-scores)))


def attractiveness(base: Floats, examined: Floats, clicked: Floats) -> Attractiveness:
    """What is believed of each article, from its published score `base[c]` (0 to 1), looks and clicks.

    The scores are stretched so that as many clicks as there were would have been expected of what was looked at.
    """
    rate = (clicked.sum() + 0.5) / (examined.sum() + 10.0)
    weight = examined if examined.sum() > 0 else np.ones(len(base))
    middle = max(float(weight @ base / weight.sum()), 1e-9)
    expected = np.clip(rate * np.maximum(base / middle, _FLOOR), 1e-6, _MOST)
    size = np.maximum(_TRUST / rate, 1 / np.minimum(expected, 1 - expected))  # a and b are 1 at least
    failed = np.maximum(examined - clicked, 0.0)
    return Attractiveness(expected * size + clicked, (1 - expected) * size + failed)


def boost(session: Session, kind: Ints, boosts: Boosts | None = None) -> Floats:
    """How far the session moves articles of these categories (or brands) `kind[c]`: log-odds, float64[n, c]."""
    by = boosts or Boosts()
    moved = by.looked * np.log1p(session.looked) + by.clicked * np.log1p(session.clicked)
    moved -= by.ignored * np.log1p(session.ignored)
    known = kind >= 0
    return np.where(known, moved[:, np.where(known, kind, 0)] / np.log(2), 0.0)


def rank(
    articles: Attractiveness, allowed: Bools, uniforms: Floats | None, *, places: int, moved: Floats | None = None,
    category: Ints | None = None, brand: Ints | None = None, variety: Variety | None = None,
) -> Ranked:  # fmt: skip
    """The list of each person: of the articles `allowed[n, c]`, so many `places`.

    `uniforms[n, c]` is the person's chance for each article (None: no chance, the middle of what is believed), `moved`
    what is added for the person in log-odds (`boost`, or the logarithm of the person's own score over the article's).
    """
    chance = np.full(allowed.shape, 0.5) if uniforms is None else uniforms
    score = articles.draw(chance)
    score = np.where(allowed, score if moved is None else score + moved, -np.inf)
    asked = variety or Variety()
    none = np.full(allowed.shape[1], NOTHING)
    kinds = (none if category is None else category, none if brand is None else brand)
    if not asked.alike and asked.in_a_row is None:
        order = np.argsort(-score, axis=1, kind="stable")[:, :places]
        order = np.where(np.take_along_axis(score, order, axis=1) > -np.inf, order, NOTHING)
    else:
        order = _mixed(score, kinds, asked, places)
    return Ranked(order.astype(np.int64), articles.values(score))


def _mixed(score: Floats, kinds: tuple[Ints, Ints], variety: Variety, places: int) -> Ints:
    """Place by place the best of what is left: less what is like an article above, last what makes a row too long."""
    left = score.copy()
    rows = np.arange(len(score))
    order = np.full((len(score), places), NOTHING)
    like = np.zeros(score.shape)
    worth = _scaled(score)
    for place in range(min(places, score.shape[1])):
        value = np.where(left > -np.inf, (1 - variety.alike) * worth - variety.alike * like, -np.inf)
        value = np.where(_too_many(order[:, :place], kinds[0], variety.in_a_row), value - 10.0, value)
        best = value.argmax(axis=1)
        there = value[rows, best] > -np.inf
        order[:, place] = np.where(there, best, NOTHING)
        left[rows, best] = -np.inf
        like = np.maximum(like, _alike(best, kinds))
    return order


def _scaled(score: Floats) -> Floats:
    """Scores from 0 (the lowest that is allowed) to 1 (the highest), in each row."""
    allowed = np.isfinite(score)
    low = np.where(allowed, score, np.inf).min(axis=1, keepdims=True)
    high = np.where(allowed, score, -np.inf).max(axis=1, keepdims=True)
    width = np.where(high > low, high - low, 1.0)
    return np.where(allowed, (np.where(allowed, score, 0.0) - np.where(np.isfinite(low), low, 0.0)) / width, 0.0)


def _alike(best: Ints, kinds: tuple[Ints, Ints]) -> Floats:
    """How like each article is to the one just placed: half for its category, half for its brand."""
    return np.asarray(sum(0.5 * ((kind[best][:, None] == kind) & (kind >= 0)) for kind in kinds))


def _too_many(above: Ints, category: Ints, most: int | None) -> Bools:
    """Which articles would be one too many of their category in a row, below what is placed already."""
    if most is None or above.shape[1] < most:
        return np.zeros((len(above), len(category)), bool)
    last = category[above[:, -most:]]
    same = (last == last[:, :1]).all(axis=1) & (last[:, 0] >= 0)
    return np.asarray(same[:, None] & (category == last[:, :1]))
