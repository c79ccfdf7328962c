"""What a buying day brings, and what of it is left after the goods are paid: money and margin of each customer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from parcours.engine import Engine, sql
from parcours.scores.lifetime.history import History
from parcours.scores.lifetime.model import Days, Numbers
from parcours.scores.lifetime.spend import SpendModel, fit_spend

_QUERIES = sql.load(__package__, "lifetime.sql")
_FURTHEST = 2.0  # held-back time may double or halve amounts, no more
_SEASON = 0.5  # of what held-back time says is believed to last: the rest may be its season
_KNOWN = 0.5  # of a customer's money must be of products whose cost is known
_MARGIN_WEIGHT = 3.0  # average buying days that everybody's margin counts for, beside a customer's own


@dataclass(frozen=True)
class MoneyForecast:
    """What a buying day brings: Gamma-Gamma, or everybody's mean where that did better on held-back time.

    `level` is half of what makes the total of held-back time come out right; `judged` has the root mean squared error
    of both, a buying day's amount in minor units.
    """

    spend: SpendModel
    mean: float
    own: bool
    level: float
    judged: dict[str, float]

    def amount(self, history: History) -> Numbers:
        """What each customer's next buying day is expected to bring, in minor units."""
        return self.level * _amount(self.spend, self.mean, self.own, history)


def learn_money(now: History, before: History) -> MoneyForecast | None:
    """Learns what buying days bring, judged by what came after `before`. None where no amounts are known."""
    if not (before.money > 0).any():
        return None
    then, mean_then = fit_spend(before.days, before.mean), _mean(before)
    again = before.later_days > 0
    errors: dict[str, float] = {}
    for name, own in (("Gamma-Gamma", True), ("everybody's mean", False)):
        wrong = (_amount(then, mean_then, own, before) - before.later_money / np.maximum(before.later_days, 1))[again]
        errors[name] = float(np.sqrt(np.mean(wrong**2))) if len(wrong) else 0.0
    own = errors["Gamma-Gamma"] <= errors["everybody's mean"]
    foreseen = float(_amount(then, mean_then, own, before) @ before.later_days)
    level = float(np.clip(before.later_money.sum() / foreseen, 1 / _FURTHEST, _FURTHEST)) if foreseen > 0 else 1.0
    level **= _SEASON
    return MoneyForecast(fit_spend(now.days, now.mean), _mean(now), own, level, errors if again.any() else {})


def _amount(spend: SpendModel, mean: float, own: bool, history: History) -> Numbers:
    return spend.expected(history.days, history.mean) if own else np.full(len(history), mean)


def _mean(history: History) -> float:
    return float(history.money.sum() / history.days.sum())


def margin_rates(engine: Engine, person_id: Days) -> Numbers | None:
    """What share of each customer's money is margin, from products whose cost is known: nan where too little is known.

    A customer's own share is drawn towards everybody's. None when no cost is known at all. Reads `world_lines`.
    """
    found = engine.arrow(_QUERIES["margins"])
    known, cost, money = (np.nan_to_num(found[name].to_numpy(zero_copy_only=False).astype(float))
                          for name in ("known_money", "cost", "money"))  # fmt: skip
    if not known.sum() > 0:
        return None
    everybody = 1 - cost.sum() / known.sum()
    weight = _MARGIN_WEIGHT * known.sum() / max(len(known), 1)
    own = (np.maximum(known - cost, -known.clip(0)) + weight * everybody) / (known.clip(0) + weight)
    own[~(known >= _KNOWN * money) | (known <= 0)] = np.nan
    rates = np.full(len(person_id), np.nan)
    at = np.searchsorted(person_id, ids := found["person_id"].to_numpy())
    there = (at < len(person_id)) & (person_id[np.minimum(at, len(person_id) - 1)] == ids)
    rates[at[there]] = own[there]
    return rates


def costs_are_known(engine: Engine) -> bool:
    """Whether the cost of any product is known. Reads `products`."""
    [found] = engine.rows(_QUERIES["costs"])
    return bool(found["products"])
