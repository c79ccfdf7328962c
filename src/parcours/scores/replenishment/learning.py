"""How replenishment is learned: the crowd's interval for an item, blended with a customer's own as they buy more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, TypeAlias

import pyarrow as pa
from sqlglot import exp

from parcours.engine import sql
from parcours.scores.made import Card, Made, TooLittle
from parcours.scores.replenishment import rhythm
from parcours.scores.world import World

_QUERIES = sql.load(__package__, "replenishment.sql")
Verdicts: TypeAlias = dict[str, int]

EPOCH = date(1970, 1, 1)
PLAIN = {"median gap of the item": "log_median", "own mean gap": "log_own"}
SOON = 14  # days
SHORTEST_HISTORY = 120  # days
RHYTHM = 3  # own gaps after which a customer's rhythm can be judged
USUAL_WEIGHT = 3.0  # gaps of the crowd
ENOUGH_GAPS = 200
LINES_TO_LEARN_FROM = 2_000_000
MEASURE = "mean absolute error of the next gap, days"
_TEMPORARY = (
    "items", "who", "bought", "visits", "gaps", "all", "spreads", "judged", "crowd", "rhythms", "activity", "waits",
    "curve",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What counts as replenishment: pauses, items, and how many due dates a customer has."""

    longest: int | None  # days; a longer pause is no rhythm
    held_back: int  # days
    people: int  # who came back to an item, at least
    repeat_share: float  # of an item's buyers, who came back to it
    irregular: float  # mean distance of a gap from the rhythm, on a log scale, at most
    come_back: float  # the chance to come back at all below which no due date is told
    at_most: int


@dataclass(frozen=True)
class Learned:
    """What was learned up to a day: how the gap and the chance of a purchase soon follow from what is known."""

    gap: exp.Expression  # the logarithm of the gap in days
    chance: exp.Expression  # the log-odds of a purchase within 14 days


class Replenishment:
    """Next due dates of one run.

    The gap is exp of a linear function of the crowd's log-mean interval blended with the customer's own (a normal prior
    on the log scale: Gelman et al., Bayesian Data Analysis, section 2.5), their latest gaps and their pace, fitted to
    the least absolute error in days. The time still to wait follows the Kaplan-Meier curve (1958) of waits relative to
    the gap foreseen, given the time already waited. The chance of a purchase soon is a logistic regression.
    """

    def __init__(self, world: World, of: str, limits: Limits) -> None:
        self.world, self.of, self.limits = world, of, limits
        self._engine = world.engine
        self._today = (world.as_of - EPOCH).days
        self.longest = 0
        self.weight = USUAL_WEIGHT
        self.cut = self._today - limits.held_back

    def made(self) -> Made:
        """The rows and the card. Raises TooLittle."""
        extent, one_in = self.begin()
        learned = self.learn(self.cut)
        checked = self.check(learned)
        plain, plain_error = min(checked["plain"].items(), key=lambda each: each[1])
        kept = checked["error"] < plain_error
        verdicts = self._look_back(self._today)
        final = self._fit(self._today, None if kept else exp.column(PLAIN[plain]))
        card = Card(
            method="blended interval" if kept else plain,
            people=extent["people"],
            kept=kept,
            learned_from=extent["first_day"],
            learned_until=EPOCH + timedelta(self.cut),
            held_back_until=self.world.as_of,
            measure=MEASURE,
            value=checked["error"],
            plain=plain,
            plain_value=plain_error,
            detail={
                "of": self.of,
                "longest_days": self.longest,
                "items": verdicts,
                "crowd_weight": self.weight,
                **checked,
            },
        )
        return Made(self._rows(final, one_in), card)

    def forget(self) -> None:
        """Frees the working tables."""
        self._engine.forget(*(f"replenishment_{name}" for name in _TEMPORARY))

    # -- what was bought

    def begin(self) -> tuple[dict[str, Any], int]:
        """Lays out the purchases to learn from; gives their extent, and one in how many is learned from."""
        self.world.have("lines")
        (extent,) = self._engine.rows(_QUERIES["extent"])
        self._temp("items", item=exp.column(self.of))
        (items,) = self._engine.rows("SELECT count(*) AS found FROM replenishment_items")
        if not items["found"]:
            raise TooLittle("not_in_catalogue", needed=1, found=0, of=self.of)
        days = (self.world.as_of - extent["first_day"]).days
        self.longest = self.limits.longest or min(365, days // 4)
        needed = max(SHORTEST_HISTORY, self.limits.held_back + 2 * self.longest)
        if days < needed:
            raise TooLittle("too_short_history", needed=needed, found=days)
        one_in = -(-extent["lines"] // LINES_TO_LEARN_FROM)
        self._lay_out(one_in)
        return extent, one_in

    def _lay_out(self, one_in: int, items: str = "items") -> None:
        if one_in > 1:
            self._temp("who", "learners", one_in=one_in)
        else:
            self._temp("who", "everybody")
        bought = _QUERIES["bought"].tables(replenishment_items=f"replenishment_{items}")
        self._engine.temp("replenishment_bought", bought.bind(item=exp.column(self.of)))
        self._temp("visits")
        self._temp("gaps", longest=self.longest)
        self._engine.forget("replenishment_bought")

    def _temp(self, name: str, query: str = "", **values: Any) -> None:
        self._engine.temp(f"replenishment_{name}", _QUERIES[query or name].bind(**values))

    # -- learning

    def learn(self, cut: int) -> Learned:
        """Learns from what was known at the end of a day (numbered from 1970). Raises TooLittle."""
        self._look_back(cut)
        return self._fit(cut, None)

    def _look_back(self, cut: int) -> Verdicts:
        """The crowd's rhythms as known at a day, and how many items are replenishable."""
        limits = self.limits
        self._temp("all", "crowd", cut=cut, longest=self.longest)
        self._temp("spreads", cut=cut, longest=self.longest)
        self._temp(
            "judged", people=limits.people, repeat_share=limits.repeat_share, irregular=limits.irregular
        )  # fmt: skip
        self._temp("crowd", "replenishable")
        self._rhythms(USUAL_WEIGHT)
        verdicts = {row["verdict"]: row["items"] for row in self._engine.rows(_QUERIES["verdicts"])}
        if "replenishable" not in verdicts:
            (most,) = self._engine.rows("SELECT max(repeaters) AS people FROM replenishment_all")
            if most["people"] is None:
                raise TooLittle("no_repeat_purchases", needed=ENOUGH_GAPS, found=0)
            raise TooLittle("nothing_replenishable", needed=limits.people, found=most["people"])
        return verdicts

    def _fit(self, cut: int, plain: exp.Expression | None) -> Learned:
        gap = plain if plain is not None else self._gap(cut)
        steps = self._engine.arrow(_QUERIES["residuals"].bind(cut=cut, longest=self.longest, mu=gap))
        self._engine.register("replenishment_curve", rhythm.curve(steps, least=self.limits.come_back))
        past = [rhythm.thinned(self.waits(gap, cut - SOON * back)) for back in (3, 2, 1)]
        return Learned(gap, rhythm.fit_chance(pa.concat_tables(past), self.world.seed))

    def _gap(self, cut: int) -> exp.Expression:
        known = self.known(cut)
        if known.num_rows < ENOUGH_GAPS:
            code = "too_few_repeat_purchases" if known.num_rows else "no_repeat_purchases"
            raise TooLittle(code, needed=ENOUGH_GAPS, found=known.num_rows)
        self._rhythms(rhythm.crowd_weight(known))
        return rhythm.fit_gap(self.known(cut))

    def _rhythms(self, weight: float) -> None:
        self.weight = weight
        self._engine.view("replenishment_rhythms", _QUERIES["rhythms"].bind(weight=weight))

    def known(self, cut: int) -> pa.Table:
        """The gaps to learn from: those that began so early that even the longest would have been seen."""
        return self._engine.arrow(_QUERIES["known_gaps"].bind(cut=cut, longest=self.longest))

    def waits(self, gap: exp.Expression, day: int) -> pa.Table:
        """Who waited for what at the end of a day, and whether they came within 14 days (`came`)."""
        self._wait(gap, day)
        return self._engine.arrow(_QUERIES["waits_in_order"])

    def _wait(self, gap: exp.Expression, day: int) -> None:
        self._temp("activity", cut=day)
        self._temp("waits", cut=day, mu=gap)

    # -- held-back time

    def later(self, learned: Learned, after: int = RHYTHM) -> pa.Table:
        """The gaps that ended in the held-back days, with `mu`, the logarithm of the gap foreseen."""
        return self._engine.arrow(
            _QUERIES["later_gaps"].bind(
                cut=self.cut, until=self._today, longest=self.longest, after=after, mu=learned.gap
            )
        )

    def check(self, learned: Learned) -> dict[str, Any]:
        """How far off the gaps foreseen were in the held-back days, and how well the chances told who came."""
        later = self.later(learned)
        if later.num_rows < ENOUGH_GAPS:
            raise TooLittle("too_few_repeat_purchases", needed=ENOUGH_GAPS, found=later.num_rows)
        waits = self.waits(learned.gap, self.cut)
        return {
            **rhythm.check_gaps(later),
            "plain": {name: rhythm.error(later, column) for name, column in PLAIN.items()},
            "held_back_gaps": later.num_rows,
            **rhythm.check_chance(waits, learned.chance),
        }

    # -- what is foreseen

    def _rows(self, learned: Learned, one_in: int) -> pa.Table:
        if one_in > 1:
            self._temp("chosen", "only_replenishable")
            self._lay_out(1, "chosen")
            self._rhythms(self.weight)
        return self.due(learned, self._today)

    def due(self, learned: Learned, day: int) -> pa.Table:
        """The due dates as foreseen at the end of a day."""
        self._wait(learned.gap, day)
        bound = _QUERIES["due"].bind(cut=day, chance=learned.chance, at_most=self.limits.at_most)
        return self._engine.arrow(bound)
