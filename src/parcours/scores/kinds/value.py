"""What customers are worth from now on: buying days, money and margin to come, and whether they are still customers."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import timedelta
from functools import partial
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from parcours.model.kind import kind, setting
from parcours.scores.lifetime import history as histories
from parcours.scores.lifetime import orders
from parcours.scores.lifetime.history import History
from parcours.scores.lifetime.model import Numbers
from parcours.scores.lifetime.money import MoneyForecast, costs_are_known, learn_money, margin_rates
from parcours.scores.lifetime.orders import OrderForecast
from parcours.scores.lifetime.ranges import money_range, order_range
from parcours.scores.made import Card, Made, TooLittle
from parcours.scores.world import World


@kind("value", of="score")
@dataclass(frozen=True)
class Value:
    """How often each customer will buy, what they will spend and whether they are still one.

    Several orders of a day count as one: `orders` are days of purchase. The method that foresaw held-back time best is
    used: BG/NBD, MBG/NBD or gradient boosting, or else the customer's own rate. Amounts are Gamma-Gamma's.
    """

    table: ClassVar[str] = "person_values"

    days: tuple[int, ...] = setting((30, 90, 365), doc="How many days ahead.")
    people: int = setting(100, doc="Customers there must be to learn from.")
    repeat_buyers: int = setting(30, doc="Customers who came back there must be.")
    history: int = setting(90, doc="Days of history there must be.")

    @property
    def fewest(self) -> int:
        """How many known customers there must be at least."""
        return self.people

    def make(self, world: World) -> Made:
        world.have("buying_days")
        span = histories.prepare(world.engine)
        try:
            if span is None:
                raise TooLittle("too_few_people", needed=self.people, found=0)
            return self._make(world, span[0])
        finally:
            histories.forget(world.engine)

    def _make(self, world: World, first: Any) -> Made:
        known = (world.as_of - first).days + 1
        if known < self.history:
            raise TooLittle("too_short_history", needed=self.history, found=known)
        read = partial(histories.read, world.engine, of=histories.SOME)
        held = orders.held_back(first, world.as_of)
        self._enough(read(world.as_of - timedelta(days=held), world.as_of))
        forecast = orders.learn(read, first, world.as_of, seed=world.seed, days=self.days)
        now = histories.read(world.engine, world.as_of, world.as_of)
        money = learn_money(now, forecast.before)
        rates = self._margins(world, now)
        rows = self._rows(now, forecast, money, rates)
        return Made(rows, _card(world, first, now, forecast, money))

    def _enough(self, before: History) -> None:
        """Raises TooLittle unless enough customers were known when held-back time began."""
        if len(before) < self.people:
            raise TooLittle("too_few_people", needed=self.people, found=len(before))
        again = int((before.lives.repeats > 0).sum())
        if again < self.repeat_buyers:
            raise TooLittle("too_few_repeat_buyers", needed=self.repeat_buyers, found=again)

    def _margins(self, world: World, now: History) -> Numbers | None:
        world.draft.read("products")
        if not costs_are_known(world.engine):
            return None
        world.have("lines")
        return margin_rates(world.engine, now.person_id)

    def _rows(
        self, now: History, forecast: OrderForecast, money: MoneyForecast | None, rates: Numbers | None
    ) -> pa.Table:
        alive = forecast.leaving.alive(now.lives)
        windows = [_window(now, forecast, money, rates, alive, days) for days in sorted(self.days)]
        many = len(windows)
        together = {name: np.column_stack([window[name] for window in windows]).ravel() for name in windows[0]}
        together |= {"person_id": np.repeat(now.person_id, many), "alive": np.repeat(alive, many),
                     "days": np.tile(np.array(sorted(self.days)), len(now))}  # fmt: skip
        unknown = np.isnan(margin := together.pop("margin"))
        whole = {name: pa.array(np.round(together.pop(name)).astype(np.int64))
                 for name in ("money", "money_low", "money_high")}  # fmt: skip
        kept_margin = pa.array(np.round(np.nan_to_num(margin)).astype(np.int64), mask=unknown)
        return pa.table({**{name: pa.array(values) for name, values in together.items()}, **whole,
                         "margin": kept_margin})  # fmt: skip


def _window(
    now: History, forecast: OrderForecast, money: MoneyForecast | None, rates: Numbers | None, alive: Numbers, days: int
) -> dict[str, Numbers]:
    """What is foreseen of each customer in the next so many days."""
    expected, repeats = forecast.expected(now, days), now.lives.repeats.astype(float)
    low, high = order_range(forecast.scatter, repeats, alive, expected)
    amount: Numbers = np.zeros(len(now))
    money_low, money_high = amount, amount
    if money:
        amount = money.amount(now)
        money_low, money_high = money_range(
            forecast.scatter, repeats, alive, expected, spend=money.spend, mean=now.mean, amount=amount
        )
    margin = np.full(len(now), np.nan) if rates is None else expected * amount * rates
    return {
        "orders": expected, "orders_low": low, "orders_high": high,
        "money": expected * amount, "money_low": money_low, "money_high": money_high, "margin": margin,
    }  # fmt: skip


def _card(world: World, first: Any, now: History, forecast: OrderForecast, money: MoneyForecast | None) -> Card:
    """How it was learned and how each method did."""
    known = forecast.judged
    tried = [name for name in known if name != forecast.plain.name] if not forecast.kept else [forecast.method.name]
    best = min(tried, key=lambda name: known[name].rmse)
    detail: dict[str, Any] = {
        "methods": {name: asdict(judged) for name, judged in known.items()},
        "held_back_days": forecast.held,
        "alive": {"method": forecast.leaving.name, **asdict(forecast.leaving)},
        "scatter": asdict(forecast.scatter),
        "season": forecast.season,
        "money": asdict(money) if money else None,
    }
    if isinstance(forecast.method, orders.Lifetime):
        detail["model"] = asdict(forecast.method)
    return Card(
        method=forecast.method.name, people=len(now), kept=forecast.kept, learned_from=first,
        learned_until=world.as_of - timedelta(days=forecast.held), held_back_until=world.as_of, measure="rmse",
        value=known[best].rmse, plain=forecast.plain.name, plain_value=known[forecast.plain.name].rmse, detail=detail,
    )  # fmt: skip
