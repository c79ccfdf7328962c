"""How next baskets are learned: from windows that are over, held against what was bought most often."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
from sqlglot import exp
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from parcours.engine import sql
from parcours.scores.baskets.features import Known, known
from parcours.scores.baskets.history import Bools, Floats, History, histories, history
from parcours.scores.baskets.model import Mean, Placed, Plain, placed
from parcours.scores.baskets.reasons import reasons
from parcours.scores.baskets.shelf import Catalogue, Shelf, shelf
from parcours.scores.made import Card, Made, TooLittle
from parcours.scores.world import World

_QUERIES = sql.load(__package__, "baskets.sql")
EPOCH = date(1970, 1, 1)
LEARNERS = 20_000  # customers who tell of the items
ROWS = 600_000  # candidates that are learned from
WINDOWS = 6  # at most, half a window from one to the next
EARLIEST = 2  # windows of history before the oldest that is learned from
PEOPLE = 30  # who bought before and in the held-back window
DID = 100  # candidates that were bought, and that were not
MEASURE = "share of the places that is not bought"
PLAIN = "most often bought, then most popular"
FINEST = "finest"
# the wider categories that hold an item
ABOVE = {
    "category_1": (),
    "category_2": ("category_1",),
    "category_3": ("category_2", "category_1"),
    "brand": (),
    "product": ("category_2", "category_1"),
}
_TEMPORARY = ("basket_bought", "basket_items")


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What is asked for: baskets of what, over how many days, with how many places, how many of them to discover."""

    of: str
    within: int
    places: int
    discover: int


@dataclass(frozen=True)
class Learned:
    """Two ways of foreseeing a window: learned, and plain."""

    mean: Mean
    plain: Plain

    def told(self, of: Known, wish: Wish, *, plainly: bool) -> tuple[Placed, Floats]:
        """What is told of each customer, and the log-odds of every candidate."""
        odds = self.plain.log_odds(of) if plainly else self.mean.log_odds(of)
        rank = self.plain.rank(of) if plainly else odds
        return placed(of, np.asarray(rank, np.float64), wish.places, wish.discover), odds


class Baskets:
    """The next baskets of one run.

    Each window that is over is looked at as it was on the day before it: for each customer the items they bought most
    and some popular ones, with what was known of both. The chance of a purchase is the mean of a logistic regression
    and boosted trees over these pairs. The newest window is held back to compare it with the plain method.
    """

    def __init__(self, world: World, wish: Wish) -> None:
        self.world, self.wish = world, wish
        self._engine = world.engine
        self.today = (world.as_of - EPOCH).days
        self.of = wish.of
        self.catalogue = Catalogue((), ())
        self.learners: History
        self._windows: dict[tuple[int, int], tuple[Known, Bools]] = {}
        self._shelves: dict[int, Shelf] = {}

    def made(self) -> Made:
        """The rows and the card. Raises TooLittle."""
        with threadpool_limits(1):  # so that sums are added in one order
            people, first_day = self.begin()
            checked = self.check()
            kept = checked["right"] > checked["plain_right"]
            learned = self.learn(self.today)
            rows = pa.concat_tables(self._rows(learned, kept=kept))
        card = Card(
            method="logistic and boosted" if kept else PLAIN,
            people=people,
            kept=kept,
            learned_from=first_day,
            learned_until=self.world.as_of - timedelta(self.wish.within),
            held_back_until=self.world.as_of,
            measure=MEASURE,
            value=round(1 - checked["right"], 6),
            plain=PLAIN,
            plain_value=round(1 - checked["plain_right"], 6),
            detail={"of": self.of, "within_days": self.wish.within, "places": self.wish.places,
                    "discover": self.wish.discover, "items": len(self.catalogue), **checked},
        )  # fmt: skip
        return Made(rows, card)

    def forget(self) -> None:
        """Frees the working tables and what was kept of the windows."""
        self._windows.clear()
        self._shelves.clear()
        self._engine.forget(*_TEMPORARY)

    # -- what was bought

    def begin(self) -> tuple[int, date]:
        """Lays out the purchases; gives how many customers there are, and the first day. Raises TooLittle."""
        self.world.have("lines")
        self.of = self._finest() if self.wish.of == FINEST else self.wish.of
        item = exp.column("product_id" if self.of == "product" else self.of)
        self.catalogue = self._catalogue(item)
        (extent,) = self._engine.rows(_QUERIES["extent"])
        days = (self.world.as_of - extent["first_day"]).days + 1
        needed = (EARLIEST + 2) * self.wish.within
        if days < needed:
            raise TooLittle("too_short_history", needed=needed, found=days)
        self._engine.temp("basket_bought", _QUERIES["bought"].bind(item=item))
        permille = min(1000, -(-1000 * LEARNERS // max(extent["people"], 1)))
        self.learners = history(self._engine.arrow(_QUERIES["of_learners"].bind(permille=permille)))
        return extent["people"], extent["first_day"]

    def _finest(self) -> str:
        """The finest category that tells things apart; the first where none does."""
        (found,) = self._engine.rows(_QUERIES["categories"])
        return next((name for name in ("category_3", "category_2") if found[name] > 1), "category_1")

    def _catalogue(self, item: exp.Expression) -> Catalogue:
        above = [exp.column(name) for name in ABOVE[self.of]]
        none = [exp.null()] * (2 - len(above))
        one, two = [*above, *none]
        items = self._engine.arrow(_QUERIES["items"].bind(item=item, above_1=one, above_2=two))
        if items.num_rows < 2:
            code = "nothing_to_compare" if items.num_rows else "not_in_catalogue"
            raise TooLittle(code, needed=2, found=items.num_rows, of=self.of)
        coded = pa.table({"item": items["item"], "code": pa.array(np.arange(items.num_rows))})
        self._engine.register("basket_items", coded)
        wider = [items[f"above_{n + 1}"].combine_chunks().dictionary_encode() for n in range(len(above))]
        codes = (np.asarray(each.indices.fill_null(-1), np.int64) for each in wider)
        return Catalogue(tuple(items["item"].to_pylist()), tuple(codes))

    # -- learning

    def cuts(self, until: int) -> list[int]:
        """The days before the windows that are learned from at the end of the day `until`; the newest first."""
        within, first = self.wish.within, int(self.learners.day.min())
        days = [until - within - back * max(within // 2, 1) for back in range(WINDOWS)]
        return [day for day in days if day - first + 1 >= EARLIEST * within]

    def learn(self, until: int) -> Learned:
        """Learns from the windows that are over at the end of a day. Raises TooLittle."""
        windows = self.windows(until)
        did = np.concatenate([bought for _, bought in windows])
        for code, found in (("too_few_did", int(did.sum())), ("too_few_did_not", int((~did).sum()))):
            if found < DID:
                raise TooLittle(code, needed=DID, found=found)
        values = np.concatenate([each.values for each, _ in windows])
        return Learned(Mean(values, did, seed=self.world.seed), Plain(windows))

    def windows(self, until: int) -> list[tuple[Known, Bools]]:
        """The windows to learn from: what was known before each, and which candidates were bought in it."""
        cuts = self.cuts(until)
        for cut in cuts:
            if (cut, len(cuts)) not in self._windows:
                self._windows[cut, len(cuts)] = self._window(cut, len(cuts))
        return [self._windows[cut, len(cuts)] for cut in cuts]

    def _window(self, cut: int, windows: int) -> tuple[Known, Bools]:
        """What was known of some customers at a day, and which candidates they bought in the window after it."""
        most = ROWS // windows // (self.wish.places + 28)
        some = _first(self.learners, most, cut)
        asked = self.known(some, self.shelf(cut))
        return asked, self.bought(asked, some, cut)

    def shelf(self, cut: int) -> Shelf:
        """What is known of the items at the end of a day."""
        if cut not in self._shelves:
            self._shelves[cut] = shelf(self.learners, self.catalogue, cut, self.wish.within)
        return self._shelves[cut]

    def known(self, some: History, at: Shelf) -> Known:
        """The candidates of some customers at the end of a day."""
        return known(some, at, self.wish.places, self.wish.discover)

    def bought(self, asked: Known, some: History, cut: int) -> Bools:
        """Which candidates were bought in the window after a day."""
        items = len(self.catalogue)
        bought = some.between(cut, cut + self.wish.within, items)
        return np.isin(asked.candidates.person * items + asked.candidates.item, bought)

    # -- held-back time

    def check(self) -> dict[str, Any]:
        """How many places were bought in the newest window, as foreseen from the day before it. Raises TooLittle."""
        cut = self.today - self.wish.within
        learned, at = self.learn(cut), self.shelf(cut)
        asked = self.known(self.learners, at)
        did = self.bought(asked, self.learners, cut)
        basket = self.learners.between(cut, self.today, len(self.catalogue)) // len(self.catalogue)
        buyers = np.intersect1d(np.unique(asked.candidates.person), basket)
        if len(buyers) < PEOPLE:
            raise TooLittle("too_few_people", needed=PEOPLE, found=len(buyers))
        found: dict[str, Any] = {"buyers": len(buyers)}
        for name, plainly in (("right", False), ("plain_right", True)):
            told, odds = learned.told(asked, self.wish, plainly=plainly)
            hits = np.isin(asked.candidates.person[told.rows], buyers) & did[told.rows]
            found[name] = round(float(hits.sum()) / len(buyers) / self.wish.places, 6)
            if not plainly:
                found["chance"] = round(float(_chance(odds[told.rows]).mean()), 6)
                found["bought"] = round(float(did[told.rows].mean()), 6)
        return found

    # -- what is foreseen

    def _rows(self, learned: Learned, *, kept: bool) -> Iterator[pa.Table]:
        at = self.shelf(self.today)
        names = pa.array(self.catalogue.names, pa.string())
        for some in histories(self._engine.batches(_QUERIES["of_everybody"])):
            asked = self.known(some, at)
            told, odds = learned.told(asked, self.wish, plainly=not kept)
            thought = asked.candidates
            yield pa.table(
                {
                    "person_id": asked.people[thought.person[told.rows]],
                    "item": names.take(pa.array(thought.item[told.rows])),
                    "place": told.place,
                    "chance": _chance(odds[told.rows]),
                    "known": thought.known[told.rows],
                    "reason": reasons(asked, told.rows),
                }
            )


def _first(learners: History, most: int, cut: int) -> History:
    """As many of the customers, taken evenly, where they are more; others at each day."""
    people = len(learners.people)
    step = -(-people // max(most, 1))
    return learners if step <= 1 else learners.only(learners.person % step == cut % step)


def _chance(odds: Floats) -> Floats:
    return np.round(1 / (1 + np.exp(-np.asarray(odds, np.float64))), 6)
