"""What is known of each article at the end of a day: how many buy it, how many come back to it, how new it is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from parcours.scores.recommendations.purchases import Floats, Ints, Purchases

LATELY, SEASON = 28, 91  # days
PRIOR = 20.0  # buyers whom the mean of all articles weighs as much as, for an article that few bought


@dataclass(frozen=True)
class Articles:
    """One number an article each: customer-days with a purchase, and what follows from them."""

    week: Floats  # customer-days in the last seven days
    lately: Floats  # in the last 28
    season: Floats  # in the last 91
    ever: Floats
    again: Floats  # the share of its buyers who came back to it, drawn to the mean
    age: Floats  # days since it was first sold; -1 if it never was
    first_day: Ints

    @property
    def popular(self) -> Ints:
        """Articles, the most bought lately first."""
        return np.lexsort((np.arange(len(self.ever)), -self.ever, -self.season, -self.lately))


def articles(bought: Purchases, cut: int) -> Articles:
    """What is known of each article at the end of a day."""
    seen = bought.day <= cut
    product, day = bought.product[seen], bought.day[seen]
    owner = np.repeat(np.arange(len(bought.persons)), np.diff(bought.starts))[seen]
    first_of_pair = np.ones(len(product), bool)
    first_of_pair[1:] = (owner[1:] != owner[:-1]) | (product[1:] != product[:-1])
    buyers = _count(product[first_of_pair], bought.products)
    second = np.zeros(len(product), bool)
    second[1:] = first_of_pair[:-1] & ~first_of_pair[1:]
    back = _count(product[second], bought.products)
    mean = back.sum() / max(buyers.sum(), 1.0)
    first = np.full(bought.products, np.iinfo(np.int32).max, np.int64)
    np.minimum.at(first, product, day)
    sold = buyers > 0
    return Articles(
        week=_count(product[day > cut - 7], bought.products),
        lately=_count(product[day > cut - LATELY], bought.products),
        season=_count(product[day > cut - SEASON], bought.products),
        ever=_count(product, bought.products),
        again=((back + PRIOR * mean) / (buyers + PRIOR)).astype(np.float32),
        age=np.where(sold, cut - first, -1).astype(np.float32),
        first_day=np.where(sold, first, -1),
    )


def _count(product: Ints, products: int) -> Floats:
    return np.bincount(product, minlength=products).astype(np.float32)
