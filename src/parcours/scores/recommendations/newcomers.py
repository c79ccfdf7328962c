"""What is new in the categories a customer likes best."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from parcours.scores.made import Card, Made, TooLittle
from parcours.scores.recommendations.candidates import Group, group
from parcours.scores.recommendations.learning import ROWS, Learning, batch
from parcours.scores.recommendations.lists import Lists, Picks, best_of
from parcours.scores.recommendations.neighbours import NOTHING
from parcours.scores.recommendations.purchases import Floats, Ints, Small
from parcours.scores.recommendations.reasons import OPEN, Reasons

EACH = 20  # new articles of a category that are looked at: those bought most


@dataclass(frozen=True)
class Newcomers:
    """Lists of what was first sold lately, in the categories of which a customer buys most."""

    learning: Learning
    within: int  # days
    favourites: int

    def made(self) -> Made:
        """The rows and the card. Raises TooLittle: no categories, a shop as young as its articles, nothing new."""
        here = self.learning.shop
        if not here.catalogue.kinds:
            raise TooLittle("not_in_catalogue", needed=1, found=0, of="category")
        needed = self.within + OPEN
        if here.today + 1 < needed:
            raise TooLittle("too_short_history", needed=needed, found=here.today + 1)
        lists, card = self.learning.lists()
        new = self._new(lists)
        if not len(new):
            raise TooLittle("nothing_new", needed=1, found=0)
        return Made(self._rows(lists, new), self._told(card, len(new)))

    def _told(self, card: Card, new: int) -> Card:
        detail = {"notes": card.detail["notes"], "new_articles": new, "within_days": self.within}
        return Card(method="new in favourite categories", people=card.people, detail=detail)

    def _new(self, lists: Lists) -> Ints:
        """The articles first sold in the last days."""
        here = self.learning.shop
        age = here.today - here.first_sold
        shown = lists.allowed.ruled.shown & (here.catalogue.kind_of >= 0)
        return np.flatnonzero((here.first_sold >= 0) & (age <= self.within) & shown)

    def _rows(self, lists: Lists, new: Ints) -> pa.RecordBatchReader:
        here = self.learning.shop
        table = self._of_each_kind(lists, new)
        age = np.where(here.first_sold >= 0, here.today - here.first_sold, -1).astype(np.float32)
        reasons = Reasons(here.catalogue, age, here.today, (), new_for=self.within)
        ids = np.array(here.catalogue.ids, dtype=object)

        def batches() -> Iterator[pa.RecordBatch]:
            for people in here.bought.groups():
                picks = self._picks(lists, people, table)
                row, column = np.nonzero(picks.product >= 0)
                yield batch(here.bought.persons[people[row]], ids[picks.product[row, column]], column,
                            np.exp(picks.odds[row, column]), reasons.of(picks, row, column))  # fmt: skip

        return pa.RecordBatchReader.from_batches(ROWS, batches())

    def _of_each_kind(self, lists: Lists, new: Ints) -> Small:
        """The new articles of each category, those bought most first: a row a category."""
        kind = lists.kind_of[new]
        order = np.lexsort((new, -lists.at.articles.lately[new], kind))
        new, kind = new[order], kind[order]
        place = np.arange(len(new)) - np.searchsorted(kind, kind)
        table = np.full((len(self.learning.shop.catalogue.kinds), EACH), NOTHING)
        few = place < EACH
        table[kind[few], place[few]] = new[few]
        return table

    def _picks(self, lists: Lists, people: Ints, table: Small) -> Picks:
        here = group(lists.at, people)
        kinds, share = self._liked(lists, here, table)
        product = np.where(kinds[:, :, None] >= 0, table[kinds], NOTHING).reshape(len(people), -1)
        worth = np.repeat(share, EACH, axis=1)
        there = lists.allowed.of(people)
        forbidden = lists.allowed.forbidden(people, here, lists.at.products)
        may = lists.may(product, there, forbidden) & ~lists.bought(here, product)
        popular = lists.at.articles.lately / (lists.at.articles.lately.max(initial=0) + 1)
        odds = np.where(may, np.log(worth + 1e-9) + np.log(popular[product] + 0.01), -np.inf).astype(np.float32)
        picked = best_of(odds, product, self.learning.wish.places)
        product, odds = np.take_along_axis(product, picked, 1), np.take_along_axis(odds, picked, 1)
        none = np.zeros(product.shape, np.float32)
        product = np.where(np.isfinite(odds), product, NOTHING)
        return Picks(people, product, odds, none, np.full(product.shape, NOTHING))

    def _liked(self, lists: Lists, here: Group, table: Small) -> tuple[Small, Floats]:
        """The categories with something new of which each customer buys most, and their shares of what they buy."""
        pairs, kinds = here.pairs, len(table)
        of = lists.kind_of[pairs.product]
        known = of >= 0
        cells = np.bincount(
            pairs.owner[known] * kinds + of[known], weights=pairs.slow[known], minlength=pairs.people * kinds
        )
        shares = cells.reshape(pairs.people, kinds)
        shares = shares / np.maximum(shares.sum(axis=1, keepdims=True), 1e-9)
        shares[:, table[:, 0] < 0] = 0
        kept = min(self.favourites, kinds)
        order = np.argsort(-shares, axis=1, kind="stable")[:, :kept]
        liked = np.take_along_axis(shares, order, 1).astype(np.float32)
        return np.where(liked > 0, order, NOTHING).astype(np.int32), liked
