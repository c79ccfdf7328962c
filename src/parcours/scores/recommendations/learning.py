"""How lists are learned: on earlier time, held against the plain orders on the days held back, and kept if better."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa

from parcours.scores.made import Card, Made, TooLittle
from parcours.scores.recommendations.candidates import Moment, moment
from parcours.scores.recommendations.cycles import Cycles, cycles
from parcours.scores.recommendations.lists import Allowed, Lists, Picks, Wish
from parcours.scores.recommendations.merchandising import Ruled, merchandising, ruled
from parcours.scores.recommendations.purchases import Floats, Ints, bought_between
from parcours.scores.recommendations.reasons import Reasons
from parcours.scores.recommendations.shop import Shop, Stocked, shop
from parcours.scores.recommendations.weights import Learned, Plain, Weights, buyers, learn
from parcours.scores.world import World

MEASURE = "1 - NDCG@10"  # as of every forecast: less is better
PLAINS = {"personal frequency": Plain(), "popularity": Plain(personal=False)}
JUDGED = 20_000  # customers on whom lists are tried at most
FEWEST = 50  # customers who bought before and in the days held back
FIRST = 10  # places that are judged
ROWS = pa.schema({"person_id": pa.int64(), "product_id": pa.string(), "place": pa.int64(), "worth": pa.float64(),
                  "reason": pa.string()})  # fmt: skip


@dataclass(frozen=True)
class Judged:
    """How lists did on held-back days: the mean NDCG@10 over so many customers."""

    value: float
    people: int


@dataclass(frozen=True)
class Learning:
    """The lists of one run."""

    world: World
    wish: Wish
    held_back: int

    @property
    def shop(self) -> Shop:
        """What is looked at."""
        return shop(self.world)

    def made(self) -> Made:
        """The rows, a stream of batches, and the card. Raises TooLittle when there is nothing that may be shown."""
        lists, card = self.lists()
        return Made(self.rows(lists), card)

    def lists(self) -> tuple[Lists, Card]:
        """The lists as of the day, and how they were learned."""
        here, notes = self.shop, self.notes()
        if not here.products:
            raise TooLittle("no_articles", needed=1, found=0)
        weights, card = self._weighed(notes)
        rules = self.ruled
        if not (rules.shown & here.stocked.somewhere).any():
            raise TooLittle("nothing_to_show", needed=1, found=0)
        allowed = Allowed(rules, here.stocked, here.returned, self._cycles(here.today))
        return Lists(self._moment(here.today), weights, allowed, here.catalogue.kind_of), card

    def rows(self, lists: Lists) -> pa.RecordBatchReader:
        """The lists as rows, sorted by customer and place."""
        pinned = tuple(article for _, article in self.ruled.pins)
        age = lists.at.articles.age
        reasons = Reasons(self.shop.catalogue, age, self.shop.today, pinned)
        ids = np.array(self.shop.catalogue.ids, dtype=object)
        persons = lists.at.bought.persons

        def batches() -> Iterator[pa.RecordBatch]:
            for picks in lists.all(self.wish):
                row, column = np.nonzero(picks.product >= 0)
                worth = lists.weights.worth(picks.odds[row, column])
                yield batch(persons[picks.people[row]], ids[picks.product[row, column]], column, worth,
                            reasons.of(picks, row, column))  # fmt: skip

        return pa.RecordBatchReader.from_batches(ROWS, batches())

    @property
    def ruled(self) -> Ruled:
        """The merchant's rules of the day."""
        return self._once(
            "ruled", lambda: ruled(merchandising(self.world.folder), self.shop.catalogue, self.world.as_of)
        )

    def notes(self) -> list[dict[str, Any]]:
        """What a retailer should know of their data, as codes with numbers."""
        here, found = self.shop, [*self.ruled.notes]
        if here.stocked.negative:
            found.append({"code": "negative_stock", "found": here.stocked.negative})
        if here.products and not here.catalogue.kinds:
            found.append({"code": "no_categories", "found": here.products})
        never = int((here.first_sold < 0).sum())
        if never:
            found.append({"code": "never_sold", "found": never})
        gone = ~here.stocked.somewhere
        if here.stocked.counted and gone.any():
            found.append({"code": "all_out_of_stock" if gone.all() else "out_of_stock", "found": int(gone.sum())})
        return found

    # -- learning

    def _weighed(self, notes: list[dict[str, Any]]) -> tuple[Weights, Card]:
        """The weights that are used, and the card that says why."""
        here, held = self.shop, self.held_back
        card = Card(
            method="personal frequency",
            people=len(here.bought.persons),
            measure=MEASURE,
            plain="personal frequency",
            detail={"notes": notes, "places": self.wish.places, "new_only": self.wish.new_only},
        )
        too_early = here.today + 1 < 3 * held
        judged: Ints = np.zeros(0, np.int64)
        if not too_early:
            judged = buyers(self._moment(here.today - held), here.today, JUDGED, self.world.seed)
        if too_early or len(judged) < FEWEST:
            lacks = {"code": "opened_lately", "found": here.today + 1, "needed": 3 * held}
            few = {"code": "too_few_came_back", "found": len(judged), "needed": FEWEST}
            return Plain(), _noted(card, lacks if too_early else few)
        return self._held_against(card, judged)

    def _held_against(self, card: Card, people: Ints) -> tuple[Weights, Card]:
        here, held = self.shop, self.held_back
        then = self._moment(here.today - held)
        plains = {name: self.judged(plain, then, people).value for name, plain in PLAINS.items()}
        plain = max(plains, key=lambda name: plains[name])
        ways = self._learned(here.today - 2 * held)
        ours = self.judged(ways, then, people).value if ways else None
        kept = ours is not None and ours > plains[plain]
        card = replace(
            card,
            method="own history and neighbours" if kept else plain,
            kept=kept,
            learned_from=here.bought.first_day,
            learned_until=here.bought.dated(here.today - held),
            held_back_until=self.world.as_of,
            value=None if ours is None else round(1 - ours, 6),
            plain=plain,
            plain_value=round(1 - plains[plain], 6),
            detail={**card.detail, "ndcg": ours, "plains": plains, "judged_on": len(people)},
        )
        if ours is None:
            card = _noted(card, {"code": "too_few_came_back", "found": len(people), "needed": FEWEST})
        weights = self._learned(here.today - held) if kept else None
        return weights or PLAINS[plain], card

    def judged(self, weights: Weights, then: Moment, people: Ints) -> Judged:
        """How lists made at an earlier moment did in the days after it (NDCG: Järvelin and Kekäläinen, 2002)."""
        here, until = self.shop, then.cut + self.held_back
        everything = Ruled(np.ones(here.products, bool), np.zeros(here.products, np.float32), ())
        place = Stocked(np.ones((1, here.products), bool), np.zeros(len(here.bought.persons), np.int32))
        allowed = Allowed(everything, place, np.zeros(0, np.int64), self._cycles(then.cut))
        lists = Lists(then, weights, allowed, here.catalogue.kind_of)
        wish = replace(self.wish, places=FIRST)
        found = [self._gain(picks, then, until) for picks in lists.all(wish, people)]
        values = np.concatenate([np.zeros(0), *found])
        return Judged(float(np.round(values.mean(), 6)) if len(values) else 0.0, len(values))

    def _gain(self, picks: Picks, then: Moment, until: int) -> Any:
        """The gain of each list of those who bought something that it was to foresee."""
        bought = self.shop.bought
        did = bought_between(bought, picks.people, then.cut, until)
        if self.wish.new_only:
            did = did - did.multiply(bought_between(bought, picks.people, -1, then.cut))
            did.eliminate_zeros()
        hit: Any = np.zeros(picks.product.shape)
        row, column = np.nonzero(picks.product >= 0)
        hit[row, column] = np.asarray(did.tocsr()[row, picks.product[row, column]]).ravel()
        discount = 1 / np.log2(np.arange(FIRST) + 2)
        wanted = did.getnnz(axis=1)
        some = wanted > 0
        ideal = np.cumsum(discount)[np.minimum(wanted[some], FIRST) - 1]
        return (hit @ discount[: hit.shape[1]])[some] / ideal

    def _moment(self, cut: int) -> Moment:
        found: Moment = self._once(("moment", cut), lambda: moment(self.shop.bought, cut, self.world.seed))
        return found

    def _learned(self, cut: int) -> Learned | None:
        found: Learned | None = self._once(
            ("learned", cut), lambda: learn(self._moment(cut), cut + self.held_back, self.world.seed)
        )
        return found

    def _cycles(self, cut: int) -> Cycles:
        found: Cycles = self._once(
            ("cycles", cut),
            lambda: cycles(self.shop.bought, cut, self.shop.catalogue.kind_of, ahead=self.held_back),
        )
        return found

    def _once(self, name: Any, make: Any) -> Any:
        if name not in self.world.shelf:
            self.world.shelf[name] = make()
        return self.world.shelf[name]


def _noted(card: Card, note: dict[str, Any]) -> Card:
    return replace(card, detail={**card.detail, "notes": [*card.detail["notes"], note]})


def batch(persons: Ints, products: Any, column: Ints, worth: Floats, reasons: list[str]) -> pa.RecordBatch:
    """Places of lists as rows."""
    return pa.RecordBatch.from_arrays(
        [
            pa.array(persons, pa.int64()),
            pa.array(products, pa.string()),
            pa.array(column + 1, pa.int64()),
            pa.array(worth.astype(np.float64).round(6)),
            pa.array(reasons, pa.string()),
        ],
        schema=ROWS,
    )
