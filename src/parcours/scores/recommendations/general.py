"""The order of the catalogue for everybody: what sells, what is new, and no category all at once."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from parcours.scores.recommendations.articles import Articles
from parcours.scores.recommendations.lists import Wish
from parcours.scores.recommendations.merchandising import Ruled
from parcours.scores.recommendations.purchases import Floats, Ints
from parcours.scores.recommendations.reasons import NEW, OPEN
from parcours.scores.recommendations.shop import Shop

COLUMNS = {"product_id": pa.string(), "place": pa.int64(), "worth": pa.float64(), "reason": pa.string()}


@dataclass(frozen=True)
class General:
    """The general order of what may be shown somewhere."""

    shop: Shop
    articles: Articles
    ruled: Ruled
    wish: Wish

    def rows(self) -> pa.Table:
        """Every article that may be shown, by its place."""
        order, share = self.order()
        ids = np.array(self.shop.catalogue.ids, dtype=object)
        columns = [
            pa.array(ids[order], pa.string()),
            pa.array(np.arange(len(order)) + 1),
            pa.array(share[order].astype(np.float64).round(9)),
            pa.array([self._reason(int(each)) for each in order], pa.string()),
        ]
        return pa.table(dict(zip(COLUMNS, columns)))

    def order(self) -> tuple[Ints, Floats]:
        """The numbers of the articles in their order, and the share of each in what is bought lately."""
        a = self.articles
        share = (a.lately + 0.01 * a.season + 0.0001 * a.ever) / max(float(a.lately.sum()), 1.0)
        fresh = np.where(a.age >= 0, self.wish.fresh * np.exp2(-np.maximum(a.age, 0) / 30.0), 0.0)
        odds = np.log(share + 1e-9) + fresh + self.ruled.raised
        order = np.lexsort((np.arange(len(odds)), -odds))
        order = order[(self.ruled.shown & self.shop.stocked.somewhere)[order]]
        mixed = odds[order] + self._turns(order) * np.log(min(self.wish.variety, 1.0))
        order = order[np.lexsort((np.arange(len(order)), -mixed))]
        return self._pinned(order), share

    def _turns(self, order: Ints) -> Ints:
        """The how many-th of its category each article is, in the order given; of none: always the first."""
        kind = self.shop.catalogue.kind_of[order]
        kind = np.where(kind < 0, -1 - np.arange(len(kind)), kind)
        by_kind = np.argsort(kind, kind="stable")
        turn = np.empty(len(order), np.int64)
        begin = np.searchsorted(kind[by_kind], kind[by_kind])
        turn[by_kind] = np.arange(len(order)) - begin
        return turn

    def _pinned(self, order: Ints) -> Ints:
        for place, article in self.ruled.pins:
            if article in order:
                rest = order[order != article]
                order = np.insert(rest, min(place - 1, len(rest)), article)
        return order

    def _reason(self, article: int) -> str:
        kind = self.shop.catalogue.kind_of[article]
        age = self.articles.age[article]
        if any(article == each for _, each in self.ruled.pins):
            return json.dumps({"code": "pinned"})
        if kind < 0:
            return json.dumps({"code": "popular" if age >= 0 else "in_catalogue"})
        code = "new_in" if 0 <= age <= NEW and self.shop.today >= OPEN else "popular_in" if age >= 0 else "in_category"
        return json.dumps({"code": code, "category": self.shop.catalogue.kinds[kind]}, ensure_ascii=False)
